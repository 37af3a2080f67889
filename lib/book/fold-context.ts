import { type ByteColumn, textAt } from '../arrow/columns.ts';
import type { EpochDay } from '../time.ts';
import type { Tombstone } from './erased-customers.ts';
import { type compareSources, describeFact, type Fact, hashIdentity, type IdentifiedTable } from './facts.ts';
import { MoneyTallies } from './money-tallies.ts';
import type { FactRow } from './night-facts.ts';
import { emptyCounts, type NightFold, type RefusedFact } from './night-fold.ts';
import type { ShardBook } from './shard-book.ts';
import { INDEX_CODE, INDEX_DAYS, type IndexState, type TransactionIndex } from './transaction-index.ts';

/** What the parts of a night's fold share: the book, the index, and the account of what became of every fact. */
export class FoldContext {
  readonly book: ShardBook;
  readonly index: TransactionIndex;
  readonly night: EpochDay;
  readonly counts = emptyCounts();
  readonly money: MoneyTallies;
  readonly refused: RefusedFact[] = [];
  /** Nights on which the facts that were given up had become known. */
  readonly gaveUp: EpochDay[] = [];
  /** Hash of the identity that `entryOf` looked for last. */
  readonly identity = new Uint32Array(4);
  readonly #touched = new Set<number>();
  /** Nodes of days that were changed: whether they counted before, and whose they are. */
  readonly #nodes = new Map<number, { counted: boolean; slot: number; transactions: string[] }>();

  constructor(book: ShardBook, index: TransactionIndex, night: EpochDay) {
    this.book = book;
    this.index = index;
    this.night = night;
    this.money = new MoneyTallies(book.rules.baseCurrency);
  }

  /** The erasure of a fact's customer, if there was one. */
  erasureOf({ table, row }: FactRow<Pick<IdentifiedTable, 'columns'>>): Tombstone | undefined {
    if (this.book.erased.size === 0) return undefined;
    const { bytes, offsets } = table.columns.customer_id;
    return this.book.erased.find(bytes, offsets[row] as number, offsets[row + 1] as number);
  }

  /** Slot of a fact's customer, or -1. */
  slotOf({ table, row }: FactRow<IdentifiedTable>): number {
    const { bytes, offsets } = table.columns.customer_id;
    return this.book.findSlot(bytes, offsets[row] as number, offsets[row + 1] as number);
  }

  /** Slot of a fact's customer, who becomes known by it. */
  knownSlotOf({ table, row }: FactRow<Pick<IdentifiedTable, 'columns'>>): number {
    const { bytes, offsets } = table.columns.customer_id;
    return this.book.customerSlot(bytes, offsets[row] as number, offsets[row + 1] as number, this.night);
  }

  /** Index entry of a transaction of the fact's customer, or -1. What was known of a customer before an erasure does not count. */
  entryOf(fact: Fact, ids: ByteColumn = fact.table.columns.transaction_id): number {
    const since = this.erasureOf(fact)?.knownOn ?? this.night - INDEX_DAYS;
    hashIdentity(fact, ids, this.identity);
    return this.index.find(this.identity, this.night, since);
  }

  /** Notes what became of a fact in its own entry. @param remainingMinor of a sale what refunds may take, else what is left to apply */
  settle(fact: Fact, state: IndexState, remainingMinor: number, baseMinor = 0): void {
    const entry = this.entryOf(fact);
    if (entry < 0) return;
    const c = this.index.columns;
    c.state[entry] = INDEX_CODE[state];
    c.remaining_minor[entry] = remainingMinor;
    c.base_minor[entry] = baseMinor;
    this.index.touch(entry);
  }

  /** The day that a fact acts on, with its standing before the night noted. */
  change(slot: number, day: EpochDay, fact: Fact): number {
    const node = this.book.dayNode(slot, day);
    let noted = this.#nodes.get(node);
    if (!noted) {
      noted = { counted: this.book.dayCounts(node), slot, transactions: [] };
      this.#nodes.set(node, noted);
    }
    if (day < this.night) noted.transactions.push(textAt(fact.table.columns.transaction_id, fact.row));
    this.#touched.add(slot);
    return node;
  }

  /** Puts a transaction into the quarantine. @param amountMinor what of it was not applied, where that may differ from its amount */
  refuse(fact: Fact, rule: string, message: string, amountMinor?: number): void {
    const described = describeFact(fact);
    const shown = amountMinor === undefined ? described : { ...described, amount_minor: amountMinor };
    this.refuseRow(fact, { feed: 'transactions', rule, message, fact: shown });
  }

  /** Puts a row of any feed into the quarantine. */
  refuseRow({ table, row }: Parameters<typeof compareSources>[0], refused: Omit<RefusedFact, 'file' | 'line'>): void {
    const { feed, ...why } = refused;
    this.refused.push({ feed, file: table.sourceOf(row), line: table.columns.source_line[row] as number, ...why });
  }

  /** Brings the customers' totals up to date. @returns days before the night that began or ceased to count, by slot */
  finish(): NightFold['corrected'] {
    const corrected = new Map<number, { added: boolean; removed: boolean; transactions: string[] }>();
    for (const [node, { counted, slot, transactions }] of this.#nodes) {
      const day = this.book.days.day[node] as number;
      const counts = this.book.dayCounts(node);
      if (day >= this.night || counts === counted) continue;
      const entry = corrected.get(slot) ?? { added: false, removed: false, transactions: [] };
      if (counts) entry.added = true;
      else entry.removed = true;
      entry.transactions.push(...transactions);
      corrected.set(slot, entry);
    }
    for (const entry of corrected.values()) entry.transactions = [...new Set(entry.transactions)].sort().slice(0, 10);
    for (const slot of this.#touched) this.book.refresh(slot);
    this.refused.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
    return corrected;
  }
}
