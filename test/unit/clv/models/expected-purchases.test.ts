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

  it('obeys its recurrence across the borders of its three methods', () => {
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
