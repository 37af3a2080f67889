import { describe, expect, it } from 'vitest';
import { confidenceIntervals } from '../../../../lib/clv/fit/confidence-intervals.ts';
import { fitPurchases } from '../../../../lib/clv/fit/fit-purchases.ts';
import { mbgNbd } from '../../../../lib/clv/models/mbg-nbd.ts';
import { drawCells } from '../synthetic.ts';

describe('confidenceIntervals', () => {
  it('reaches 1.96 standard errors of the logarithm to either side', () => {
    const { r = [0, 0], b = [0, 0] } = confidenceIntervals({
      params: { r: 0.5, b: 40 },
      logStandardErrors: { r: 0.1, b: 1.2 },
    });
    expect(r).toEqual([expect.closeTo(0.5 / 1.216_522_67, 6), expect.closeTo(0.5 * 1.216_522_67, 6)]);
    expect(Math.log(b[1] / 40)).toBeCloseTo(1.2 * 1.959_963_984_5, 9);
    expect(Math.log(40 / b[0])).toBeCloseTo(1.2 * 1.959_963_984_5, 9);
  });

  it('leaves out a parameter without a standard error, and one of which nothing is known', () => {
    const intervals = confidenceIntervals({
      params: { r: 1, alpha: 2, a: 3 },
      logStandardErrors: { r: Number.NaN, alpha: 1000, a: 0.5 },
    });
    expect(Object.keys(intervals)).toEqual(['a']);
  });

  it('has none where the fit has no standard errors', () => {
    const nobody = fitPurchases(
      mbgNbd,
      drawCells(0, 0, () => 1),
    );
    expect(confidenceIntervals(nobody)).toEqual({});
  });
});
