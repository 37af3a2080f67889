import { describe, expect, it } from 'vitest';
import { fittedModel } from '../../lib/clv/models/purchase-models.ts';
import { REFERENCE, relativeError } from './cdnow.ts';

const { anchors, fits, grid } = REFERENCE;

/** The fit of CDNOW in weeks. */
const cdnow = fittedModel(
  'pareto-nbd',
  Object.fromEntries(Object.entries(fits.weeks['pareto-nbd'].params).map(([name, digits]) => [name, Number(digits)])),
);

describe('Pareto/NBD, published customers', () => {
  it('gives customer 1516 of CDNOW her chance to be alive and her next 52 weeks', () => {
    const [pAlive, expected] = anchors.customer_1516.pn;
    const alive = cdnow.pAlive(26, 216 / 7, 31);
    expect(relativeError(alive, pAlive)).toBeLessThan(1e-12);
    expect(relativeError(alive * cdnow.expectedWhileAlive(26, 31, 52), expected)).toBeLessThan(1e-12);
  });

  it('gives a new customer the first 52 weeks', () => {
    expect(relativeError(cdnow.expectedWhileAlive(0, 0, 52), anchors.pn_E52_exact_params)).toBeLessThan(1e-12);
  });

  it.each(Object.entries(anchors.increasing_frequency_paradox.pn))(
    'expects less of more purchases, long ago: x = %s',
    (x, exact) => {
      const observed = cdnow.pAlive(Number(x), 20, 39) * cdnow.expectedWhileAlive(Number(x), 39, 52);
      // the reference has 12 digits
      expect(relativeError(observed, exact)).toBeLessThan(1e-11);
    },
  );

  it.each(Object.entries(anchors.clvtools_palive))('has P(alive) where others overflowed: %s', (customer, exact) => {
    const fitted = fittedModel('pareto-nbd', grid['pareto-nbd']['clvtools_nan']?.params ?? {});
    const [x = 0, tx = 0, tenure = 0] = (customer.match(/[\d.]+/g) ?? []).map(Number);
    expect(relativeError(fitted.pAlive(x, tx, tenure), exact)).toBeLessThan(1e-12);
  });

  it('gives the discounted residual transactions of the example of BTYD', () => {
    const fitted = fittedModel('pareto-nbd', { r: 0.5629966, alpha: 12.559037, s: 0.4081095, beta: 10.5148048 });
    const observed = fitted.pAlive(7, 35, 77.86) * (fitted.residualWhileAlive?.(7, 77.86, 0.0027) ?? Number.NaN);
    expect(relativeError(observed, anchors.btyd_dert)).toBeLessThan(1e-13);
  });
});
