import { describe, expect, it } from 'vitest';
import { buyerShareDifference } from '../../../lib/segment/outcome.ts';

const group = (buyers: number, customers: number) => ({ customers, buyers, netMinor: 0 });

describe('buyerShareDifference', () => {
  // Newcombe 1998, table II, method 10, as printed: four decimals.
  it.each([
    [56, 70, 48, 80, 0.2, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.6, 0.1705, 0.809],
    [6, 7, 2, 7, 0.5714, 0.0582, 0.8062],
    [5, 56, 0, 29, 0.0893, -0.0381, 0.1926],
    [0, 10, 0, 20, 0, -0.1611, 0.2775],
    [0, 10, 0, 10, 0, -0.2775, 0.2775],
    [10, 10, 0, 20, 1, 0.6791, 1],
    [10, 10, 0, 10, 1, 0.6075, 1],
  ])('%i/%i less %i/%i is %f, from %f to %f', (a, m, b, n, difference, low, high) => {
    const found = buyerShareDifference(group(a, m), group(b, n));
    expect([found.difference, found.low, found.high].map((value) => Number(value.toFixed(4)) + 0)).toEqual([
      difference,
      low,
      high,
    ]);
  });

  it('turns round when the groups do', () => {
    const [forth, back] = [
      buyerShareDifference(group(31, 133), group(412, 1200)),
      buyerShareDifference(group(412, 1200), group(31, 133)),
    ];
    expect([-forth.difference, -forth.high, -forth.low]).toEqual([back.difference, back.low, back.high]);
  });
});
