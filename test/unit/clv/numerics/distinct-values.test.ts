import { describe, expect, it } from 'vitest';
import { distinctValues } from '../../../../lib/clv/numerics/distinct-values.ts';

describe('distinctValues', () => {
  it('sorts, adds the weights of equal values, and says where each value went', () => {
    const { values, weight, placeOf } = distinctValues([3, -1, 3, 0.5, -0, 0, 3], [1, 2, 4, 8, 16, 32, 64]);
    expect([...values].map((value) => value + 0)).toEqual([-1, 0, 0.5, 3]);
    expect([...weight]).toEqual([2, 48, 8, 69]);
    expect([...placeOf]).toEqual([3, 0, 3, 2, 1, 1, 3]);
  });

  it.each([
    ['even', (i: number) => i / 7],
    ['crowded at one end', (i: number) => (i / 5000) ** 9],
    ['over all of the range of doubles', (i: number) => (i % 2 ? 1 : -1) * 10 ** (i % 309)],
    ['hardly above zero', (i: number) => i * Number.MIN_VALUE],
    ['a rounding apart', (i: number) => 1 + i * Number.EPSILON],
  ])('finds every value among thousands: %s', (_, valueAt) => {
    const given = Array.from({ length: 5000 }, (_unused, i) => valueAt((i * 7919) % 5000));
    const { values, weight, placeOf } = distinctValues(
      given,
      given.map(() => 1),
    );
    expect([...values]).toEqual([...new Set(given)].sort((a, b) => a - b));
    expect(given.every((value, i) => values[placeOf[i] as number] === value)).toBe(true);
    expect(weight.reduce((sum, w) => sum + w, 0)).toBe(5000);
  });

  it('is empty for no values', () => {
    const { values, weight, placeOf } = distinctValues([], []);
    expect([values.length, weight.length, placeOf.length]).toEqual([0, 0, 0]);
  });
});
