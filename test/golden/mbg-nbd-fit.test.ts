import { describe, expect, it } from 'vitest';
import { fitPurchases } from '../../lib/clv/fit/fit-purchases.ts';
import { type MbgParams, mbgNbd } from '../../lib/clv/models/mbg-nbd.ts';
import { expectedPurchases, pAlive } from '../../lib/clv/models/mbg-predictions.ts';
import { cdnowCells, REFERENCE, relativeError } from './cdnow.ts';

const PARAMETERS = ['r', 'alpha', 'a', 'b'] as const;

describe('fitPurchases on CDNOW', () => {
  it.each([
    ['days', 1, REFERENCE.fits.days['mbg-nbd']],
    ['weeks', 7, REFERENCE.fits.weeks['mbg-nbd']],
  ] as const)('reproduces the exact optimum in %s', (_unit, unitDays, reference) => {
    const fit = fitPurchases(mbgNbd, cdnowCells(unitDays));
    expect(fit).toMatchObject({ sound: true, converged: true, reasons: [] });
    for (const name of PARAMETERS) {
      expect(relativeError(fit.params[name] ?? Number.NaN, reference.params[name] ?? Number.NaN)).toBeLessThan(1e-8);
      // the standard errors of the reference come from finite differences: 7 digits
      expect(relativeError(fit.standardErrors[name] ?? Number.NaN, reference.se[name] ?? Number.NaN)).toBeLessThan(1e-7);
    }
    expect(Math.abs(fit.logLikelihood - Number(reference.ll))).toBeLessThan(1e-6);
  });

  it('needs few steps, and fewer from the optimum', () => {
    const cold = fitPurchases(mbgNbd, cdnowCells());
    expect(cold.iterations).toBeLessThanOrEqual(12);
    expect(fitPurchases(mbgNbd, cdnowCells(), { start: cold.params }).iterations).toBeLessThanOrEqual(3);
  });

  it.each([
    { r: 3, alpha: 1, a: 0.1, b: 20 },
    { r: 0.01, alpha: 2000, a: 5, b: 0.1 },
    { r: 0.5, alpha: 40, a: 0.9, b: 1.5 },
    { r: 50, alpha: 5000, a: 30, b: 30 },
  ])('ends at the same optimum from $r $alpha $a $b', (start) => {
    const cold = fitPurchases(mbgNbd, cdnowCells());
    const warm = fitPurchases(mbgNbd, cdnowCells(), { start });
    for (const name of PARAMETERS)
      expect(relativeError(warm.params[name] ?? Number.NaN, cold.params[name] ?? Number.NaN)).toBeLessThan(1e-10);
  });

  it('predicts the published total and mean P(alive) of the holdout', () => {
    const params = fitPurchases(mbgNbd, cdnowCells()).params as MbgParams;
    const cells = cdnowCells();
    let total = 0;
    let alive = 0;
    let customers = 0;
    for (let i = 0; i < cells.x.length; i++) {
      const weight = cells.weight[i] ?? 0;
      const history = { x: cells.x[i] ?? 0, txDays: cells.txDays[i] ?? 0, tenureDays: cells.tenureDays[i] ?? 0 };
      total += weight * expectedPurchases(params, history, 39 * 7);
      alive += weight * pAlive(params, history);
      customers += weight;
    }
    expect(relativeError(total, REFERENCE.holdout_39_weeks['mbg-nbd'].predicted_total)).toBeLessThan(1e-10);
    expect(relativeError(alive / customers, REFERENCE.holdout_39_weeks['mbg-nbd'].mean_p_alive)).toBeLessThan(1e-10);
  });
});
