import { expectedWhileAlive } from './expected-purchases.ts';
import type { MbgParams } from './mbg-nbd.ts';

/** What is known of one customer. */
export interface PurchaseHistory {
  /** Repeat purchase days, count, >= 0. */
  readonly x: number;
  /** First to last purchase, days, 0 <= txDays <= tenureDays; 0 when x is 0. */
  readonly txDays: number;
  /** First purchase to the date of observation, days. */
  readonly tenureDays: number;
}

/**
 * Probability that a customer has not dropped out by T. (MBG/NBD)
 *
 * Source: Batislam, Denizel & Filiztekin (2007), eq. 6: 1 / (1 + a / (b + x) ((alpha + T) / (alpha + t_x))^(r + x)).
 * @param params fitted parameters, alpha in the unit of the history
 * @param history one customer; null not allowed
 * @returns 0 .. 1; 0 where the power overflows; never NaN for valid input, never throws
 * Cost: one exponential and one logarithm; allocates nothing.
 */
export function pAlive({ r, alpha, a, b }: MbgParams, { x, txDays, tenureDays }: PurchaseHistory): number {
  const lnRatio = Math.log1p((tenureDays - txDays) / (alpha + txDays));
  return 1 / (1 + (a / (b + x)) * Math.exp((r + x) * lnRatio));
}

/**
 * Probability of at least one purchase in the next `horizonDays`. (MBG/NBD)
 *
 * Source: P(alive) (1 - ((alpha + T) / (alpha + T + H))^(r + x)): given alive at T the rate is Gamma(r + x, alpha + T), and
 * drop-out happens only at purchases.
 * @param params fitted parameters, alpha in the unit of the history
 * @param history one customer; null not allowed
 * @param horizonDays H, days, >= 0
 * @returns 0 .. 1; strictly falling in T between purchases; never NaN for valid input, never throws
 * Cost: two exponentials and two logarithms; allocates nothing.
 */
export function pReturn(params: MbgParams, history: PurchaseHistory, horizonDays: number): number {
  const lnRatio = Math.log1p(horizonDays / (params.alpha + history.tenureDays));
  return pAlive(params, history) * -Math.expm1(-(params.r + history.x) * lnRatio);
}

/**
 * Expected purchases in the next `horizonDays`, undiscounted. (MBG/NBD)
 *
 * Source: Batislam, Denizel & Filiztekin (2007), eq. 8, as P(alive) times `expectedWhileAlive` with k = b + x + 1.
 * @param params fitted parameters, alpha in the unit of the history
 * @param history one customer; null not allowed
 * @param horizonDays days, >= 0
 * @returns count, >= 0; never NaN for valid input, never throws
 * Cost: one hypergeometric series (~0.3 us); allocates one small object.
 */
export function expectedPurchases(params: MbgParams, history: PurchaseHistory, horizonDays: number): number {
  const { r, alpha, a, b } = params;
  const state = { n: r + history.x, k: b + history.x + 1, a, exposure: alpha + history.tenureDays };
  return pAlive(params, history) * expectedWhileAlive(state, horizonDays);
}
