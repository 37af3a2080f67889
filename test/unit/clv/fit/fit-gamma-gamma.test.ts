import { describe, expect, it } from 'vitest';
import { compressSpend } from '../../../../lib/clv/fit/compress.ts';
import { confidenceIntervals } from '../../../../lib/clv/fit/confidence-intervals.ts';
import { fitGammaGamma } from '../../../../lib/clv/fit/fit-gamma-gamma.ts';
import { conditionalMeanSpend, populationMeanSpend } from '../../../../lib/clv/models/gamma-gamma.ts';
import { uniform } from '../synthetic.ts';

/** Customers whose mean spend has a Pareto tail: P(mean > m) = m^-tail; each purchase is exponential around it. */
function drawSpend(customers: number, tail: number) {
  const random = uniform(11);
  const rows = { x: [] as number[], repeatNetMinor: [] as number[] };
  for (let i = 0; i < customers; i++) {
    const x = 1 + Math.floor(random() * 4);
    const mean = 1000 * random() ** (-1 / tail);
    let net = 0;
    for (let k = 0; k < x; k++) net += Math.max(1, Math.round(-mean * Math.log(random())));
    rows.x.push(x);
    rows.repeatNetMinor.push(net);
  }
  return compressSpend([rows]);
}

describe('fitGammaGamma', () => {
  it('says that nobody came back', () => {
    const fit = fitGammaGamma(compressSpend([]), { exponent: 2 });
    expect(fit).toMatchObject({ sound: false, converged: false, reasons: ['NO_REPEAT_CUSTOMERS'] });
  });

  it('refuses a population whose mean spend is infinite', () => {
    const fit = fitGammaGamma(drawSpend(3000, 0.6), { exponent: 2 });
    expect(fit.params.q).toBeLessThan(1);
    expect(fit.reasons).toEqual(['MEAN_INFINITE']);
    expect(populationMeanSpend(fit.params)).toBe(Number.POSITIVE_INFINITY);
  });

  it('warns where the mean spend is nearly infinite, or may be so', () => {
    const near = fitGammaGamma(drawSpend(5000, 0.8), { exponent: 2 });
    expect(confidenceIntervals(near)['q']?.[0]).toBeGreaterThan(1);
    expect(near.params.q).toBeLessThan(1.1);
    expect(near).toMatchObject({ sound: true, reasons: [], warnings: ['MEAN_NEARLY_INFINITE'] });
    const unsure = fitGammaGamma(drawSpend(200, 0.9), { exponent: 2 });
    expect(unsure.params.q).toBeGreaterThan(1.1);
    expect(confidenceIntervals(unsure)['q']?.[0]).toBeLessThan(1);
    expect(unsure).toMatchObject({ sound: true, warnings: ['MEAN_NEARLY_INFINITE'] });
    expect(fitGammaGamma(drawSpend(5000, 0.9), { exponent: 2 })).toMatchObject({ sound: true, warnings: [] });
  });

  it('refuses nine customers and warns of ninety', () => {
    expect(fitGammaGamma(drawSpend(9, 3), { exponent: 2 }).reasons).toContain('ALMOST_NO_REPEAT_CUSTOMERS');
    expect(fitGammaGamma(drawSpend(90, 3), { exponent: 2 }).warnings).toContain('FEW_REPEAT_CUSTOMERS');
  });

  it.each([
    ['one customer', compressSpend([{ x: [2], repeatNetMinor: [500] }])],
    ['one price', compressSpend([{ x: [1, 2, 3, 4, 5, 6], repeatNetMinor: [999, 1998, 2997, 3996, 4995, 5994] }])],
    ['one price, one purchase', compressSpend([{ x: [1, 1, 1], repeatNetMinor: [7, 7, 7] }])],
  ])('refuses degenerate data with reasons, and ends: %s', (_name, cells) => {
    const fit = fitGammaGamma(cells, { exponent: 2 });
    expect(fit.sound).toBe(false);
    expect(fit.reasons.length).toBeGreaterThan(0);
  });

  it('moves v alone with the exponent of the currency', () => {
    const cells = drawSpend(2000, 3);
    const cents = fitGammaGamma(cells, { exponent: 2 });
    const whole = fitGammaGamma(cells, { exponent: 0 });
    expect(cents.sound).toBe(true);
    expect(whole.params.p / cents.params.p).toBeCloseTo(1, 10);
    expect(whole.params.v / cents.params.v).toBeCloseTo(100, 8);
  });

  it('ignores or survives a start that makes no sense', () => {
    const cells = drawSpend(2000, 3);
    const fit = fitGammaGamma(cells, { exponent: 2 });
    expect(fitGammaGamma(cells, { exponent: 2, start: { p: 0, q: 1, v: 1 } })).toEqual(fit);
    expect(fitGammaGamma(cells, { exponent: 2, start: { p: 1e-200, q: 1e200, v: 1 } }).params).toEqual(fit.params);
  });
});

describe('conditionalMeanSpend', () => {
  const params = { p: 6, q: 4, v: 15 };

  it('gives the population mean to a one-time buyer and counts a negative net as 0', () => {
    expect(conditionalMeanSpend(params, 0, 999)).toBe(populationMeanSpend(params));
    expect(conditionalMeanSpend(params, 2, -50)).toBe(conditionalMeanSpend(params, 2, 0));
  });

  it('gives NaN to a customer without a purchase', () => {
    expect(conditionalMeanSpend(params, -1, 0)).toBeNaN();
  });
});
