import { describe, expect, it } from 'vitest';
import { drawCustomers } from '../../../../bench/clv/customers.ts';
import { poissonDraws, uniformStream } from '../../../../cli/generate/random.ts';
import { bootstrapFits, bootstrapSpendFits, parameterIntervals, percentileInterval } from '../../../../lib/clv/fit/bootstrap.ts';
import { compressPurchases, type PurchaseRows } from '../../../../lib/clv/fit/compress.ts';
import { fitGammaGamma } from '../../../../lib/clv/fit/fit-gamma-gamma.ts';
import { fitPurchases } from '../../../../lib/clv/fit/fit-purchases.ts';
import { bgNbd } from '../../../../lib/clv/models/bg-nbd.ts';
import { mbgNbd } from '../../../../lib/clv/models/mbg-nbd.ts';
import { cdnowCells, cdnowSpendCells } from '../../../golden/cdnow.ts';
import { drawCells, uniform } from '../synthetic.ts';

const drawsOf = (seed: number) => poissonDraws(uniformStream(seed, 0));

type Numbers = Readonly<Record<string, number>>;

/** Standard deviation of the logarithm of each parameter over its standard error. */
function spreads(accepted: readonly Numbers[], logStandardErrors: Numbers): Numbers {
  return Object.fromEntries(
    Object.entries(logStandardErrors).map(([name, error]) => {
      const values = accepted.map((params) => Math.log(params[name] as number));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return [name, Math.sqrt(squares / (values.length - 1)) / error];
    }),
  );
}

const least = (numbers: Numbers) => Math.min(...Object.values(numbers));
const greatest = (numbers: Numbers) => Math.max(...Object.values(numbers));

describe('bootstrapFits', () => {
  const cells = cdnowCells();
  const fitted = fitPurchases(mbgNbd, cells);

  it('spreads the parameters as widely as the Hessian says where the data follow the model', () => {
    const drawn = compressPurchases([drawCustomers(2000)]);
    const { params, logStandardErrors } = fitPurchases(bgNbd, drawn);
    const found = bootstrapFits(bgNbd, drawn, { replicates: 40, poisson: drawsOf(5), start: params });
    expect(found).toMatchObject({ replicates: 40, refused: 0, reasons: {} });
    const spread = spreads(found.accepted, logStandardErrors);
    // the spread of 40 draws is known to 11 %
    expect(least(spread)).toBeGreaterThan(0.7);
    expect(greatest(spread)).toBeLessThan(1.35);
  });

  it('spreads the rate on CDNOW wider than the Hessian says, which takes the model for true', () => {
    const found = bootstrapFits(mbgNbd, cells, { replicates: 30, poisson: drawsOf(5), start: fitted.params });
    const spread = spreads(found.accepted, fitted.logStandardErrors);
    // 2,000 replicates give r 1.25, alpha 1.49, a 0.98 and b 0.98
    expect(spread['alpha']).toBeGreaterThan(1.2);
    expect(least(spread)).toBeGreaterThan(0.7);
    expect(greatest(spread)).toBeLessThan(1.8);
    const intervals = Object.entries(parameterIntervals(found));
    expect(intervals.map(([name]) => name)).toEqual(mbgNbd.parameters);
    for (const [name, [lower, upper]] of intervals) {
      expect(lower).toBeLessThan(fitted.params[name] as number);
      expect(upper).toBeGreaterThan(fitted.params[name] as number);
    }
  });

  it('gives the same fits for the same seed, and others for another', () => {
    const fits = (seed: number) => bootstrapFits(mbgNbd, cells, { replicates: 2, poisson: drawsOf(seed), start: fitted.params });
    expect(fits(1)).toEqual(fits(1));
    expect(fits(2).accepted).not.toEqual(fits(1).accepted);
  });

  it('does not depend on the order of customers, nor on their shards', () => {
    const random = uniform(3);
    const customers = Array.from({ length: 600 }, () => {
      const tenure = 150 + Math.floor(random() * 50);
      const x = Math.floor(random() * 4);
      return [x, x === 0 ? 0 : 1 + Math.floor(random() * tenure), tenure] as const;
    });
    const rowsOf = (some: typeof customers): PurchaseRows => ({
      x: some.map(([x]) => x),
      txDays: some.map(([, tx]) => tx),
      tenureDays: some.map(([, , tenure]) => tenure),
    });
    const fits = (parts: PurchaseRows[]) =>
      bootstrapFits(mbgNbd, compressPurchases(parts), { replicates: 2, poisson: drawsOf(9), start: fitted.params });
    const shuffled = customers.toReversed();
    expect(fits([rowsOf(shuffled.slice(0, 100)), rowsOf(shuffled.slice(100))])).toEqual(fits([rowsOf(customers)]));
  });

  it('counts the fits that are not sound by their reasons, and leaves them out', () => {
    const few = drawCells(12, 0.3, () => 0.02);
    const found = bootstrapFits(mbgNbd, few, { replicates: 10, poisson: drawsOf(4), start: fitted.params });
    expect(found.refused).toBeGreaterThan(0);
    expect(found.accepted).toHaveLength(10 - found.refused);
    const reasons = Object.values(found.reasons).reduce((sum, count) => sum + count, 0);
    expect(reasons).toBeGreaterThanOrEqual(found.refused);
  });

  it('counts a sample without customers as refused', () => {
    const found = bootstrapFits(mbgNbd, cells, { replicates: 2, poisson: () => 0, start: fitted.params });
    expect(found).toEqual({ replicates: 2, accepted: [], refused: 2, reasons: { NO_CUSTOMERS: 2 } });
    expect(parameterIntervals(found)).toEqual({});
  });
});

describe('bootstrapSpendFits', () => {
  it('spreads the parameters as widely as the Hessian says', () => {
    const cells = cdnowSpendCells();
    const fitted = fitGammaGamma(cells, { exponent: 2 });
    const options = { replicates: 50, poisson: drawsOf(6), exponent: 2, start: fitted.params };
    const found = bootstrapSpendFits(cells, options);
    expect(found.refused).toBe(0);
    const spread = spreads(found.accepted, fitted.logStandardErrors);
    // spend of CDNOW is not quite Gamma-Gamma
    expect(least(spread)).toBeGreaterThan(0.6);
    expect(greatest(spread)).toBeLessThan(1.9);
  });
});

describe('percentileInterval', () => {
  it('takes quantiles linearly between order statistics', () => {
    const [lower, upper] = percentileInterval(Array.from({ length: 101 }, (_, i) => 100 - i)) ?? [0, 0];
    expect(lower).toBeCloseTo(2.5, 12);
    expect(upper).toBeCloseTo(97.5, 12);
    expect(percentileInterval([3, 1, 2], 0.5)).toEqual([1.5, 2.5]);
    expect(percentileInterval([1])).toBeUndefined();
  });
});
