import { choleskyFactor, choleskyInverseDiagonal } from '../numerics/cholesky.ts';
import { LOG_BOUND, type NewtonResult } from '../numerics/newton.ts';

/** Why a fit is not sound. */
export type FitReason =
  | 'NO_CUSTOMERS'
  | 'NO_REPEAT_CUSTOMERS'
  | 'NOT_CONVERGED'
  | 'HESSIAN_NOT_POSITIVE'
  | 'PARAMETER_AT_BOUND'
  | 'STANDARD_ERROR_TOO_LARGE'
  | 'MEAN_INFINITE';

/** What a fit says of itself, whatever the model. */
export interface FitVerdict {
  /** Standard errors of the logarithms of the parameters, in the order of the point; NaN where there are none. */
  readonly logErrors: Float64Array;
  /** Empty when the fit is sound. */
  readonly reasons: FitReason[];
}

/** A standard error of 2 in the logarithm: the parameter is unknown within a factor of 50 (e^4). */
const LARGEST_LOG_ERROR = 2;

/**
 * Standard errors from the inverse Hessian, and the signs of a degenerate fit: no convergence, a Hessian that is not
 * positive definite, a parameter beyond e^+-12 of its scale, a standard error of a logarithm above 2.
 *
 * Source: the usual asymptotic covariance, inverse of the observed information; the thresholds were found on simulated data
 * (no drop-out, homogeneous rates, fewer than ten repeat customers).
 * @param result where the search ended, log-parameters, mean objective
 * @param centre logarithm of the scale of each parameter, shape [d]
 * @param customers total weight, count
 * @returns verdict, shape [d]; never throws
 * Cost: one Cholesky factor.
 */
export function judgeFit(result: NewtonResult, centre: Float64Array, customers: number): FitVerdict {
  const { point, evaluation, stop } = result;
  const reasons: FitReason[] = [];
  const factor = choleskyFactor(evaluation.hessian, point.length);
  const logErrors = factor
    ? choleskyInverseDiagonal(factor, point.length).map((variance) => Math.sqrt(variance / customers))
    : new Float64Array(point.length).fill(Number.NaN);
  if (stop !== 'converged') reasons.push('NOT_CONVERGED');
  if (!factor) reasons.push('HESSIAN_NOT_POSITIVE');
  if (point.some((value, i) => !(Math.abs(value - (centre[i] as number)) <= LOG_BOUND))) reasons.push('PARAMETER_AT_BOUND');
  if (factor && logErrors.some((error) => !(error <= LARGEST_LOG_ERROR))) reasons.push('STANDARD_ERROR_TOO_LARGE');
  return { logErrors, reasons };
}
