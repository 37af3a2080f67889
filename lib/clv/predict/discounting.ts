import type { FittedModel } from '../models/purchase-model.ts';

/** Twelfths of a mean year: 365.25 days, leap years included. */
const MONTHS_PER_YEAR = 12;
const DAYS_PER_YEAR = 365.25;

/** How predicted purchases are discounted: by exact months, by the months of `lifetimes` for daily or weekly data, or continuously. */
export const DISCOUNTINGS = ['exact', 'lifetimes-days', 'lifetimes-weeks', 'dert'] as const;

/** Name of a way to discount. */
export type Discounting = (typeof DISCOUNTINGS)[number];

/** Days of a month in the two conventions of `lifetimes`: 30 for daily data, 4.345 weeks for weekly data. */
const LIFETIMES_MONTHS = { 'lifetimes-days': 30, 'lifetimes-weeks': 4.345 * 7 } as const;

/** What decides the discounting. */
export interface DiscountRule {
  readonly discounting: Discounting;
  /** Days that a predicted value looks ahead, whole, > 0; without meaning for `dert`. */
  readonly horizonDays: number;
  /** Discount per month, >= 0 (0.01 = 1 %); > 0 for `dert`. */
  readonly monthlyDiscountRatio: number;
}

/** Ends of months with the weights of the expected purchases up to each. */
export interface DiscountedMonths {
  /** Days from now to the end of each month, ascending, shape [months]. */
  readonly endDays: Float64Array;
  /** Weights of E(end), shape [months]; their sum is the factor of the first month. */
  readonly weights: Float64Array;
}

/** Months of the horizon by a rule, a last one that is cut included; 0 for less than half a month where none is cut. */
export function monthsOf({ discounting, horizonDays }: Omit<DiscountRule, 'monthlyDiscountRatio'>): number {
  const months = (horizonDays * MONTHS_PER_YEAR) / DAYS_PER_YEAR;
  return discounting === 'exact' ? Math.ceil(months) : Math.round(months);
}

/**
 * Months until the horizon, each discounted at its end: sum over months i of (E_i - E_(i-1)) (1 + d)^-i, written as a sum of
 * weights times E_i, so that nothing is subtracted: (1 + d)^-i d / (1 + d) for every month but the last, (1 + d)^-i for that.
 *
 * Source: discounting at the end of the period, as in the CLV of `lifetimes` 0.11.3 and BTYD. `exact`: months of 365.25 / 12 days, the
 * last one cut at the horizon. `lifetimes-days`, `lifetimes-weeks`: round(horizon / (365.25 / 12)) months of 30 days or of
 * 4.345 weeks, all whole, so that a year of it is 360 or 364.98 days.
 * @param rule the rule; not `dert`, which has no months
 * @returns ends and weights, shape [months]; never throws
 * Cost: a few multiplications per month, once per predictor.
 */
export function discountedMonths(rule: DiscountRule & { readonly discounting: Exclude<Discounting, 'dert'> }): DiscountedMonths {
  const { discounting, horizonDays, monthlyDiscountRatio: d } = rule;
  const months = monthsOf(rule);
  const number = Float64Array.from({ length: months }, (_, i) => i + 1);
  const length = discounting === 'exact' ? DAYS_PER_YEAR / MONTHS_PER_YEAR : LIFETIMES_MONTHS[discounting];
  return {
    endDays: number.map((i) => (discounting === 'exact' && i === months ? horizonDays : i * length)),
    weights: number.map((i) => (1 + d) ** -i * (i === months ? 1 : d / (1 + d))),
  };
}

/** Continuous discount per day that equals a discount per month: ln(1 + d) * 12 / 365.25. */
export function dailyRate(monthlyDiscountRatio: number): number {
  return (Math.log1p(monthlyDiscountRatio) * MONTHS_PER_YEAR) / DAYS_PER_YEAR;
}

/**
 * Expected discounted purchases of a customer who is alive at T.
 *
 * @param fitted a model with parameters
 * @param months ends of months in the unit of the model
 * @param x repeat purchase days, count, >= 0
 * @param tenure T, in the unit of the model
 * @returns count, >= 0; never NaN for valid input, never throws
 * Cost: one expectation per month.
 */
export function discountedWhileAlive(fitted: FittedModel, months: DiscountedMonths, x: number, tenure: number): number {
  const { endDays, weights } = months;
  let sum = 0;
  for (let i = 0; i < endDays.length; i++) {
    sum += (weights[i] as number) * fitted.expectedWhileAlive(x, tenure, endDays[i] as number);
  }
  return sum;
}
