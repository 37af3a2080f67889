import { decayIntegral } from '../numerics/decay-integral.ts';
import { integrateInPanels } from '../numerics/gauss-panels.ts';

/** Rates of a customer who is alive: of purchases ~ Gamma(n, a), of drop-out ~ Gamma(s, b), independent; all > 0. */
export interface AliveRates {
  /** r + x. */
  readonly n: number;
  /** alpha + T, in the unit of the horizon. */
  readonly a: number;
  readonly s: number;
  /** beta + T, in the unit of the horizon. */
  readonly b: number;
}

/** Longest panel for a function that is entire in theta. */
const LONGEST_PANEL = 3;

/** A panel over which the logarithm falls by 12 is integrated to 1e-20. */
const PANEL_FALL = 12;

/**
 * Expected purchases in the next `horizon` of a customer who is alive now. (Pareto/NBD; it does not depend on t_x)
 *
 * Source: Fader & Hardie (2005), "A note on deriving the Pareto/NBD model", eq. 41, as n b / a times -expm1(-(s - 1) L) / (s - 1)
 * with L = ln(1 + horizon / b), which is L itself for s = 1.
 * @param horizon >= 0, in the unit of a and b; null not allowed
 * @returns count, >= 0; never NaN for valid input, never throws
 * Cost: one logarithm and one exponential; allocates nothing.
 */
export function expectedUntilLost({ n, a, s, b }: AliveRates, horizon: number): number {
  const length = Math.log1p(horizon / b);
  const e = s - 1;
  return ((n * b) / a) * (e === 0 ? length : -Math.expm1(-e * length) / e);
}

/**
 * Probability of at least one purchase in the next `horizon` of a customer who is alive now. (Pareto/NBD)
 *
 * Source: the density of the next purchase at u is E[rate e^(-rate u)] E[e^(-drop-out rate u)] =
 * n a^n (a + u)^-(n + 1) b^s (b + u)^-s; integrated in theta = ln(1 + u / a), where it is n e^(-n theta) (1 + (a / b) (e^theta - 1))^-s.
 * Checked against 40-digit quadrature in test/unit/clv/models/pareto-nbd.test.ts.
 * @param horizon >= 0, in the unit of a and b; null not allowed
 * @returns 0 .. 1, relative error about 1e-14; never NaN for valid input, never throws
 * Cost: one to three panels of 16 nodes (~2 us) for horizons like a and b, some 20 panels for extreme ones.
 */
export function returnUntilLost({ n, a, s, b }: AliveRates, horizon: number): number {
  return Math.min(1, n * decayIntegral({ n, s, ratio: a / b }, Math.log1p(horizon / a)));
}

/**
 * Discounted expected residual transactions of a customer who is alive now: all purchases to come, each worth e^(-rate u) after u.
 * (Pareto/NBD)
 *
 * Source: Fader, Hardie & Lee (2005), "RFM and CLV", eq. 2: (n / a) times the integral of (b / (b + u))^s e^(-rate u), taken in
 * theta = ln(1 + u / b), where the function is entire: e^((1 - s) theta - w (e^theta - 1)), w = rate b. It holds for any rate and s,
 * where Tricomi's function has a case for each. Checked in test/golden/pareto-nbd.test.ts.
 * @param rate continuous discount rate per unit of time, >= 0; null not allowed
 * @returns count, > 0, relative error about 1e-14; Infinity for a rate of 0 and s <= 1, where the future has no finite sum; never NaN
 * for valid input, never throws
 * Cost: a few panels of 16 exponentials (~5 us).
 */
export function residualUntilLost({ n, a, s, b }: AliveRates, rate: number): number {
  const w = rate * b;
  const e = s - 1;
  if (w === 0) return e > 0 ? (n * b) / a / e : Number.POSITIVE_INFINITY;
  const worth = {
    ln: (theta: number) => -e * theta - w * Math.expm1(theta),
    panel: (theta: number) => {
      const grown = w * Math.exp(theta);
      return Math.min(LONGEST_PANEL, Math.log1p(PANEL_FALL / 2 / grown), PANEL_FALL / Math.abs(e));
    },
    fall: (theta: number) => e + w * Math.exp(theta),
  };
  return ((n * b) / a) * integrateInPanels(worth, Number.POSITIVE_INFINITY);
}
