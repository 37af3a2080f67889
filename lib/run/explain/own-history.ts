import { textAt } from '../../arrow/columns.ts';
import { INTERACTION_KINDS, TRANSACTION_TYPES } from '../../arrow/schemas.ts';
import type { BookRules } from '../../book/book-rules.ts';
import type { FactTable } from '../../book/facts.ts';
import { foldNight } from '../../book/fold-night.ts';
import type { InteractionFacts, NightFacts } from '../../book/night-facts.ts';
import type { RefusedFact } from '../../book/night-fold.ts';
import type { PendingReason } from '../../book/pending.ts';
import { ShardBook } from '../../book/shard-book.ts';
import { INDEX_DAYS, TransactionIndex } from '../../book/transaction-index.ts';
import { currencyOfNumber } from '../../money.ts';
import { type BusinessDate, dayOf, type EpochDay } from '../../time.ts';

/** A transaction that the books took, or that waits to be taken. Amounts are minor units of `currency`. */
export interface OwnTransaction {
  readonly id: string;
  readonly type: (typeof TRANSACTION_TYPES)[number];
  readonly day: EpochDay;
  /** Milliseconds since 1970-01-01T00:00Z; of a date alone, the first of its business day. */
  readonly at: number;
  /** Night on which it became known. */
  readonly knownOn: EpochDay;
  /** What of it was taken or waits. */
  amountMinor: number;
  readonly currency: string;
  /** Id of the transaction that it belongs to; '' without one. */
  readonly original: string;
  /** True for a sale that a later void removed. */
  isVoided: boolean;
  /** What of it still waits, and why; null when all of it was taken. */
  waits: {
    readonly reason: PendingReason;
    readonly amountMinor: number;
    /** Last night on which it is tried. */
    readonly until: EpochDay;
  } | null;
}

/** An interaction. */
export interface OwnInteraction {
  readonly id: string;
  readonly kind: (typeof INTERACTION_KINDS)[number];
  readonly day: EpochDay;
  /** As of a transaction. */
  readonly at: number;
  readonly knownOn: EpochDay;
  readonly score: number | null;
}

/** A row that the fold refused. */
export interface OwnRefusal {
  readonly feed: 'transactions' | 'interactions';
  /** Type of the transaction or kind of the interaction. */
  readonly what: OwnTransaction['type'] | OwnInteraction['kind'];
  readonly rule: string;
  readonly day: EpochDay;
  /** As of a transaction. */
  readonly at: number;
  /** Night on which it was refused. */
  readonly knownOn: EpochDay;
  /** What was not taken; null of an interaction. */
  readonly amountMinor: number | null;
  readonly currency: string;
}

/** What became of a customer's facts: a book of one customer, and the facts by what the fold did with them. */
export interface OwnHistory {
  readonly book: ShardBook;
  /** Slot in the book; -1 when the customer is not known. */
  readonly slot: number;
  readonly transactions: readonly OwnTransaction[];
  readonly interactions: readonly OwnInteraction[];
  readonly refusals: readonly OwnRefusal[];
}

/**
 * Folds the facts of one customer, night by night, as the books of all were folded: a customer's days depend on the customer's own
 * facts, the rates and the erasures alone.
 *
 * @param nights ascending, without a gap @param id bytes of the customer id
 */
export function foldOwnFacts(
  nights: readonly { readonly date: BusinessDate; readonly facts: NightFacts }[],
  id: Uint8Array,
  rules: BookRules,
): OwnHistory {
  const book = new ShardBook(rules);
  const index = new TransactionIndex();
  const account = new FactAccount(book, id);
  for (const { date, facts } of nights) {
    const night = dayOf(date);
    const fold = foldNight(book, index, night, facts);
    if (fold.erased.length > 0) account.clear();
    account.take(night, facts, fold.refused);
  }
  return {
    book,
    slot: book.findSlot(id, 0, id.length),
    ...account.finish(dayOf((nights.at(-1) as (typeof nights)[number]).date)),
  };
}

const placeOf = ({ table, row }: { table: FactTable | InteractionFacts; row: number }) =>
  `${table.sourceOf(row)}:${table.columns.source_line[row]}`;

/** Tells the facts that were taken from copies, conflicts and refusals. */
class FactAccount {
  readonly #book: ShardBook;
  readonly #id: Uint8Array;
  readonly #transactions = new Map<string, OwnTransaction & { readonly place: string }>();
  readonly #interactions = new Map<string, OwnInteraction & { readonly place: string }>();
  readonly #refusals: OwnRefusal[] = [];

  constructor(book: ShardBook, id: Uint8Array) {
    this.#book = book;
    this.#id = id;
  }

  /** Forgets what was known before an erasure. */
  clear(): void {
    this.#transactions.clear();
    this.#interactions.clear();
    this.#refusals.length = 0;
  }

  take(night: EpochDay, { transactions, interactions }: NightFacts, refused: readonly RefusedFact[]): void {
    const conflicts = new Set(refused.filter(({ rule }) => rule === 'CONFLICT').map(({ fact }) => factId(fact)));
    const conflicting = new Map<string, OwnTransaction | OwnInteraction>();
    for (const table of transactions) {
      for (let row = 0; row < table.rows; row++) {
        const found = this.#transactionOf(table, row, night);
        if (this.#isErased(table.columns.occurred_at[row] as number)) continue;
        if (conflicts.has(found.id)) conflicting.set(found.place, found);
        else if (!this.#isKnown(found.id, night)) this.#transactions.set(found.id, found);
      }
    }
    for (const table of interactions) {
      for (let row = 0; row < table.rows; row++) {
        const found = interactionOf(table, row, night);
        if (this.#isErased(table.columns.occurred_at[row] as number)) continue;
        if (conflicts.has(found.id)) conflicting.set(found.place, found);
        else if (!this.#interactions.has(found.id)) this.#interactions.set(found.id, found);
      }
    }
    for (const one of refused) this.#refuse(one, night, conflicting);
  }

  finish(lastNight: EpochDay): Pick<OwnHistory, 'transactions' | 'interactions' | 'refusals'> {
    for (const { fact, reason, amountMinor, nightsLeft } of this.#book.pending) {
      const found = this.#transactions.get(textAt(fact.table.columns.transaction_id, fact.row));
      if (found) found.waits = { reason, amountMinor, until: lastNight + nightsLeft };
    }
    for (const { type, waits, original } of this.#transactions.values()) {
      const sale = type === 'void' && waits === null ? this.#transactions.get(original) : undefined;
      if (sale) sale.isVoided = true;
    }
    return {
      transactions: [...this.#transactions.values()],
      interactions: [...this.#interactions.values()],
      refusals: this.#refusals,
    };
  }

  #isErased(occurredAt: number): boolean {
    const erasure = this.#book.erased.find(this.#id, 0, this.#id.length);
    return erasure !== undefined && occurredAt <= erasure.requestedAt;
  }

  /** As the index knows ids: for `INDEX_DAYS` after they became known. */
  #isKnown(id: string, night: EpochDay): boolean {
    const known = this.#transactions.get(id);
    return known !== undefined && known.knownOn >= night - INDEX_DAYS;
  }

  #transactionOf(table: FactTable, row: number, knownOn: EpochDay): OwnTransaction & { place: string } {
    const c = table.columns;
    return {
      id: textAt(c.transaction_id, row),
      type: TRANSACTION_TYPES[c.type[row] as number] as OwnTransaction['type'],
      day: c.business_day[row] as number,
      at: c.occurred_at[row] as number,
      knownOn,
      amountMinor: c.amount_minor[row] as number,
      currency: currencyOfNumber(c.currency[row] as number, this.#book.rules.baseCurrency),
      original: textAt(c.original_transaction_id, row),
      isVoided: false,
      waits: null,
      place: placeOf({ table, row }),
    };
  }

  /** A refusal of a conflict is of that row; another one is of a fact that was taken up, tonight or on an earlier night. */
  #refuse(
    { feed, rule, file, line, fact }: RefusedFact,
    knownOn: EpochDay,
    conflicting: ReadonlyMap<string, OwnTransaction | OwnInteraction>,
  ): void {
    if (feed === 'rates') return;
    const place = `${file}:${line}`;
    const known = feed === 'transactions' ? this.#transactions.get(factId(fact)) : this.#interactions.get(factId(fact));
    const found = conflicting.get(place) ?? (known?.place === place ? known : undefined);
    if (!found) return;
    const { day, at } = found;
    if ('kind' in found) {
      if (known === found) this.#interactions.delete(found.id);
      this.#refusals.push({ feed, what: found.kind, rule, day, at, knownOn, amountMinor: null, currency: '' });
      return;
    }
    const left = (fact['amount_minor'] as number | undefined) ?? found.amountMinor;
    if (known === found) {
      // of a refund above what its original had left a part was taken
      if (left < found.amountMinor) found.amountMinor -= left;
      else this.#transactions.delete(found.id);
    }
    this.#refusals.push({ feed, what: found.type, rule, day, at, knownOn, amountMinor: left, currency: found.currency });
  }
}

const factId = (fact: Readonly<Record<string, unknown>>): string => String(fact['transaction_id'] ?? fact['interaction_id']);

function interactionOf(table: InteractionFacts, row: number, knownOn: EpochDay): OwnInteraction & { place: string } {
  const c = table.columns;
  const score = c.score[row] as number;
  return {
    id: textAt(c.interaction_id, row),
    kind: INTERACTION_KINDS[c.kind[row] as number] as OwnInteraction['kind'],
    day: c.business_day[row] as number,
    at: c.occurred_at[row] as number,
    knownOn,
    score: Number.isNaN(score) ? null : score,
    place: placeOf({ table, row }),
  };
}
