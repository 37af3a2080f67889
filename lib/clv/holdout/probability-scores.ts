import { InvariantBrokenError } from '../../errors.ts';
import { type DistinctValues, distinctValues } from '../numerics/distinct-values.ts';
import { equalCountCuts, groupOf } from './equal-count-groups.ts';

/** Groups by predicted probability, as many as calibration tables have. */
export const DECILES = 10;

/** Customers with their probability to buy and whether they did, one row per cell of alike customers, equal lengths. */
export interface ProbabilityRows {
  /** Predicted probability of at least one purchase, 0 .. 1, never NaN. */
  readonly p: ArrayLike<number>;
  /** Customers of the row, count, >= 0. */
  readonly customers: ArrayLike<number>;
  /** Those of them that bought, count, 0 .. customers. */
  readonly returned: ArrayLike<number>;
}

/** Customers of about the same probability. */
export interface ProbabilityDecile {
  /** 1 (the least likely to buy) .. 10. */
  readonly decile: number;
  readonly customers: number;
  readonly meanP: number;
  /** Share of them that bought, 0 .. 1. */
  readonly share: number;
}

/** How good predicted probabilities were. */
export interface ProbabilityScores {
  readonly customers: number;
  /** Mean predicted probability; null for no customers. */
  readonly meanP: number | null;
  /** Share that bought, 0 .. 1; null for no customers. */
  readonly share: number | null;
  /** Mean of (p - outcome)^2, 0 (perfect) .. 1; null for no customers. */
  readonly brier: number | null;
  /** Mean over customers of |mean p - share| of their decile, 0 .. 1; null for no customers. */
  readonly calibrationError: number | null;
  /**
   * Chance that one who bought had a higher p than one who did not, equal ones counted half: 0.5 is guessing, 1 perfect. Null
   * when all or none bought.
   */
  readonly auc: number | null;
  /** Deciles that have customers, ascending. */
  readonly deciles: readonly ProbabilityDecile[];
}

/** Distinct probabilities with those who bought. */
interface Merged extends DistinctValues {
  readonly returned: Float64Array;
}

function merge({ p, customers, returned }: ProbabilityRows): Merged {
  if (customers.length !== p.length || returned.length !== p.length) {
    throw new InvariantBrokenError(
      `Probabilities: ${p.length}, with ${customers.length} and ${returned.length} counts, expected equal lengths. Pass columns of one table.`,
    );
  }
  const distinct = distinctValues(p, customers);
  const sums = new Float64Array(distinct.values.length);
  for (let row = 0; row < p.length; row++) {
    const place = distinct.placeOf[row] as number;
    sums[place] = (sums[place] as number) + (returned[row] as number);
  }
  return { ...distinct, returned: sums };
}

function decilesOf({ values, weight, returned }: Merged): ProbabilityDecile[] {
  const cuts = equalCountCuts({ values, weight }, DECILES);
  const sums = Array.from({ length: DECILES }, () => ({ customers: 0, p: 0, returned: 0 }));
  for (let i = 0; i < values.length; i++) {
    const sum = sums[groupOf(cuts, values[i] as number)] as (typeof sums)[number];
    sum.customers += weight[i] as number;
    sum.p += (weight[i] as number) * (values[i] as number);
    sum.returned += returned[i] as number;
  }
  return sums
    .map((sum, i) => ({
      decile: i + 1,
      customers: sum.customers,
      meanP: sum.p / sum.customers,
      share: sum.returned / sum.customers,
    }))
    .filter((decile) => decile.customers > 0);
}

/** Of all pairs of one who bought and one who did not, the share in which the first had the higher p. */
function areaUnderCurve({ values, weight, returned }: Merged): number | null {
  let bought = 0;
  let silent = 0;
  let won = 0;
  for (let i = 0; i < values.length; i++) {
    const yes = returned[i] as number;
    const no = (weight[i] as number) - yes;
    won += yes * (silent + no / 2);
    bought += yes;
    silent += no;
  }
  return bought > 0 && silent > 0 ? won / (bought * silent) : null;
}

/**
 * Decile of each row, 0 .. 9: equal counts of customers by p, customers of equal p together. The same groups as in
 * `probabilityScores`.
 *
 * Source: `equalCountCuts`.
 * @param rows probabilities and customers, shape [n]
 * @returns shape [n], the order of rows; never throws
 * Cost: one sort.
 */
export function decileOfRows({ p, customers }: Pick<ProbabilityRows, 'p' | 'customers'>): Uint8Array {
  const cuts = equalCountCuts(distinctValues(p, customers), DECILES);
  return Uint8Array.from(p, (value) => groupOf(cuts, value));
}

/**
 * Scores of predicted probabilities against what happened.
 *
 * Source: Brier (1950) in its two-class form; calibration error over deciles of equal count (Hosmer & Lemeshow 1980's groups);
 * the area under the ROC curve as the share of ordered pairs (Hanley & McNeil 1982), ties counted half.
 * @param rows weighted rows in any order, merged or not: the same customers give the same bits; null not allowed
 * @returns scores, null where undefined
 * @throws InvariantBrokenError when lengths differ
 * Cost: `distinctValues` (~0.5 us per row) and two passes; allocates ~40 bytes per row.
 */
export function probabilityScores(rows: ProbabilityRows): ProbabilityScores {
  const merged = merge(rows);
  const { values, weight, returned } = merged;
  let [all, p, bought, squares] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const n = weight[i] as number;
    const yes = returned[i] as number;
    all += n;
    p += n * value;
    bought += yes;
    squares += yes * (1 - value) * (1 - value) + (n - yes) * value * value;
  }
  if (all === 0) {
    return { customers: 0, meanP: null, share: null, brier: null, calibrationError: null, auc: null, deciles: [] };
  }
  const deciles = decilesOf(merged);
  const gaps = deciles.reduce((sum, decile) => sum + decile.customers * Math.abs(decile.meanP - decile.share), 0);
  return {
    customers: all,
    meanP: p / all,
    share: bought / all,
    brier: squares / all,
    calibrationError: gaps / all,
    auc: areaUnderCurve(merged),
    deciles,
  };
}
