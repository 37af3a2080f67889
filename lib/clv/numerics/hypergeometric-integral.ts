import { decayIntegral } from './decay-integral.ts';

/**
 * 2F1(1, b; b + gap; z) at z = y / (1 + y) as an integral, for z near 1.
 *
 * Source: Euler's integral (Abramowitz & Stegun 15.3.1) in theta = -ln of what it integrates over:
 * n times the integral of e^(-(gap - 1) theta) (1 + (e^theta - 1) / (1 + y))^-b over theta > 0, n = b + gap - 1.
 * @param b > 0 @param gap > 0, b + gap > 1 @param y >= 0, all finite; null not allowed
 * @returns >= 1, relative error about 1e-14; never NaN for valid input, never throws
 * Cost: 5 to 20 panels of 16 nodes (5 to 20 us), however near to 1 z is.
 */
export function hypergeometricIntegral(b: number, gap: number, y: number): number {
  return (b + gap - 1) * decayIntegral({ n: gap - 1, s: b, ratio: 1 / (1 + y) }, Number.POSITIVE_INFINITY);
}

/**
 * Its logarithm with derivatives, as `lnHypergeometricJet` gives them: by moments of what the parameters multiply.
 *
 * Source: derivatives of the logarithm of an integral of e^f are means and covariances of those of f; here f =
 * -(gap - 1) theta - b g, g = ln(1 + (e^theta - 1) / (1 + y)), and dg / d lambda = -k with k = 1 - e^-g.
 * @param b > 0 @param gap > 0, b + gap > 1 @param y >= 0, all finite; null not allowed
 * @param out filled, shape [10]
 * @returns nothing; never NaN for valid input, never throws
 * Cost: as `hypergeometricIntegral`.
 */
export function lnHypergeometricIntegralJet(b: number, gap: number, y: number, out: Float64Array): void {
  const n = b + gap - 1;
  const ratio = 1 / (1 + y);
  let [t, g, k, tt, tg, tk, gg, gk, kk] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const whole = decayIntegral({ n: gap - 1, s: b, ratio }, Number.POSITIVE_INFINITY, (theta, grown, part) => {
    const share = -Math.expm1(-grown);
    t += part * theta;
    g += part * grown;
    k += part * share;
    tt += part * theta * theta;
    tg += part * theta * grown;
    tk += part * theta * share;
    gg += part * grown * grown;
    gk += part * grown * share;
    kk += part * share * share;
  });
  const [meanT, meanG, meanK] = [t / whole, g / whole, k / whole];
  const inverse = 1 / (n * n);
  out[0] = Math.log(n * whole);
  out[1] = 1 / n - meanG;
  out[2] = 1 / n - meanT;
  out[3] = b * meanK;
  out[4] = gg / whole - meanG * meanG - inverse;
  out[5] = tg / whole - meanT * meanG - inverse;
  out[6] = meanK - b * (gk / whole - meanG * meanK);
  out[7] = tt / whole - meanT * meanT - inverse;
  out[8] = -b * (tk / whole - meanT * meanK);
  out[9] = b * b * (kk / whole - meanK * meanK) - (b * (k - kk)) / whole;
}
