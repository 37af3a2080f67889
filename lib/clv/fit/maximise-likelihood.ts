import type { ModelParams } from '../models/purchase-model.ts';
import { minimise, type Objective } from '../numerics/newton.ts';
import { type FitReason, judgeFit } from './fit-verdict.ts';

/** A maximum-likelihood fit. Vectors are in the order of `parameters`. */
export interface Fit<P extends ModelParams = ModelParams> {
  /** Where the search ended; the start when there was nothing to fit. */
  readonly params: P;
  /** Sum over customers; NaN when there was nothing to fit. */
  readonly logLikelihood: number;
  /** Standard errors of `params`, in their units; NaN where the Hessian gives none. */
  readonly standardErrors: P;
  /** Standard errors of the logarithms of `params`, dimensionless. */
  readonly logStandardErrors: P;
  /** Customers that entered, count. */
  readonly customers: number;
  /** Distinct cells, count. */
  readonly cells: number;
  /** Newton steps, count. */
  readonly iterations: number;
  readonly converged: boolean;
  /** True when `reasons` is empty. */
  readonly sound: boolean;
  /** Why the fit must not be used. */
  readonly reasons: FitReason[];
}

/** What is to be fitted. */
export interface FitProblem<P extends ModelParams> {
  /** Names of the parameters. */
  readonly parameters: readonly (keyof P & string)[];
  /** Mean negative log-likelihood in log-parameters; undefined when there is nothing to fit, for the reason given. */
  readonly objective: Objective | FitReason;
  /** Starts in turn until one converges: parameters, all > 0. */
  readonly starts: readonly Float64Array[];
  /** Natural scale of each parameter: beyond e^+-12 of it a fit has run away. */
  readonly scale: Float64Array;
  readonly customers: number;
  readonly cells: number;
  /** Further reasons against parameters. */
  readonly refuse?: (params: P) => FitReason[];
}

/**
 * Source: damped Newton in log-parameters on the mean objective (`minimise`), verdict by `judgeFit`.
 *
 * @returns a deterministic function of the problem; never throws on odd data: `sound` is false with reasons then
 * Cost: 4 to 15 evaluations of the objective from a cold start, 2 to 3 from a warm one.
 */
export function maximiseLikelihood<P extends ModelParams>(problem: FitProblem<P>): Fit<P> {
  const { parameters, objective, starts, scale, customers, cells } = problem;
  const named = (values: Float64Array) => Object.fromEntries(parameters.map((name, i) => [name, values[i] as number])) as P;
  if (typeof objective === 'string') {
    const none = named(new Float64Array(parameters.length).fill(Number.NaN));
    return {
      params: named(starts[0] as Float64Array),
      logLikelihood: Number.NaN,
      standardErrors: none,
      logStandardErrors: none,
      customers,
      cells,
      iterations: 0,
      converged: false,
      sound: false,
      reasons: [objective],
    };
  }
  const centre = scale.map(Math.log);
  const search = (start: Float64Array) => minimise(objective, start.map(Math.log), centre);
  let result = search(starts[0] as Float64Array);
  for (const start of starts.slice(1)) if (result.stop !== 'converged') result = search(start);
  const { logErrors, reasons } = judgeFit(result, centre, customers);
  const values = result.point.map((value) => Math.exp(value));
  const params = named(values);
  reasons.push(...(problem.refuse?.(params) ?? []));
  return {
    params,
    logLikelihood: -result.evaluation.value * customers,
    standardErrors: named(logErrors.map((error, i) => error * (values[i] as number))),
    logStandardErrors: named(logErrors),
    customers,
    cells,
    iterations: result.iterations,
    converged: result.stop === 'converged',
    sound: reasons.length === 0,
    reasons,
  };
}
