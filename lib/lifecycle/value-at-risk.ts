/**
 * The value that a customer's silence puts at risk: p_return lost since the last purchase times the predicted value that is left.
 *
 * Source: docs/lifecycle.md, Early warning.
 * @param q p_return now over p_return just after the last purchase, 0..1; NaN without a model or a purchase
 * @param pReturn probability of a purchase within the return horizon, 0..1 @param clvMinor predicted value, minor units
 * @returns minor units, whole; NaN where q is
 */
export function valueAtRiskMinor(q: number, pReturn: number, clvMinor: number): number {
  // p_return just after the last purchase is p_return / q
  if (q > 0) return Math.round((pReturn / q - pReturn) * clvMinor);
  return q === 0 ? 0 : Number.NaN;
}
