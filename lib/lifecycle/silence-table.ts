import { PairTable } from '../clv/predict/pair-table.ts';

/** A customer's own rhythm under the epoch in force: probabilities by x, t_x and T in days. Between purchases neither rises. */
export interface Rhythm {
  /** p_return now over p_return just after the last purchase, 0..1. */
  q(x: number, txDays: number, tenureDays: number): number;
  /** Probability of a purchase within the return horizon, 0..1. */
  pReturn(x: number, txDays: number, tenureDays: number): number;
  /** Gives memory back when another rhythm is in force from now on; answers stay the same. */
  release?(): void;
}

/** What a customer's rhythm falls below: q and, where it is given, p_return as well. */
export interface SilenceThreshold {
  readonly q: number;
  readonly pReturn?: number;
}

/** Silence that no customer reaches: a threshold that is not passed within `SEARCHED_DAYS`. */
export const NEVER = 0x3fff_ffff;

/** Days of silence up to which thresholds are looked for: eleven years, so that the tables of a rhythm stay small. */
const SEARCHED_DAYS = 4095;

/**
 * Days of silence from which on a customer's rhythm lies below each of some thresholds, by (x, t_x).
 *
 * Source: q and p_return fall strictly between purchases for fixed parameters (docs/formulas.md), so that "below the threshold" is
 * the same as "silent for at least so many days"; these days depend on x and t_x alone. Every night then compares two integers, and
 * the date on which something will change without a purchase is known in advance.
 * Cost: some 10 questions to the rhythm per threshold for each first (x, t_x), then a look-up.
 */
export class SilenceTable {
  readonly #table: PairTable;
  readonly #rhythm: Rhythm;
  readonly #thresholds: readonly SilenceThreshold[];

  /** @param thresholds those that are passed earlier first, which makes the search shorter; the order is not required */
  constructor(rhythm: Rhythm, thresholds: readonly SilenceThreshold[]) {
    this.#rhythm = rhythm;
    this.#thresholds = thresholds;
    this.#table = new PairTable(thresholds.length, (x, txDays, out, at) => this.#fill(x, txDays, out, at));
  }

  /**
   * @param x count, >= 0 @param txDays whole days @param which position of a threshold
   * @returns the fewest days of silence at which the customer is below the threshold; `NEVER` beyond 4095
   */
  days(x: number, txDays: number, which: number): number {
    const entry = this.#table.find(x, txDays);
    // entries hold days + 1: what is filled is positive
    return (entry[this.#table.at + which] as number) - 1;
  }

  /** Gives the memory of the table back; answers stay the same. */
  release(): void {
    this.#table.release();
  }

  #fill(x: number, txDays: number, out: Float64Array, at: number): void {
    let from = 0;
    for (const [which, threshold] of this.#thresholds.entries()) {
      if (from > 0 && this.#isBelow(x, txDays, from - 1, threshold)) from = 0;
      from = this.#firstBelow(x, txDays, from, threshold);
      out[at + which] = from + 1;
      if (from === NEVER) from = SEARCHED_DAYS;
    }
  }

  #isBelow(x: number, txDays: number, silence: number, { q, pReturn }: SilenceThreshold): boolean {
    const tenure = txDays + silence;
    if (!(this.#rhythm.q(x, txDays, tenure) < q)) return false;
    return pReturn === undefined || this.#rhythm.pReturn(x, txDays, tenure) < pReturn;
  }

  /** By steps that double, then by halves. */
  #firstBelow(x: number, txDays: number, from: number, threshold: SilenceThreshold): number {
    let above = from - 1;
    let step = 1;
    let below = from;
    while (!this.#isBelow(x, txDays, below, threshold)) {
      if (below >= SEARCHED_DAYS) return NEVER;
      above = below;
      below = Math.min(below + step, SEARCHED_DAYS);
      step *= 2;
    }
    while (below - above > 1) {
      const middle = (above + below) >> 1;
      if (this.#isBelow(x, txDays, middle, threshold)) below = middle;
      else above = middle;
    }
    return below;
  }
}
