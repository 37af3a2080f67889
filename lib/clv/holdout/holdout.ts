import type { ModelId, ModelParams } from '../models/purchase-model.ts';
import { fittedModel } from '../models/purchase-models.ts';
import type { SpendRule } from '../predict/customer-value.ts';
import { alwaysZero, type BaselineId, type HoldoutSpans, naiveRate, type RecencyReason, recencyOnly } from './baselines.ts';
import { type Forecast, type ForecastScores, scoreForecast } from './forecast-scores.ts';
import type { HoldoutCells } from './holdout-cells.ts';
import { forecastOf, type ModelHoldout, scoreModel } from './model-holdout.ts';

/** What is compared. */
export interface HoldoutQuestion extends HoldoutSpans {
  readonly model: ModelId;
  /** Of the calibration date, times in days; left out when the fit is not sound: baselines alone then. */
  readonly params?: ModelParams | undefined;
  /** How spend was predicted on the calibration date; left out: no revenue. */
  readonly spend?: SpendRule | undefined;
}

/** Customers of one number of repeat purchase days on the calibration date. Means are purchase days of one customer in the horizon. */
export interface HoldoutBin {
  /** `0` .. `6`, `7+`. */
  readonly x: string;
  readonly customers: number;
  readonly actual: number;
  /** Null without a model. */
  readonly predicted: number | null;
  readonly baselines: Readonly<Record<BaselineId, number | null>>;
}

/** What there is without a model too. */
interface HoldoutFrame {
  readonly model: ModelId;
  readonly params: ModelParams | null;
  readonly customers: number;
  readonly horizonDays: number;
  readonly innerDays: number;
  /** What happened in the horizon. */
  readonly actual: {
    /** Purchase days, count. */
    readonly purchases: number;
    /** Customers with at least one, count. */
    readonly returned: number;
    /** Net spend, minor currency units. */
    readonly revenueMinor: number;
  };
  readonly baselines: Readonly<Record<BaselineId, ForecastScores | null>>;
  /** Why `baselines.recency_only` is null. */
  readonly recencyOnlyReason: RecencyReason | null;
  /** Bins that have customers, ascending. */
  readonly bins: readonly HoldoutBin[];
}

/**
 * How a model and the rules of thumb predicted the days after the calibration date; what is the model's is null without
 * parameters. Plain: it goes into JSON as it is.
 */
export type Holdout = HoldoutFrame & (ModelHoldout | Readonly<Record<keyof ModelHoldout, null>>);

const NO_MODEL = { totals: null, returns: null, meanPAlive: null, cumulative: null, revenue: null, deciles: null } as const;

/** Counts from here on share a bin. */
const LAST_BIN = 7;

/** Mean purchase days of a forecast in each bin; null without a forecast. */
function binsOf(cells: HoldoutCells, predicted: Forecast | undefined, baselines: Baselines): HoldoutBin[] {
  const binOf = cells.x.map((count) => Math.min(count, LAST_BIN));
  const sums = (value: (cell: number) => number) => {
    const out = new Float64Array(LAST_BIN + 1);
    for (let i = 0; i < binOf.length; i++) {
      const bin = binOf[i] as number;
      out[bin] = (out[bin] as number) + (cells.weight[i] as number) * value(i);
    }
    return out;
  };
  const customers = sums(() => 1);
  const meansOf = (forecast: Forecast | undefined) => {
    const total = forecast && sums((i) => forecast.purchases[i] as number);
    return (bin: number) => (total ? (total[bin] as number) / (customers[bin] as number) : null);
  };
  const actual = sums((i) => cells.later[i] as number);
  const [model, recency, naive, zero] = [
    meansOf(predicted),
    meansOf(baselines.recency_only),
    meansOf(baselines.naive_rate),
    meansOf(baselines.always_zero),
  ];
  return [...customers.keys()]
    .filter((bin) => (customers[bin] as number) > 0)
    .map((bin) => ({
      x: bin === LAST_BIN ? `${LAST_BIN}+` : String(bin),
      customers: customers[bin] as number,
      actual: (actual[bin] as number) / (customers[bin] as number),
      predicted: model(bin),
      baselines: { recency_only: recency(bin), naive_rate: naive(bin), always_zero: zero(bin) },
    }));
}

type Baselines = Readonly<Record<BaselineId, Forecast | undefined>>;

function actualOf({ later, weight, laterNetMinor }: HoldoutCells): { customers: number; actual: HoldoutFrame['actual'] } {
  let [customers, purchases, returned] = [0, 0, 0];
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i] as number;
    customers += w;
    purchases += w * (later[i] as number);
    returned += (later[i] as number) > 0 ? w : 0;
  }
  return { customers, actual: { purchases, returned, revenueMinor: laterNetMinor } };
}

/**
 * How a model fitted on the calibration date predicted the days after it, beside three rules of thumb that need no model:
 * totals and errors per customer, means by repeat purchase days, deciles and scores of the probability to buy, and what is
 * expected of newcomers (purchases since the first one, whatever a customer did).
 *
 * Source: the holdout of Fader, Hardie & Lee (2005), empirical analysis (bins by x, cumulative purchases); the calibration and holdout
 * tables of `lifetimes`; Brier (1950). Checked against CDNOW in test/golden/holdout.test.ts.
 * @param cells what `compressHoldout` gives @param question model, parameters, spans in days, rule of spend
 * @returns plain object, null where undefined (no customers, nobody bought); a function of the set of customers alone
 * @throws InvariantBrokenError when a parameter is missing or not a positive number
 * Cost: ~5 us per cell (`forecastOf`, four forecasts and their sorts): 3 s for a million customers in 500,000 cells.
 */
export function computeHoldout(cells: HoldoutCells, question: HoldoutQuestion): Holdout {
  const { model, params, horizonDays, innerDays, spend } = question;
  const fitted = params && fittedModel(model, params);
  const forecast = fitted && forecastOf(fitted, cells, horizonDays);
  const recency = recencyOnly(cells, question);
  const baselines = {
    recency_only: typeof recency === 'string' ? undefined : recency,
    naive_rate: naiveRate(cells, horizonDays),
    always_zero: alwaysZero(cells),
  };
  const scoreRule = (rule: Forecast): ForecastScores => {
    const { totals, returns } = scoreForecast(cells, rule);
    return { totals, returns };
  };
  return {
    model,
    params: params ?? null,
    horizonDays,
    innerDays,
    ...actualOf(cells),
    ...(fitted && forecast ? scoreModel(fitted, forecast, cells, { horizonDays, spend }) : NO_MODEL),
    bins: binsOf(cells, forecast, baselines),
    baselines: {
      recency_only: baselines.recency_only ? scoreRule(baselines.recency_only) : null,
      naive_rate: scoreRule(baselines.naive_rate),
      always_zero: scoreRule(baselines.always_zero),
    },
    recencyOnlyReason: typeof recency === 'string' ? recency : null,
  };
}
