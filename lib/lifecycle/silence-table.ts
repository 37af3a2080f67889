import { DAY_LIMIT } from '../clv/fit/compress.ts';
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
export const SEARCHED_DAYS = 4095;

/** Where the first search of all begins, and for how many counts x what was found is kept. */
const [FIRST_GUESS_DAYS, NEIGHBOURS] = [32, 64] as const;

/** The least and the greatest t_x that were asked for with the days that were found: days run nearly straight in t_x. */
type Anchors = Int32Array;

/** Before anything was found: any t_x lies outside. */
const newAnchors = (): Anchors => Int32Array.of(DAY_LIMIT, FIRST_GUESS_DAYS, -1, FIRST_GUESS_DAYS);

function guessDays(anchors: Anchors, txDays: number): number {
  const [tx0, days0, tx1, days1] = anchors as unknown as [number, number, number, number];
  const days = tx0 >= tx1 ? days1 : days0 + Math.round(((days1 - days0) * (txDays - tx0)) / (tx1 - tx0));
  return Math.min(Math.max(days, 0), SEARCHED_DAYS);
}

function keepAnchor(anchors: Anchors, txDays: number, days: number): void {
  const [tx0, , tx1] = anchors as unknown as [number, number, number];
  if (txDays <= tx0) {
    anchors[0] = txDays;
    anchors[1] = days;
  }
  if (txDays >= tx1) {
    anchors[2] = txDays;
    anchors[3] = days;
  }
}

/**
 * Days of silence from which on a customer's rhythm lies below each of some thresholds, by (x, t_x).
 *
 * Source: q and p_return fall strictly between purchases for fixed parameters (docs/formulas.md), so that "below the threshold" is
 * the same as "silent for at least so many days"; these days depend on x and t_x alone. Every night then compares two integers, and
 * the date on which something will change without a purchase is known in advance.
 * Cost: some 5 questions to the rhythm per threshold for each first (x, t_x), then a look-up.
 */
export class SilenceTable {
  readonly #rhythm: Rhythm;
  /** By threshold: a customer is seldom asked about all of them. */
  readonly #tables: readonly PairTable[];

  constructor(rhythm: Rhythm, thresholds: readonly SilenceThreshold[]) {
    this.#rhythm = rhythm;
    this.#tables = thresholds.map((threshold) => {
      /** By count x: where the next search begins. */
      const near: Anchors[] = [];
      return new PairTable(1, (x, txDays, out, at) => {
        const place = x % NEIGHBOURS;
        const anchors = near[place] ?? newAnchors();
        near[place] = anchors;
        // what stands beside is the neighbour's days plus one; of a count beyond the dense ones it is anybody's, and a guess as well
        const beside = (out[at - 1] as number) || (out[at + 1] as number);
        const guess = beside > 0 ? Math.min(beside - 1, SEARCHED_DAYS) : guessDays(anchors, txDays);
        const days = this.#firstBelow(x, txDays, threshold, guess);
        if (days !== NEVER) keepAnchor(anchors, txDays, days);
        // what is filled must be positive
        out[at] = days + 1;
      });
    });
  }

  /**
   * @param x count, >= 0 @param txDays whole days @param which position of a threshold
   * @returns the fewest days of silence at which the customer is below the threshold; `NEVER` beyond 4095
   */
  days(x: number, txDays: number, which: number): number {
    const table = this.#tables[which] as PairTable;
    const entry = table.find(x, txDays);
    return (entry[table.at] as number) - 1;
  }

  /** Entries of a threshold as `PairTable.rows`, days plus one: for loops over customers, which ask `days` for what is not filled. */
  rows(which: number): readonly Float64Array[] {
    return (this.#tables[which] as PairTable).rows;
  }

  /** Gives the memory of the tables back; answers stay the same. */
  release(): void {
    for (const table of this.#tables) table.release();
  }

  #isBelow(x: number, txDays: number, silence: number, { q, pReturn }: SilenceThreshold): boolean {
    const tenure = txDays + silence;
    if (!(this.#rhythm.q(x, txDays, tenure) < q)) return false;
    return pReturn === undefined || this.#rhythm.pReturn(x, txDays, tenure) < pReturn;
  }

  /** From a guess by steps that double, then by halves: what is found does not depend on the guess. */
  #firstBelow(x: number, txDays: number, threshold: SilenceThreshold, guess: number): number {
    let [above, below] = [-1, -1];
    if (this.#isBelow(x, txDays, guess, threshold)) {
      below = guess;
      for (let step = 1; above < 0 && below > 0; step *= 2) {
        const day = Math.max(below - step, 0);
        if (this.#isBelow(x, txDays, day, threshold)) below = day;
        else above = day;
      }
    } else {
      above = guess;
      for (let step = 1; below < 0; step *= 2) {
        if (above === SEARCHED_DAYS) return NEVER;
        const day = Math.min(above + step, SEARCHED_DAYS);
        if (this.#isBelow(x, txDays, day, threshold)) below = day;
        else above = day;
      }
    }
    while (below - above > 1) {
      const middle = (above + below) >> 1;
      if (this.#isBelow(x, txDays, middle, threshold)) below = middle;
      else above = middle;
    }
    return below;
  }
}
