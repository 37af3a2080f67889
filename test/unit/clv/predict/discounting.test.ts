import { describe, expect, it } from 'vitest';
import { fittedModel } from '../../../../lib/clv/models/purchase-models.ts';
import { type DiscountRule, dailyRate, discountedMonths, discountedWhileAlive } from '../../../../lib/clv/predict/discounting.ts';

const MONTH_DAYS = 365.25 / 12;
const rule = { horizonDays: 365, monthlyDiscountRatio: 0.01, discounting: 'exact' } as const satisfies DiscountRule;

describe('discountedMonths', () => {
  it('cuts a year into twelve months of 365.25/12 days, the last one at the horizon', () => {
    const { endDays } = discountedMonths(rule);
    expect(endDays).toHaveLength(12);
    expect(endDays[0]).toBe(MONTH_DAYS);
    expect(endDays[10]).toBeCloseTo(11 * MONTH_DAYS, 10);
    expect(endDays[11]).toBe(365);
  });

  it('ends with a partial month, also before the first one is over', () => {
    expect([...discountedMonths({ ...rule, horizonDays: 100 }).endDays]).toEqual([
      MONTH_DAYS,
      2 * MONTH_DAYS,
      3 * MONTH_DAYS,
      100,
    ]);
    expect([...discountedMonths({ ...rule, horizonDays: 7 }).endDays]).toEqual([7]);
  });

  it('has no thirteenth month of no days: four years are 48', () => {
    expect(discountedMonths({ ...rule, horizonDays: 1461 }).endDays).toHaveLength(48);
  });

  it.each([
    ['lifetimes-days', 365, 12, 360],
    ['lifetimes-weeks', 365, 12, 12 * 4.345 * 7],
    ['lifetimes-days', 730, 24, 720],
    ['lifetimes-days', 16, 1, 30],
  ] as const)('has the whole months of %s: %i days are %i', (discounting, horizonDays, months, lastEnd) => {
    const { endDays } = discountedMonths({ ...rule, discounting, horizonDays });
    expect(endDays).toHaveLength(months);
    expect(endDays.at(-1)).toBeCloseTo(lastEnd, 10);
  });

  it.each(['exact', 'lifetimes-days', 'lifetimes-weeks'] as const)(
    'weighs what falls into month i by (1 + d)^-i: %s',
    (discounting) => {
      const { endDays, weights } = discountedMonths({ horizonDays: 365, monthlyDiscountRatio: 0.03, discounting });
      const upTo = (days: number) => days ** 0.7;
      let [discounted, weighed] = [0, 0];
      for (const [i, end] of endDays.entries()) {
        discounted += (upTo(end) - upTo(endDays[i - 1] ?? 0)) * 1.03 ** -(i + 1);
        weighed += (weights[i] ?? 0) * upTo(end);
      }
      expect(weighed / discounted).toBeCloseTo(1, 13);
    },
  );
});

describe('dailyRate', () => {
  it('takes as much in a month as the monthly discount', () => {
    expect(Math.exp(-dailyRate(0.01) * MONTH_DAYS)).toBeCloseTo(1 / 1.01, 15);
    expect(dailyRate(0)).toBe(0);
  });
});

describe('discountedWhileAlive', () => {
  it('takes times in the unit of the model', () => {
    const months = discountedMonths(rule);
    const days = fittedModel('bg-nbd', { r: 0.24, alpha: 30.8, a: 0.8, b: 2.4 });
    const weeks = fittedModel('bg-nbd', { r: 0.24, alpha: 4.4, a: 0.8, b: 2.4 });
    const inWeeks = { ...months, endDays: months.endDays.map((end) => end / 7) };
    const [a, b] = [discountedWhileAlive(days, months, 2, 210), discountedWhileAlive(weeks, inWeeks, 2, 30)];
    expect(a / b).toBeCloseTo(1, 13);
  });
});
