/** A month is a twelfth of 365 days. */
const MONTHS_PER_YEAR = 12;
const DAYS_PER_YEAR = 365;

/** Ends of the months up to a horizon, with the factor by which what falls into each is discounted. */
export interface DiscountedMonths {
  /** Days from now to the end of each month, ascending; the last one is the horizon. */
  readonly endDays: Float64Array;
  /** (1 + d)^-i of month i = 1, 2, ... */
  readonly factors: Float64Array;
}

/**
 * The months of 365/12 days until the horizon, the last one partial, each discounted at its number: (1 + d)^-i.
 *
 * Source: discounting at the end of the month, as in the CLV of `lifetimes` and BTYD, with a year of 365 days.
 * @param horizonDays days, whole, > 0
 * @param monthlyDiscountRatio d, per month, >= 0
 * @returns ends and factors, shape [ceil(horizon * 12 / 365)]; never throws
 * Cost: a few multiplications, once per predictor.
 */
export function discountedMonths(horizonDays: number, monthlyDiscountRatio: number): DiscountedMonths {
  const months = Math.ceil((horizonDays * MONTHS_PER_YEAR) / DAYS_PER_YEAR);
  const number = Float64Array.from({ length: months }, (_, i) => i + 1);
  return {
    endDays: number.map((i) => (i === months ? horizonDays : (i * DAYS_PER_YEAR) / MONTHS_PER_YEAR)),
    factors: number.map((i) => (1 + monthlyDiscountRatio) ** -i),
  };
}
