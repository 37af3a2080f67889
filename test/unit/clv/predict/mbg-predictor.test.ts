import { describe, expect, it } from 'vitest';
import { expectedPurchases, pAlive, pReturn } from '../../../../lib/clv/models/mbg-predictions.ts';
import { createMbgPredictor } from '../../../../lib/clv/predict/mbg-predictor.ts';
import { discountedMonths } from '../../../../lib/clv/predict/monthly-discount.ts';
import { InvariantBrokenError } from '../../../../lib/errors.ts';

const params = { r: 0.524843, alpha: 43.2816, a: 0.89136, b: 1.614 };
const horizons = { horizonDays: 365, monthlyDiscountRatio: 0.01, returnHorizonDays: 90 };

const customers: [number, number, number][] = [
  [0, 0, 0],
  [0, 0, 400],
  [1, 20, 20],
  [7, 245, 545],
  [63, 900, 1000],
  [64, 900, 1000],
  [300, 1500, 1500],
  [2, 10, 5000],
  [64, 900, 1000],
];
const rows = {
  x: Int32Array.from(customers, ([x]) => x),
  txDays: Int32Array.from(customers, ([, tx]) => tx),
  tenureDays: Int32Array.from(customers, ([, , tenure]) => tenure),
};
const columns = (n: number) => ({
  pAlive: new Float64Array(n),
  pReturn: new Float64Array(n),
  q: new Float64Array(n),
  expected: new Float64Array(n),
  discounted: new Float64Array(n),
});

describe('createMbgPredictor', () => {
  it('agrees with the formulas for one customer', () => {
    const predictor = createMbgPredictor(params, horizons);
    const { endDays, factors } = discountedMonths(365, 0.01);
    for (const [x, txDays, tenureDays] of customers) {
      const history = { x, txDays, tenureDays };
      const fresh = { x, txDays, tenureDays: txDays };
      let discounted = 0;
      for (let i = 0; i < 12; i++) {
        const before = i === 0 ? 0 : expectedPurchases(params, history, endDays[i - 1] ?? 0);
        discounted += (expectedPurchases(params, history, endDays[i] ?? 0) - before) * (factors[i] ?? 0);
      }
      expect(predictor.pAlive(x, txDays, tenureDays) / pAlive(params, history)).toBeCloseTo(1, 11);
      expect(predictor.pReturn(x, txDays, tenureDays) / pReturn(params, history, 90)).toBeCloseTo(1, 11);
      expect(predictor.q(x, txDays, tenureDays)).toBeCloseTo(pReturn(params, history, 90) / pReturn(params, fresh, 90), 11);
      expect(predictor.expected(x, txDays, tenureDays) / expectedPurchases(params, history, 365)).toBeCloseTo(1, 11);
      expect(predictor.discounted(x, txDays, tenureDays) / discounted).toBeCloseTo(1, 10);
    }
  });

  it('fills bulk columns with exactly what it tells of one customer', () => {
    const predictor = createMbgPredictor(params, horizons);
    const out = columns(customers.length);
    predictor.activity(rows, out);
    predictor.value(rows, out);
    const again = columns(customers.length);
    predictor.activity(rows, again);
    predictor.value(rows, again);
    expect(again).toEqual(out);
    const other = createMbgPredictor(params, horizons);
    for (const [i, [x, txDays, tenureDays]] of customers.entries()) {
      for (const name of ['pAlive', 'pReturn', 'q', 'expected', 'discounted'] as const) {
        expect(other[name](x, txDays, tenureDays)).toBe(out[name][i]);
      }
    }
  });

  it('has q = 1 just after a purchase and strictly falling from then on', () => {
    const predictor = createMbgPredictor(params, horizons);
    for (const x of [0, 1, 5, 70]) {
      const last = x === 0 ? 0 : 200;
      expect(predictor.q(x, last, last)).toBe(1);
      for (let day = last + 1; day < last + 300; day++) {
        expect(predictor.q(x, last, day)).toBeLessThan(predictor.q(x, last, day - 1));
      }
    }
  });

  it('gives NaN to a customer without a purchase, one by one and in bulk', () => {
    const predictor = createMbgPredictor(params, horizons);
    const out = columns(1);
    predictor.activity({ x: [-1], txDays: [0], tenureDays: [0] }, out);
    predictor.value({ x: [-1], txDays: [0], tenureDays: [0] }, out);
    for (const name of ['pAlive', 'pReturn', 'q', 'expected', 'discounted'] as const) {
      expect(out[name][0]).toBeNaN();
      expect(predictor[name](-1, 0, 0)).toBeNaN();
    }
  });

  it('refuses impossible customers and columns of unequal lengths', () => {
    const predictor = createMbgPredictor(params, horizons);
    const one = (x: number, tx: number, tenure: number) => ({ x: [x], txDays: [tx], tenureDays: [tenure] });
    for (const bad of [one(1, 5, 4), one(1, -1, 4), one(1, 0.5, 4), one(0, 0, 65_536), one(0, Number.NaN, 3)]) {
      expect(() => predictor.activity(bad, columns(1))).toThrow(InvariantBrokenError);
      expect(() => predictor.value(bad, columns(1))).toThrow(InvariantBrokenError);
    }
    expect(() => predictor.pAlive(1, 5, 4)).toThrow(InvariantBrokenError);
    expect(() => predictor.activity(one(1, 2, 3), columns(2))).toThrow(InvariantBrokenError);
    expect(() => predictor.value({ x: [1], txDays: [1], tenureDays: [1, 2] }, columns(1))).toThrow(InvariantBrokenError);
  });

  it('discounts nothing at a rate of 0', () => {
    const predictor = createMbgPredictor(params, { ...horizons, monthlyDiscountRatio: 0 });
    expect(predictor.discounted(3, 100, 120)).toBeCloseTo(predictor.expected(3, 100, 120), 12);
  });
});

describe('discountedMonths', () => {
  it('cuts a year into twelve months of 365/12 days', () => {
    const { endDays, factors } = discountedMonths(365, 0.01);
    expect(endDays).toHaveLength(12);
    expect(endDays[0]).toBeCloseTo(365 / 12, 12);
    expect(endDays[11]).toBe(365);
    expect(factors[11]).toBeCloseTo(1.01 ** -12, 14);
  });

  it('ends with a partial month, also before the first one is over', () => {
    expect([...discountedMonths(100, 0.01).endDays]).toEqual([365 / 12, 730 / 12, 1095 / 12, 100]);
    expect([...discountedMonths(7, 0).endDays]).toEqual([7]);
  });
});
