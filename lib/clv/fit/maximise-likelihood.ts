import type { ModelParams } from '../models/purchase-model.ts';
import { minimise, type NewtonResult, type Objective } from '../numerics/newton.ts';
import { type FitReason, type FitWarning, judgeFit } from './fit-verdict.ts';

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
  /** Newton steps, count; of a warm start that failed too. */
  readonly iterations: number;
  readonly converged: boolean;
  /** True when `reasons` is empty. */
  readonly sound: boolean;
  /** Why the fit must not be used. */
  readonly reasons: FitReason[];
  /** What is doubtful about a sound fit. */
  readonly warnings: FitWarning[];
  /** True when the search from the first start failed, and another start was taken. */
  readonly restarted: boolean;
}

/** What a model says against its parameters. */
export interface Examined {
  readonly reasons: FitReason[];
  readonly warnings: FitWarning[];
}

/** What is to be fitted. */
export interface FitProblem<P extends ModelParams> {
  /** Names of the parameters. */
  readonly parameters: readonly (keyof P & string)[];
  /** Mean negative log-likelihood in log-parameters; where there is nothing to fit, the reason. */
  readonly objective: Objective | FitReason;
  /** Starts in turn until one converges: parameters, all > 0. */
  readonly starts: readonly Float64Array[];
  /** Natural scale of each parameter: beyond e^+-12 of it a fit has run away. */
  readonly scale: Float64Array;
  readonly customers: number;
  /** Customers that came back, count. */
  readonly repeatCustomers: number;
  readonly cells: number;
  readonly examine?: (params: P, logStandardErrors: P) => Examined;
}

/** The search from the first start that converges, else from the last, with the steps of all. */
function searchFrom(objective: Objective, starts: readonly Float64Array[], centre: Float64Array) {
  let [iterations, searches] = [0, 0];
  let result: NewtonResult | undefined;
  for (const start of starts) {
    if (result?.stop === 'converged') break;
    result = minimise(objective, start.map(Math.log), centre);
    iterations += result.iterations;
    searches++;
  }
  return { ...(result as NewtonResult), iterations, restarted: searches > 1 };
}

/**
 * Source: damped Newton in log-parameters on the mean objective (`minimise`), verdict by `judgeFit`.
 *
 * @returns a deterministic function of the problem; never throws on odd data: `sound` is false with reasons then
 * Cost: 4 to 15 evaluations of the objective from a cold start, 2 to 3 from a warm one.
 */
export function maximiseLikelihood<P extends ModelParams>(problem: FitProblem<P>): Fit<P> {
  const { parameters, objective, starts, scale, customers, repeatCustomers, cells } = problem;
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
      warnings: [],
      restarted: false,
    };
  }
  const centre = scale.map(Math.log);
  const result = searchFrom(objective, starts, centre);
  const verdict = judgeFit({ result, centre, customers, repeatCustomers });
  const values = result.point.map((value) => Math.exp(value));
  const params = named(values);
  const logStandardErrors = named(verdict.logErrors);
  const examined = problem.examine?.(params, logStandardErrors);
  const reasons = [...verdict.reasons, ...(examined?.reasons ?? [])];
  const sound = reasons.length === 0;
  return {
    params,
    logLikelihood: -result.evaluation.value * customers,
    standardErrors: named(verdict.logErrors.map((error, i) => error * (values[i] as number))),
    logStandardErrors,
    customers,
    cells,
    iterations: result.iterations,
    converged: result.stop === 'converged',
    sound,
    reasons,
    warnings: sound ? [...verdict.warnings, ...(examined?.warnings ?? [])] : [],
    restarted: result.restarted,
  };
}
