import { textAt } from '../../lib/arrow/columns.ts';
import { BOOK_VERSION, INDEX } from '../../lib/arrow/schemas.ts';
import { decodeTable, encodeTable } from '../../lib/arrow/table-file.ts';
import { decodeBook, encodeBook } from '../../lib/book/book-file.ts';
import { type FactTable, hashIdentity } from '../../lib/book/facts.ts';
import { foldNight } from '../../lib/book/fold-night.ts';
import { emptyCounts, type FoldCounts, type NightFold } from '../../lib/book/night-fold.ts';
import { ShardBook } from '../../lib/book/shard-book.ts';
import { HashSet, TransactionIndex } from '../../lib/book/transaction-index.ts';
import { factTable, type TestFact } from './facts.ts';

const joined = (chunks: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(chunks));

/** The bytes of a book's tables. */
export function bookBytes(book: ShardBook): Record<'customers' | 'days' | 'pending', Uint8Array> {
  const { customers, days, pending } = encodeBook(book, book.ids.sortedSlots());
  return { customers: joined(customers), days: joined(days), pending: joined(pending) };
}

/** A book read back from its own bytes. */
export const reread = (book: ShardBook): ShardBook => decodeBook(bookBytes(book), 'book');

/** A shard whose nights a test folds, in memory or with its files between. */
export class TestShard {
  book = new ShardBook();
  index = new TransactionIndex();
  readonly counts: FoldCounts = emptyCounts();
  readonly refused: NightFold['refused'] = [];
  readonly #months = new Map<string, Uint8Array>();

  /** Folds a night. */
  fold(night: number, ...tables: (FactTable | readonly TestFact[])[]): NightFold {
    const given = tables.map((table) => ('columns' in table ? table : factTable(table)));
    const fold = foldNight(this.book, this.index, night, given);
    for (const name of Object.keys(this.counts) as (keyof FoldCounts)[]) this.counts[name] += fold.counts[name];
    this.refused.push(...fold.refused);
    return fold;
  }

  /** Writes book and index, and goes on from the files with the ids that the nights to come ask for. */
  saveAndLoad(coming: readonly FactTable[]): void {
    for (const month of this.index.touchedMonths) {
      const former = this.#months.get(month);
      const stored = former ? decodeTable(INDEX, former, month, BOOK_VERSION) : undefined;
      const { rows, columns } = this.index.monthTable(month, stored);
      this.#months.set(month, joined(encodeTable(INDEX, { rows, columns, schemaVersion: BOOK_VERSION })));
    }
    this.book = reread(this.book);
    const wanted = wantedIds([...coming, ...this.book.pending.map(({ fact }) => fact.table)]);
    this.index = new TransactionIndex();
    for (const month of [...this.#months.keys()].sort()) {
      const { rows, columns } = decodeTable(INDEX, this.#months.get(month) as Uint8Array, month, BOOK_VERSION);
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

  /** Slot of a customer, or -1. */
  slot(customer: string): number {
    const bytes = Buffer.from(customer);
    return this.book.ids.find(bytes, 0, bytes.length);
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
