import { digamma, lnGamma, STIRLING_FROM, stirlingCorrection, trigamma } from './gamma-functions.ts';

/** Up to here products and sums are as fast as the gamma functions and free of cancellation. */
const DIRECT_UP_TO = 40;

/** A product beyond this is moved into the logarithm; one more factor (< 1e50) cannot overflow it. */
const PRODUCT_LIMIT = 1e250;

/** Stirling's formula at q + n less that at q, its large parts subtracted on paper. */
function stirlingDifference(q: number, n: number): number {
  const main = (q - 0.5) * Math.log1p(n / q) + n * (Math.log(q + n) - 1);
  return main + (stirlingCorrection(q + n) - stirlingCorrection(q));
}

/**
 * Logarithm of the rising factorial (Pochhammer symbol): ln Gamma(q + n) / Gamma(q).
 *
 * Source: definition; a product for n <= 40, a difference of `lnGamma` above, by Stirling's formula (Abramowitz & Stegun 6.1.40) where q
 * may be so large that the two cancel.
 * @param q base, dimensionless, q > 0; null not allowed
 * @param n number of factors, whole, n >= 0
 * @returns ln (q)_n, relative error about 1e-14; 0 for n = 0
 * Cost: n multiplications and one logarithm; allocates nothing. Never throws.
 */
export function lnPoch(q: number, n: number): number {
  if (n > DIRECT_UP_TO) return q < STIRLING_FROM ? lnGamma(q + n) - lnGamma(q) : stirlingDifference(q, n);
  let logarithm = 0;
  let product = 1;
  for (let j = 0; j < n; j++) {
    product *= q + j;
    if (product > PRODUCT_LIMIT) {
      logarithm += Math.log(product);
      product = 1;
    }
  }
  return logarithm + Math.log(product);
}

/**
 * Logarithm of a ratio of rising factorials: ln (q)_n / (q + d)_n, never positive.
 *
 * Source: definition; a product of n ratios for n <= 40, which keeps its digits where both factorials are large and nearly
 * equal, a difference of `lnPoch` above.
 * @param q base, dimensionless, q > 0; null not allowed
 * @param d how much larger the other base is, d > 0
 * @param n number of factors, whole, n >= 0
 * @returns the logarithm, absolute error about 1e-15 for n <= 40 and 1e-16 of ln (q + d)_n above; 0 for n = 0
 * Cost: n divisions and one logarithm; allocates nothing. Never throws.
 */
export function lnPochRatio(q: number, d: number, n: number): number {
  if (n > DIRECT_UP_TO) return lnPoch(q, n) - lnPoch(q + d, n);
  let logarithm = 0;
  let product = 1;
  for (let j = 0; j < n; j++) {
    product *= (q + j) / (q + d + j);
    if (product < 1 / PRODUCT_LIMIT) {
      logarithm += Math.log(product);
      product = 1;
    }
  }
  return logarithm + Math.log(product);
}

/**
 * First derivative of `lnPoch` in q: psi(q + n) - psi(q).
 *
 * Source: definition; the sum of 1 / (q + j) for n <= 40, a difference of `digamma` above.
 * @param q base, dimensionless, q > 0; null not allowed
 * @param n number of factors, whole, n >= 0
 * @returns the derivative, relative error about 1e-14; 0 for n = 0
 * Cost: n divisions; allocates nothing. Never throws.
 */
export function lnPochSlope(q: number, n: number): number {
  if (n > DIRECT_UP_TO) return digamma(q + n) - digamma(q);
  let sum = 0;
  for (let j = n - 1; j >= 0; j--) sum += 1 / (q + j);
  return sum;
}

/**
 * Second derivative of `lnPoch` in q: psi'(q + n) - psi'(q), never positive.
 *
 * Source: definition; minus the sum of 1 / (q + j)^2 for n <= 40, a difference of `trigamma` above.
 * @param q base, dimensionless, q > 0; null not allowed
 * @param n number of factors, whole, n >= 0
 * @returns the second derivative, relative error about 1e-14; 0 for n = 0
 * Cost: n divisions; allocates nothing. Never throws.
 */
export function lnPochCurvature(q: number, n: number): number {
  if (n > DIRECT_UP_TO) return trigamma(q + n) - trigamma(q);
  let sum = 0;
  for (let j = n - 1; j >= 0; j--) sum -= 1 / ((q + j) * (q + j));
  return sum;
}
