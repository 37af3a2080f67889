import { INDEX, INDEX_VERSION } from '../arrow/schemas.ts';
import { decodeTable } from '../arrow/table-file.ts';
import { decodeBook } from '../book/book-file.ts';
import type { BookRules } from '../book/book-rules.ts';
import type { FactTable } from '../book/facts.ts';
import { hashIdentity } from '../book/facts.ts';
import { HashSet } from '../book/hash-set.ts';
import type { NightFacts } from '../book/night-facts.ts';
import type { PendingReason } from '../book/pending.ts';
import { ShardBook } from '../book/shard-book.ts';
import { INDEX_DAYS, monthOf, TransactionIndex } from '../book/transaction-index.ts';
import type { PerennialConfig } from '../config/config.ts';
import { type BookTable, lakeKeys, type ShardPlace } from '../keys.ts';
import { eachConcurrently } from '../store/concurrently.ts';
import { type BusinessDate, dayOf, formatDay } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { itemKey } from './deps.ts';
import { findErasureSecret } from './erasure-secret.ts';
import { pendingAmounts } from './fact-amounts.ts';
import { type NightSources, readNightSources, readOtherFacts, readTransactionFacts } from './night-facts.ts';
import type { RunPlan } from './plan.ts';
import { type BookTotals, datesOf, findReceipt } from './receipts.ts';
import { chainOf } from './run-ledger.ts';

/** What both passes over a shard begin with. */
export interface ShardInput {
  readonly book: ShardBook;
  readonly index: TransactionIndex;
  /** Where the base run left each month of the index. */
  readonly indexKeys: Readonly<Record<string, string>>;
  /** Months of the index that hold an id which the run's facts ask for. */
  readonly hitMonths: readonly string[];
  /** What became known on a night of the run. Transactions are held; the other feeds are read when they are asked for. */
  readonly factsOf: (date: BusinessDate) => Promise<NightFacts>;
  /** Where the base run left the shard's identifiers; undefined without a base, or with one that kept none. */
  readonly formerIdentifiers: string | undefined;
}

interface Night {
  readonly sources: NightSources;
  readonly transactions: readonly FactTable[];
}

/** What a shard is folded over: nights without a gap, on what a base run left. */
export interface FoldSpan {
  readonly generation: number;
  /** Null where the first night begins with nothing. */
  readonly base: RunPlan['base'];
  /** Ascending, each with the run whose ledger list tells what became known on it. */
  readonly nights: readonly { readonly date: BusinessDate; readonly runId: string }[];
}

/** The nights of a run, on its base. */
export function spanOf(plan: RunPlan): FoldSpan {
  const { generation, base, runId } = plan;
  return { generation, base, nights: datesOf(plan).map((date) => ({ date, runId })) };
}

/** How a shard's input is read. */
export interface InputOptions {
  readonly config: PerennialConfig;
  /** The only months of the index that hold a wanted id, where pass one has found them; else all are looked through. */
  readonly months?: readonly string[] | undefined;
  /** True when identifiers are wanted too. */
  readonly withIdentifiers: boolean;
}

/** Nights whose transactions are read together. */
const NIGHTS_AT_ONCE = 8;

/** Reads a shard's book, the part of its index that the facts of the nights touch, and the facts. */
export async function readShardInput(
  deps: RunDeps,
  span: FoldSpan,
  shard: number,
  { config, months, withIdentifiers }: InputOptions,
): Promise<ShardInput> {
  const nights = new Map<BusinessDate, Night>();
  await eachConcurrently(span.nights, NIGHTS_AT_ONCE, async ({ date, runId }) => {
    const sources = await readNightSources(deps, { generation: span.generation, runId }, date);
    nights.set(date, { sources, transactions: await readTransactionFacts(deps, sources, shard) });
  });
  const factsOf = async (date: BusinessDate): Promise<NightFacts> => {
    const { sources, transactions } = nights.get(date) as Night;
    return { transactions, ...(await readOtherFacts(deps, sources, { shard, withIdentifiers })) };
  };
  const rules: BookRules = {
    baseCurrency: config.currency,
    rateMaxAgeDays: config.rates.maxAgeDays,
    erasureSecret: await findErasureSecret(deps),
    accountsForShared: shard === 0,
  };
  const { book, indexKeys, formerIdentifiers } = await readBase(deps, span, shard, rules);
  const index = new TransactionIndex();
  const wanted = wantedIds(book, nights.values());
  const asked = months ?? rememberedMonths(indexKeys, span.nights[0]?.date);
  const hitMonths = wanted.size > 0 ? await loadIndex(deps, index, indexKeys, asked, wanted) : [];
  return { book, index, indexKeys, hitMonths, factsOf, formerIdentifiers };
}

async function readBase(
  deps: RunDeps,
  { base, generation, nights }: FoldSpan,
  shard: number,
  rules: BookRules,
): Promise<Pick<ShardInput, 'book' | 'indexKeys' | 'formerIdentifiers'>> {
  if (!base) return { book: new ShardBook(rules), indexKeys: {}, formerIdentifiers: undefined };
  const place: ShardPlace = { generation, dt: base.dt, runId: base.runId, shard };
  const read = (table: BookTable) => deps.lake.read(lakeKeys.book(place, table));
  const [customers, days, pending, interactions, rates, tombstones] = await Promise.all([
    read('customers'),
    read('days'),
    read('pending'),
    read('interactions'),
    read('rates'),
    read('tombstones'),
  ]);
  const files = { customers, days, pending, interactions, rates, tombstones };
  // nothing is asked of the index where nothing is folded
  const indexKeys = nights.length === 0 ? {} : await readIndexKeys(deps, base, generation, shard);
  const where = lakeKeys.book(place, 'customers').replace(/\/customers\.arrow$/, '');
  return { book: decodeBook(files, where, rules), indexKeys, formerIdentifiers: lakeKeys.identifiers(place) };
}

/** Where the base run left each month of the index. */
async function readIndexKeys(
  deps: RunDeps,
  base: NonNullable<RunPlan['base']>,
  generation: number,
  shard: number,
): Promise<Readonly<Record<string, string>>> {
  const receipt = await findReceipt(deps, base.runId, 'fold-shard', itemKey('fold-shard', { shard }));
  return receipt?.index ?? findIndexKeys(deps, base, generation, shard);
}

/** Where each month of the index lies, when the receipt that told it is no longer kept: with the newest run of the chain that wrote it. */
async function findIndexKeys(
  deps: RunDeps,
  base: NonNullable<RunPlan['base']>,
  generation: number,
  shard: number,
): Promise<Record<string, string>> {
  const chain = await chainOf(deps, base.runId);
  const keys: Record<string, string> = {};
  for (let day = dayOf(base.dt) - INDEX_DAYS; day <= dayOf(base.dt); day++) {
    const month = monthOf(day);
    if (keys[month] !== undefined) continue;
    for (const { runId, to } of chain) {
      const key = lakeKeys.index(generation, month, runId, shard);
      if (to.slice(0, 7) < month || !(await deps.lake.stat(key))) continue;
      keys[month] = key;
      break;
    }
  }
  return keys;
}

/** Ids that the run's transactions ask for: their own and their originals'. */
function wantedIds(book: ShardBook, nights: Iterable<Night>): HashSet {
  const wanted = new HashSet();
  const hash = new Uint32Array(4);
  const want = (table: FactTable, row: number) => {
    const c = table.columns;
    hashIdentity({ table, row }, c.transaction_id, hash);
    wanted.add(hash);
    const original = c.original_transaction_id;
    if (original.offsets[row] === original.offsets[row + 1]) return;
    hashIdentity({ table, row }, original, hash);
    wanted.add(hash);
  };
  for (const { transactions } of nights) {
    for (const table of transactions) for (let row = 0; row < table.rows; row++) want(table, row);
  }
  for (const { fact } of book.pending) want(fact.table, fact.row);
  return wanted;
}

/** @returns the months that hold a wanted id */
async function loadIndex(
  deps: RunDeps,
  index: TransactionIndex,
  keys: Readonly<Record<string, string>>,
  months: readonly string[],
  wanted: HashSet,
): Promise<string[]> {
  const hits: string[] = [];
  for (const month of months) {
    const key = keys[month] as string;
    const bytes = await deps.lake.read(key);
    const hashes = decodeTable(INDEX, bytes, key, INDEX_VERSION, { only: ['id_hash_0', 'id_hash_1', 'id_hash_2'] });
    const rows = wanted.rowsIn(hashes.columns, hashes.rows);
    // most months hold nothing that a night asks for
    if (rows.length === 0) continue;
    index.load(decodeTable(INDEX, bytes, key, INDEX_VERSION).columns, rows);
    hits.push(month);
  }
  return hits;
}

/** Months of the index that a night may still ask for, ascending; none without a night. */
export function rememberedMonths(keys: Readonly<Record<string, string>>, date: BusinessDate | undefined): string[] {
  if (date === undefined) return [];
  const oldest = formatDay(dayOf(date) - INDEX_DAYS).slice(0, 7);
  return Object.keys(keys)
    .filter((month) => month >= oldest)
    .sort();
}

/** Totals of a book. */
export function totalsOf(book: ShardBook): BookTotals {
  const { purchaseDays, net } = book.customers;
  let [buyers, netMinor] = [0, 0];
  const { size } = book;
  for (let slot = 0; slot < size; slot++) {
    if ((purchaseDays[slot] as number) > 0) buyers++;
    netMinor += net[slot] as number;
  }
  const pendingReasons: Partial<Record<PendingReason, number>> = {};
  for (const { reason } of book.pending) pendingReasons[reason] = (pendingReasons[reason] ?? 0) + 1;
  return {
    customers: book.customerCount,
    buyers,
    netMinor,
    pending: book.pending.length,
    pendingReasons,
    pendingAmounts: pendingAmounts(book),
  };
}
