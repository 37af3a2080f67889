import { textAt } from '../../lib/arrow/columns.ts';
import { IDENTIFIERS, IDENTIFIERS_VERSION, INDEX, INDEX_VERSION } from '../../lib/arrow/schemas.ts';
import { decodeTable, encodeTable } from '../../lib/arrow/table-file.ts';
import { decodeBook, encodeBook } from '../../lib/book/book-file.ts';
import type { BookRules } from '../../lib/book/book-rules.ts';
import { type FactTable, hashIdentity } from '../../lib/book/facts.ts';
import { foldNight } from '../../lib/book/fold-night.ts';
import { HashSet } from '../../lib/book/hash-set.ts';
import { IdentifierSnapshot } from '../../lib/book/identifier-snapshot.ts';
import { addMoney } from '../../lib/book/money-tallies.ts';
import { type NightFacts, NO_FACTS } from '../../lib/book/night-facts.ts';
import {
  addCounts,
  addFeeds,
  emptyCounts,
  emptyFeeds,
  type FoldCounts,
  type MoneyTally,
  type NightFold,
  type OtherCounts,
} from '../../lib/book/night-fold.ts';
import { ShardBook } from '../../lib/book/shard-book.ts';
import { TransactionIndex } from '../../lib/book/transaction-index.ts';
import type { BookTable } from '../../lib/keys.ts';
import { factTable, type TestFact } from './facts.ts';
import { SECRET } from './feed-facts.ts';

const joined = (chunks: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(chunks));

/** The bytes of a book's tables. */
export function bookBytes(book: ShardBook): Record<BookTable, Uint8Array> {
  const tables = Object.entries(encodeBook(book, book.order())).map(([table, chunks]) => [table, joined(chunks)]);
  return Object.fromEntries(tables) as Record<BookTable, Uint8Array>;
}

/** The bytes of a snapshot of identifiers. */
export function identifierBytes(snapshot: IdentifierSnapshot): Uint8Array {
  return joined(encodeTable(IDENTIFIERS, { ...snapshot.table(), schemaVersion: IDENTIFIERS_VERSION }));
}

/** A book read back from its own bytes. */
export const reread = (book: ShardBook): ShardBook => decodeBook(bookBytes(book), 'book', book.rules);

/** What the books of tests go by. */
export const RULES: BookRules = {
  baseCurrency: 'USD',
  rateMaxAgeDays: 0,
  erasureSecret: SECRET,
  accountsForShared: true,
};

/** A shard whose nights a test folds, in memory or with its files between. */
export class TestShard {
  book: ShardBook;
  index = new TransactionIndex();
  readonly counts: FoldCounts = emptyCounts();
  readonly feeds: OtherCounts = emptyFeeds();
  readonly money = new Map<string, MoneyTally>();
  readonly refused: NightFold['refused'] = [];
  identifiers = new IdentifierSnapshot();
  readonly #months = new Map<string, Uint8Array>();

  constructor(rules: Partial<BookRules> = {}) {
    this.book = new ShardBook({ ...RULES, ...rules });
  }

  /** Folds a night of transactions. */
  fold(night: number, ...tables: (FactTable | readonly TestFact[])[]): NightFold {
    return this.foldFacts(night, { transactions: tables.map((table) => ('columns' in table ? table : factTable(table))) });
  }

  /** Folds a night of any feeds. */
  foldFacts(night: number, facts: Partial<NightFacts>): NightFold {
    const fold = foldNight(this.book, this.index, night, { ...NO_FACTS, ...facts });
    addCounts(this.counts, fold.counts);
    addFeeds(this.feeds, fold.feeds);
    addMoney(this.money, fold.money);
    this.identifiers.remove(fold.erasedIds);
    this.identifiers.take(fold.upserts);
    this.refused.push(...fold.refused);
    return fold;
  }

  /** Writes book and index, and goes on from the files with the ids that the nights to come ask for. */
  saveAndLoad(coming: readonly FactTable[]): void {
    for (const month of this.index.touchedMonths) {
      const former = this.#months.get(month);
      const stored = former ? decodeTable(INDEX, former, month, INDEX_VERSION) : undefined;
      const { rows, columns } = this.index.monthTable(month, stored);
      this.#months.set(month, joined(encodeTable(INDEX, { rows, columns, schemaVersion: INDEX_VERSION })));
    }
    this.book = reread(this.book);
    const stored = decodeTable(IDENTIFIERS, identifierBytes(this.identifiers), 'identifiers', IDENTIFIERS_VERSION);
    this.identifiers = new IdentifierSnapshot(stored);
    const wanted = wantedIds([...coming, ...this.book.pending.map(({ fact }) => fact.table)]);
    this.index = new TransactionIndex();
    for (const month of [...this.#months.keys()].sort()) {
      const { rows, columns } = decodeTable(INDEX, this.#months.get(month) as Uint8Array, month, INDEX_VERSION);
      this.index.load(columns, wanted.rowsIn(columns, rows));
    }
  }

  /** Days of a customer: day -> [standing sales, gross, refunded]; undefined for a customer that is not known. */
  days(customer: string): Record<number, [number, number, number]> | undefined {
    const slot = this.slot(customer);
    if (slot < 0) return undefined;
    const { next, day, standing, gross, refunded } = this.book.days;
    const out: Record<number, [number, number, number]> = {};
    for (let node = this.book.customers.dayHead[slot] as number; node >= 0; node = next[node] as number) {
      out[day[node] as number] = [standing[node] as number, gross[node] as number, refunded[node] as number];
    }
    return out;
  }

  /** Ids of the customers, ascending by bytes. */
  customers(): string[] {
    return Array.from(this.book.order(), (slot) => textAt(this.book.ids.column, slot));
  }

  /** Interactions of a customer: id and day, ascending by instant, id. */
  interactions(customer: string): [string, number][] {
    const { rows, columns } = this.book.interactions.table(
      Int32Array.of(this.slot(customer)),
      this.book.customers.interactionHead,
    );
    return Array.from({ length: rows }, (_, row) => [textAt(columns.interaction_id, row), columns.business_day[row] as number]);
  }

  /** Slot of a customer, or -1. */
  slot(customer: string): number {
    const bytes = Buffer.from(customer);
    return this.book.findSlot(bytes, 0, bytes.length);
  }

  /** Purchase days that count, ascending. */
  countingDays(customer: string): number[] {
    const [days, count] = this.book.countingDays(this.slot(customer), new Int32Array(4));
    return [...days.subarray(0, count)];
  }

  /** What waits: id, reason, amount left, nights left. */
  waiting(): [string, string, number, number][] {
    return this.book.pending.map(({ fact, reason, amountMinor, nightsLeft }) => [
      textAt(fact.table.columns.transaction_id, fact.row),
      reason,
      amountMinor,
      nightsLeft,
    ]);
  }
}

function wantedIds(tables: readonly FactTable[]): HashSet {
  const wanted = new HashSet();
  const hash = new Uint32Array(4);
  for (const table of tables) {
    for (let row = 0; row < table.rows; row++) {
      hashIdentity({ table, row }, table.columns.transaction_id, hash);
      wanted.add(hash);
      hashIdentity({ table, row }, table.columns.original_transaction_id, hash);
      wanted.add(hash);
    }
  }
  return wanted;
}
