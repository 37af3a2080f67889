import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { probabilityScores } from '../../../lib/clv/holdout/probability-scores.ts';
import { MILLIONTHS, maturedFigures, returnBucket } from '../../../lib/report/return-buckets.ts';
import { addTallies, dayBucket, medianDays, tallyOf, tallyRows } from '../../../lib/report/tally.ts';
import { valueBucket, valueFigures } from '../../../lib/report/value-buckets.ts';

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
/** Tally of rows of one customer each. */
function summed(rows: readonly (readonly number[])[]): string {
  const sums = new Map<number, number[]>();
  for (const [bucket, ...numbers] of rows as [number, ...number[]][]) {
    sums.set(bucket, [bucket, ...numbers.map((n, i) => n + (sums.get(bucket)?.[i + 1] ?? 0))]);
  }
  return tallyOf([...sums.values()]);
}

const tallyOfValues = (values: readonly number[]) => summed(values.map((value) => [valueBucket(value), 1, value]));

/** Drawn from 1 up to billions, every size alike; some none, some owed. */
const minor = fc
  .tuple(fc.double({ min: 0, max: 22, noNaN: true }), fc.constantFrom(1, 1, 1, 1, 0, -1))
  .map(([size, sign]) => Math.round(Math.exp(size)) * sign + 0);

describe('a tally', () => {
  it('is a text of rows, ascending, without rows of zeros', () => {
    const tally = tallyOf([
      [9, 1, 20],
      [-3, 2, -7],
      [4, 0, 0],
    ]);
    expect(tally).toBe('-3 2 -7,9 1 20');
    expect(tallyRows(tally)).toEqual([
      [-3, 2, -7],
      [9, 1, 20],
    ]);
    expect(tallyRows('')).toEqual([]);
  });

  it('is added bucket by bucket, and taken away again', () => {
    expect(addTallies('1 2,5 1', '1 1,3 4')).toBe('1 3,3 4,5 1');
    expect(addTallies('1 3,3 4,5 1', '1 1,3 4', -1)).toBe('1 2,5 1');
  });

  it.each([
    [[3, 1, 2], 2],
    [[1, 2, 3, 4], 2],
    [[365, 365, 365], 365],
    [[366, 395], 366],
    [[396], 396],
    [[], null],
  ])('of the days %j has the median %j', (days, median) => {
    const tally = summed(days.map((day) => [dayBucket(day), 1]));
    expect(medianDays(tally)).toBe(median);
  });
});

describe('valueFigures', () => {
  it('gives exact sums and means, quantiles within a bucket, and Gini and top share as every value alone would', () => {
    fc.assert(
      fc.property(fc.array(minor, { minLength: 1, maxLength: 120 }), (values) => {
        const figures = valueFigures(tallyOfValues(values));
        const sorted = values.toSorted((a, b) => a - b);
        expect(figures.customers).toBe(values.length);
        expect(figures.sum_minor).toBe(sumOf(values));
        expect(figures.mean_minor).toBe(Math.round(sumOf(values) / values.length) + 0);
        for (const [share, found] of [
          [0.5, figures.median_minor],
          [0.9, figures.p90_minor],
        ] as const) {
          const exact = sorted[Math.ceil(share * sorted.length) - 1] as number;
          expect(Math.abs((found as number) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.03125);
        }
        const paid = sorted.map((value) => Math.max(value, 0));
        const all = sumOf(paid);
        if (all === 0) {
          expect([figures.gini, figures.top_10_percent_share]).toEqual([null, null]);
          return;
        }
        const n = paid.length;
        const gini = sumOf(paid.map((value, i) => (2 * (i + 1) - n - 1) * value)) / (n * all);
        expect(Math.abs((figures.gini as number) - gini)).toBeLessThan(0.001);
        const top = sumOf(paid.slice(n - Math.ceil(n / 10))) / all;
        expect(Math.abs((figures.top_10_percent_share as number) - top)).toBeLessThan(0.032);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('has nothing to tell of nobody', () => {
    expect(valueFigures('')).toEqual({
      customers: 0,
      sum_minor: 0,
      mean_minor: null,
      median_minor: null,
      p90_minor: null,
      top_10_percent_share: null,
      gini: null,
    });
  });
});

describe('maturedFigures', () => {
  /** Customers whose chance lies anywhere between 0 and 1, most of them low, and who come back as often as it says. */
  function drawCustomers(count: number) {
    let state = 12_345;
    const draw = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    };
    return Array.from({ length: count }, () => {
      const chance = draw() ** 3;
      return { chance, bought: draw() < chance ? 1 : 0, silent: Math.floor((1 - chance) * 300 + draw() * 60) };
    });
  }

  it('scores predictions as they would be scored one by one', () => {
    const customers = drawCustomers(1500);
    const millionths = ({ chance }: { chance: number }) => Math.round(chance * MILLIONTHS);
    const found = maturedFigures({
      customers: customers.length,
      returned: sumOf(customers.map(({ bought }) => bought)),
      p: sumOf(customers.map(millionths)),
      pReturned: sumOf(customers.map((one) => millionths(one) * one.bought)),
      pSquared: sumOf(customers.map(({ chance }) => Math.round(chance * chance * MILLIONTHS))),
      byReturn: summed(customers.map((one) => [returnBucket(one.chance), 1, one.bought, millionths(one)])),
      byRecency: summed(customers.map(({ silent, bought }) => [dayBucket(silent), 1, bought])),
    });
    const exact = probabilityScores({
      p: customers.map(({ chance }) => chance),
      customers: customers.map(() => 1),
      returned: customers.map(({ bought }) => bought),
    });
    const recency = probabilityScores({
      p: customers.map(({ silent }) => 1 / (dayBucket(silent) + 1)),
      customers: customers.map(() => 1),
      returned: customers.map(({ bought }) => bought),
    });
    expect(found.mean_predicted).toBeCloseTo(exact.meanP as number, 6);
    expect(found.share_observed).toBe(exact.share);
    expect(found.brier).toBeCloseTo(exact.brier as number, 6);
    expect(found.auc_recency).toBeCloseTo(recency.auc as number, 12);
    expect(Math.abs((found.auc as number) - (exact.auc as number))).toBeLessThan(0.002);
    expect(Math.abs((found.calibration_error as number) - (exact.calibrationError as number))).toBeLessThan(0.01);
  });

  it('puts every probability into a bucket, the likelier the higher', () => {
    const buckets = [0, 1e-9, 1 / 4096, 0.001, 0.1, 0.5, 0.99, 1].map(returnBucket);
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
    expect([buckets[0], buckets.at(-1)]).toEqual([0, 97]);
  });
});
