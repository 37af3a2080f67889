import { describe, expect, it } from 'vitest';
import { computeHoldout, type HoldoutQuestion } from '../../../../lib/clv/holdout/holdout.ts';
import { compressHoldout } from '../../../../lib/clv/holdout/holdout-cells.ts';
import { fittedModel } from '../../../../lib/clv/models/purchase-models.ts';
import { expectedSpendMinor } from '../../../../lib/clv/predict/customer-value.ts';
import { drawCustomers, type HoldoutCustomer, rowsOf } from './holdout-rows.ts';

const PARAMS = { r: 0.6, alpha: 25, a: 0.9, b: 2.5 };
const QUESTION: HoldoutQuestion = {
  model: 'mbg-nbd',
  params: PARAMS,
  horizonDays: 100,
  innerDays: 100,
  spend: { kind: 'gamma_gamma', params: { p: 6, q: 4, v: 15 }, exponent: 2 },
};
const holdoutOf = (...parts: HoldoutCustomer[][]) => computeHoldout(compressHoldout(parts.map(rowsOf)), QUESTION);

describe('compressHoldout', () => {
  it('counts customers alike and keeps whole sums, leaving out rows without a purchase', () => {
    const one = {
      x: 2,
      txDays: 9,
      tenureDays: 20,
      later: 1,
      repeatNetMinor: 700,
      laterNetMinor: 100,
      innerRecencyDays: 4,
      innerLater: 1,
    };
    const cells = compressHoldout([
      rowsOf([
        { ...one, repeatNetMinor: -50 },
        { ...one, later: 0 },
      ]),
      rowsOf([{ x: -1 }, one]),
    ]);
    expect(cells).toEqual({
      x: Int32Array.of(2, 2),
      txDays: Int32Array.of(9, 9),
      tenureDays: Int32Array.of(20, 20),
      later: Int32Array.of(0, 1),
      weight: Float64Array.of(1, 2),
      spentMinor: Float64Array.of(700, 700),
      laterNetMinor: 300,
      inner: {
        customers: Float64Array.of(0, 0, 0, 0, 3),
        purchases: Float64Array.of(0, 0, 0, 0, 3),
        returned: Float64Array.of(0, 0, 0, 0, 3),
      },
    });
  });

  it.each([
    ['half a day', { txDays: 0.5, tenureDays: 3 }],
    ['a last purchase after the calibration date', { txDays: 4, tenureDays: 3 }],
    ['a negative number of later days', { later: -1 }],
    ['an amount that is not whole', { repeatNetMinor: 0.5 }],
  ])('refuses %s', (_, customer) => {
    expect(() => compressHoldout([rowsOf([{}, customer])])).toThrow('Holdout row 1');
  });

  it('refuses columns of different lengths', () => {
    expect(() => compressHoldout([{ ...rowsOf([{}]), later: [] }])).toThrow('column later: 0 rows, expected 1');
  });
});

describe('computeHoldout', () => {
  const customers = drawCustomers(400);

  it('gives the same bits for any order of rows and any division into shards', () => {
    const whole = holdoutOf(customers);
    const shards: HoldoutCustomer[][] = [[], [], []];
    for (const [i, customer] of customers.toReversed().entries()) shards[i % 3]?.push(customer);
    expect(holdoutOf(...shards)).toEqual(whole);
  });

  it('agrees with sums over customers, one by one', () => {
    const model = fittedModel('mbg-nbd', PARAMS);
    const people = customers.map(({ x = 0, txDays = 0, tenureDays = 0, later = 0, repeatNetMinor = 0 }) => {
      const alive = model.pAlive(x, txDays, tenureDays);
      const expected = alive * model.expectedWhileAlive(x, tenureDays, 100);
      const spend = QUESTION.spend ? expectedSpendMinor(QUESTION.spend, x, repeatNetMinor) : 0;
      const sinceFirst = model.pAlive(0, 0, 0) * model.expectedWhileAlive(0, 0, tenureDays + 100);
      return { x, later, alive, expected, revenue: expected * spend, sinceFirst };
    });
    const mean = (value: (one: (typeof people)[number]) => number) =>
      people.reduce((sum, one) => sum + value(one), 0) / people.length;
    const holdout = holdoutOf(customers);
    const { totals, actual, cumulative, revenue, meanPAlive } = holdout;
    expect(totals?.predicted).toBeCloseTo(400 * mean((one) => one.expected), 9);
    expect(actual.purchases).toBe(400 * mean((one) => one.later));
    expect(totals?.bias).toBeCloseTo(mean((one) => one.expected) / mean((one) => one.later) - 1, 12);
    expect(totals?.mae).toBeCloseTo(
      mean((one) => Math.abs(one.expected - one.later)),
      12,
    );
    expect(totals?.rmse).toBeCloseTo(Math.sqrt(mean((one) => (one.expected - one.later) ** 2)), 12);
    const [e, l] = [mean((one) => one.expected), mean((one) => one.later)];
    const both = mean((one) => (one.expected - e) * (one.later - l));
    const spread = Math.sqrt(mean((one) => (one.expected - e) ** 2) * mean((one) => (one.later - l) ** 2));
    expect(totals?.correlation).toBeCloseTo(both / spread, 12);
    expect(meanPAlive).toBeCloseTo(
      mean((one) => one.alive),
      12,
    );
    expect(cumulative?.actual).toBe(400 * mean((one) => one.x + one.later));
    expect(cumulative?.predicted).toBeCloseTo(400 * mean((one) => one.sinceFirst), 9);
    expect((revenue?.predictedMinor ?? 0) / (400 * mean((one) => one.revenue))).toBeCloseTo(1, 12);
    expect(revenue?.actualMinor).toBe(2500 * actual.purchases);
    for (const bin of holdout.bins) {
      const own = people.filter(({ x }) => (bin.x === '7+' ? x >= 7 : x === Number(bin.x)));
      expect(bin.customers).toBe(own.length);
      expect(bin.predicted).toBeCloseTo(own.reduce((sum, { expected }) => sum + expected, 0) / own.length, 12);
    }
  });

  it('has deciles that add up to the totals', () => {
    const { deciles, totals, actual, customers: all, returns } = holdoutOf(customers);
    const sum = (value: (decile: NonNullable<typeof deciles>[number]) => number) =>
      (deciles ?? []).reduce((s, d) => s + value(d), 0);
    expect(sum((decile) => decile.customers)).toBe(all);
    expect(sum((decile) => decile.actual)).toBe(actual.purchases);
    expect(sum((decile) => decile.predicted)).toBeCloseTo(totals?.predicted ?? 0, 9);
    expect(sum((decile) => decile.customers * decile.share)).toBeCloseTo(actual.returned, 9);
    expect(sum((decile) => decile.customers * decile.meanP) / all).toBeCloseTo(returns?.meanP ?? 0, 12);
  });

  it('has the rules of thumb alone where there are no parameters', () => {
    const full = holdoutOf(customers);
    const cells = compressHoldout([rowsOf(customers)]);
    const alone = computeHoldout(cells, { model: 'mbg-nbd', horizonDays: 100, innerDays: 100 });
    expect(alone).toMatchObject({ params: null, totals: null, returns: null, meanPAlive: null, revenue: null, deciles: null });
    expect(alone.baselines).toEqual(full.baselines);
    expect(alone.bins).toEqual(full.bins.map((bin) => ({ ...bin, predicted: null })));
  });

  it('predicts no revenue without a rule of spend', () => {
    const cells = compressHoldout([rowsOf(customers)]);
    const { revenue, totals } = computeHoldout(cells, { ...QUESTION, spend: undefined });
    expect([revenue, totals]).toEqual([null, holdoutOf(customers).totals]);
  });

  it('is plain, and defined for nobody', () => {
    const nobody = holdoutOf([]);
    expect(JSON.parse(JSON.stringify(nobody))).toEqual(nobody);
    expect(nobody).toMatchObject({
      customers: 0,
      bins: [],
      deciles: [],
      meanPAlive: null,
      totals: { bias: null, mae: null, rmse: null },
    });
    const full = holdoutOf(customers);
    expect(JSON.parse(JSON.stringify(full))).toEqual(full);
  });
});
