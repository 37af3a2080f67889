/** Models of when customers buy again. */
export const MODEL_IDS = ['bg-nbd', 'mbg-nbd', 'pareto-nbd'] as const;

/** Name of a model of when customers buy again. */
export type ModelId = (typeof MODEL_IDS)[number];

/** Parameters by name; those that carry time are in the unit of t_x and T. */
export type ModelParams = Readonly<Record<string, number>>;

/** Parameters of every model here. */
export const DIMENSION = 4;

/** Numbers of a term: its value, the gradient, then the upper triangle of the Hessian row by row: 1 + 4 + 10. */
export const TERM_SIZE = 15;

/**
 * The parts of one customer's log-likelihood at some parameters: LL = count(x) + ln(e^last(x, t_x) + e^end(x, T)), where `last`
 * is of a customer who dropped out with the last purchase (or between it and T, for the part of it that t_x decides), `end` of all else.
 *
 * Each method fills `out` (shape [15]) with value, gradient and upper triangle of the Hessian in the parameters themselves.
 * A value may be -Infinity (that fate is impossible), with derivatives of 0.
 */
export interface LikelihoodTerms {
  count(x: number, out: Float64Array): void;
  last(x: number, tx: number, out: Float64Array): void;
  end(x: number, tenure: number, out: Float64Array): void;
}

/**
 * A model with its parameters: what it says of one customer. Times are in the unit of the parameters: x count, 0 <= tx <= tenure,
 * horizon >= 0; anything finite, nothing negative. Nothing here throws, and nothing is NaN, infinite or negative for valid input.
 */
export interface FittedModel {
  /** Probability that the customer has not dropped out by T, 0 .. 1. */
  pAlive(x: number, tx: number, tenure: number): number;
  /** Probability of at least one purchase in the horizon, of a customer who is alive at T, 0 .. 1. */
  returnWhileAlive(x: number, tenure: number, horizon: number): number;
  /** Expected purchases in the horizon of a customer who is alive at T, undiscounted, count. It does not depend on t_x. */
  expectedWhileAlive(x: number, tenure: number, horizon: number): number;
  /**
   * The same probability to be alive from parts that tables can hold:
   * P(alive) = aliveShare(x, T) / (1 + exp(lnLast(x, t_x) - lnEnd(x, T))). A digit less exact than `pAlive` for large x.
   */
  lnLast(x: number, tx: number): number;
  lnEnd(x: number, tenure: number): number;
  aliveShare(x: number, tenure: number): number;
  /**
   * Discounted expected residual transactions of a customer who is alive at T, at a continuous rate per unit of time; undefined for
   * models without a closed form.
   */
  readonly residualWhileAlive: ((x: number, tenure: number, rate: number) => number) | undefined;
}

/** A model of when customers buy again: one file of this folder each. */
export interface PurchaseModel {
  readonly id: ModelId;
  /** Names of the parameters, in the order of all vectors, shape [4]. */
  readonly parameters: readonly string[];
  /** Which of them are times, shape [4]. */
  readonly isTime: readonly boolean[];
  /** Where a search begins unless it is told, times as shares of the longest tenure, shape [4]. */
  readonly defaultStart: readonly number[];
  /** @param values parameters, shape [4], all > 0 */
  terms(values: Float64Array): LikelihoodTerms;
  /** @param values parameters, shape [4], all > 0 */
  fitted(values: Float64Array): FittedModel;
}
