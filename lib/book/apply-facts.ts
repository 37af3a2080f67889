import { REFUND, SALE, VOID } from '../arrow/schemas.ts';
import { currencyOfNumber, formatMinor, MAX_MINOR } from '../money.ts';
import type { EpochDay } from '../time.ts';
import { baseShare, rateName } from './exchange.ts';
import { compareFacts, type Fact } from './facts.ts';
import type { FoldContext } from './fold-context.ts';
import { EXPIRED, FUTURE_NIGHTS, ORPHAN_NIGHTS, type PendingFact, type PendingReason } from './pending.ts';
import { INDEX_CODE } from './transaction-index.ts';

/**
 * Applies transactions to the book, or lets them wait. Sales come first; then refunds and voids, by (occurred_at,
 * transaction_id).
 *
 * @returns the facts that wait, in the order in which they are tried again
 */
export function applyFacts(context: FoldContext, facts: readonly PendingFact[]): PendingFact[] {
  const applier = new FactApplier(context);
  const others: PendingFact[] = [];
  for (const pending of facts) {
    if (typeOf(pending.fact) === SALE) applier.try(pending);
    else others.push(pending);
  }
  others.sort((a, b) => compareFacts(a.fact, b.fact));
  for (const pending of others) applier.try(pending);
  return applier.waiting.sort((a, b) => compareFacts(a.fact, b.fact));
}

const typeOf = ({ table, row }: Fact) => table.columns.type[row] as number;
const currencyOf = ({ table, row }: Fact) => table.columns.currency[row] as number;

const hasText = ({ table, row }: Fact, column: 'original_transaction_id' | 'referrer_id') => {
  const { offsets } = table.columns[column];
  return offsets[row] !== offsets[row + 1];
};

class FactApplier {
  readonly waiting: PendingFact[] = [];
  readonly #context: FoldContext;

  constructor(context: FoldContext) {
    this.#context = context;
  }

  try(pending: PendingFact): void {
    const { fact } = pending;
    const day = fact.table.columns.business_day[fact.row] as number;
    if (day > this.#context.night) this.#wait(pending, 'FUTURE_EVENT', FUTURE_NIGHTS, pending.amountMinor);
    else if (typeOf(fact) === SALE) this.#sell(pending, day);
    else if (typeOf(fact) === VOID) this.#void(pending);
    else if (hasText(fact, 'original_transaction_id')) this.#refundOriginal(pending);
    else this.#refundDay(pending, day);
  }

  #sell(pending: PendingFact, day: EpochDay): void {
    const { fact } = pending;
    const amount = fact.table.columns.amount_minor[fact.row] as number;
    const base = currencyOf(fact) === 0 ? amount : this.#converted(pending, day);
    if (base === undefined) return;
    const { book, counts } = this.#context;
    const slot = this.#context.knownSlotOf(fact);
    const node = this.#context.change(slot, day, fact);
    if (hasText(fact, 'referrer_id')) book.noteReferral(slot, day);
    (book.days.standing[node] as number) += 1;
    (book.days.gross[node] as number) += base;
    this.#context.settle(fact, 'sale', amount, base);
    this.#applied(fact, amount);
    counts.sales++;
    counts.salesMinor += base;
  }

  #void(pending: PendingFact): void {
    const { fact } = pending;
    const found = this.#original(fact);
    if (!found) {
      this.#wait(pending, 'ORPHAN', ORPHAN_NIGHTS, pending.amountMinor);
      return;
    }
    const { entry, slot } = found;
    const { index, book, counts } = this.#context;
    const c = index.columns;
    const [amount, remaining] = [this.#baseOf(entry), this.#baseTaken(entry, 0)];
    const node = this.#context.change(slot, c.business_day[entry] as number, fact);
    const { standing, gross, refunded } = book.days;
    (standing[node] as number) -= 1;
    (gross[node] as number) -= amount;
    (refunded[node] as number) -= amount - remaining;
    c.state[entry] = INDEX_CODE.voided;
    c.remaining_minor[entry] = 0;
    index.touch(entry);
    this.#context.settle(fact, 'void', 0);
    counts.voids++;
    counts.voidedMinor += remaining;
  }

  #refundOriginal(pending: PendingFact): void {
    const { fact, amountMinor } = pending;
    const found = this.#original(fact);
    if (!found) {
      this.#wait(pending, 'ORPHAN', ORPHAN_NIGHTS, amountMinor);
      return;
    }
    const { entry, slot } = found;
    const { index, book, counts } = this.#context;
    const c = index.columns;
    if (c.currency[entry] !== currencyOf(fact)) {
      this.#refuseCurrency(pending, c.currency[entry] as number);
      return;
    }
    const remaining = c.remaining_minor[entry] as number;
    const taken = Math.min(amountMinor, remaining);
    if (taken > 0) {
      const base = this.#baseTaken(entry, remaining - taken);
      const node = this.#context.change(slot, c.business_day[entry] as number, fact);
      (book.days.refunded[node] as number) += base;
      c.remaining_minor[entry] = remaining - taken;
      index.touch(entry);
      counts.refundsMinor += base;
      this.#applied(fact, taken);
    }
    if (taken < amountMinor) {
      this.#wait(pending, 'EXCESS_REFUND', ORPHAN_NIGHTS, amountMinor - taken);
      return;
    }
    this.#context.settle(fact, 'refund', 0);
    counts.refunds++;
  }

  /** A refund without original: the latest day, not after its own, whose net covers it. */
  #refundDay(pending: PendingFact, day: EpochDay): void {
    const { fact, amountMinor } = pending;
    const base = currencyOf(fact) === 0 ? amountMinor : this.#converted(pending, day);
    if (base === undefined) return;
    const { book, counts } = this.#context;
    const slot = this.#context.slotOf(fact);
    const covering = slot < 0 ? -1 : this.#coveringDay(slot, day, base);
    if (covering < 0) {
      this.#wait(pending, 'UNCOVERED_REFUND', ORPHAN_NIGHTS, amountMinor);
      return;
    }
    const node = this.#context.change(slot, book.days.day[covering] as number, fact);
    (book.days.refunded[node] as number) += base;
    this.#context.settle(fact, 'refund', 0);
    this.#applied(fact, amountMinor);
    counts.refunds++;
    counts.refundsMinor += base;
  }

  #coveringDay(slot: number, day: EpochDay, baseMinor: number): number {
    const { book } = this.#context;
    const { next, day: dates, gross, refunded, standing } = book.days;
    let covering = -1;
    for (let node = book.customers.dayHead[slot] as number; node >= 0; node = next[node] as number) {
      if ((dates[node] as number) > day) break;
      const net = (gross[node] as number) - (refunded[node] as number);
      if ((standing[node] as number) > 0 && net >= baseMinor) covering = node;
    }
    return covering;
  }

  /** What is left of a foreign amount in the base currency by the rate of a day; undefined when the fact waits or is refused. */
  #converted(pending: PendingFact, day: EpochDay): number | undefined {
    const { book } = this.#context;
    const base = book.rates.toBase(pending.amountMinor, currencyOf(pending.fact), day);
    if (base === undefined) {
      this.#wait(pending, 'MISSING_RATE', ORPHAN_NIGHTS, pending.amountMinor);
      return undefined;
    }
    if (Number.isSafeInteger(base)) return base;
    const { baseCurrency } = book.rules;
    this.#refuse(
      pending,
      'AMOUNT_TOO_LARGE',
      `its amount is more than ${formatMinor(MAX_MINOR, 0)} minor units of ${baseCurrency}`,
    );
    return undefined;
  }

  /** What an original came to in the base currency. */
  #baseOf(entry: number): number {
    const c = this.#context.index.columns;
    return (c.currency[entry] === 0 ? c.amount_minor[entry] : c.base_minor[entry]) as number;
  }

  /** What of an original is taken in the base currency when `after` of it is left. */
  #baseTaken(entry: number, after: number): number {
    const c = this.#context.index.columns;
    const remaining = c.remaining_minor[entry] as number;
    if (c.currency[entry] === 0 || remaining === after) return remaining - after;
    return baseShare(c.base_minor[entry] as number, c.amount_minor[entry] as number, remaining, after);
  }

  /** The sale that a refund or void names, when it is in the book. */
  #original(fact: Fact): { entry: number; slot: number } | undefined {
    const entry = this.#context.entryOf(fact, fact.table.columns.original_transaction_id);
    if (entry < 0) return undefined;
    const slot = this.#context.slotOf(fact);
    const state = this.#context.index.columns.state[entry];
    if (slot < 0) return undefined;
    if (state === INDEX_CODE.sale) return { entry, slot };
    return state === INDEX_CODE.voided && typeOf(fact) === REFUND ? { entry, slot } : undefined;
  }

  #applied(fact: Fact, amountMinor: number): void {
    const sums = this.#context.money.of(fact);
    if (sums) sums.applied += amountMinor;
  }

  #wait(pending: PendingFact, reason: PendingReason, nights: number, amountMinor: number): void {
    const isNew = pending.nightsLeft < 0;
    const changed = !isNew && pending.reason !== reason && pending.reason === 'FUTURE_EVENT';
    const nightsLeft = isNew || changed ? nights : pending.nightsLeft - 1;
    if (isNew) this.#context.counts.pendingIn++;
    if (nightsLeft > 0) {
      this.waiting.push({ ...pending, reason, nightsLeft, amountMinor });
      return;
    }
    this.#context.counts.expired++;
    this.#giveUp({ ...pending, amountMinor }, reason, this.#expiry(pending.fact, reason));
  }

  /** Why a fact that waited in vain is refused. */
  #expiry({ table: { columns: c }, row }: Fact, reason: PendingReason): string {
    if (reason !== 'MISSING_RATE') return EXPIRED[reason];
    const currency = currencyOfNumber(c.currency[row] as number, this.#context.book.rules.baseCurrency);
    const rate = rateName(c.business_day[row] as number, currency);
    return `no exchange rate for ${rate} became known within ${ORPHAN_NIGHTS} nights`;
  }

  #refuseCurrency(pending: PendingFact, original: number): void {
    const base = this.#context.book.rules.baseCurrency;
    const name = (currency: number) => currencyOfNumber(currency, base);
    const message = `its original is in ${name(original)}, it is in ${name(currencyOf(pending.fact))}`;
    this.#refuse(pending, 'CURRENCY_MISMATCH', message);
  }

  #refuse(pending: PendingFact, rule: string, message: string): void {
    this.#context.counts.refused++;
    this.#giveUp(pending, rule, message);
  }

  /** To the quarantine; the same fact delivered again is taken up again. */
  #giveUp({ fact, amountMinor, knownOn }: PendingFact, rule: string, message: string): void {
    const sums = this.#context.money.of(fact);
    if (sums) sums.refused += amountMinor;
    this.#context.settle(fact, 'expired', amountMinor);
    this.#context.gaveUp.push(knownOn);
    this.#context.refuse(fact, rule, message, amountMinor);
  }
}
