import { type CellRun, cellRuns } from './cell-runs.ts';
import type { PurchaseCells } from './compress.ts';
import type { Evaluation, Objective } from './newton.ts';
import { lnPoch, lnPochCurvature, lnPochSlope } from './pochhammer.ts';

/** Parameters of MBG/NBD: purchase rate ~ Gamma(r, alpha), drop-out chance after each purchase ~ Beta(a, b). */
export interface MbgParams {
  readonly r: number;
  /** Days (the unit of t_x and T). */
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
}

/** Positions in the sums: log-likelihood, gradient, then the upper triangle of the Hessian, in (r, alpha, a, b). */
const [LL, R, AL, A, B, R_R, R_AL, R_A, R_B, AL_AL, AL_A, AL_B, A_A, A_B, B_B] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
] as const;
const SUMS = 15;

/** Position of each pair of parameters in the sums. */
const HESSIAN = [R_R, R_AL, R_A, R_B, R_AL, AL_AL, AL_A, AL_B, R_A, AL_A, A_A, A_B, R_B, AL_B, A_B, B_B];

function add(sums: Float64Array, at: number, value: number): void {
  sums[at] = (sums[at] as number) + value;
}

/** Terms that depend on x alone: the special functions are needed once per distinct x. */
function addCountTerms(sums: Float64Array, { r, alpha, a, b }: MbgParams, { x, weight }: CellRun): void {
  const k = x + 1;
  const curvatureAB = lnPochCurvature(a + b, k);
  add(sums, LL, weight * (lnPoch(r, x) + r * Math.log(alpha) + lnPoch(b, k) - lnPoch(a + b, k)));
  add(sums, R, weight * (lnPochSlope(r, x) + Math.log(alpha)));
  add(sums, AL, (weight * r) / alpha);
  add(sums, A, -weight * lnPochSlope(a + b, k));
  add(sums, B, weight * (lnPochSlope(b, k) - lnPochSlope(a + b, k)));
  add(sums, R_R, weight * lnPochCurvature(r, x));
  add(sums, R_AL, weight / alpha);
  add(sums, AL_AL, (-weight * r) / (alpha * alpha));
  add(sums, A_A, -weight * curvatureAB);
  add(sums, A_B, -weight * curvatureAB);
  add(sums, B_B, weight * (lnPochCurvature(b, k) - curvatureAB));
}

/**
 * Terms of the cells of one x: ln(e^L3 + e^L4) with L3 (alive at T) = -(r + x) ln(alpha + T) and
 * L4 (dropped out at t_x) = ln a - ln(b + x) - (r + x) ln(alpha + t_x).
 */
function addTimeTerms(sums: Float64Array, params: MbgParams, cells: PurchaseCells, { x, from, to }: CellRun): void {
  const { r, alpha, a, b } = params;
  const n = r + x;
  const logOdds = Math.log(a / (b + x));
  // sums over cells of what does not factor; locals, for this is the loop that a fit spends its time in
  let [ll, lnEnds, rates, ratesSquared, lost] = [0, 0, 0, 0, 0];
  let [lostLn, spread, spreadLn, spreadLn2, spreadGap, spreadGap2, spreadLnGap] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = from; i < to; i++) {
    const w = cells.weight[i] as number;
    const txDays = cells.txDays[i] as number;
    const tenureDays = cells.tenureDays[i] as number;
    const toLast = 1 / (alpha + txDays);
    const toEnd = 1 / (alpha + tenureDays);
    const lnEnd = Math.log(alpha + tenureDays);
    // L4 - L3 is where the sum is decided; a log1p keeps it exact when T is close to t_x
    const ln = Math.log1p((tenureDays - txDays) * toLast);
    const d = logOdds + n * ln;
    const small = Math.exp(-Math.abs(d));
    const p4 = (d > 0 ? 1 : small) / (1 + small);
    const p3 = (d > 0 ? small : 1) / (1 + small);
    const gap = toEnd - toLast;
    const s = w * p3 * p4;
    ll += w * (Math.max(d, 0) + Math.log1p(small) - n * lnEnd);
    lnEnds += w * lnEnd;
    rates += w * (p3 * toEnd + p4 * toLast);
    ratesSquared += w * (p3 * toEnd * toEnd + p4 * toLast * toLast);
    lost += w * p4;
    lostLn += w * p4 * ln;
    spread += s;
    spreadLn += s * ln;
    spreadLn2 += s * ln * ln;
    spreadGap += s * gap;
    spreadGap2 += s * gap * gap;
    spreadLnGap += s * ln * gap;
  }
  // derivatives of L4 - L3: ln by r, n gap by alpha, byA by a, byB by b
  const [byA, byB] = [1 / a, -1 / (b + x)];
  add(sums, LL, ll);
  add(sums, R, lostLn - lnEnds);
  add(sums, AL, -n * rates);
  add(sums, A, lost * byA);
  add(sums, B, lost * byB);
  add(sums, R_R, spreadLn2);
  add(sums, R_AL, n * spreadLnGap - rates);
  add(sums, R_A, spreadLn * byA);
  add(sums, R_B, spreadLn * byB);
  add(sums, AL_AL, n * ratesSquared + n * n * spreadGap2);
  add(sums, AL_A, n * spreadGap * byA);
  add(sums, AL_B, n * spreadGap * byB);
  add(sums, A_A, (spread - lost) * byA * byA);
  add(sums, A_B, spread * byA * byB);
  add(sums, B_B, (spread + lost) * byB * byB);
}

/** The mean negative log-likelihood with derivatives in the logarithms of the parameters. */
function toLogParameters(sums: Float64Array, params: MbgParams, totalWeight: number): Evaluation {
  const values = [params.r, params.alpha, params.a, params.b];
  const gradient = Float64Array.from(values, (value, i) => (-value * (sums[R + i] as number)) / totalWeight);
  const hessian = new Float64Array(16);
  for (let i = 0; i < 16; i++) {
    const row = i >> 2;
    const column = i & 3;
    const own = row === column ? (gradient[row] as number) : 0;
    const product = (values[row] as number) * (values[column] as number);
    hessian[i] = own - (product * (sums[HESSIAN[i] as number] as number)) / totalWeight;
  }
  return { value: -(sums[LL] as number) / totalWeight, gradient, hessian };
}

/**
 * Mean negative log-likelihood of MBG/NBD over cells, as a function of (ln r, ln alpha, ln a, ln b), with exact
 * gradient and Hessian. Per customer, without the term x! that parameters do not change.
 *
 * Source: Batislam, Denizel & Filiztekin (2007), eq. 4, in the form without cancellation (rising factorials, one log1p);
 * checked against 60-digit values in test/golden/mbg-nbd.test.ts.
 * @param cells distinct (x, t_x, T), days, sorted by x; weights positive; at least one cell
 * @returns objective of points of shape [4]; finite inside +-50, else possibly not finite
 * @throws nothing
 * Cost: four transcendental functions per cell (~0.1 us); sums in the order of cells, so the same cells give the same bits.
 */
export function mbgObjective(cells: PurchaseCells): Objective {
  const runs = cellRuns(cells.x, cells.weight);
  const totalWeight = runs.reduce((sum, run) => sum + run.weight, 0);
  return (point) => {
    const [r = 0, alpha = 0, a = 0, b = 0] = point.map((value) => Math.exp(value));
    const params: MbgParams = { r, alpha, a, b };
    const sums = new Float64Array(SUMS);
    for (const run of runs) {
      addCountTerms(sums, params, run);
      addTimeTerms(sums, params, cells, run);
    }
    return toLogParameters(sums, params, totalWeight);
  };
}
