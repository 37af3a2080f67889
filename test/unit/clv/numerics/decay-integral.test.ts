import { describe, expect, it } from 'vitest';
import { decayIntegral } from '../../../../lib/clv/numerics/decay-integral.ts';

describe('decayIntegral', () => {
  it.each([1e-3, 0.5, 7, 20_000])('is exponential for a ratio of 1: n + s = %d', (n) => {
    for (const end of [1e-9, 1, 40, Number.POSITIVE_INFINITY]) {
      const observed = decayIntegral({ n: n / 3, s: (2 * n) / 3, ratio: 1 }, end);
      expect(Math.abs(observed / (-Math.expm1(-n * end) / n) - 1), `end ${end}`).toBeLessThan(1e-14);
    }
  });

  it('is 0 for an end of 0', () => {
    expect(decayIntegral({ n: 1, s: 1, ratio: 3 }, 0)).toBe(0);
  });

  // by mpmath with 60 digits
  it.each([
    [0.5, 1.5, 0.3, 32, 0.8349178979170113],
    [2, 3, 40, 32, 0.011743775555818388],
    [-0.5, 2, 1e-4, 32, 155.10293087130793],
    [0.001, 0.001, 0.9, 32, 31.000658361378427],
    [0.4, 11, 1000, 0.05, 9.998444910884611e-5],
    [7, 13, 250_000, 17, 3.3333236363985454e-7],
  ])('has the values of 60 digits: n %d, s %d, ratio %d to %d', (n, s, ratio, end, exact) => {
    expect(Math.abs(decayIntegral({ n, s, ratio }, end) / exact - 1)).toBeLessThan(1e-14);
  });
});
