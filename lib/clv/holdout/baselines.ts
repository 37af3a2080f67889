import type { PurchaseRows } from '../fit/compress.ts';
import { equalCountCuts, groupOf } from './equal-count-groups.ts';
import type { Forecast } from './forecast-scores.ts';
import type { HoldoutCells, InnerTallies } from './holdout-cells.ts';

/** Rules of thumb that a model must beat to be worth its trouble. */
export const BASELINE_IDS = ['recency_only', 'naive_rate', 'always_zero'] as const;

/** Name of a rule of thumb. */
export type BaselineId = (typeof BASELINE_IDS)[number];

/** Why there is no forecast by recency. */
export type RecencyReason = 'NO_INNER_PERIOD' | 'NO_CUSTOMERS_AT_INNER_DATE';

/** Lengths of what is predicted and of what it is learned from, days. */
export interface HoldoutSpans {
  /** Calibration date to the end of the horizon, > 0. */
  readonly horizonDays: number;
  /** Inner date to the calibration date; 0 when the calibration period has no room for one. */
  readonly innerDays: number;
}

/** Groups by recency, where there are customers enough. */
const MOST_GROUPS = 10;

/** Fewer customers say nothing of their group. */
const SMALLEST_GROUP = 10;

/** What customers of one group did in the inner period. */
interface RecencyGroup {
  customers: number;
  purchases: number;
  returned: number;
}

/** Groups of about equal count by days since the last purchase, learned from the inner period. */
function learnGroups({ customers, purchases, returned }: InnerTallies): { cuts: Float64Array; groups: RecencyGroup[] } {
  const values = Float64Array.from(customers.keys());
  const total = customers.reduce((sum, count) => sum + count, 0);
  const wanted = Math.min(Math.max(Math.floor(total / SMALLEST_GROUP), 1), MOST_GROUPS);
  const cuts = equalCountCuts({ values, weight: customers }, wanted);
  const groups = Array.from({ length: wanted }, () => ({ customers: 0, purchases: 0, returned: 0 }));
  for (const days of values) {
    const group = groups[groupOf(cuts, days)] as RecencyGroup;
    group.customers += customers[days] as number;
    group.purchases += purchases[days] as number;
    group.returned += returned[days] as number;
  }
  return { cuts, groups };
}

/**
 * A forecast from the days since the last purchase alone, learned without looking beyond the calibration date: customers known
 * at an inner date are grouped by recency then; what a group did until the calibration date is what customers of that recency
 * at the calibration date are expected to do, scaled to the horizon (purchases by horizon / inner, the chance to stay away to
 * that power).
 *
 * Source: the heuristic that Wuebben & von Wangenheim (2008) found managers to use, with up to ten groups of equal count in
 * place of one threshold.
 * @param cells customers @param spans days
 * @returns forecast of each cell, or why there is none; beyond the longest recency of the inner date its last group; never throws
 * Cost: one pass.
 */
export function recencyOnly(cells: HoldoutCells, { horizonDays, innerDays }: HoldoutSpans): Forecast | RecencyReason {
  if (innerDays < 1) return 'NO_INNER_PERIOD';
  if (cells.inner.customers.length === 0) return 'NO_CUSTOMERS_AT_INNER_DATE';
  const { cuts, groups } = learnGroups(cells.inner);
  const scale = horizonDays / innerDays;
  // of many equal recencies at the top no group is left for longer ones: they join the last that has customers
  const last = groups.findLastIndex(({ customers }) => customers > 0);
  const of = cells.txDays.map((tx, i) => Math.min(groupOf(cuts, (cells.tenureDays[i] as number) - tx), last));
  const groupAt = (cell: number) => groups[of[cell] as number] as RecencyGroup;
  return {
    purchases: Float64Array.from(of, (_, i) => (groupAt(i).purchases / groupAt(i).customers) * scale),
    p: Float64Array.from(of, (_, i) => 1 - (1 - groupAt(i).returned / groupAt(i).customers) ** scale),
  };
}

/**
 * Everybody goes on at the rate so far: x / T purchases a day, the chance to buy that of a Poisson process of this rate.
 *
 * Source: the usual first guess; p = 1 - exp(-x H / T).
 * @param cells customers @param horizonDays days
 * @returns forecast of each cell; 0 for T = 0; never throws
 * Cost: one exponential per cell.
 */
export function naiveRate(
  { x, tenureDays }: { readonly x: ArrayLike<number>; readonly tenureDays: ArrayLike<number> },
  horizonDays: number,
): Forecast {
  const purchases = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const tenure = tenureDays[i] as number;
    purchases[i] = tenure > 0 ? ((x[i] as number) / tenure) * horizonDays : 0;
  }
  return { purchases, p: purchases.map((mean) => -Math.expm1(-mean)) };
}

/** Nobody buys again. */
export function alwaysZero({ x }: Pick<PurchaseRows, 'x'>): Forecast {
  return { purchases: new Float64Array(x.length), p: new Float64Array(x.length) };
}
