import { describe, expect, it } from 'vitest';
import { fitGammaGamma } from '../../lib/clv/fit/fit-gamma-gamma.ts';
import { conditionalMeanSpend, populationMeanSpend } from '../../lib/clv/models/gamma-gamma.ts';
import { cdnowSpendCells, REFERENCE, relativeError } from './cdnow.ts';

const PARAMETERS = ['p', 'q', 'v'] as const;

describe('fitGammaGamma on CDNOW', () => {
  const reference = REFERENCE.gamma_gamma.exact;

  it('reproduces the exact optimum', () => {
    const fit = fitGammaGamma(cdnowSpendCells(), { exponent: 2 });
    expect(fit).toMatchObject({ sound: true, converged: true, reasons: [] });
    for (const name of PARAMETERS) {
      expect(relativeError(fit.params[name], reference.params[name] ?? Number.NaN)).toBeLessThan(1e-8);
      // the standard errors of the reference come from finite differences: 6 digits
      expect(relativeError(fit.standardErrors[name], reference.se[name] ?? Number.NaN)).toBeLessThan(1e-6);
    }
    expect(Math.abs(fit.logLikelihood - Number(reference.ll))).toBeLessThan(1e-6);
    expect(relativeError(populationMeanSpend(fit.params), reference.pop_mean)).toBeLessThan(1e-9);
  });

  it.each([
    { p: 1, q: 20, v: 3 },
    { p: 6, q: 4, v: 16 },
    { p: 0.1, q: 0.5, v: 1000 },
  ])('ends at the same optimum from $p $q $v', (start) => {
    const cold = fitGammaGamma(cdnowSpendCells(), { exponent: 2 });
    const warm = fitGammaGamma(cdnowSpendCells(), { exponent: 2, start });
    for (const name of PARAMETERS) expect(relativeError(warm.params[name], cold.params[name])).toBeLessThan(1e-10);
  });

  it('predicts the anchors of single customers', () => {
    const { params } = fitGammaGamma(cdnowSpendCells(), { exponent: 2 });
    for (const [key, expected] of Object.entries(REFERENCE.anchors.gg_E)) {
      const [mean = 0, x = 0] = key.split(',').map(Number);
      expect(relativeError(conditionalMeanSpend(params, x, mean * x), expected)).toBeLessThan(1e-8);
    }
  });
});

describe('conditionalMeanSpend', () => {
  it.each(Object.entries(REFERENCE.spend_grid))('agrees with 60-digit values: %s', (name, { params, customers }) => {
    for (const { x, m, expected_avg } of customers) {
      const observed = conditionalMeanSpend(params, x, m * x);
      // the formula is negative where the mean is infinite
      if (Number(expected_avg) < 0) expect(observed).toBe(Number.POSITIVE_INFINITY);
      else expect(relativeError(observed, expected_avg)).toBeLessThan(name === 'cdnow' ? 1e-12 : 1e-9);
    }
  });
});
