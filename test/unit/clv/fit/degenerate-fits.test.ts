import { describe, expect, it } from 'vitest';
import { betaDraws, exponentialDraws, gammaDraws, type Uniform, uniformStream } from '../../../../cli/generate/random.ts';
import { type PurchaseCount, purchaseCellsOf } from '../../../../lib/clv/fit/cells-of-counts.ts';
import { compressPurchases } from '../../../../lib/clv/fit/compress.ts';
import { fitPurchases } from '../../../../lib/clv/fit/fit-purchases.ts';
import type { Fit } from '../../../../lib/clv/fit/maximise-likelihood.ts';
import { bgNbd } from '../../../../lib/clv/models/bg-nbd.ts';
import { MODEL_IDS, type ModelId } from '../../../../lib/clv/models/purchase-model.ts';
import { purchaseModel } from '../../../../lib/clv/models/purchase-models.ts';
import { cdnowCells } from '../../../golden/cdnow.ts';

type Params = Readonly<Record<string, number>>;

type Numbers = readonly [number, number, number, number];

/** Like those of CDNOW, in days. */
const TYPICAL: Readonly<Record<ModelId, Numbers>> = {
  'bg-nbd': [0.25, 31, 0.8, 2.5],
  'mbg-nbd': [0.5, 43, 0.9, 1.6],
  'pareto-nbd': [0.55, 74, 0.6, 82],
};

/** Purchases per day of everybody: the limit of r and alpha that grow together. */
const ONE_RATE = [1e7, 5e8] as const;

/** Whether a customer leaves after a purchase, and after which time; a new one at each call. */
function drawExit(model: ModelId, [, , third, fourth]: Numbers, uniform: Uniform) {
  if (model === 'pareto-nbd') {
    const [mu, exponential] = [gammaDraws(uniform, third, fourth), exponentialDraws(uniform)];
    return () => ({ leavesAfter: () => false, lifetime: exponential() / mu() });
  }
  const chances = betaDraws(uniform, third, fourth);
  return () => {
    const chance = chances();
    return {
      leavesAfter: (purchase: number) => (purchase > 0 || model === 'mbg-nbd') && uniform() < chance,
      lifetime: Number.POSITIVE_INFINITY,
    };
  };
}

/** Fits a model to customers that were drawn from it, observed for 200 to 400 days. */
function fitDrawn(model: ModelId, values: Numbers, customers: number, seed: number): Fit {
  const uniform = uniformStream(seed, 1);
  const [rates, gaps] = [gammaDraws(uniform, values[0], values[1]), exponentialDraws(uniform)];
  const exits = drawExit(model, values, uniform);
  const rows = { x: [] as number[], txDays: [] as number[], tenureDays: [] as number[] };
  for (let i = 0; i < customers; i++) {
    const tenure = 200 + Math.floor(uniform() * 200);
    const [rate, { leavesAfter, lifetime }] = [rates(), exits()];
    let [x, last, time] = [0, 0, 0];
    for (let purchase = 0; !leavesAfter(purchase); purchase++) {
      time += gaps() / rate;
      if (time > Math.min(tenure, lifetime)) break;
      if (Math.ceil(time) > last) x++;
      last = Math.ceil(time);
    }
    rows.x.push(x);
    rows.txDays.push(Math.min(last, tenure));
    rows.tenureDays.push(tenure);
  }
  return fitPurchases(purchaseModel(model), compressPurchases([rows]));
}

describe('a fit of drawn customers', () => {
  it.each([
    ['bg-nbd', 200],
    ['mbg-nbd', 500],
    ['pareto-nbd', 1000],
  ] as const)('is sound where the model holds: %s, %d customers', (model, customers) => {
    for (const seed of [1, 2]) {
      const fit = fitDrawn(model, TYPICAL[model], customers, seed);
      expect(fit.reasons).toEqual([]);
      // the truth is within four standard errors
      TYPICAL[model].forEach((truth, i) => {
        const name = purchaseModel(model).parameters[i] as string;
        const distance = Math.abs(Math.log((fit.params[name] as number) / truth));
        expect(distance, `${name}`).toBeLessThan(4 * (fit.logStandardErrors[name] as number));
      });
    }
  });

  /** Share of customers who leave at a purchase, or before 100 days. */
  const leaving = ({ a = 0, b = 0, s = 0, beta = 0 }: Params) =>
    a + b > 0 ? a / (a + b) : -Math.expm1(-s * Math.log1p(100 / beta));
  const rate = ({ r = 0, alpha = 0 }: Params) => r / alpha;

  const runaways: [string, ModelId, { values: Numbers; customers: number; ratio: (params: Params) => number; truth: number }][] =
    [
      ['nobody leaves', 'bg-nbd', { values: [0.25, 31, 1, 1e9], customers: 1000, ratio: leaving, truth: 0 }],
      ['nobody leaves', 'mbg-nbd', { values: [0.5, 43, 1, 1e9], customers: 1000, ratio: leaving, truth: 0 }],
      ['nobody leaves', 'pareto-nbd', { values: [0.55, 74, 1, 1e9], customers: 300, ratio: leaving, truth: 0 }],
      ['one rate for all', 'bg-nbd', { values: [...ONE_RATE, 0.8, 2.5], customers: 300, ratio: rate, truth: 0.02 }],
      ['one rate for all', 'mbg-nbd', { values: [...ONE_RATE, 0.9, 1.6], customers: 300, ratio: rate, truth: 0.02 }],
      ['one rate for all', 'pareto-nbd', { values: [...ONE_RATE, 0.6, 82], customers: 100, ratio: rate, truth: 0.02 }],
      ['one high chance to leave', 'mbg-nbd', { values: [0.5, 43, 6e8, 4e8], customers: 1000, ratio: leaving, truth: 0.6 }],
    ];

  it.each(runaways)('is refused where parameters run away, with a ratio that makes sense: %s, %s', (_name, model, drawn) => {
    const fit = fitDrawn(model, drawn.values, drawn.customers, 2);
    expect(fit.sound).toBe(false);
    expect(fit.reasons).toContainEqual(
      expect.stringMatching(/^(PARAMETER_AT_BOUND|HESSIAN_NOT_POSITIVE|STANDARD_ERROR_TOO_LARGE)$/),
    );
    expect(fit.iterations).toBeLessThan(60);
    // within a tenth of the truth, or 3 % of the customers where it is nobody
    expect(Math.abs(drawn.ratio(fit.params) - drawn.truth)).toBeLessThan(0.1 * drawn.truth || 0.03);
  });

  it.each(MODEL_IDS)('is refused where fewer than ten came back, whatever else it says: %s', (model) => {
    const [r, , third, fourth] = TYPICAL[model];
    const reasons = [1, 2, 3].map((seed) => fitDrawn(model, [r, 1e5, third, fourth], 1500, seed).reasons);
    expect(reasons.map(([first]) => first)).toContain('ALMOST_NO_REPEAT_CUSTOMERS');
    for (const [first] of reasons) expect(first).toMatch(/^(ALMOST_)?NO_REPEAT_CUSTOMERS$/);
  });

  it('is refused where by chance nothing else speaks against it', () => {
    expect(fitDrawn('mbg-nbd', TYPICAL['mbg-nbd'], 20, 3).reasons).toEqual(['ALMOST_NO_REPEAT_CUSTOMERS']);
  });

  it('comes with a warning below a hundred customers who came back', () => {
    const { weight, ...cells } = cdnowCells();
    const share = (customers: number) => ({ ...cells, weight: weight.map((w) => (w * customers) / 2357) });
    const few = fitPurchases(bgNbd, share(200));
    expect(few).toMatchObject({ sound: true, warnings: ['FEW_REPEAT_CUSTOMERS'] });
    expect(fitPurchases(bgNbd, share(300))).toMatchObject({ sound: true, warnings: [] });
  });
});

describe('a fit of odd customers', () => {
  const manyTimes = (unit: number): PurchaseCount[] => [
    [0, 0, 300 * unit, 900],
    [0, 0, 200 * unit, 700],
    [1, 20 * unit, 300 * unit, 200],
    [1, 150 * unit, 250 * unit, 150],
    [2, 190 * unit, 220 * unit, 120],
    [4, 280 * unit, 300 * unit, 60],
    [9, 200 * unit, 250 * unit, 20],
  ];
  const odd: [string, PurchaseCount[]][] = [
    ['one who never came back', [[0, 0, 30, 1]]],
    ['one who came back', [[1, 10, 30, 1]]],
    [
      'three',
      [
        [0, 0, 30, 1],
        [1, 4, 30, 1],
        [3, 20, 28, 1],
      ],
    ],
    ['all the same', [[3, 100, 200, 1000]]],
    [
      'some who buy daily for years',
      [
        [5000, 5000, 5000, 10],
        [0, 0, 5000, 100],
        [3, 20, 4000, 50],
      ],
    ],
    ['all came today', [[0, 0, 0, 100]]],
    [
      'all came back today',
      [
        [0, 0, 100, 50],
        [1, 100, 100, 40],
        [2, 90, 90, 20],
        [5, 120, 120, 9],
      ],
    ],
    [
      'repeat purchases on the first day',
      [
        [1, 0, 100, 40],
        [2, 0, 90, 20],
        [0, 0, 120, 9],
      ],
    ],
    [
      'no time to come back',
      [
        [0, 0, 0, 100],
        [1, 0, 0, 30],
      ],
    ],
    [
      'one of a million',
      [
        [2_000_000, 60_000, 65_000, 1],
        [0, 0, 100, 40],
        [1, 3, 90, 40],
      ],
    ],
    [
      'a billion',
      [
        [0, 0, 100, 1e9],
        [1, 50, 100, 1e8],
        [2, 20, 100, 1e7],
        [3, 90, 100, 1e7],
      ],
    ],
    ['times in seconds', manyTimes(86_400)],
    ['times in years', manyTimes(1 / 365.25)],
  ];

  it.each(odd)('ends, with positive parameters, and is sound only with standard errors: %s', (_name, entries) => {
    for (const id of MODEL_IDS) {
      const fit = fitPurchases(purchaseModel(id), purchaseCellsOf(entries));
      expect(fit.iterations).toBeLessThanOrEqual(100);
      expect(fit.sound).toBe(fit.reasons.length === 0);
      for (const value of Object.values(fit.params)) expect(value > 0 && Number.isFinite(value)).toBe(true);
      if (fit.sound) {
        expect(fit.converged).toBe(true);
        for (const error of Object.values(fit.logStandardErrors)) expect(error > 0 && error <= 2).toBe(true);
        expect(fit.logLikelihood).toBeTypeOf('number');
      }
    }
  });

  it.each(MODEL_IDS)('does not depend on the unit of time: %s', (id) => {
    const [seconds, years] = [86_400, 1 / 365.25].map((unit) =>
      fitPurchases(purchaseModel(id), purchaseCellsOf(manyTimes(unit))),
    );
    expect(seconds?.sound).toBe(years?.sound);
    purchaseModel(id).parameters.forEach((name, i) => {
      const factor = purchaseModel(id).isTime[i] ? 86_400 * 365.25 : 1;
      expect((seconds?.params[name] ?? 0) / (years?.params[name] ?? 0) / factor).toBeCloseTo(1, 8);
    });
  });
});
