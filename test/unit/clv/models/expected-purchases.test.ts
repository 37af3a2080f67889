import { describe, expect, it } from 'vitest';
import { expectedWhileAlive } from '../../../../lib/clv/models/expected-purchases.ts';

describe('expectedWhileAlive', () => {
  it('is 0 over no time', () => {
    expect(expectedWhileAlive({ n: 2, k: 3, a: 1, exposure: 50 }, 0)).toBe(0);
  });

  // computed with 40 digits by the series of positive terms; the first probabilities are below 1e-308
  it.each([
    [{ n: 500, k: 2, a: 1.5, exposure: 50 }, 365, 4.88991553541095],
    [{ n: 1500, k: 12, a: 0.5, exposure: 100 }, 90.5, 230.620954662755],
    [{ n: 600, k: 1.2, a: 5, exposure: 20 }, 30, 1.29999999992858],
  ])('does not underflow for very frequent buyers', (state, days, exact) => {
    expect(expectedWhileAlive(state, days) / exact).toBeCloseTo(1, 12);
  });

  // computed with 30 digits as the mean over the chance to drop out; each is where a series is long or loses its digits
  it.each([
    ['an exposure near 0', { n: 0.25, k: 3.5, a: 0.8, exposure: 1e-6 }, 365, 356.6141195476115],
    ['many drop-outs and a large count', { n: 1800.5, k: 1803, a: 12, exposure: 500 }, 730, 164.900418352241],
    ['a + k = 1', { n: 0.25, k: 0.6, a: 0.4, exposure: 40 }, 365, 1.134770050022315],
    ['almost nobody leaving', { n: 3.25, k: 1e6, a: 0.8, exposure: 90 }, 365, 13.1804646841811],
    ['almost everybody leaving', { n: 0.5, k: 300, a: 250, exposure: 10 }, 365, 1.678201763355011],
    ['20,000 purchases', { n: 20000.5, k: 20004, a: 0.9, exposure: 7000 }, 365, 1019.195355491144],
    ['a long past and a short horizon', { n: 0.7, k: 5, a: 1, exposure: 1e5 }, 0.5, 3.499997520836521e-6],
    ['rates that hardly differ', { n: 250_000, k: 4, a: 0.7, exposure: 1e7 }, 365, 5.831864007756862],
    ['tiny parameters', { n: 1e-4, k: 1e-4, a: 1e-4, exposure: 1e-4 }, 1e5, 49901.48296501763],
  ])('keeps its digits with %s', (_, state, days, exact) => {
    expect(expectedWhileAlive(state, days) / exact).toBeCloseTo(1, 12);
  });

  it('is NaN for NaN, and ends', () => {
    expect(expectedWhileAlive({ n: Number.NaN, k: 3, a: 9, exposure: 50 }, 10)).toBeNaN();
    expect(expectedWhileAlive({ n: 1, k: 3, a: 1, exposure: Number.NaN }, 10)).toBeNaN();
  });

  it('obeys its recurrence across the borders of its two methods', () => {
    for (const [k, a] of [
      [0.3, 0.6],
      [1.1, 0.1],
      [9_000, 1.5],
      [10_100, 0.4],
      [2, 1],
      [3, 2.9],
      [8, 3.1],
      [5, 40],
    ] as const) {
      const state = { n: 1.4, k, a, exposure: 90 };
      const dropped = expectedWhileAlive({ ...state, a: a + 1 }, 365);
      const stayed = expectedWhileAlive({ ...state, k: k + 1 }, 365);
      expect((a * dropped + k * stayed) / (a + k) / expectedWhileAlive(state, 365)).toBeCloseTo(1, 9);
    }
  });

  it('grows with time and falls with more drop-outs', () => {
    const at = (a: number, days: number) => expectedWhileAlive({ n: 3.5, k: 5, a, exposure: 100 }, days);
    for (const a of [0.2, 1, 2.5, 6]) {
      expect(at(a, 60)).toBeGreaterThan(at(a, 30));
      expect(at(a + 1, 60)).toBeLessThan(at(a, 60));
    }
  });
});
