import type { EpochDay } from '../time.ts';
import { admitFacts } from './admit-facts.ts';
import { applyFacts } from './apply-facts.ts';
import { FoldContext } from './fold-context.ts';
import { foldCustomers } from './fold-customers.ts';
import { foldErasures } from './fold-erasures.ts';
import { foldInteractions } from './fold-interactions.ts';
import { foldRates } from './fold-rates.ts';
import type { NightFacts } from './night-facts.ts';
import { emptyFeeds, type NightFold } from './night-fold.ts';
import type { ShardBook } from './shard-book.ts';
import type { TransactionIndex } from './transaction-index.ts';

/**
 * Folds the facts that became known on one night into a shard's book: the only way a book changes (docs/architecture.md,
 * Book).
 *
 * The result depends on the set of facts alone, not on the order of files or rows. Rates come first, so that they hold for the
 * night; then erasures; then customers and interactions; then transactions.
 *
 * @param book changed in place @param index of transaction ids, changed in place
 * @param facts those known on `night`
 */
export function foldNight(book: ShardBook, index: TransactionIndex, night: EpochDay, facts: NightFacts): NightFold {
  const context = new FoldContext(book, index, night);
  const feeds = emptyFeeds();
  const before = book.customerCount;
  foldRates(context, facts.rates, feeds.rates);
  const erased = foldErasures(context, facts.erasures, feeds.erasures);
  const upserts = foldCustomers(context, facts.customers, feeds.customers);
  foldInteractions(context, facts.interactions, feeds.interactions);
  const admitted = admitFacts(context, facts.transactions);
  book.pending = applyFacts(context, [...book.pending, ...admitted]);
  const corrected = context.finish();
  const { counts, refused, gaveUp } = context;
  counts.customersIn = book.customerCount - before + counts.customersErased;
  const own = emptyFeeds();
  return {
    corrected,
    erased: erased.slots,
    erasedIds: erased.ids,
    upserts,
    refused,
    gaveUp,
    counts,
    // rates and erasures are read by every shard and accounted for by one
    feeds: book.rules.accountsForShared ? feeds : { ...feeds, rates: own.rates, erasures: own.erasures },
    money: context.money.list(),
  };
}
