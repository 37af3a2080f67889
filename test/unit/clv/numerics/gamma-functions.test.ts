import { describe, expect, it } from 'vitest';
import { digamma, lnGamma, trigamma } from '../../../../lib/clv/numerics/gamma-functions.ts';
import { lnPoch, lnPochCurvature, lnPochSlope } from '../../../../lib/clv/numerics/pochhammer.ts';

const EULER_GAMMA = 0.5772156649015329;

describe('lnGamma', () => {
  it('gives the logarithms of factorials', () => {
    let factorial = 1;
    for (let n = 1; n <= 25; n++) {
      expect(lnGamma(n)).toBeCloseTo(Math.log(factorial), 13);
      factorial *= n;
    }
  });

  it('gives ln sqrt(pi) at one half and values on both sides of the shift', () => {
    expect(lnGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
    for (const x of [0.001, 0.3, 5.7, 11.999, 12.001, 400]) expect(lnGamma(x + 1) - lnGamma(x)).toBeCloseTo(Math.log(x), 12);
  });

  it('gives NaN outside x > 0', () => {
    for (const f of [lnGamma, digamma, trigamma]) for (const x of [0, -1, Number.NaN]) expect(f(x)).toBeNaN();
  });
});

describe('digamma', () => {
  it('gives -gamma at 1 and obeys its recurrence', () => {
    expect(digamma(1)).toBeCloseTo(-EULER_GAMMA, 14);
    for (const x of [0.01, 0.5, 3, 11.9, 50]) expect(digamma(x + 1) - digamma(x)).toBeCloseTo(1 / x, 12);
  });
});

describe('trigamma', () => {
  it('gives pi^2 / 6 at 1 and obeys its recurrence', () => {
    expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 14);
    for (const x of [0.1, 0.5, 3, 11.9, 50]) expect(trigamma(x + 1) - trigamma(x)).toBeCloseTo(-1 / (x * x), 11);
  });
});

describe('lnPoch and its derivatives', () => {
  it.each([0.01, 0.5, 3, 80, 1e9])('has no seam between products and gamma functions at q = %d', (q) => {
    expect(lnPoch(q, 41) / (lnPoch(q, 40) + Math.log(q + 40))).toBeCloseTo(1, 6);
    expect(lnPochSlope(q, 40) + 1 / (q + 40)).toBeCloseTo(lnPochSlope(q, 41), 11);
    expect(lnPochCurvature(q, 40) - 1 / (q + 40) ** 2).toBeCloseTo(lnPochCurvature(q, 41), 8);
  });

  it('does not overflow for a large base', () => {
    expect(lnPoch(1e9, 40)).toBeCloseTo(40 * Math.log(1e9), 5);
    expect(lnPoch(2, 0)).toBe(0);
  });
});
