import type { Fit } from './maximise-likelihood.ts';

/** Lower and upper end, in the unit of what they are of. */
export type Interval = readonly [lower: number, upper: number];

/** Standard errors to either side that hold 95 % of a normal distribution: its 97.5 % quantile. */
const Z_95 = 1.959963984540054;

/**
 * 95 % intervals of fitted parameters: p exp(-+ 1.96 s), where s is the standard error of ln p.
 *
 * Source: Wald's interval on the logarithm, which is the scale of the search: it stays positive, and the likelihood is closer to
 * normal there. How often it holds the truth is checked on simulated populations in test/deep/coverage.test.ts.
 * @param fit its `params` and `logStandardErrors` are read
 * @returns lower and upper end by parameter, in the unit of the parameter, both finite; a parameter that the Hessian gives no
 * standard error, or one so large that the upper end overflows, is absent; never throws
 * Cost: two exponentials per parameter.
 */
export function confidenceIntervals({
  params,
  logStandardErrors,
}: Pick<Fit, 'params' | 'logStandardErrors'>): Record<string, Interval> {
  const intervals: Record<string, Interval> = {};
  for (const [name, value] of Object.entries(params)) {
    const reach = Z_95 * (logStandardErrors[name] as number);
    const upper = value * Math.exp(reach);
    if (Number.isFinite(upper)) intervals[name] = [value * Math.exp(-reach), upper];
  }
  return intervals;
}
