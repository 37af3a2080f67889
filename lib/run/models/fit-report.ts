import { confidenceIntervals, type Interval } from '../../clv/fit/confidence-intervals.ts';
import { farBelow } from '../../clv/fit/far-below.ts';
import { fitGammaGamma } from '../../clv/fit/fit-gamma-gamma.ts';
import { fitPurchases } from '../../clv/fit/fit-purchases.ts';
import { type FrequencySpend, frequencySpend } from '../../clv/fit/frequency-spend.ts';
import type { Fit } from '../../clv/fit/maximise-likelihood.ts';
import { meanSpends } from '../../clv/fit/mean-spends.ts';
import type { SpendParams } from '../../clv/models/gamma-gamma.ts';
import type { ModelId, ModelParams } from '../../clv/models/purchase-model.ts';
import { purchaseModel } from '../../clv/models/purchase-models.ts';
import type { BusinessDate } from '../../time.ts';
import type { BootstrapReport } from './bootstrap-report.ts';
import type { FitInput } from './fit-input.ts';
import type { FittedModelId } from './fitted-model.ts';
import { type TimeUnit, UNIT_DAYS } from './time-unit.ts';

/** What `fit` prints; numbers that are not finite are null. */
export interface FitReport {
  readonly model: FittedModelId;
  readonly params: ModelParams;
  readonly standardErrors: Readonly<Record<string, number | null>>;
  readonly logLikelihood: number | null;
  readonly customers: number;
  readonly cells: number;
  readonly iterations: number;
  readonly converged: boolean;
  /** True when the fit must not be used. */
  readonly degenerate: boolean;
  /** Why it is degenerate. */
  readonly reasons: readonly string[];
  /** What is doubtful about a sound fit. */
  readonly warnings: readonly string[];
  /** True when the search from the given start failed, and was repeated from the model's own. */
  readonly restarted: boolean;
  readonly intervals: Readonly<Record<string, Interval>>;
  /** Of times; null for gamma-gamma. */
  readonly unit: TimeUnit | null;
  /** The date as of which the customers are known; null for counted ones of which it is not told. */
  readonly date: BusinessDate | null;
  /** Of gamma-gamma: repeat customers without positive spend, who are not in the fit. */
  readonly leftOut?: number;
  /** Of gamma-gamma: customers whose mean spend is far below that of nearly all others, and may move the fit. */
  readonly farBelow?: number;
  /** Of gamma-gamma: how far frequency and spend go together. */
  readonly frequencySpend?: FrequencySpend;
  readonly bootstrap?: BootstrapReport;
}

/** Which model is fitted, from where. */
export interface FitRequest {
  readonly model: FittedModelId;
  readonly unit: TimeUnit;
  readonly start?: ModelParams | undefined;
  /** The date as of which customers were counted elsewhere; buyers have their own. */
  readonly date?: BusinessDate | undefined;
}

/** Cells of days in another unit. */
function inUnit({ purchases }: FitInput, unit: TimeUnit): FitInput['purchases'] {
  const days = UNIT_DAYS[unit];
  if (days === 1) return purchases;
  return {
    ...purchases,
    txDays: purchases.txDays.map((time) => time / days),
    tenureDays: purchases.tenureDays.map((time) => time / days),
  };
}

/** Fits a model of purchases, times in the unit that is asked for. */
export const fitInUnit = (input: FitInput, model: ModelId, { unit, start }: Omit<FitRequest, 'model'>): Fit =>
  fitPurchases(purchaseModel(model), inUnit(input, unit), { start });

/** Fits, and gathers what is told of it. */
export function reportFit(input: FitInput, { model, unit, start, date: countedOn }: FitRequest): FitReport {
  const date = input.buyers?.date ?? countedOn ?? null;
  if (model !== 'gamma-gamma') return { ...describe(model, fitInUnit(input, model, { unit, start })), unit, date };
  const fit = fitGammaGamma(input.spend, { exponent: input.exponent, start: start as SpendParams | undefined });
  const { leftOut, spend } = input;
  const means = meanSpends(spend);
  const correlation = frequencySpend(spend, means);
  return { ...describe(model, fit), unit: null, date, leftOut, farBelow: farBelow(means), frequencySpend: correlation };
}

function describe(model: FittedModelId, fit: Fit): Omit<FitReport, 'unit' | 'date'> {
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    model,
    params: fit.params,
    standardErrors: Object.fromEntries(Object.entries(fit.standardErrors).map(([name, error]) => [name, finite(error)])),
    logLikelihood: finite(fit.logLikelihood),
    customers: fit.customers,
    cells: fit.cells,
    iterations: fit.iterations,
    converged: fit.converged,
    degenerate: !fit.sound,
    reasons: fit.reasons,
    warnings: fit.warnings,
    restarted: fit.restarted,
    intervals: confidenceIntervals(fit),
  };
}
