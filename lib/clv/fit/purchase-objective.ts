import { DIMENSION, type LikelihoodTerms, type PurchaseModel, TERM_SIZE } from '../models/purchase-model.ts';
import type { Objective } from '../numerics/newton.ts';
import { type CellPairs, cellPairs } from './cell-pairs.ts';
import type { PurchaseCells } from './compress.ts';
import { TermSums } from './term-sums.ts';

/** What is fitted, and what an evaluation writes over the one before. */
interface Workspace {
  readonly cells: PurchaseCells;
  readonly pairs: CellPairs;
  readonly term: Float64Array;
  /** Of the cells of one (x, t_x): log-likelihood, expected customers lost at t_x, variance of their number. */
  readonly fates: Float64Array;
  /** Of the same cells: sum of variances times gradients of the other fate, shape [4]. */
  readonly cross: Float64Array;
  /** Terms of each distinct (x, T), shape [pairs * 15]. */
  readonly endTerms: Float64Array;
  /** Of the cells of each (x, T): expected customers not lost at t_x, shape [pairs]. */
  readonly endWeight: Float64Array;
  /** Variance of their number, shape [pairs]. */
  readonly endSpread: Float64Array;
}

function addCounts(sums: TermSums, terms: LikelihoodTerms, { pairs, term }: Workspace): void {
  for (const { x, weight } of pairs.runs) {
    terms.count(x, term);
    sums.addValue(weight * (term[0] as number));
    sums.addDerivatives(term, 0, weight, 0);
  }
}

function startEnds(terms: LikelihoodTerms, { pairs, term, endTerms, endWeight, endSpread }: Workspace): void {
  const { endX, endTenure } = pairs;
  for (let i = 0; i < endX.length; i++) {
    terms.end(endX[i] as number, endTenure[i] as number, term);
    endTerms.set(term, i * TERM_SIZE);
  }
  endWeight.fill(0);
  endSpread.fill(0);
}

/** The cells of one (x, t_x), whose term is in `term`: sets `fates` and `cross`, adds to `endWeight` and `endSpread`. */
function weighFates(pair: number, { cells, pairs, term, fates, cross, endTerms, endWeight, endSpread }: Workspace): void {
  const { weight } = cells;
  const { endOf, lastFrom } = pairs;
  const stride = TERM_SIZE;
  const to = lastFrom[pair + 1] as number;
  const lnLast = term[0] as number;
  // a fit spends its time in this loop
  let [logLikelihood, lost, spread, crossA, crossB, crossC, crossD] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = lastFrom[pair] as number; i < to; i++) {
    const w = weight[i] as number;
    const end = endOf[i] as number;
    const at = end * stride;
    const lnEnd = endTerms[at] as number;
    const d = lnLast - lnEnd;
    const small = Math.exp(-Math.abs(d));
    const p4 = (d > 0 ? 1 : small) / (1 + small);
    const p3 = (d > 0 ? small : 1) / (1 + small);
    const s = w * p3 * p4;
    logLikelihood += w * ((d > 0 ? lnLast : lnEnd) + Math.log1p(small));
    endWeight[end] = (endWeight[end] as number) + w * p3;
    endSpread[end] = (endSpread[end] as number) + s;
    lost += w * p4;
    spread += s;
    crossA += s * (endTerms[at + 1] as number);
    crossB += s * (endTerms[at + 2] as number);
    crossC += s * (endTerms[at + 3] as number);
    crossD += s * (endTerms[at + 4] as number);
  }
  fates[0] = logLikelihood;
  fates[1] = lost;
  fates[2] = spread;
  cross[0] = crossA;
  cross[1] = crossB;
  cross[2] = crossC;
  cross[3] = crossD;
}

function addFates(sums: TermSums, terms: LikelihoodTerms, work: Workspace): void {
  const { cells, pairs, term, fates, cross, endTerms, endWeight, endSpread } = work;
  for (let pair = 0; pair + 1 < pairs.lastFrom.length; pair++) {
    const first = pairs.lastFrom[pair] as number;
    terms.last(cells.x[first] as number, cells.txDays[first] as number, term);
    weighFates(pair, work);
    sums.addValue(fates[0] as number);
    sums.addDerivatives(term, 0, fates[1] as number, fates[2] as number);
    sums.subtractCross(term, cross);
  }
  for (let end = 0; end < endWeight.length; end++) {
    sums.addDerivatives(endTerms, end * TERM_SIZE, endWeight[end] as number, endSpread[end] as number);
  }
}

/**
 * Mean negative log-likelihood of a model over cells, as a function of the logarithms of its parameters, with exact gradient
 * and Hessian. Per customer, without the term x! that parameters do not change.
 *
 * Source: LL = count + ln(e^last + e^end) (`LikelihoodTerms`), whose gradient is the mean of the two fates' gradients by their
 * probabilities p4 and p3, and whose Hessian has p3 p4 (g_last - g_end)(g_last - g_end)' beside the mean of theirs; the sums over
 * cells are taken per distinct (x, t_x) and (x, T), so that special functions are computed once for each.
 * @param model the model
 * @param cells distinct (x, t_x, T) in one unit of time, sorted as `compressPurchases` does; weights positive; at least one cell
 * @returns objective of points of shape [4]; possibly not finite for extreme points; never throws
 * Cost: one exponential and one logarithm per cell (~60 ns), and the terms of each distinct pair; sums in the order of cells, so
 * the same cells give the same bits. Allocates 17 doubles per distinct (x, T), once.
 */
export function purchaseObjective(model: PurchaseModel, cells: PurchaseCells): Objective {
  const pairs = cellPairs(cells);
  const ends = pairs.endX.length;
  const customers = pairs.runs.reduce((sum, run) => sum + run.weight, 0);
  const work: Workspace = {
    cells,
    pairs,
    term: new Float64Array(TERM_SIZE),
    fates: new Float64Array(3),
    cross: new Float64Array(DIMENSION),
    endTerms: new Float64Array(ends * TERM_SIZE),
    endWeight: new Float64Array(ends),
    endSpread: new Float64Array(ends),
  };
  return (point) => {
    const values = point.map((value) => Math.exp(value));
    const terms = model.terms(values);
    const sums = new TermSums();
    addCounts(sums, terms, work);
    startEnds(terms, work);
    addFates(sums, terms, work);
    return sums.toObjective(values, customers);
  };
}
