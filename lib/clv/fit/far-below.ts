import type { DistinctValues } from '../numerics/distinct-values.ts';

/** Share of customers whose means are at or below the percentile. */
const PERCENTILE = 0.01;

/** A mean below this share of the percentile is far below it. */
const FAR = 0.1;

/**
 * Customers whose mean spend is under a tenth of the first percentile of all: a few of them, such as purchases of one cent, can move
 * the parameters of Gamma-Gamma by more than all others together.
 *
 * Source: percentile of type 1 (the smallest mean whose cumulative count is at least n / 100). The effect: one customer at 0.01 moves p by
 * more than 10 % on CDNOW (test/unit/clv/fit/far-below.test.ts).
 * @param means distinct means and the customers of each, as `meanSpends` gives them
 * @returns count; 0 for nobody; never throws
 * Cost: one pass.
 */
export function farBelow({ values, weight }: Pick<DistinctValues, 'values' | 'weight'>): number {
  const customers = weight.reduce((sum, w) => sum + w, 0);
  let place = 0;
  for (let seen = weight[0] ?? 0; seen < customers * PERCENTILE; seen += weight[place] as number) place++;
  const limit = (values[place] ?? 0) * FAR;
  let found = 0;
  for (let i = 0; (values[i] as number) < limit; i++) found += weight[i] as number;
  return found;
}
