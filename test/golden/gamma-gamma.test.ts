import { describe, expect, it } from 'vitest';
import { fitGammaGamma } from '../../lib/clv/fit/fit-gamma-gamma.ts';
import { conditionalMeanSpend } from '../../lib/clv/models/gamma-gamma.ts';
import { cdnowSpendCells, REFERENCE, relativeError } from './cdnow.ts';

describe('conditionalMeanSpend', () => {
  it('gives the anchors of single customers under the fit of CDNOW', () => {
    const { params } = fitGammaGamma(cdnowSpendCells(), { exponent: 2 });
    for (const [key, expected] of Object.entries(REFERENCE.anchors.gg_E)) {
      const [mean = 0, x = 0] = key.split(',').map(Number);
      expect(relativeError(conditionalMeanSpend(params, x, mean * x), expected)).toBeLessThan(1e-8);
    }
  });

  it.each(Object.entries(REFERENCE.spend_grid))('agrees with 60-digit values: %s', (name, { params, customers }) => {
    for (const { x, m, expected_avg } of customers) {
      const observed = conditionalMeanSpend(params, x, m * x);
      // the formula is negative where the mean is infinite
      if (Number(expected_avg) < 0) expect(observed).toBe(Number.POSITIVE_INFINITY);
      else expect(relativeError(observed, expected_avg)).toBeLessThan(name === 'cdnow' ? 1e-12 : 1e-9);
    }
  });
});
