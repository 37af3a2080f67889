import { describe, expect, it } from 'vitest';
import { compressValue, type ValueRows } from '../../../../lib/clv/fit/value-cells.ts';
import { conditionalMeanSpend } from '../../../../lib/clv/models/gamma-gamma.ts';
import { fittedModel } from '../../../../lib/clv/models/purchase-models.ts';
import { bootstrapTotals, type TotalsRequest } from '../../../../lib/clv/predict/bootstrap-totals.ts';
import { createPredictor } from '../../../../lib/clv/predict/predictor.ts';
import { uniform } from '../synthetic.ts';

const PARAMS = { r: 0.5, alpha: 40, a: 0.9, b: 1.6 };
const SPEND = { p: 6, q: 3.7, v: 15 };
const HORIZONS = { horizonDays: 365, monthlyDiscountRatio: 0.01, discounting: 'exact', returnHorizonDays: 90 } as const;

/** Customers on a few days, so that cells hold several; some with a negative net. */
function drawRows(customers: number, seed: number) {
  const random = uniform(seed);
  const rows = { x: [] as number[], txDays: [] as number[], tenureDays: [] as number[], repeatNetMinor: [] as number[] };
  for (let i = 0; i < customers; i++) {
    const x = Math.floor(random() * 3);
    rows.x.push(x);
    rows.txDays.push(x === 0 ? 0 : 30 + 30 * Math.floor(random() * 3));
    rows.tenureDays.push(120 + 10 * Math.floor(random() * 4));
    rows.repeatNetMinor.push(x === 0 ? 0 : Math.floor(random() * 9000) - 500);
  }
  return rows;
}

const part = ({ x, txDays, tenureDays, repeatNetMinor }: ReturnType<typeof drawRows>, from: number, to: number): ValueRows => ({
  x: x.slice(from, to),
  txDays: txDays.slice(from, to),
  tenureDays: tenureDays.slice(from, to),
  repeatNetMinor: repeatNetMinor.slice(from, to),
});

const ROWS = drawRows(400, 1);
const GROUPS = { gold: compressValue([part(ROWS, 0, 150)]), bronze: compressValue([part(ROWS, 150, 400)]) };

const REQUEST: TotalsRequest = {
  model: 'mbg-nbd',
  purchases: { params: PARAMS, accepted: [PARAMS, { ...PARAMS, alpha: 50 }, { ...PARAMS, r: 0.6 }] },
  spend: { kind: 'gamma_gamma', exponent: 2, params: SPEND, accepted: [SPEND, { ...SPEND, v: 16 }, { ...SPEND, q: 3.5 }] },
  horizons: HORIZONS,
  marginRatio: 0.4,
  groups: GROUPS,
};

describe('bootstrapTotals', () => {
  it('estimates what the customers come to one by one', () => {
    const predictor = createPredictor(fittedModel('mbg-nbd', PARAMS), HORIZONS);
    const sums = { alive: 0, expected: 0, clvMinor: 0 };
    for (const [i, x] of ROWS.x.entries()) {
      const at = [x, ROWS.txDays[i] as number, ROWS.tenureDays[i] as number] as const;
      sums.alive += predictor.pAlive(...at);
      sums.expected += predictor.expected(...at);
      const spendMinor = conditionalMeanSpend(SPEND, x, (ROWS.repeatNetMinor[i] as number) / 100) * 100;
      sums.clvMinor += predictor.discounted(...at) * spendMinor * 0.4;
    }
    const { total } = bootstrapTotals(REQUEST);
    expect(total.customers).toBe(400);
    expect(total.alive.estimate / sums.alive).toBeCloseTo(1, 12);
    expect(total.expected.estimate / sums.expected).toBeCloseTo(1, 12);
    expect((total.clvMinor?.estimate ?? 0) / sums.clvMinor).toBeCloseTo(1, 12);
  });

  it('gives the whole population as the sum of its groups, with an interval around the replicates', () => {
    const { total, groups } = bootstrapTotals({ ...REQUEST, level: 0.999 });
    expect(Object.keys(groups)).toEqual(['gold', 'bronze']);
    const [gold, bronze] = Object.values(groups) as [typeof total, typeof total];
    expect(gold.customers + bronze.customers).toBe(400);
    expect(gold.expected.estimate + bronze.expected.estimate).toBeCloseTo(total.expected.estimate, 9);
    const others = REQUEST.purchases.accepted.map(
      (params) => bootstrapTotals({ ...REQUEST, purchases: { params, accepted: [] } }).total.expected.estimate,
    );
    const [lower, upper] = total.expected.interval ?? [0, 0];
    expect(lower / Math.min(...others)).toBeCloseTo(1, 3);
    expect(upper / Math.max(...others)).toBeCloseTo(1, 3);
  });

  it('does not depend on the order of customers, nor on their shards', () => {
    const reversed = {
      x: ROWS.x.toReversed(),
      txDays: ROWS.txDays.toReversed(),
      tenureDays: ROWS.tenureDays.toReversed(),
      repeatNetMinor: ROWS.repeatNetMinor.toReversed(),
    };
    const groups = (parts: ValueRows[]) => ({ all: compressValue(parts) });
    expect(bootstrapTotals({ ...REQUEST, groups: groups([part(reversed, 0, 99), part(reversed, 99, 400)]) })).toEqual(
      bootstrapTotals({ ...REQUEST, groups: groups([ROWS]) }),
    );
  });

  it('takes the mean of the cohort where there is no model of spend, and no value where there is neither', () => {
    const cohort = bootstrapTotals({ ...REQUEST, marginRatio: 1, spend: { kind: 'cohort_mean', meanMinor: 2500 } }).total;
    const none = bootstrapTotals({ ...REQUEST, spend: undefined }).total;
    const predictor = createPredictor(fittedModel('mbg-nbd', PARAMS), HORIZONS);
    const discounted = ROWS.x.map((x, i) => predictor.discounted(x, ROWS.txDays[i] as number, ROWS.tenureDays[i] as number));
    const sum = discounted.reduce((total, value) => total + value, 0);
    expect((cohort.clvMinor?.estimate ?? 0) / (2500 * sum)).toBeCloseTo(1, 12);
    expect(cohort.clvMinor?.interval).toHaveLength(2);
    expect(none.clvMinor).toBeUndefined();
    expect(none.alive).toEqual(cohort.alive);
  });

  it('has fewer replicates of value where fewer fits of spend were sound', () => {
    const spend = { kind: 'gamma_gamma', exponent: 2, params: SPEND, accepted: [SPEND] } as const;
    const { total } = bootstrapTotals({ ...REQUEST, spend });
    expect(total.clvMinor?.interval).toBeUndefined();
    expect(total.alive.interval).toHaveLength(2);
  });
});

describe('compressValue', () => {
  it('sums the net of each cell, negative ones as 0', () => {
    const rows = {
      x: [1, 1, 1, -1, 0],
      txDays: [9, 9, 5, 0, 0],
      tenureDays: [20, 20, 20, 0, 8],
      repeatNetMinor: [100, -30, 7, 50, 0],
    };
    const cells = compressValue([rows]);
    expect([...cells.x]).toEqual([0, 1, 1]);
    expect([...cells.txDays]).toEqual([0, 5, 9]);
    expect([...cells.weight]).toEqual([1, 1, 2]);
    expect([...cells.repeatNetMinor]).toEqual([0, 7, 100]);
  });

  it('refuses columns of different lengths', () => {
    expect(() => compressValue([{ x: [1], txDays: [1], tenureDays: [2], repeatNetMinor: [] }])).toThrow(/Columns of customers/);
  });
});
