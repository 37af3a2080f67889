import { describe, expect, it } from 'vitest';
import { cutPoints, quantileType1, scoreOf } from '../../../lib/rfm/cut-points.ts';

describe('cutPoints', () => {
  it('takes the smallest value whose cumulative count is at least k n / 5 (type 1)', () => {
    expect(cutPoints([1, 2, 3, 4, 5])).toEqual([1, 2, 3, 4]);
    expect(cutPoints([10, 20, 30, 40, 50, 60, 70, 80, 90, 100])).toEqual([20, 40, 60, 80]);
    expect(cutPoints([1, 2, 3, 4, 5, 6])).toEqual([2, 3, 4, 5]);
    expect(cutPoints([7])).toEqual([7, 7, 7, 7]);
    expect(cutPoints([])).toBeUndefined();
  });

  it('agrees with counting for every population up to 60', () => {
    for (let n = 1; n <= 60; n++) {
      const sorted = Array.from({ length: n }, (_, i) => Math.floor((i * i) / 7) - 3);
      const counted = [1, 2, 3, 4].map((k) =>
        sorted.find((value) => 5 * sorted.filter((other) => other <= value).length >= k * n),
      );
      expect(cutPoints(sorted)).toEqual(counted);
    }
  });

  it('meets whole ranks exactly in a population of 10 million', () => {
    const sorted = { length: 10_000_000, ...Object.fromEntries([1, 2, 3, 4].map((k) => [k * 2_000_000 - 1, k])) };
    expect(cutPoints(sorted as ArrayLike<number>)).toEqual([1, 2, 3, 4]);
  });
});

describe('quantileType1', () => {
  it('gives the extremes at the ends', () => {
    expect([0, 1e-6, 0.5, 1].map((share) => quantileType1([3, 5, 9, 11], share))).toEqual([3, 3, 5, 11]);
  });
});

describe('scoreOf', () => {
  it('is 1 + the cuts exceeded: a value on a cut scores low', () => {
    const cuts = [10, 20, 30, 40] as const;
    expect([9, 10, 11, 20, 30, 31, 40, 41].map((value) => scoreOf(value, cuts))).toEqual([1, 1, 2, 2, 3, 4, 4, 5]);
  });

  it('scores all ties alike and low: with 55 % one-time buyers the frequency of each is 1', () => {
    const frequency = [
      ...Array<number>(55).fill(1),
      ...Array<number>(20).fill(2),
      ...Array<number>(15).fill(3),
      ...Array<number>(10).fill(9),
    ];
    const cuts = cutPoints(frequency) as NonNullable<ReturnType<typeof cutPoints>>;
    expect(cuts).toEqual([1, 1, 2, 3]);
    expect([1, 2, 3, 9].map((value) => scoreOf(value, cuts))).toEqual([1, 3, 4, 5]);
  });
});
