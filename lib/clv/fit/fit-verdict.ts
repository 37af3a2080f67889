import { choleskyFactor, choleskyInverseDiagonal } from '../numerics/cholesky.ts';
import { LOG_BOUND, type NewtonResult } from '../numerics/newton.ts';

/** Why a fit is not sound. */
export type FitReason =
  | 'NO_CUSTOMERS'
  | 'NO_REPEAT_CUSTOMERS'
  | 'ALMOST_NO_REPEAT_CUSTOMERS'
  | 'NOT_CONVERGED'
  | 'HESSIAN_NOT_POSITIVE'
  | 'PARAMETER_AT_BOUND'
  | 'STANDARD_ERROR_TOO_LARGE'
  | 'MEAN_INFINITE';

/** What is doubtful about a sound fit. */
export type FitWarning = 'FEW_REPEAT_CUSTOMERS' | 'MEAN_NEARLY_INFINITE';

/** What is judged. */
export interface FitOutcome {
  /** Where the search ended, log-parameters, mean objective. */
  readonly result: NewtonResult;
  /** Logarithm of the scale of each parameter, shape [d]. */
  readonly centre: Float64Array;
  /** Customers that entered, count. */
  readonly customers: number;
  /** Those that came back, count. */
  readonly repeatCustomers: number;
}

/** What a fit says of itself, whatever the model. */
export interface FitVerdict {
  /** Standard errors of the logarithms of the parameters, in the order of the point; NaN where there are none. */
  readonly logErrors: Float64Array;
  /** Empty when the fit is sound. */
  readonly reasons: FitReason[];
  readonly warnings: FitWarning[];
}

/**
 * A standard error of 2 in the logarithm: the parameter is unknown within a factor of 50 either way (e^3.9). On simulated
 * populations of a few hundred customers it is 0.3 to 1.3 where the model holds, and 2.5 to 1e7 on the ridges of fits that run away.
 */
const LARGEST_LOG_ERROR = 2;

/**
 * Below it the data say as little as they are few, yet the errors need not show it: of populations with 4 to 8 repeat customers,
 * some had errors below 2 by chance with parameters wrong by a factor of 4.
 */
const FEWEST_REPEAT_CUSTOMERS = 10;

/** Where the default configuration begins to trust a fit: below it the errors of drop-out parameters are 0.6 to 1.2. */
const FEW_REPEAT_CUSTOMERS = 100;

/**
 * Standard errors from the inverse Hessian, and the signs of a degenerate fit: no convergence, a Hessian that is not
 * positive definite, a parameter beyond e^+-12 of its scale, a standard error of a logarithm above 2, fewer than ten repeat
 * customers. They mean, as a rule: b at its bound, nobody drops out; r and alpha (p and q) together, all customers are alike;
 * a and b together, one chance to drop out for all.
 *
 * Source: the usual asymptotic covariance, inverse of the observed information; the thresholds were found on simulated data
 * (no drop-out, homogeneous rates, heavy drop-out, few repeat customers), see test/unit/clv/fit/degenerate-fits.test.ts.
 * @returns verdict, shape [d]; never throws
 * Cost: one Cholesky factor.
 */
export function judgeFit({ result, centre, customers, repeatCustomers }: FitOutcome): FitVerdict {
  const { point, evaluation, stop } = result;
  const reasons: FitReason[] = [];
  const factor = choleskyFactor(evaluation.hessian, point.length);
  const logErrors = factor
    ? choleskyInverseDiagonal(factor, point.length).map((variance) => Math.sqrt(variance / customers))
    : new Float64Array(point.length).fill(Number.NaN);
  if (repeatCustomers < FEWEST_REPEAT_CUSTOMERS) reasons.push('ALMOST_NO_REPEAT_CUSTOMERS');
  if (stop !== 'converged') reasons.push('NOT_CONVERGED');
  if (!factor) reasons.push('HESSIAN_NOT_POSITIVE');
  if (point.some((value, i) => !(Math.abs(value - (centre[i] as number)) <= LOG_BOUND))) reasons.push('PARAMETER_AT_BOUND');
  if (factor && logErrors.some((error) => !(error <= LARGEST_LOG_ERROR))) reasons.push('STANDARD_ERROR_TOO_LARGE');
  return { logErrors, reasons, warnings: repeatCustomers < FEW_REPEAT_CUSTOMERS ? ['FEW_REPEAT_CUSTOMERS'] : [] };
}
