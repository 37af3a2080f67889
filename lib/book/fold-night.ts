import { textAt } from '../arrow/columns.ts';
import { REFUND, SALE, VOID } from '../arrow/schemas.ts';
import type { EpochDay } from '../time.ts';
import { distinctFacts } from './distinct-facts.ts';
import { compareFacts, describeFact, type Fact, type FactTable, hashContent, hashCustomer, hashIdentity } from './facts.ts';
import { emptyCounts, type NightFold, type RefusedFact } from './night-fold.ts';
import { EXPIRED, FUTURE_NIGHTS, ORPHAN_NIGHTS, type PendingFact, type PendingReason } from './pending.ts';
import type { ShardBook } from './shard-book.ts';
import { INDEX_CODE, type TransactionIndex } from './transaction-index.ts';

/**
 * Folds the facts that became known on one night into a shard's book: the only way a book changes (docs/architecture.md,
 * Book).
 *
 * The result depends on the set of facts alone, not on the order of files or rows. Sales are applied first; then refunds,
 * voids and what waited, by (occurred_at, transaction_id).
 *
 * @param book changed in place @param index of transaction ids, changed in place
 * @param tables the facts known on `night`
 */
export function foldNight(book: ShardBook, index: TransactionIndex, night: EpochDay, tables: readonly FactTable[]): NightFold {
  return new Fold(book, index, night).run(tables);
}

const id = new Uint32Array(4);
const customer = new Uint32Array(4);
const content = new Uint32Array(4);

class Fold {
  readonly #book: ShardBook;
  readonly #index: TransactionIndex;
  readonly #night: EpochDay;
  readonly #counts = emptyCounts();
  readonly #refused: RefusedFact[] = [];
  readonly #touched = new Set<number>();
  /** Nodes of days that were changed: whether they counted before, and whose they are. */
  readonly #nodes = new Map<number, { counted: boolean; slot: number; transactions: string[] }>();
  readonly #waiting: PendingFact[] = [];

  constructor(book: ShardBook, index: TransactionIndex, night: EpochDay) {
    this.#book = book;
    this.#index = index;
    this.#night = night;
  }

  run(tables: readonly FactTable[]): NightFold {
    const fresh = distinctFacts(tables, this.#night);
    this.#counts.rows = fresh.rows;
    this.#counts.duplicates = fresh.duplicates;
    for (const group of fresh.rivals) this.#contradict(group);
    const ordered: PendingFact[] = [];
    for (const pending of this.#book.pending) ordered.push(pending);
    for (const fact of fresh.lone) this.#admit(fact, ordered);
    const sales = ordered.filter(({ fact }) => typeOf(fact) === SALE);
    const others = ordered.filter(({ fact }) => typeOf(fact) !== SALE);
    others.sort((a, b) => compareFacts(a.fact, b.fact));
    for (const pending of sales) this.#try(pending);
    for (const pending of others) this.#try(pending);
    this.#waiting.sort((a, b) => compareFacts(a.fact, b.fact));
    this.#book.pending = this.#waiting;
    return this.#finish();
  }

  /** Several contents of one id in one night: an earlier one wins over all; else all are refused and the id stays in conflict. */
  #contradict(group: readonly Fact[]): void {
    const first = group[0] as Fact;
    hashIdentity(first, first.table.columns.transaction_id, id);
    if (this.#index.find(id, this.#night) >= 0) {
      for (const fact of group) this.#againstKnown(fact);
      return;
    }
    for (const fact of group) this.#conflict(fact, 'other content under this id on the same night');
    hashCustomer(first, customer);
    content.fill(0);
    hashIdentity(first, first.table.columns.transaction_id, id);
    const day = first.table.columns.business_day[first.row] as number;
    this.#index.add(id, customer, content, { knownOn: this.#night, day, amountMinor: 0, remainingMinor: 0, state: 'conflict' });
  }

  /** Judges a fact whose id is known from an earlier night. @returns false when the id is new */
  #againstKnown(fact: Fact): boolean {
    hashIdentity(fact, fact.table.columns.transaction_id, id);
    const entry = this.#index.find(id, this.#night);
    if (entry < 0) return false;
    hashContent(fact, content);
    const c = this.#index.columns;
    if (c.state[entry] === INDEX_CODE.conflict) this.#conflict(fact, 'the id is in conflict since an earlier night');
    else if (c.content_hash_0[entry] === content[0] && c.content_hash_1[entry] === content[1]) this.#counts.duplicates++;
    else this.#conflict(fact, 'other content under this id is known since an earlier night');
    return true;
  }

  #conflict(fact: Fact, message: string): void {
    this.#counts.conflicts++;
    this.#refuse(fact, 'CONFLICT', message);
  }

  #admit(fact: Fact, ordered: PendingFact[]): void {
    if (this.#againstKnown(fact)) return;
    const c = fact.table.columns;
    const amountMinor = c.amount_minor[fact.row] as number;
    hashCustomer(fact, customer);
    hashContent(fact, content);
    this.#index.add(id, customer, content, {
      knownOn: this.#night,
      day: c.business_day[fact.row] as number,
      amountMinor,
      remainingMinor: 0,
      state: 'pending',
    });
    ordered.push({ fact, amountMinor, reason: 'ORPHAN', knownOn: this.#night, nightsLeft: -1 });
  }

  /** Applies a fact, or lets it wait. */
  #try(pending: PendingFact): void {
    const { fact } = pending;
    const day = fact.table.columns.business_day[fact.row] as number;
    if (day > this.#night) this.#wait(pending, 'FUTURE_EVENT', FUTURE_NIGHTS, pending.amountMinor);
    else if (typeOf(fact) === SALE) this.#sell(fact, day);
    else if (typeOf(fact) === VOID) this.#void(pending);
    else if (hasOriginal(fact)) this.#refundOriginal(pending);
    else this.#refundDay(pending, day);
  }

  #sell(fact: Fact, day: EpochDay): void {
    const c = fact.table.columns;
    const ids = c.customer_id;
    const slot = this.#book.customerSlot(
      ids.bytes,
      ids.offsets[fact.row] as number,
      ids.offsets[fact.row + 1] as number,
      this.#night,
    );
    const amount = c.amount_minor[fact.row] as number;
    const node = this.#change(slot, day, fact);
    (this.#book.days.standing[node] as number) += 1;
    (this.#book.days.gross[node] as number) += amount;
    this.#settle(fact, 'sale', amount);
    this.#counts.sales++;
    this.#counts.salesMinor += amount;
  }

  #void(pending: PendingFact): void {
    const { fact } = pending;
    const found = this.#original(fact);
    if (!found) {
      this.#wait(pending, 'ORPHAN', ORPHAN_NIGHTS, pending.amountMinor);
      return;
    }
    const { entry, slot } = found;
    const c = this.#index.columns;
    const amount = c.amount_minor[entry] as number;
    const remaining = c.remaining_minor[entry] as number;
    const node = this.#change(slot, c.business_day[entry] as number, fact);
    const { standing, gross, refunded } = this.#book.days;
    (standing[node] as number) -= 1;
    (gross[node] as number) -= amount;
    (refunded[node] as number) -= amount - remaining;
    c.state[entry] = INDEX_CODE.voided;
    c.remaining_minor[entry] = 0;
    this.#index.touch(entry);
    this.#settle(fact, 'void', 0);
    this.#counts.voids++;
    this.#counts.voidedMinor += remaining;
  }

  #refundOriginal(pending: PendingFact): void {
    const { fact, amountMinor } = pending;
    const found = this.#original(fact);
    if (!found) {
      this.#wait(pending, 'ORPHAN', ORPHAN_NIGHTS, amountMinor);
      return;
    }
    const { entry, slot } = found;
    const c = this.#index.columns;
    const taken = Math.min(amountMinor, c.remaining_minor[entry] as number);
    if (taken > 0) {
      const node = this.#change(slot, c.business_day[entry] as number, fact);
      (this.#book.days.refunded[node] as number) += taken;
      (c.remaining_minor[entry] as number) -= taken;
      this.#index.touch(entry);
      this.#counts.refundsMinor += taken;
    }
    if (taken < amountMinor) {
      this.#wait(pending, 'EXCESS_REFUND', ORPHAN_NIGHTS, amountMinor - taken);
      return;
    }
    this.#settle(fact, 'refund', 0);
    this.#counts.refunds++;
  }

  /** A refund without original: the latest day, not after its own, whose net covers it. */
  #refundDay(pending: PendingFact, day: EpochDay): void {
    const { fact, amountMinor } = pending;
    const slot = this.#slotOf(fact);
    let covering = -1;
    if (slot >= 0) {
      const { next, day: dates, gross, refunded, standing } = this.#book.days;
      for (let node = this.#book.customers.dayHead[slot] as number; node >= 0; node = next[node] as number) {
        if ((dates[node] as number) > day) break;
        const net = (gross[node] as number) - (refunded[node] as number);
        if ((standing[node] as number) > 0 && net >= amountMinor) covering = node;
      }
    }
    if (covering < 0) {
      this.#wait(pending, 'UNCOVERED_REFUND', ORPHAN_NIGHTS, amountMinor);
      return;
    }
    const node = this.#change(slot, this.#book.days.day[covering] as number, fact);
    (this.#book.days.refunded[node] as number) += amountMinor;
    this.#settle(fact, 'refund', 0);
    this.#counts.refunds++;
    this.#counts.refundsMinor += amountMinor;
  }

  /** The sale that a refund or void names, when it is in the book. */
  #original(fact: Fact): { entry: number; slot: number } | undefined {
    hashIdentity(fact, fact.table.columns.original_transaction_id, id);
    const entry = this.#index.find(id, this.#night);
    const slot = this.#slotOf(fact);
    if (entry < 0 || slot < 0 || this.#index.columns.state[entry] === INDEX_CODE.pending) return undefined;
    const state = this.#index.columns.state[entry];
    if (state === INDEX_CODE.sale) return { entry, slot };
    return state === INDEX_CODE.voided && typeOf(fact) === REFUND ? { entry, slot } : undefined;
  }

  #slotOf({ table, row }: Fact): number {
    const ids = table.columns.customer_id;
    return this.#book.ids.find(ids.bytes, ids.offsets[row] as number, ids.offsets[row + 1] as number);
  }

  /** The day that a fact acts on, with its standing before the night noted. */
  #change(slot: number, day: EpochDay, fact: Fact): number {
    const node = this.#book.dayNode(slot, day);
    let noted = this.#nodes.get(node);
    if (!noted) {
      noted = { counted: this.#book.dayCounts(node), slot, transactions: [] };
      this.#nodes.set(node, noted);
    }
    if (day < this.#night) noted.transactions.push(textAt(fact.table.columns.transaction_id, fact.row));
    this.#touched.add(slot);
    return node;
  }

  /** The fact's own entry: applied. */
  #settle(fact: Fact, state: 'sale' | 'refund' | 'void', remainingMinor: number): void {
    hashIdentity(fact, fact.table.columns.transaction_id, id);
    const entry = this.#index.find(id, this.#night);
    if (entry < 0) return;
    this.#index.columns.state[entry] = INDEX_CODE[state];
    this.#index.columns.remaining_minor[entry] = remainingMinor;
    this.#index.touch(entry);
  }

  #wait(pending: PendingFact, reason: PendingReason, nights: number, amountMinor: number): void {
    const isNew = pending.nightsLeft < 0;
    const changed = !isNew && pending.reason !== reason && pending.reason === 'FUTURE_EVENT';
    const nightsLeft = isNew || changed ? nights : pending.nightsLeft - 1;
    if (isNew) this.#counts.pendingIn++;
    if (nightsLeft > 0) {
      this.#waiting.push({ ...pending, reason, nightsLeft, amountMinor });
      return;
    }
    this.#counts.expired++;
    this.#refuse(pending.fact, reason, EXPIRED[reason], amountMinor);
  }

  #refuse(fact: Fact, rule: string, message: string, amountMinor?: number): void {
    this.#refused.push({
      file: fact.table.sourceOf(fact.row),
      line: fact.table.columns.source_line[fact.row] as number,
      rule,
      message,
      fact: { ...describeFact(fact), ...(amountMinor === undefined ? {} : { amount_minor: amountMinor }) },
    });
  }

  #finish(): NightFold {
    const corrected = new Map<number, { added: boolean; removed: boolean; transactions: string[] }>();
    for (const [node, { counted, slot, transactions }] of this.#nodes) {
      const day = this.#book.days.day[node] as number;
      const counts = this.#book.dayCounts(node);
      if (day >= this.#night || counts === counted) continue;
      const entry = corrected.get(slot) ?? { added: false, removed: false, transactions: [] };
      if (counts) entry.added = true;
      else entry.removed = true;
      entry.transactions.push(...transactions);
      corrected.set(slot, entry);
    }
    for (const entry of corrected.values()) entry.transactions = [...new Set(entry.transactions)].sort().slice(0, 10);
    for (const slot of this.#touched) this.#book.refresh(slot);
    this.#refused.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
    return { corrected, refused: this.#refused, counts: this.#counts };
  }
}

const typeOf = ({ table, row }: Fact) => table.columns.type[row] as number;

const hasOriginal = ({ table, row }: Fact) => {
  const { offsets } = table.columns.original_transaction_id;
  return offsets[row] !== offsets[row + 1];
};
