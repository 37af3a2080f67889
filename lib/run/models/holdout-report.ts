import { holdoutRows } from '../../book/holdout-rows.ts';
import { firstPurchaseDay, type PurchaseHistories } from '../../book/purchase-histories.ts';
import { computeHoldout, type Holdout } from '../../clv/holdout/holdout.ts';
import { compressHoldout, type HoldoutRows } from '../../clv/holdout/holdout-cells.ts';
import type { SpendParams } from '../../clv/models/gamma-gamma.ts';
import type { ModelId } from '../../clv/models/purchase-model.ts';
import type { SpendRule } from '../../clv/predict/customer-value.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { UsageError } from '../../errors.ts';
import { type BusinessDate, dayOf } from '../../time.ts';
import { repeatCustomers } from '../engine/epoch-population.ts';
import { inputOfRows } from './fit-input.ts';
import { type FitReport, reportFit } from './fit-report.ts';

/** What is compared. */
export interface HoldoutRequest {
  /** The last day that the model is fitted on. */
  readonly calibrateTo: BusinessDate;
  /** The last day that is predicted, after it. */
  readonly to: BusinessDate;
  readonly model: ModelId;
  readonly config: PerennialConfig;
  /** Of the amounts, ISO 4217. */
  readonly currency: string;
}

/** What `holdout` prints. */
export type HoldoutReport = Holdout & {
  readonly calibrateTo: BusinessDate;
  readonly to: BusinessDate;
  /** Of the amounts, which are in its minor units. */
  readonly currency: string;
  /** The fit of the calibration date; a degenerate one predicts nothing. */
  readonly fit: FitReport;
  /** Why a night would not have taken the fit, though it may be sound: few repeat customers, a short history. */
  readonly guards: readonly ('TOO_FEW_REPEAT_CUSTOMERS' | 'HISTORY_TOO_SHORT')[];
  /** The fit of spend on the calibration date. */
  readonly spendFit: FitReport;
  /** How spend was predicted; null when nobody had bought twice. */
  readonly spendMethod: SpendRule['kind'] | null;
};

/** Earliest purchase day of all. @throws UsageError when nobody had bought by the calibration date */
function firstDay(histories: readonly PurchaseHistories[], calibrateTo: BusinessDate): number {
  const first = histories.reduce((min, part) => Math.min(min, firstPurchaseDay(part) ?? min), Number.POSITIVE_INFINITY);
  if (first <= dayOf(calibrateTo)) return first;
  throw new UsageError(
    `Option --calibrate-to: nobody had bought by ${calibrateTo}, expected a date with buyers before it. Name a later date.`,
  );
}

/** Gamma-Gamma, or the mean of a repeat purchase day where its fit must not be used. */
function spendRuleOf(parts: readonly HoldoutRows[], fit: FitReport, exponent: number): SpendRule | undefined {
  if (!fit.degenerate) return { kind: 'gamma_gamma', params: fit.params as SpendParams, exponent };
  let [net, days] = [0, 0];
  for (const { x, repeatNetMinor } of parts) {
    for (let i = 0; i < x.length; i++) {
      net += repeatNetMinor[i] as number;
      days += x[i] as number;
    }
  }
  return days > 0 ? { kind: 'cohort_mean', meanMinor: net / days } : undefined;
}

/**
 * Fits as of the calibration date and compares with what came after it. The inner date, as of which the rule by recency learns,
 * lies a horizon before the calibration date, or in the middle of the history where that is later.
 *
 * @param histories of every shard, as known on the last day
 * @throws UsageError when nobody had bought by the calibration date
 */
export function reportHoldout(histories: readonly PurchaseHistories[], request: HoldoutRequest): HoldoutReport {
  const { calibrateTo, to, model, config, currency } = request;
  const historyDays = dayOf(calibrateTo) - firstDay(histories, calibrateTo);
  const horizonDays = dayOf(to) - dayOf(calibrateTo);
  const innerDays = Math.min(horizonDays, Math.floor(historyDays / 2));
  const window = { calibrateTo: dayOf(calibrateTo), to: dayOf(to), inner: dayOf(calibrateTo) - innerDays };
  const parts = histories.map((part) => holdoutRows(part, window));
  const input = inputOfRows(parts, currency);
  const fit = { ...reportFit(input, { model, unit: 'days' }), date: calibrateTo };
  const spendFit = { ...reportFit(input, { model: 'gamma-gamma', unit: 'days' }), date: calibrateTo };
  const spend = spendRuleOf(parts, spendFit, input.exponent);
  const params = fit.degenerate ? undefined : fit.params;
  const holdout = computeHoldout(compressHoldout(parts), { model, params, horizonDays, innerDays, spend });
  const { minRepeatCustomers, minHistoryDays } = config.epochs;
  return {
    calibrateTo,
    to,
    currency,
    ...holdout,
    fit,
    guards: [
      ...(repeatCustomers(input.purchases) < minRepeatCustomers ? (['TOO_FEW_REPEAT_CUSTOMERS'] as const) : []),
      ...(historyDays < minHistoryDays ? (['HISTORY_TOO_SHORT'] as const) : []),
    ],
    spendFit,
    spendMethod: spend?.kind ?? null,
  };
}
