import { conditionalMeanSpend, type SpendParams } from '../models/gamma-gamma.ts';

/** How the spend of a purchase is predicted. Money in minor units. */
export type SpendRule =
  | { readonly kind: 'gamma_gamma'; readonly params: SpendParams; readonly exponent: number }
  | { readonly kind: 'cohort_mean'; readonly meanMinor: number };

/**
 * Expected spend per future purchase day (docs/architecture.md, CLV): Gamma-Gamma's conditional mean, its population mean for a
 * one-time buyer, the cohort's mean where Gamma-Gamma was refused.
 *
 * @param x repeat purchase days, >= 0 @param repeatNetMinor net on these days, minor units
 * @returns minor units, unrounded
 */
export function expectedSpendMinor(rule: SpendRule, x: number, repeatNetMinor: number): number {
  if (rule.kind === 'cohort_mean') return rule.meanMinor;
  const { p, q, v } = rule.params;
  return conditionalMeanSpend({ p, q, v: v * 10 ** rule.exponent }, x, repeatNetMinor);
}

/** Predicted value of the horizon: discounted purchases times spend times margin, rounded to a whole minor unit. */
export function clvMinor(discountedPurchases: number, spendMinor: number, marginRatio: number): number {
  return Math.round(discountedPurchases * spendMinor * marginRatio);
}
