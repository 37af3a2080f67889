import { describe, expect, it } from 'vitest';
import { alwaysZero, naiveRate, recencyOnly } from '../../../../lib/clv/holdout/baselines.ts';
import { compressHoldout } from '../../../../lib/clv/holdout/holdout-cells.ts';
import { rowsOf } from './holdout-rows.ts';

describe('naiveRate', () => {
  it('goes on at the rate so far, and says nothing of somebody who came today', () => {
    const { purchases, p } = naiveRate({ x: [0, 3, 0], tenureDays: [50, 60, 0] }, 90);
    expect([...purchases]).toEqual([0, 4.5, 0]);
    expect(p[1]).toBeCloseTo(1 - Math.exp(-4.5), 15);
    expect([p[0], p[2]]).toEqual([0, 0]);
  });
});

describe('alwaysZero', () => {
  it('expects nothing of anybody', () => {
    expect(alwaysZero({ x: [1, 2] })).toEqual({ purchases: new Float64Array(2), p: new Float64Array(2) });
  });
});

describe('recencyOnly', () => {
  /** Inner date 30 days before: 20 customers fresh then, 20 long silent. Each group: what it did, and one of that recency now. */
  const cells = compressHoldout([
    rowsOf([
      ...Array.from({ length: 20 }, (_, i) => ({ tenureDays: 33, innerRecencyDays: 3, innerLater: i < 10 ? 2 : 0 })),
      ...Array.from({ length: 20 }, (_, i) => ({ tenureDays: 130, innerRecencyDays: 100, innerLater: i < 5 ? 1 : 0 })),
      { tenureDays: 2 },
      { x: 1, txDays: 3, tenureDays: 40 },
    ]),
  ]);
  const forecast = recencyOnly(cells, { horizonDays: 60, innerDays: 30 });
  const cellOf = (tenure: number) => [...cells.tenureDays].indexOf(tenure);
  const of = (tenure: number) => {
    if (typeof forecast === 'string') throw new Error(forecast);
    return [forecast.purchases[cellOf(tenure)], forecast.p[cellOf(tenure)]];
  };

  it('expects of a recency what customers of that recency did before, scaled to the horizon', () => {
    // 20 purchases of 20 customers in 30 days, half of the customers
    expect(of(2)).toEqual([2, 1 - 0.5 ** 2]);
    // the silent: 5 purchases of 20 customers; 37 days of silence are nearer to 100 than to 3
    expect(of(40)).toEqual([0.5, 1 - 0.75 ** 2]);
  });

  it('takes the last group for recencies longer than any of the inner date', () => {
    expect(of(130)).toEqual([0.5, 1 - 0.75 ** 2]);
    expect(of(33)).toEqual([0.5, 1 - 0.75 ** 2]);
  });

  it('learns at most ten groups, each of at least ten customers where there are as many', () => {
    const spread = (n: number) =>
      compressHoldout([rowsOf(Array.from({ length: n }, (_, i) => ({ tenureDays: i, innerRecencyDays: i, innerLater: i })))]);
    const levels = (n: number) => {
      const found = recencyOnly(spread(n), { horizonDays: 10, innerDays: 10 });
      return typeof found === 'string' ? found : new Set(found.purchases).size;
    };
    expect([levels(1000), levels(57), levels(9)]).toEqual([10, 5, 1]);
  });

  it('says why there is none', () => {
    expect(recencyOnly(cells, { horizonDays: 60, innerDays: 0 })).toBe('NO_INNER_PERIOD');
    const young = compressHoldout([rowsOf([{ tenureDays: 5 }])]);
    expect(recencyOnly(young, { horizonDays: 60, innerDays: 30 })).toBe('NO_CUSTOMERS_AT_INNER_DATE');
  });
});
