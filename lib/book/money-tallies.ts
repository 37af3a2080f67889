import { REFUND, SALE, VOID } from '../arrow/schemas.ts';
import { currencyOfNumber } from '../money.ts';
import type { Fact } from './facts.ts';
import type { MoneyTally } from './night-fold.ts';

/** Sums of amounts by currency and type. */
export class MoneyTallies {
  readonly #base: string;
  /** Of the base currency: found without a look-up. */
  readonly #sales: MoneyTally;
  readonly #refunds: MoneyTally;
  readonly #others = new Map<number, MoneyTally>();

  constructor(base: string) {
    this.#base = base;
    this.#sales = newTally(base, 'sale');
    this.#refunds = newTally(base, 'refund');
  }

  /** The sums to which a fact belongs; undefined for a void. */
  of({ table: { columns: c }, row }: Fact): MoneyTally | undefined {
    const type = c.type[row] as number;
    if (type === VOID) return undefined;
    const currency = c.currency[row] as number;
    if (currency === 0) return type === SALE ? this.#sales : this.#refunds;
    const key = currency * 4 + type;
    let tally = this.#others.get(key);
    if (!tally) {
      tally = newTally(currencyOfNumber(currency, this.#base), type === REFUND ? 'refund' : 'sale');
      this.#others.set(key, tally);
    }
    return tally;
  }

  /** All sums. */
  list(): MoneyTally[] {
    return [this.#sales, this.#refunds, ...this.#others.values()];
  }
}

const newTally = (currency: string, type: MoneyTally['type']): MoneyTally => ({
  currency,
  type,
  applied: 0,
  duplicates: 0,
  conflicts: 0,
  refused: 0,
  erased: 0,
});

/** Adds sums to others of the same currencies and types. */
export function addMoney(sum: Map<string, MoneyTally>, tallies: readonly MoneyTally[]): void {
  for (const tally of tallies) {
    const key = `${tally.currency} ${tally.type}`;
    let into = sum.get(key);
    if (!into) {
      into = newTally(tally.currency, tally.type);
      sum.set(key, into);
    }
    into.applied += tally.applied;
    into.duplicates += tally.duplicates;
    into.conflicts += tally.conflicts;
    into.refused += tally.refused;
    into.erased += tally.erased;
  }
}
