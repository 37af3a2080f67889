import { describe, expect, it } from 'vitest';
import { compressPurchases } from '../../../../lib/clv/fit/compress.ts';
import { calibrationError, meanPReturn } from '../../../../lib/clv/holdout/calibration-error.ts';
import { pReturn } from '../../../../lib/clv/models/mbg-predictions.ts';

const params = { r: 0.52, alpha: 43, a: 0.9, b: 1.6 };
const cells = compressPurchases([{ x: [0, 0, 3], txDays: [0, 0, 50], tenureDays: [80, 80, 90] }]);
const mean =
  (2 * pReturn(params, { x: 0, txDays: 0, tenureDays: 80 }, 90) + pReturn(params, { x: 3, txDays: 50, tenureDays: 90 }, 90)) / 3;

describe('meanPReturn', () => {
  it('weights each cell with its customers', () => {
    expect(meanPReturn(params, cells, 90)).toBeCloseTo(mean, 15);
  });

  it('is NaN for no customers', () => {
    expect(meanPReturn(params, compressPurchases([]), 90)).toBeNaN();
  });
});

describe('calibrationError', () => {
  it('is the distance to the share that bought, on either side', () => {
    expect(calibrationError(params, cells, 90, 0)).toBeCloseTo(mean, 15);
    expect(calibrationError(params, cells, 90, 3)).toBeCloseTo(1 - mean, 15);
  });
});
