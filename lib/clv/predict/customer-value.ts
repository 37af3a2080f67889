import { conditionalMeanSpend, type SpendParams } from '../models/gamma-gamma.ts';

/** How the spend of a purchase is predicted. Money in minor units. */
export type SpendRule =
  | { readonly kind: 'gamma_gamma'; readonly params: SpendParams; readonly exponent: number }
  | { readonly kind: 'cohort_mean'; readonly meanMinor: number };

/**
 * Expected spend per future purchase day (docs/architecture.md, CLV): Gamma-Gamma's conditional mean, its population mean for a
 * one-time buyer, the cohort's mean where Gamma-Gamma was refused.
 *
 * @returns a function of x (repeat purchase days, >= 0) and the net on these days, minor units; it gives minor units, unrounded, and
 * allocates nothing
 */
export function spendPredictor(rule: SpendRule): (x: number, repeatNetMinor: number) => number {
  if (rule.kind === 'cohort_mean') return () => rule.meanMinor;
  const { p, q, v } = rule.params;
  const inMinor = { p, q, v: v * 10 ** rule.exponent };
  return (x, repeatNetMinor) => conditionalMeanSpend(inMinor, x, repeatNetMinor);
}

/** The same for one customer. */
export function expectedSpendMinor(rule: SpendRule, x: number, repeatNetMinor: number): number {
  return spendPredictor(rule)(x, repeatNetMinor);
}

/** Predicted value of the horizon: discounted purchases times spend times margin, rounded to a whole minor unit. */
export function clvMinor(discountedPurchases: number, spendMinor: number, marginRatio: number): number {
  return Math.round(discountedPurchases * spendMinor * marginRatio);
}
