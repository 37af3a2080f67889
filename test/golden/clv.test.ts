import { describe, expect, it } from 'vitest';
import { conditionalMeanSpend } from '../../lib/clv/models/gamma-gamma.ts';
import { MODEL_IDS, type ModelId, type ModelParams } from '../../lib/clv/models/purchase-model.ts';
import { fittedModel } from '../../lib/clv/models/purchase-models.ts';
import { discountedMonths, discountedWhileAlive } from '../../lib/clv/predict/discounting.ts';
import { createPredictor, type PredictionHorizons } from '../../lib/clv/predict/predictor.ts';
import { REFERENCE, relativeError } from './cdnow.ts';

const WEEK = 7;

/** Twelve months of 4.345 weeks at 1 % a month. */
const WEEKLY = { horizonDays: 365, monthlyDiscountRatio: 0.01, discounting: 'lifetimes-weeks' } as const;
const DAILY = { ...WEEKLY, discounting: 'lifetimes-days' } as const;

/** Parameters in days of those in weeks. */
const inDays = (params: ModelParams): ModelParams =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, ['alpha', 'beta'].includes(name) ? value * WEEK : value]),
  );

const predictorInDays = (id: ModelId, rule: Omit<PredictionHorizons, 'returnHorizonDays'>) =>
  createPredictor(fittedModel(id, inDays(REFERENCE.clv_grid[id].params)), { ...rule, returnHorizonDays: 90 });

describe.each(MODEL_IDS)('CLV of %s and Gamma-Gamma, 12 months of 4.345 weeks at 1 %%', (id) => {
  const { params, gg, customers } = REFERENCE.clv_grid[id];

  it('is that of 60-digit values', () => {
    const fitted = fittedModel(id, params);
    const months = discountedMonths(WEEKLY);
    const inWeeks = { ...months, endDays: months.endDays.map((days) => days / WEEK) };
    expect(customers).toHaveLength(31);
    for (const { x, t_x, T, m, clv12 } of customers) {
      const purchases = fitted.pAlive(x, t_x, T) * discountedWhileAlive(fitted, inWeeks, x, T);
      const value = purchases * conditionalMeanSpend(gg, x, x * m);
      expect(relativeError(value, clv12), `x ${x}, t_x ${t_x}, T ${T}`).toBeLessThan(1e-12);
    }
  });

  it('is the same from the tables of whole days', () => {
    const predictor = predictorInDays(id, WEEKLY);
    const whole = customers.filter(({ t_x, T }) =>
      [t_x, T].every((time) => Math.abs(time * WEEK - Math.round(time * WEEK)) < 1e-9),
    );
    expect(whole.length).toBeGreaterThan(20);
    for (const { x, t_x, T, m, clv12 } of whole) {
      const purchases = predictor.discounted(x, Math.round(t_x * WEEK), Math.round(T * WEEK));
      expect(relativeError(purchases * conditionalMeanSpend(gg, x, x * m), clv12), `x ${x}, t_x ${t_x}, T ${T}`).toBeLessThan(
        1e-10,
      );
    }
  });
});

/** x, t_x and T in days, mean spend. */
const CUSTOMERS = [
  [0, 0, 272, 0],
  [0, 0, 188, 0],
  [1, 21, 272, 11.77],
  [2, 213, 272, 22.35],
  [7, 245, 251, 35],
  [26, 216, 217, 50],
  [29, 265, 272, 73.74],
  [11, 100, 230, 12.5],
] as const;

/**
 * What `_customer_lifetime_value` of Python's lifetimes 0.11.3 (numpy 1.24, scipy 1.10) says of these customers under the parameters of
 * `clv_grid`: its units 'W' on times in weeks and 'D' on times in days, time=12, discount_rate=0.01. It is right to 1e-12 for these.
 */
const LIFETIMES: Readonly<Record<ModelId, Readonly<Record<'W' | 'D', readonly number[]>>>> = {
  'bg-nbd': {
    W: [
      8.34447795672433, 11.0599310549813, 5.56459714324915, 36.2800097319713, 206.213917807563, 1212.39688924352,
      1675.22377577892, 0.945650091565061,
    ],
    D: [
      8.24400684507228, 10.9309682401308, 5.50049368887757, 35.8725448472449, 204.029100486133, 1200.18617570198,
      1657.75528243709, 0.935886916276042,
    ],
  },
  'mbg-nbd': {
    W: [
      6.55626674372736, 9.36635198011283, 5.16918208197199, 37.186764877502, 198.066428923662, 1130.19816834377, 1574.60290643401,
      1.11031541467955,
    ],
    D: [
      6.47948407170138, 9.26068385485025, 5.11109539639809, 36.7790881548555, 196.021941629116, 1119.1515941228, 1558.62789540236,
      1.09916757675072,
    ],
  },
  'pareto-nbd': {
    W: [
      4.52121744062154, 7.39880033412885, 4.64571131716588, 43.0815267199007, 216.648081477871, 1196.07258763471,
      1674.32649662994, 3.15420859625029,
    ],
    D: [
      4.47028558713909, 7.31837317426944, 4.59337703082924, 42.5962100910246, 214.226439054205, 1182.89033245812,
      1655.46508309964, 3.11924888840586,
    ],
  },
};

describe.each(MODEL_IDS)('the conventions of lifetimes, %s', (id) => {
  it.each([
    ['W', WEEKLY],
    ['D', DAILY],
  ] as const)('gives the CLV of its unit %s', (unit, rule) => {
    const predictor = predictorInDays(id, rule);
    for (const [i, [x, tx, tenure, m]] of CUSTOMERS.entries()) {
      const value = predictor.discounted(x, tx, tenure) * conditionalMeanSpend(REFERENCE.clv_grid[id].gg, x, x * m);
      expect(relativeError(value, LIFETIMES[id][unit][i] ?? Number.NaN), `x ${x}, t_x ${tx}, T ${tenure}`).toBeLessThan(1e-12);
    }
  });
});
