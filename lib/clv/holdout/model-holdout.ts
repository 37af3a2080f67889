import type { FittedModel } from '../models/purchase-model.ts';
import { expectedSpendMinor, type SpendRule } from '../predict/customer-value.ts';
import { createPredictor } from '../predict/predictor.ts';
import { type Forecast, type ForecastScores, scoreForecast } from './forecast-scores.ts';
import type { HoldoutCells } from './holdout-cells.ts';
import { DECILES, decileOfRows, type ProbabilityDecile } from './probability-scores.ts';

/** Customers of about the same probability to buy. */
export interface HoldoutDecile extends ProbabilityDecile {
  /** Purchase days of all of them in the horizon, count. */
  readonly actual: number;
  readonly predicted: number;
}

/** What a model said of customers beyond the scores that baselines have too. */
export interface ModelHoldout extends ForecastScores {
  readonly meanPAlive: number | null;
  /**
   * Repeat purchase days since the first purchase, of all customers, until the end of the horizon: what the model expects of
   * newcomers of these tenures, whatever they did.
   */
  readonly cumulative: { readonly actual: number; readonly predicted: number; readonly bias: number | null };
  /** Net spend in the horizon, minor currency units, the prediction unrounded; null without a rule of spend. */
  readonly revenue: { readonly actualMinor: number; readonly predictedMinor: number; readonly bias: number | null } | null;
  readonly deciles: readonly HoldoutDecile[];
}

/** What the model expects of each cell. */
export interface ModelForecast extends Forecast {
  readonly pAlive: Float64Array;
}

/**
 * What a model expects of the days after the calibration date: purchases, and the chance of at least one.
 *
 * Source: `createPredictor`, as scores have it; nothing is discounted.
 * @param model parameters in days @param cells customers @param horizonDays days, > 0
 * @returns shape [cells], their order; never NaN; never throws
 * Cost: ~0.1 us per cell, and the predictor's for each distinct (x, t_x) and (x, T).
 */
export function forecastOf(model: FittedModel, cells: HoldoutCells, horizonDays: number): ModelForecast {
  const column = () => new Float64Array(cells.x.length);
  const forecast = { pAlive: column(), p: column(), purchases: column() };
  const horizons = { horizonDays, returnHorizonDays: horizonDays, monthlyDiscountRatio: 0, discounting: 'exact' } as const;
  const { pAlive, p, purchases } = forecast;
  createPredictor(model, horizons).fill(cells, { pAlive, pReturn: p, expected: purchases });
  return forecast;
}

/** Sum over customers of what the model expects of a newcomer from the first purchase until the end of the horizon. */
function expectedSinceFirst(model: FittedModel, { tenureDays, weight }: HoldoutCells, horizonDays: number): number {
  const byTenure = new Float64Array(tenureDays.reduce((max, days) => Math.max(max, days), -1) + 1);
  for (let i = 0; i < weight.length; i++) {
    const tenure = tenureDays[i] as number;
    byTenure[tenure] = (byTenure[tenure] as number) + (weight[i] as number);
  }
  const alive = model.pAlive(0, 0, 0);
  return byTenure.reduce(
    (sum, customers, tenure) =>
      customers === 0 ? sum : sum + customers * alive * model.expectedWhileAlive(0, 0, tenure + horizonDays),
    0,
  );
}

function revenueOf(cells: HoldoutCells, { purchases }: Forecast, spend: SpendRule): NonNullable<ModelHoldout['revenue']> {
  let predictedMinor = 0;
  for (let i = 0; i < purchases.length; i++) {
    const w = cells.weight[i] as number;
    const mean = expectedSpendMinor(spend, cells.x[i] as number, (cells.spentMinor[i] as number) / w);
    predictedMinor += w * (purchases[i] as number) * mean;
  }
  const actualMinor = cells.laterNetMinor;
  return { actualMinor, predictedMinor, bias: biasOf(predictedMinor, actualMinor) };
}

const biasOf = (predicted: number, actual: number): number | null => (actual > 0 ? predicted / actual - 1 : null);

/** Sum over cells of customers times a value. */
const weighted = ({ weight }: HoldoutCells, value: (cell: number) => number): number =>
  weight.reduce((sum, w, i) => sum + w * value(i), 0);

/** Purchase days beside the deciles of the probability to buy. */
function withPurchases(
  deciles: readonly ProbabilityDecile[],
  { weight, later }: HoldoutCells,
  { p, purchases }: Forecast,
): HoldoutDecile[] {
  const decileOf = decileOfRows({ p, customers: weight });
  const actual = new Float64Array(DECILES);
  const predicted = new Float64Array(DECILES);
  for (let i = 0; i < weight.length; i++) {
    const [at, w] = [decileOf[i] as number, weight[i] as number];
    actual[at] = (actual[at] as number) + w * (later[i] as number);
    predicted[at] = (predicted[at] as number) + w * (purchases[i] as number);
  }
  return deciles.map((row) => ({
    ...row,
    actual: actual[row.decile - 1] as number,
    predicted: predicted[row.decile - 1] as number,
  }));
}

/**
 * Scores of a model's forecast, and what only a model can be asked.
 *
 * Source: `computeHoldout` says of what.
 * @param model what made the forecast @param forecast of the cells @param question horizon in days, rule of spend
 * @returns null where undefined; never throws
 * Cost: a few passes over cells, two sorts, one expectation per distinct T.
 */
export function scoreModel(
  model: FittedModel,
  forecast: ModelForecast,
  cells: HoldoutCells,
  { horizonDays, spend }: { readonly horizonDays: number; readonly spend: SpendRule | undefined },
): ModelHoldout {
  const { deciles, ...scores } = scoreForecast(cells, forecast);
  const { customers } = scores.returns;
  const actual = weighted(cells, (i) => (cells.x[i] as number) + (cells.later[i] as number));
  const predicted = expectedSinceFirst(model, cells, horizonDays);
  return {
    ...scores,
    meanPAlive: customers > 0 ? weighted(cells, (i) => forecast.pAlive[i] as number) / customers : null,
    cumulative: { actual, predicted, bias: biasOf(predicted, actual) },
    revenue: spend ? revenueOf(cells, forecast, spend) : null,
    deciles: withPurchases(deciles, cells, forecast),
  };
}
