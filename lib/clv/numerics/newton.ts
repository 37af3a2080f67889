import { choleskyFactor, choleskySolve } from './cholesky.ts';

/** Value and derivatives of an objective at a point. */
export interface Evaluation {
  readonly value: number;
  /** Shape [d]. */
  readonly gradient: Float64Array;
  /** Row-major, shape [d * d], symmetric. */
  readonly hessian: Float64Array;
}

/** A function to minimise, with its derivatives; may return values that are not finite. */
export type Objective = (point: Float64Array) => Evaluation;

/** Why the search ended: only `converged` means that a minimum was reached. */
export type NewtonStop = 'converged' | 'bound' | 'stalled' | 'iterations';

/** Where the search ended. */
export interface NewtonResult {
  /** Shape [d]. */
  readonly point: Float64Array;
  /** At `point`, or one last step of Newton (below 1e-6) before it. */
  readonly evaluation: Evaluation;
  /** Newton steps taken, count. */
  readonly iterations: number;
  readonly stop: NewtonStop;
}

const MAX_ITERATIONS = 100;

/** Each rejection multiplies the damping by 4: 40 of them span 24 decades. */
const MAX_REJECTIONS = 40;

/** Damping to begin with, as a share of the curvature of each variable. */
const FIRST_DAMPING = 1e-3;

/** Damping below it is dropped. */
const NO_DAMPING = 1e-4;

/** Curvature below this share of the largest is rounding. */
const FLATTEST = 1e-12;

/** A first step in log space is worth at most a factor of e^2. */
const MAX_STEP = 2;

/** Twice the expected gain of one step of Newton; below it only rounding is left. */
const DECREMENT_END = 1e-13;

/** Near the optimum a mean over customers is flat to rounding: such a change counts as none. */
const FLAT = 1e-11;

/**
 * Near a minimum one step of this size is the last but one. More of them in a row is a walk in the rounding noise of the objective,
 * as on the ridge where all customers are alike (r and alpha of 10^5).
 */
const SMALL_STEP = 1e-5;
const MAX_SMALL_STEPS = 3;

/** |log parameter| beyond this (in scaled units) is a fit that runs away: e^12 = 160,000. */
export const LOG_BOUND = 12;

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

function largest(a: Float64Array): number {
  return a.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

function isUsable(evaluation: Evaluation): boolean {
  return Number.isFinite(evaluation.value + dot(evaluation.gradient, evaluation.gradient));
}

function newtonStep({ gradient, hessian }: Omit<Evaluation, 'value'>, damping: number): Float64Array | undefined {
  const factor = choleskyFactor(hessian, gradient.length, damping);
  return factor && choleskySolve(factor, gradient).map((value) => -value);
}

function moved(point: Float64Array, step: Float64Array): Float64Array {
  return point.map((value, i) => value + (step[i] as number));
}

/** A step is taken when it gains enough, or when the value is flat to rounding and the gradient falls. */
function isBetter(trial: Evaluation, current: Evaluation, step: Float64Array): boolean {
  if (!isUsable(trial)) return false;
  const change = trial.value - current.value;
  if (change < 1e-4 * dot(current.gradient, step)) return true;
  return Math.abs(change) <= FLAT && dot(trial.gradient, trial.gradient) < dot(current.gradient, current.gradient);
}

/** Takes the last step, whose error is the square of its size, and polishes by the derivatives found there. */
function finish(objective: Objective, point: Float64Array, current: Evaluation, step: Float64Array) {
  const next = moved(point, step);
  const evaluation = objective(next);
  if (!isUsable(evaluation) || evaluation.value > current.value + FLAT) return { point, evaluation: current };
  const polish = newtonStep(evaluation, 0);
  return { point: polish && largest(polish) < 1e-6 ? moved(next, polish) : next, evaluation };
}

/**
 * The same quadratic model in variables of unit curvature, so that damping holds back a flat direction no more than a steep one:
 * a ridge that falls for ever is followed to the bound in few steps.
 */
function unitCurvature({ gradient, hessian }: Evaluation) {
  const d = gradient.length;
  const diagonal = gradient.map((_, i) => Math.abs(hessian[i * d + i] as number));
  const floor = FLATTEST * largest(diagonal) || 1;
  const units = diagonal.map((curvature) => 1 / Math.sqrt(Math.max(curvature, floor)));
  const scaled = hessian.map((value, i) => value * (units[Math.floor(i / d)] as number) * (units[i % d] as number));
  return { model: { gradient: gradient.map((value, i) => value * (units[i] as number)), hessian: scaled }, units };
}

/** One accepted step from `point`: more damping until the objective falls, or until no more than rounding could be gained. */
function descend(objective: Objective, point: Float64Array, current: Evaluation, startDamping: number) {
  const { model, units } = unitCurvature(current);
  let damping = startDamping;
  for (let rejections = 0; rejections < MAX_REJECTIONS; rejections++) {
    const step = newtonStep(model, damping)?.map((value, i) => value * (units[i] as number));
    if (step) {
      const capped = step.map((value) => value * Math.min(1, MAX_STEP / largest(step)));
      const next = moved(point, capped);
      const evaluation = objective(next);
      if (isBetter(evaluation, current, capped)) {
        return { point: next, evaluation, damping: damping < NO_DAMPING ? 0 : damping / 8, moved: largest(capped) };
      }
      if (-dot(current.gradient, capped) < DECREMENT_END) return undefined;
    }
    damping = damping === 0 ? FIRST_DAMPING : damping * 4;
  }
  return undefined;
}

/**
 * Minimum of a smooth function of few variables by damped Newton steps (Cholesky, steps capped at 2).
 *
 * Source: Nocedal & Wright (2006), chapter 3.4, damped in proportion to the curvature of each variable as Marquardt (1963) has it,
 * with flat steps accepted near the optimum (models at 300,000 cells are flat to rounding there and an Armijo rule alone stalls).
 * Deterministic: the same objective and start give the same bits.
 * @param objective mean objective in log-parameters, of order 1
 * @param start first point, shape [d]
 * @param centre logarithm of the natural scale of each variable, shape [d]; beyond centre +- 12 the search ends as `bound`
 * @returns the last point and why the search ended; never throws, whatever the objective returns
 * Cost: one evaluation per step and one per rejected step, 4 to 15 steps as a rule, at most 100; allocates small arrays.
 */
export function minimise(objective: Objective, start: Float64Array, centre: Float64Array): NewtonResult {
  let point = start;
  let evaluation = objective(point);
  if (!isUsable(evaluation)) return { point, evaluation, iterations: 0, stop: 'stalled' };
  let damping = 0;
  let smallSteps = 0;
  for (let iterations = 1; iterations <= MAX_ITERATIONS; iterations++) {
    const step = newtonStep(evaluation, 0);
    if (step && -dot(evaluation.gradient, step) < DECREMENT_END && largest(step) < 1) {
      return { ...finish(objective, point, evaluation, step), iterations, stop: 'converged' };
    }
    const next = descend(objective, point, evaluation, damping);
    if (!next) return { point, evaluation, iterations, stop: 'stalled' };
    ({ point, evaluation, damping } = next);
    smallSteps = next.moved < SMALL_STEP ? smallSteps + 1 : 0;
    if (smallSteps === MAX_SMALL_STEPS) return { point, evaluation, iterations, stop: 'stalled' };
    if (point.some((value, i) => Math.abs(value - (centre[i] as number)) > LOG_BOUND)) {
      return { point, evaluation, iterations, stop: 'bound' };
    }
  }
  return { point, evaluation, iterations: MAX_ITERATIONS, stop: 'iterations' };
}
