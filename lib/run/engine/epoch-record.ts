import { INTERACTION_DAYS } from '../../book/interaction-list.ts';
import type { Interval } from '../../clv/fit/confidence-intervals.ts';
import type { FitWarning } from '../../clv/fit/fit-verdict.ts';
import type { FrequencySpend } from '../../clv/fit/frequency-spend.ts';
import type { SpendParams } from '../../clv/models/gamma-gamma.ts';
import type { ModelId, ModelParams } from '../../clv/models/purchase-model.ts';
import { fittedModel } from '../../clv/models/purchase-models.ts';
import type { SpendRule } from '../../clv/predict/customer-value.ts';
import { horizonsOf } from '../../clv/predict/horizons-of.ts';
import { createPredictor, type Predictor } from '../../clv/predict/predictor.ts';
import type { PerennialConfig } from '../../config/config.ts';
import type { Schedule } from '../../lifecycle/replay.ts';
import { type NightRules, nightRules } from '../../lifecycle/stage-rules.ts';
import type { TierCuts } from '../../lifecycle/tier-step.ts';
import { currencyExponent } from '../../money.ts';
import { type BusinessDate, dayOf } from '../../time.ts';

/** Why a candidate, or the fit of its holdout, is refused, beside the reasons of the fit itself. */
export type CandidateReason =
  | 'TOO_FEW_REPEAT_CUSTOMERS'
  | 'HISTORY_TOO_SHORT'
  | 'RETURN_ERROR_TOO_LARGE'
  | 'MOVED_TOO_MANY'
  | 'FIT_NOT_SOUND';

/** 95 % intervals by parameter (`confidenceIntervals`); a parameter without a finite standard error has none. */
export type Intervals = Readonly<Record<string, Interval>>;

/** How the model would have predicted who buys, fitted to what had happened `horizonDays` before and to nothing later. */
export interface EpochHoldout {
  /** `horizonDays` before the date of the epoch. Customers are those that had bought by then, as is known now. */
  readonly calibrateTo: BusinessDate;
  /** The return horizon (`stages.returnHorizonDays`). */
  readonly horizonDays: number;
  readonly customers: number;
  /** Share of them that bought within the horizon, and their mean p_return. */
  readonly boughtShare: number;
  readonly meanReturn: number;
  /** Mean of (p_return - outcome)^2. */
  readonly brier: number;
  /** Mean of |mean p_return - share that bought| over ten groups of about equal count by p_return. */
  readonly calibrationError: number;
  readonly baselines: {
    /** 1 - exp(-x / T * horizon). */
    readonly naiveRate: { readonly brier: number };
    /** Nobody buys. */
    readonly zero: { readonly brier: number };
  };
}

/** What the spend model of a candidate was judged by; null where a figure did not apply. */
export interface SpendEvidence {
  /** Repeat customers with positive spend: those of the fit. */
  readonly customers: number;
  /** Distinct (x, repeat net) of them. */
  readonly cells: number;
  /** Repeat customers without positive spend, whom the fit leaves out. */
  readonly leftOut: number;
  /** Customers of the fit whose mean spend is under a tenth of the first percentile: a few can move the parameters far. */
  readonly farBelow: number;
  readonly logLikelihood: number | null;
  readonly iterations: number;
  readonly standardErrors: SpendParams | null;
  readonly intervals: Intervals;
  /** Correlations of x with the mean spend per repeat purchase day, and what they mean. */
  readonly pearson: number | null;
  readonly spearman: number | null;
  readonly verdict: FrequencySpend['verdict'];
  /** Why Gamma-Gamma was refused; empty when it was taken. */
  readonly reasons: readonly string[];
  /** What is doubtful about one that was taken. */
  readonly warnings: readonly FitWarning[];
}

/**
 * What a candidate was judged by; null where a figure did not apply. Optional ones are absent from older records, which stay in the
 * chain as they were written.
 */
export interface EpochEvidence {
  readonly customers: number;
  readonly repeatCustomers: number;
  /** Distinct (x, t_x, T). */
  readonly cells?: number;
  readonly historyDays: number;
  readonly logLikelihood: number | null;
  readonly iterations: number;
  readonly standardErrors: ModelParams | null;
  readonly intervals?: Intervals;
  /** What is doubtful about a sound fit. */
  readonly warnings?: readonly FitWarning[];
  /** |mean p_return - share that bought| on the rows of 90 days before, of the candidate and of the epoch in force. */
  readonly returnError: number | null;
  readonly returnErrorInForce: number | null;
  /** Share of buyers that the candidate would move; null without an epoch of the same model in force. */
  readonly movedShare: number | null;
  readonly holdout?: EpochHoldout | null;
  /** Why there is no holdout; empty when there is one. */
  readonly holdoutReasons?: readonly string[];
  readonly spend?: SpendEvidence;
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
  /** Last date on which a file of interactions became known; older records do not tell, which is as good as never. */
  readonly interactionsOn?: BusinessDate | null;
}

/** True when complaints and reviews can have been heard of: the feed came within the days for which interactions are kept. */
export function hasAllSignals({ date, epoch, interactionsOn }: Calibration): boolean {
  return epoch !== null && !!interactionsOn && dayOf(date) - dayOf(interactionsOn) < INTERACTION_DAYS;
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

const predictors = new Map<string, Predictor>();

/** Those asked for last: a date has two, candidate and in force, each of up to 70 MB where everybody buys often. */
const KEPT_PREDICTORS = 8;

/** The predictor of an epoch under a configuration: the same one, with its tables, as long as it is among those asked for last. */
export function predictorOf({ model, params }: Pick<EpochRecord, 'model' | 'params'>, config: PerennialConfig): Predictor {
  const horizons = horizonsOf(model, config);
  const key = JSON.stringify([model, params, horizons]);
  const predictor = predictors.get(key) ?? createPredictor(fittedModel(model, params), horizons);
  predictors.delete(key);
  predictors.set(key, predictor);
  for (const oldest of predictors.keys()) {
    if (predictors.size <= KEPT_PREDICTORS) break;
    predictors.delete(oldest);
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
    const after = nightRules(rhythm, change.rules);
    return { day: dayOf(change.date), onTheNight: { ...after, baseline: change.baseline }, after };
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
