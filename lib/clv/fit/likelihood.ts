import { DIMENSION, type PurchaseModel, TERM_SIZE } from '../models/purchase-model.ts';
import type { Evaluation, Objective } from '../numerics/newton.ts';
import { cellPairs } from './cell-pairs.ts';
import type { PurchaseCells } from './compress.ts';

/** Where the Hessian begins in a term. */
const HESSIAN = 1 + DIMENSION;

/** Adds `weight` times the derivatives of a term, and `spread` times the outer product of its gradient. */
function addTerm(sums: Float64Array, terms: Float64Array, at: number, weight: number, spread: number): void {
  for (let i = 1; i < TERM_SIZE; i++) sums[i] = (sums[i] as number) + weight * (terms[at + i] as number);
  for (let row = 0, k = HESSIAN; row < DIMENSION; row++) {
    const scaled = spread * (terms[at + 1 + row] as number);
    for (let column = row; column < DIMENSION; column++, k++) {
      sums[k] = (sums[k] as number) + scaled * (terms[at + 1 + column] as number);
    }
  }
}

/** Subtracts g v' + v g', g the gradient of a term. */
function subtractCross(sums: Float64Array, terms: Float64Array, v: Float64Array): void {
  for (let row = 0, k = HESSIAN; row < DIMENSION; row++) {
    for (let column = row; column < DIMENSION; column++, k++) {
      const [gRow, gColumn] = [terms[1 + row] as number, terms[1 + column] as number];
      sums[k] = (sums[k] as number) - gRow * (v[column] as number) - gColumn * (v[row] as number);
    }
  }
}

/** The mean negative log-likelihood with derivatives in the logarithms of the parameters, from sums in the parameters. */
function toLogParameters(sums: Float64Array, values: Float64Array, customers: number): Evaluation {
  const gradient = values.map((value, i) => (-value * (sums[1 + i] as number)) / customers);
  const hessian = new Float64Array(DIMENSION * DIMENSION);
  for (let row = 0, k = HESSIAN; row < DIMENSION; row++) {
    for (let column = row; column < DIMENSION; column++, k++) {
      const own = row === column ? (gradient[row] as number) : 0;
      const product = (values[row] as number) * (values[column] as number);
      const value = own - (product * (sums[k] as number)) / customers;
      hessian[row * DIMENSION + column] = value;
      hessian[column * DIMENSION + row] = value;
    }
  }
  return { value: -(sums[0] as number) / customers, gradient, hessian };
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
 * Cost: one exponential and one logarithm per cell (~40 ns), and the terms of each distinct pair; sums in the order of cells, so
 * the same cells give the same bits. Allocates 15 doubles per distinct (x, T), once.
 */
export function purchaseObjective(model: PurchaseModel, cells: PurchaseCells): Objective {
  const pairs = cellPairs(cells);
  const { runs, lastFrom, endX, endTenure, endOf } = pairs;
  const ends = endX.length;
  const endTerms = new Float64Array(ends * TERM_SIZE);
  const endWeight = new Float64Array(ends);
  const endSpread = new Float64Array(ends);
  const customers = runs.reduce((sum, run) => sum + run.weight, 0);
  const term = new Float64Array(TERM_SIZE);
  const cross = new Float64Array(DIMENSION);
  return (point) => {
    const values = point.map((value) => Math.exp(value));
    const { count, last, end } = model.terms(values);
    const sums = new Float64Array(TERM_SIZE);
    for (const run of runs) {
      count(run.x, term);
      sums[0] = (sums[0] as number) + run.weight * (term[0] as number);
      addTerm(sums, term, 0, run.weight, 0);
    }
    for (let i = 0; i < ends; i++) {
      end(endX[i] as number, endTenure[i] as number, term);
      endTerms.set(term, i * TERM_SIZE);
    }
    endWeight.fill(0);
    endSpread.fill(0);
    let logLikelihood = 0;
    for (let pair = 0; pair + 1 < lastFrom.length; pair++) {
      const from = lastFrom[pair] as number;
      const to = lastFrom[pair + 1] as number;
      last(cells.x[from] as number, cells.txDays[from] as number, term);
      const lnLast = term[0] as number;
      // locals, for this is the loop that a fit spends its time in
      let [lost, spread, crossA, crossB, crossC, crossD] = [0, 0, 0, 0, 0, 0];
      for (let i = from; i < to; i++) {
        const w = cells.weight[i] as number;
        const endPair = endOf[i] as number;
        const at = endPair * TERM_SIZE;
        const lnEnd = endTerms[at] as number;
        const d = lnLast - lnEnd;
        const small = Math.exp(-Math.abs(d));
        const p4 = (d > 0 ? 1 : small) / (1 + small);
        const p3 = (d > 0 ? small : 1) / (1 + small);
        const s = w * p3 * p4;
        logLikelihood += w * ((d > 0 ? lnLast : lnEnd) + Math.log1p(small));
        endWeight[endPair] = (endWeight[endPair] as number) + w * p3;
        endSpread[endPair] = (endSpread[endPair] as number) + s;
        lost += w * p4;
        spread += s;
        crossA += s * (endTerms[at + 1] as number);
        crossB += s * (endTerms[at + 2] as number);
        crossC += s * (endTerms[at + 3] as number);
        crossD += s * (endTerms[at + 4] as number);
      }
      cross[0] = crossA;
      cross[1] = crossB;
      cross[2] = crossC;
      cross[3] = crossD;
      addTerm(sums, term, 0, lost, spread);
      subtractCross(sums, term, cross);
    }
    for (let i = 0; i < ends; i++) {
      addTerm(sums, endTerms, i * TERM_SIZE, endWeight[i] as number, endSpread[i] as number);
    }
    sums[0] = (sums[0] as number) + logLikelihood;
    return toLogParameters(sums, values, customers);
  };
}
