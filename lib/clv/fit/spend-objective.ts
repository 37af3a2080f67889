import type { SpendParams } from '../models/gamma-gamma.ts';
import { digamma, lnGamma, trigamma } from '../numerics/gamma-functions.ts';
import type { Objective } from '../numerics/newton.ts';
import { type CellRun, cellRuns } from './cell-runs.ts';
import type { SpendCells } from './compress.ts';

/** Positions in the sums: log-likelihood, gradient, then the upper triangle of the Hessian, in (p, q, v). */
const [LL, P, Q, V, P_P, P_Q, P_V, Q_Q, Q_V, V_V] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const SUMS = 10;

/** Position of each pair of parameters in the sums. */
const HESSIAN = [P_P, P_Q, P_V, P_Q, Q_Q, Q_V, P_V, Q_V, V_V];

function add(sums: Float64Array, at: number, value: number): void {
  sums[at] = (sums[at] as number) + value;
}

/** Terms that depend on x alone. */
function addCountTerms(sums: Float64Array, { p, q, v }: SpendParams, { x, weight }: CellRun): void {
  const all = p * x + q;
  const mixed = trigamma(all);
  add(sums, LL, weight * (lnGamma(all) - lnGamma(p * x) - lnGamma(q) + q * Math.log(v) + p * x * Math.log(x)));
  add(sums, P, weight * x * (digamma(all) - digamma(p * x) + Math.log(x)));
  add(sums, Q, weight * (digamma(all) - digamma(q) + Math.log(v)));
  add(sums, V, (weight * q) / v);
  add(sums, P_P, weight * x * x * (mixed - trigamma(p * x)));
  add(sums, P_Q, weight * x * mixed);
  add(sums, Q_Q, weight * (mixed - trigamma(q)));
  add(sums, Q_V, weight / v);
  add(sums, V_V, (-weight * q) / (v * v));
}

/** What `addSpendTerms` reads of cells. */
interface SpendData {
  readonly weight: Float64Array;
  /** Major units. */
  readonly totals: Float64Array;
}

/** Terms of the cells of one x. */
function addSpendTerms(sums: Float64Array, { p, q, v }: SpendParams, { weight, totals }: SpendData, run: CellRun): void {
  const { x, from, to } = run;
  const all = p * x + q;
  for (let i = from; i < to; i++) {
    const w = weight[i] as number;
    const total = totals[i] as number;
    const lnMean = Math.log(total / x);
    const lnSum = Math.log(total + v);
    const inverse = 1 / (total + v);
    add(sums, LL, w * ((p * x - 1) * lnMean - all * lnSum));
    add(sums, P, w * x * (lnMean - lnSum));
    add(sums, Q, -w * lnSum);
    add(sums, V, -w * all * inverse);
    add(sums, P_V, -w * x * inverse);
    add(sums, Q_V, -w * inverse);
    add(sums, V_V, w * all * inverse * inverse);
  }
}

/**
 * Mean negative log-likelihood of Gamma-Gamma over cells, as a function of (ln p, ln q, ln v), with exact gradient and
 * Hessian.
 *
 * Source: Fader & Hardie (2013), "The Gamma-Gamma model of monetary value", eq. 1a; checked against CDNOW in
 * test/golden/gamma-gamma.test.ts.
 * @param cells distinct (x > 0, repeat net > 0), minor units, sorted by x; at least one cell
 * @param exponent decimals of the currency, count: v is in 10^exponent minor units
 * @returns objective of points of shape [3]; not finite for extreme points; never throws
 * Cost: two logarithms per cell, nine special functions per distinct x; sums in the order of cells.
 */
export function spendObjective(cells: SpendCells, exponent: number): Objective {
  const unit = 10 ** exponent;
  const data: SpendData = { weight: cells.weight, totals: cells.repeatNetMinor.map((minor) => minor / unit) };
  const runs = cellRuns(cells.x, cells.weight);
  const totalWeight = runs.reduce((sum, run) => sum + run.weight, 0);
  return (point) => {
    const values = point.map((value) => Math.exp(value));
    const [p = 0, q = 0, v = 0] = values;
    const sums = new Float64Array(SUMS);
    for (const run of runs) {
      addCountTerms(sums, { p, q, v }, run);
      addSpendTerms(sums, { p, q, v }, data, run);
    }
    const gradient = values.map((value, i) => (-value * (sums[P + i] as number)) / totalWeight);
    const hessian = new Float64Array(9);
    for (let i = 0; i < 9; i++) {
      const row = Math.floor(i / 3);
      const column = i % 3;
      const product = (values[row] as number) * (values[column] as number);
      const own = row === column ? (gradient[row] as number) : 0;
      hessian[i] = own - (product * (sums[HESSIAN[i] as number] as number)) / totalWeight;
    }
    return { value: -(sums[LL] as number) / totalWeight, gradient, hessian };
  };
}
