import { describe, expect, it } from 'vitest';
import { MODEL_IDS, type ModelId, type ModelParams } from '../../../../lib/clv/models/purchase-model.ts';
import { fittedModel } from '../../../../lib/clv/models/purchase-models.ts';
import { dailyRate, discountedMonths, discountedWhileAlive } from '../../../../lib/clv/predict/discounting.ts';
import { createPredictor } from '../../../../lib/clv/predict/predictor.ts';
import { InvariantBrokenError } from '../../../../lib/errors.ts';

/** CDNOW's parameters, in days; the rest far from them. */
const PARAMS: Readonly<Record<ModelId, readonly ModelParams[]>> = {
  'bg-nbd': [
    { r: 0.242594, alpha: 30.89522, a: 0.792922, b: 2.425907 },
    { r: 5, alpha: 2, a: 0.01, b: 0.5 },
  ],
  'mbg-nbd': [
    { r: 0.524843, alpha: 43.2816, a: 0.89136, b: 1.614 },
    { r: 4, alpha: 3, a: 200, b: 9800 },
  ],
  'pareto-nbd': [
    { r: 0.553277, alpha: 74.04376, s: 0.60624, beta: 81.68118 },
    { r: 2, alpha: 3.5, s: 0.1, beta: 3500 },
  ],
};
const SETS = MODEL_IDS.flatMap((id) => PARAMS[id].map((params) => [id, params] as const));
const horizons = { horizonDays: 365, monthlyDiscountRatio: 0.01, discounting: 'exact', returnHorizonDays: 90 } as const;
const paretoNbd = fittedModel('pareto-nbd', PARAMS['pareto-nbd'][0] ?? {});
const predictorOf = (id: ModelId, params: ModelParams) => createPredictor(fittedModel(id, params), horizons);

const customers: [number, number, number][] = [
  [0, 0, 0],
  [0, 0, 400],
  [1, 20, 20],
  [7, 245, 545],
  [63, 900, 1000],
  [200, 300, 301],
  [255, 900, 1000],
  [256, 900, 1000],
  [300, 1500, 1500],
  [2, 10, 5000],
  [256, 900, 1000],
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
const COLUMNS = ['pAlive', 'pReturn', 'q', 'expected', 'discounted'] as const;
const error = (observed: number, exact: number) => Math.abs(observed - exact) / exact;

describe.each(SETS)('createPredictor of %s, %j', (id, params) => {
  const fitted = fittedModel(id, params);

  it('says of one customer what the model says', () => {
    const predictor = predictorOf(id, params);
    const months = discountedMonths(horizons);
    for (const [x, tx, tenure] of customers) {
      const alive = fitted.pAlive(x, tx, tenure);
      const back = alive * fitted.returnWhileAlive(x, tenure, 90);
      const fresh = fitted.pAlive(x, tx, tx) * fitted.returnWhileAlive(x, tx, 90);
      const exact = {
        pAlive: alive,
        pReturn: back,
        q: back / fresh,
        expected: alive * fitted.expectedWhileAlive(x, tenure, 365),
        discounted: alive * discountedWhileAlive(fitted, months, x, tenure),
      };
      for (const name of COLUMNS) {
        expect(error(predictor[name](x, tx, tenure), exact[name]), `${name} of ${x}, ${tx}, ${tenure}`).toBeLessThan(3e-12);
      }
    }
  });

  it('keeps P(alive) to 1e-12 up to x = 200 and to 1e-10 up to x = 1000', () => {
    const predictor = predictorOf(id, params);
    const worst = (x: number) => {
      let worstOfX = 0;
      for (const tx of [1, 90, 700, 4000]) {
        for (const silence of [0, 1, 30, 365, 2000]) {
          const exact = fitted.pAlive(x, tx, tx + silence);
          // below it both are 0 or have lost their digits to underflow
          if (exact > 1e-290) worstOfX = Math.max(worstOfX, error(predictor.pAlive(x, tx, tx + silence), exact));
        }
      }
      return worstOfX;
    };
    for (const x of [0, 1, 3, 30, 200]) expect(worst(x), `x ${x}`).toBeLessThan(1e-12);
    for (const x of [255, 256, 1000]) expect(worst(x), `x ${x}`).toBeLessThan(1e-10);
  });

  it('fills bulk columns with exactly what it tells of one customer', () => {
    const predictor = predictorOf(id, params);
    const out = columns(customers.length);
    predictor.fill(rows, out);
    for (const name of COLUMNS) {
      const alone = { [name]: new Float64Array(customers.length) };
      predictor.fill(rows, alone);
      expect(alone).toEqual({ [name]: out[name] });
    }
    const other = predictorOf(id, params);
    for (const [i, customer] of [...customers.entries()].reverse()) {
      for (const name of COLUMNS) expect(other[name](...customer)).toBe(out[name][i]);
    }
  });

  it('has q = 1 just after a purchase and strictly falling from then on', () => {
    const predictor = predictorOf(id, params);
    for (const x of [0, 1, 5, 40, 255, 300]) {
      for (const last of x === 0 ? [0] : [x, 200 + x, 5000]) {
        expect(predictor.q(x, last, last)).toBe(1);
        let before = 1;
        for (let day = last + 1; day < last + 700 && before > 1e-300; day++) {
          const q = predictor.q(x, last, day);
          if (!(q < before)) expect.fail(`q ${q} of x ${x}, t_x ${last}, T ${day}, expected less than ${before}`);
          before = q;
        }
      }
    }
  });

  it('stays a probability where exponents are beyond those of a double', () => {
    const predictor = predictorOf(id, params);
    for (const [x, tx, tenure] of [
      [900, 0, 60_000],
      [100_000, 50_000, 50_001],
      [250, 1, 65_535],
      [0, 0, 65_535],
    ] as const) {
      for (const name of ['pAlive', 'pReturn', 'q'] as const) {
        const value = predictor[name](x, tx, tenure);
        expect(value >= 0 && value <= 1, `${name} of ${x}, ${tx}, ${tenure}: ${value}`).toBe(true);
      }
    }
  });
});

describe('createPredictor', () => {
  const [id, params] = ['mbg-nbd', PARAMS['mbg-nbd'][0] ?? {}] as const;

  it('gives NaN to a customer without a purchase, one by one and in bulk', () => {
    const predictor = predictorOf(id, params);
    const out = columns(1);
    predictor.fill({ x: [-1], txDays: [0], tenureDays: [0] }, out);
    for (const name of COLUMNS) {
      expect(out[name][0]).toBeNaN();
      expect(predictor[name](-1, 0, 0)).toBeNaN();
    }
  });

  it('refuses impossible customers and columns of unequal lengths', () => {
    const predictor = predictorOf(id, params);
    const one = (x: number, tx: number, tenure: number) => ({ x: [x], txDays: [tx], tenureDays: [tenure] });
    for (const bad of [one(1, 5, 4), one(1, -1, 4), one(1, 0.5, 4), one(0.5, 1, 4), one(0, 0, 65_536), one(0, Number.NaN, 3)]) {
      expect(() => predictor.fill(bad, columns(1))).toThrow(InvariantBrokenError);
    }
    expect(() => predictor.pAlive(1, 5, 4)).toThrow(InvariantBrokenError);
    expect(() => predictor.fill(one(1, 2, 3), columns(2))).toThrow(InvariantBrokenError);
    expect(() => predictor.fill({ x: [1], txDays: [1], tenureDays: [1, 2] }, columns(1))).toThrow(InvariantBrokenError);
  });

  it('gives the same answers after its tables were released', () => {
    const predictor = predictorOf(id, params);
    const tell = () => customers.map((customer) => COLUMNS.map((name) => predictor[name](...customer)));
    const before = tell();
    predictor.release();
    expect(tell()).toEqual(before);
  });

  it('discounts nothing at a rate of 0', () => {
    const predictor = createPredictor(fittedModel(id, params), { ...horizons, monthlyDiscountRatio: 0 });
    expect(predictor.discounted(3, 100, 120)).toBe(predictor.expected(3, 100, 120));
  });

  it('counts the whole future with dert, at the daily rate of the monthly one', () => {
    const predictor = createPredictor(paretoNbd, { ...horizons, discounting: 'dert' });
    const [x, tx, tenure] = [7, 245, 251] as const;
    const residual = paretoNbd.residualWhileAlive?.(x, tenure, dailyRate(0.01)) ?? Number.NaN;
    expect(error(predictor.discounted(x, tx, tenure), paretoNbd.pAlive(x, tx, tenure) * residual)).toBeLessThan(1e-12);
    expect(
      error(predictor.expected(x, tx, tenure), predictorOf('pareto-nbd', PARAMS['pareto-nbd'][0] ?? {}).expected(x, tx, tenure)),
    ).toBe(0);
    // a hundred years of months, each discounted at its end, are a little less
    const century = discountedMonths({ ...horizons, horizonDays: 36_525 });
    const byMonths = discountedWhileAlive(paretoNbd, century, x, tenure);
    expect(byMonths / residual).toBeGreaterThan(0.99);
    expect(byMonths / residual).toBeLessThan(1);
  });

  it('refuses dert of a model without it, and without a discount', () => {
    expect(() => createPredictor(fittedModel(id, params), { ...horizons, discounting: 'dert' })).toThrow(
      'Discounting dert: a model without residual transactions, expected pareto-nbd',
    );
    expect(() => createPredictor(paretoNbd, { ...horizons, discounting: 'dert', monthlyDiscountRatio: 0 })).toThrow(
      'Discounting dert: a discount of 0 a month, expected',
    );
  });
});
