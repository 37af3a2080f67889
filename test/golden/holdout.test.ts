/**
 * The holdout of CDNOW: fitted to 1997-09-30, compared on the 273 days to 1998-06-30. What a model says needs only the cells that
 * are part of the repository. What the customers did then is in a file that may not be published; where it lies beside the repository,
 * the whole table is checked, else these tests are skipped.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compressPurchases, compressSpend } from '../../lib/clv/fit/compress.ts';
import { fitGammaGamma } from '../../lib/clv/fit/fit-gamma-gamma.ts';
import { fitPurchases } from '../../lib/clv/fit/fit-purchases.ts';
import { computeHoldout, type Holdout } from '../../lib/clv/holdout/holdout.ts';
import { compressHoldout, type HoldoutRows } from '../../lib/clv/holdout/holdout-cells.ts';
import { MODEL_IDS, type ModelId } from '../../lib/clv/models/purchase-model.ts';
import { purchaseModel } from '../../lib/clv/models/purchase-models.ts';
import { type BusinessDate, dayOf } from '../../lib/time.ts';
import { CDNOW_PURCHASES, hasCdnowPurchases } from '../support/cdnow-purchases.ts';
import { REPOSITORY } from '../support/command-line.ts';
import { cdnowCells, REFERENCE, relativeError } from './cdnow.ts';

const CALIBRATE_TO = dayOf('1997-09-30' as BusinessDate);
const TO = dayOf('1998-06-30' as BusinessDate);
const INNER_DAYS = 136;
const SPANS = { horizonDays: TO - CALIBRATE_TO, innerDays: INNER_DAYS };

type Columns = { [Name in keyof HoldoutRows]: number[] };

const noRows = (): Columns => ({
  x: [],
  txDays: [],
  tenureDays: [],
  repeatNetMinor: [],
  later: [],
  laterNetMinor: [],
  innerRecencyDays: [],
  innerLater: [],
});

/** The customers of the cells, with nothing known of what came after. */
function rowsOfCells(): HoldoutRows {
  const rows = noRows();
  const { x, txDays, tenureDays, weight } = cdnowCells();
  for (let i = 0; i < x.length; i++) {
    for (let customer = 0; customer < (weight[i] ?? 0); customer++) {
      rows.x.push(x[i] ?? 0);
      rows.txDays.push(txDays[i] ?? 0);
      rows.tenureDays.push(tenureDays[i] ?? 0);
      for (const name of ['repeatNetMinor', 'later', 'laterNetMinor', 'innerLater'] as const) rows[name].push(0);
      rows.innerRecencyDays.push(-1);
    }
  }
  return rows;
}

/** The customers of the file of purchases. */
function rowsOfFile(): HoldoutRows {
  const customers = new Map<string, Map<number, number>>();
  for (const line of readFileSync(join(REPOSITORY, CDNOW_PURCHASES), 'utf8').trim().split('\n')) {
    const [, id = '', date = '', , amount = ''] = line.trim().split(/\s+/);
    const day = dayOf(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}` as BusinessDate);
    const days = customers.get(id) ?? new Map<number, number>();
    customers.set(id, days.set(day, (days.get(day) ?? 0) + Math.round(Number(amount) * 100)));
  }
  const rows = noRows();
  const sum = (days: [number, number][]) => days.reduce((total, [, cents]) => total + cents, 0);
  for (const map of customers.values()) {
    const days = [...map].sort(([a], [b]) => a - b);
    const known = days.filter(([day]) => day <= CALIBRATE_TO);
    const later = days.filter(([day]) => day > CALIBRATE_TO && day <= TO);
    const inner = known.filter(([day]) => day <= CALIBRATE_TO - INNER_DAYS);
    const first = known[0]?.[0] ?? Number.NaN;
    rows.x.push(known.length - 1);
    rows.txDays.push((known.at(-1)?.[0] ?? Number.NaN) - first);
    rows.tenureDays.push(CALIBRATE_TO - first);
    rows.repeatNetMinor.push(sum(known.slice(1)));
    rows.later.push(later.length);
    rows.laterNetMinor.push(sum(later));
    rows.innerRecencyDays.push(CALIBRATE_TO - INNER_DAYS - (inner.at(-1)?.[0] ?? CALIBRATE_TO - INNER_DAYS + 1));
    rows.innerLater.push(known.length - inner.length);
  }
  return rows;
}

function holdoutOf(model: ModelId, rows: HoldoutRows): Holdout {
  const { params } = fitPurchases(purchaseModel(model), compressPurchases([rows]));
  const spend = fitGammaGamma(compressSpend([rows]), { exponent: 2 });
  return computeHoldout(compressHoldout([rows]), {
    ...SPANS,
    model,
    params,
    ...(spend.sound ? { spend: { kind: 'gamma_gamma', params: spend.params, exponent: 2 } } : {}),
  });
}

/** Each model's holdout, computed once. */
const holdouts = (rowsOf: () => HoldoutRows) => {
  const known = new Map<ModelId, Holdout>();
  return (model: ModelId): Holdout => {
    const holdout = known.get(model) ?? holdoutOf(model, rowsOf());
    known.set(model, holdout);
    return holdout;
  };
};

/** Four decimals of the published table are kept by far; what is left is the distance of the fits. */
const TOLERANCE = 1e-7;

const near = (observed: number | null | undefined, expected: number, what: string) =>
  expect(relativeError(observed ?? Number.NaN, expected), `distance of ${what}`).toBeLessThan(TOLERANCE);

describe.each(MODEL_IDS)('the holdout of %s on the cells of CDNOW', (model) => {
  const ofCells = holdouts(rowsOfCells);
  const reference = REFERENCE.holdout_39_weeks[model];

  it('predicts the published totals, means per bin, mean P(alive) and cumulative purchases', () => {
    const { totals, bins, meanPAlive, cumulative, customers } = ofCells(model);
    expect(customers).toBe(2357);
    near(totals?.predicted, reference.predicted_total, 'total');
    near(meanPAlive, reference.mean_p_alive, 'mean P(alive)');
    near(cumulative?.predicted, reference.unconditional_expected_through_holdout, 'cumulative');
    expect(bins.map((bin) => [bin.x, bin.customers])).toEqual(
      REFERENCE.holdout_39_weeks.bin_n.map((n, x) => [x === 7 ? '7+' : String(x), n]),
    );
    for (const [x, mean] of reference.bin_expected_mean.entries()) near(bins[x]?.predicted, mean, `bin ${x}`);
  });

  it('has baselines that need no later purchases', () => {
    const { baselines, recencyOnlyReason } = ofCells(model);
    near(baselines.naive_rate?.totals.predicted, REFERENCE.holdout_39_weeks.naive.rate.total, 'naive rate');
    expect(baselines.always_zero?.totals).toMatchObject({ predicted: 0, mae: 0, rmse: 0, bias: null });
    expect([baselines.recency_only, recencyOnlyReason]).toEqual([null, 'NO_CUSTOMERS_AT_INNER_DATE']);
  });
});

describe.skipIf(!hasCdnowPurchases('Holdouts'))('the holdout on the real purchases of CDNOW', () => {
  const ofFile = holdouts(rowsOfFile);
  const { holdout_actual: actual, bin_actual_mean: actualMeans } = REFERENCE.holdout_39_weeks;

  it.each(MODEL_IDS)('reproduces the whole table of %s', (model) => {
    const reference = REFERENCE.holdout_39_weeks[model];
    const { totals, bins, meanPAlive, cumulative, actual: seen } = ofFile(model);
    expect(seen).toEqual({ purchases: actual, returned: 684, revenueMinor: 7_097_639 });
    expect(totals?.actual).toBe(actual);
    near(totals?.predicted, reference.predicted_total, 'total');
    near(totals?.bias, reference.predicted_total / actual - 1, 'bias');
    near(totals?.mae, reference.mae, 'MAE');
    near(totals?.rmse, reference.rmse, 'RMSE');
    near(totals?.correlation, reference.corr, 'correlation');
    near(meanPAlive, reference.mean_p_alive, 'mean P(alive)');
    expect(cumulative?.actual).toBe(4339);
    near(cumulative?.predicted, reference.unconditional_expected_through_holdout, 'cumulative');
    for (const [x, mean] of reference.bin_expected_mean.entries()) {
      near(bins[x]?.predicted, mean, `bin ${x}`);
      near(bins[x]?.actual, actualMeans[x] ?? Number.NaN, `actual of bin ${x}`);
    }
  });

  it('reproduces the naive rate and predicting nothing', () => {
    const { baselines } = ofFile('mbg-nbd');
    const { naive } = REFERENCE.holdout_39_weeks;
    near(baselines.naive_rate?.totals.predicted, naive.rate.total, 'naive total');
    near(baselines.naive_rate?.totals.mae, naive.rate.mae, 'naive MAE');
    near(baselines.naive_rate?.totals.rmse, naive.rate.rmse, 'naive RMSE');
    near(baselines.always_zero?.totals.mae, naive.zero.mae, 'MAE of nothing');
    near(baselines.always_zero?.totals.rmse, naive.zero.rmse, 'RMSE of nothing');
  });

  it('predicts the revenue of BG/NBD and Gamma-Gamma', () => {
    const { actual: cents, predicted } = REFERENCE.holdout_39_weeks.revenue_holdout_bg_gg;
    const { revenue } = ofFile('bg-nbd');
    expect(revenue?.actualMinor).toBe(Math.round(cents * 100));
    near(revenue?.predictedMinor, predicted * 100, 'revenue');
  });

  describe('scores of p_return', () => {
    let rows: HoldoutRows;
    beforeAll(() => {
      rows = rowsOfFile();
    });

    it('are those of a count over all pairs of customers', () => {
      const { params, returns } = ofFile('mbg-nbd');
      const model = purchaseModel('mbg-nbd').fitted(Float64Array.from(Object.values(params ?? {})));
      const people = Array.from(rows.x as number[], (x, i) => {
        const [tx, tenure] = [rows.txDays[i] ?? 0, rows.tenureDays[i] ?? 0];
        return {
          p: model.pAlive(x, tx, tenure) * model.returnWhileAlive(x, tenure, SPANS.horizonDays),
          yes: (rows.later[i] ?? 0) > 0,
        };
      });
      const bought = people.filter(({ yes }) => yes);
      const silent = people.filter(({ yes }) => !yes);
      let won = 0;
      for (const one of bought) for (const other of silent) won += one.p > other.p ? 1 : one.p === other.p ? 0.5 : 0;
      expect(returns?.auc).toBeCloseTo(won / (bought.length * silent.length), 12);
      const squares = people.reduce((sum, { p, yes }) => sum + (p - (yes ? 1 : 0)) ** 2, 0);
      expect(returns?.brier).toBeCloseTo(squares / people.length, 12);
    });

    it.each(MODEL_IDS)('of %s beat all three baselines', (model) => {
      const { returns, totals, baselines } = ofFile(model);
      for (const baseline of Object.values(baselines)) {
        expect(returns?.brier).toBeLessThan(baseline?.returns.brier ?? 0);
        expect(returns?.calibrationError).toBeLessThan(baseline?.returns.calibrationError ?? 0);
        expect(totals?.rmse).toBeLessThan(baseline?.totals.rmse ?? 0);
      }
    });
  });
});
