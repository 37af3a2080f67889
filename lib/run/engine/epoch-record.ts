import type { SpendParams } from '../../clv/models/gamma-gamma.ts';
import type { MbgParams } from '../../clv/models/mbg-nbd.ts';
import type { ModelId, ModelParams } from '../../clv/models/purchase-model.ts';
import type { SpendRule } from '../../clv/predict/customer-value.ts';
import { createMbgPredictor, type MbgPredictor } from '../../clv/predict/mbg-predictor.ts';
import type { PerennialConfig } from '../../config/config.ts';
import type { Schedule } from '../../lifecycle/replay.ts';
import type { NightRules } from '../../lifecycle/stage-step.ts';
import type { TierCuts } from '../../lifecycle/tier-step.ts';
import { currencyExponent } from '../../money.ts';
import { type BusinessDate, dayOf } from '../../time.ts';

/** What a candidate was judged by; null where a figure did not apply. */
export interface EpochEvidence {
  readonly customers: number;
  readonly repeatCustomers: number;
  readonly historyDays: number;
  readonly logLikelihood: number | null;
  readonly iterations: number;
  readonly standardErrors: ModelParams | null;
  /** |mean p_return - share that bought| on the rows of 90 days before, of the candidate and of the epoch in force. */
  readonly returnError: number | null;
  readonly returnErrorInForce: number | null;
  /** Share of buyers that the candidate would move. */
  readonly movedShare: number | null;
  /** Why Gamma-Gamma was refused; empty when it was taken. */
  readonly spendReasons: readonly string[];
}

/** A fitted model, accepted or not. */
export interface EpochRecord {
  /** `<model>@<date>`. */
  readonly id: string;
  readonly date: BusinessDate;
  readonly model: ModelId;
  /** Days. */
  readonly params: ModelParams;
  /** Major currency units; null when refused. */
  readonly spend: SpendParams | null;
  /** Mean net per purchase day of all buyers, minor units, unrounded. */
  readonly cohortMeanMinor: number;
  /** Median gap between successive purchase days of the cohort, days; null without a repeat purchase. */
  readonly medianGapDays: number | null;
  readonly accepted: boolean;
  readonly reasons: readonly string[];
  readonly evidence: EpochEvidence;
}

/** RFM cut points in force: dates for recency, days for frequency, minor units for monetary. */
export interface RfmCuts {
  readonly recency: readonly BusinessDate[];
  readonly frequency: readonly number[];
  readonly monetary: readonly number[];
}

/** What is in force on one date. */
export interface Calibration {
  readonly date: BusinessDate;
  /** Null under the fallback. */
  readonly epoch: EpochRecord | null;
  readonly rfmCuts: RfmCuts | null;
  readonly rfmCutsDate: BusinessDate | null;
  readonly tierCuts: TierCuts | null;
  readonly tierCutsDate: BusinessDate | null;
  /** Why this is a baseline night, or null. */
  readonly baseline: NightRules['baseline'];
  /** The newest fit, accepted or not. */
  readonly candidate: EpochRecord | null;
  /** Refusals in a row, up to the candidate, for the share of moved customers alone. */
  readonly movedRefusals: number;
}

/** A change of what is in force, kept for replays. */
export interface RegimeChange {
  readonly date: BusinessDate;
  readonly epoch: EpochRecord | null;
  readonly baseline: NightRules['baseline'];
  readonly rules: PerennialConfig['stages'];
}

/** `epochs/run=R.json`: everything that was ever in force. */
export interface EpochBook {
  readonly firstDataDate: BusinessDate | null;
  readonly changes: readonly RegimeChange[];
}

const predictors = new Map<string, MbgPredictor>();

/** The predictor of an epoch under a configuration, made once per process. */
export function predictorOf(epoch: EpochRecord, config: PerennialConfig): MbgPredictor {
  const horizons = {
    horizonDays: config.clv.horizonDays,
    monthlyDiscountRatio: config.clv.monthlyDiscountRatio,
    returnHorizonDays: config.stages.returnHorizonDays,
  };
  const key = JSON.stringify([epoch.params, horizons]);
  let predictor = predictors.get(key);
  if (!predictor) {
    if (predictors.size >= 64) predictors.clear();
    predictor = createMbgPredictor(epoch.params as MbgParams, horizons);
    predictors.set(key, predictor);
  }
  return predictor;
}

/** How an epoch predicts spend. */
export function spendRuleOf(epoch: EpochRecord, currency: string): SpendRule {
  if (!epoch.spend) return { kind: 'cohort_mean', meanMinor: epoch.cohortMeanMinor };
  return { kind: 'gamma_gamma', params: epoch.spend, exponent: currencyExponent(currency) };
}

/** The rules of every night of the past, from an epoch book: each change with its own thresholds and return horizon. */
export function scheduleOf(book: EpochBook, config: PerennialConfig): Schedule {
  const entries = book.changes.map((change) => {
    const rhythm = change.epoch ? predictorOf(change.epoch, { ...config, stages: change.rules }) : null;
    return {
      day: dayOf(change.date),
      onTheNight: { rhythm, baseline: change.baseline, rules: change.rules },
      after: { rhythm, baseline: null, rules: change.rules },
    };
  });
  let cursor = 0;
  return {
    at(day) {
      while (cursor > 0 && (entries[cursor]?.day as number) > day) cursor--;
      while (cursor + 1 < entries.length && (entries[cursor + 1]?.day as number) <= day) cursor++;
      const entry = entries[cursor] as (typeof entries)[number];
      return entry.day === day ? entry.onTheNight : entry.after;
    },
  };
}
