import type { PurchaseCells } from '../../clv/fit/compress.ts';
import { fitGammaGamma } from '../../clv/fit/fit-gamma-gamma.ts';
import { fitPurchases } from '../../clv/fit/fit-purchases.ts';
import { calibrationError } from '../../clv/holdout/calibration-error.ts';
import { type MbgParams, mbgNbd } from '../../clv/models/mbg-nbd.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { churnCondition, decliningCondition, type NightRules } from '../../lifecycle/stage-step.ts';
import { currencyExponent } from '../../money.ts';
import { type BusinessDate, dayOf } from '../../time.ts';
import {
  cohortMeanMinor,
  type EpochPopulation,
  medianGapDays,
  priorCells,
  purchaseCells,
  spendCells,
} from './epoch-population.ts';
import { type Calibration, type EpochRecord, predictorOf } from './epoch-record.ts';

/** Reason for which alone a candidate may be taken after several refusals. */
export const MOVED_TOO_MANY = 'MOVED_TOO_MANY';

/**
 * Fits a candidate epoch on the buyers of a date and judges it (docs/architecture.md, Epochs): sound, enough repeat customers and
 * history, return prediction not worse than that of the epoch in force by more than 0.02, and - unless it is the first - not
 * more than 2 % of the buyers moved.
 *
 * @param before the calibration of the night before, or undefined on the first
 */
export function judgeCandidate(
  date: BusinessDate,
  population: EpochPopulation,
  before: Calibration | undefined,
  firstDataDate: BusinessDate,
  config: PerennialConfig,
): { candidate: EpochRecord; movedRefusals: number; taken: 'as usual' | 'as baseline' | 'no' } {
  const cells = purchaseCells(population);
  const inForce = before?.epoch ?? null;
  const start = before?.candidate;
  const fit = fitPurchases(mbgNbd, cells, { start: start?.params });
  const spend = fitGammaGamma(spendCells(population), {
    exponent: currencyExponent(config.currency),
    start: start?.spend ?? undefined,
  });
  const draft: EpochRecord = {
    id: `mbg-nbd@${date}`,
    date,
    model: 'mbg-nbd',
    params: fit.params,
    spend: spend.sound ? spend.params : null,
    cohortMeanMinor: cohortMeanMinor(population),
    medianGapDays: medianGapDays(population),
    accepted: false,
    reasons: [],
    evidence: {
      customers: sumWeights(cells),
      repeatCustomers: sumWeights(cells, (i) => (cells.x[i] as number) > 0),
      historyDays: dayOf(date) - dayOf(firstDataDate),
      logLikelihood: finite(fit.logLikelihood),
      iterations: fit.iterations,
      standardErrors: Object.values(fit.standardErrors).every(Number.isFinite) ? fit.standardErrors : null,
      returnError: null,
      returnErrorInForce: null,
      movedShare: null,
      spendReasons: spend.reasons,
    },
  };
  const reasons: string[] = [...fit.reasons];
  if (draft.evidence.repeatCustomers < config.epochs.minRepeatCustomers) reasons.push('TOO_FEW_REPEAT_CUSTOMERS');
  if (draft.evidence.historyDays < config.epochs.minHistoryDays) reasons.push('HISTORY_TOO_SHORT');
  const measured = fit.sound ? measure(draft, inForce, population, cells, config) : draft.evidence;
  if (isWorse(measured, config.epochs.maxReturnErrorIncrease)) reasons.push('RETURN_ERROR_TOO_LARGE');
  if ((measured.movedShare ?? 0) > config.epochs.maxMovedShare) reasons.push(MOVED_TOO_MANY);
  const verdict = decide(reasons, before, config);
  return {
    candidate: { ...draft, evidence: measured, accepted: verdict.taken !== 'no', reasons },
    ...verdict,
  };
}

function decide(
  reasons: readonly string[],
  before: Calibration | undefined,
  config: PerennialConfig,
): { movedRefusals: number; taken: 'as usual' | 'as baseline' | 'no' } {
  if (reasons.length === 0) return { movedRefusals: 0, taken: before?.epoch ? 'as usual' : 'as baseline' };
  const onlyMoved = reasons.every((reason) => reason === MOVED_TOO_MANY);
  const movedRefusals = onlyMoved ? (before?.movedRefusals ?? 0) + 1 : 0;
  if (movedRefusals >= config.epochs.refusalsBeforeTaken) return { movedRefusals: 0, taken: 'as baseline' };
  return { movedRefusals, taken: 'no' };
}

function measure(
  draft: EpochRecord,
  inForce: EpochRecord | null,
  population: EpochPopulation,
  cells: PurchaseCells,
  config: PerennialConfig,
): EpochRecord['evidence'] {
  const horizon = config.stages.returnHorizonDays;
  const { cells: prior, returned } = priorCells(population);
  const errorOf = (epoch: EpochRecord) => finite(calibrationError(epoch.params as MbgParams, prior, horizon, returned));
  return {
    ...draft.evidence,
    returnError: errorOf(draft),
    returnErrorInForce: inForce ? errorOf(inForce) : null,
    movedShare: inForce ? movedShare(draft, inForce, cells, config) : null,
  };
}

function isWorse({ returnError, returnErrorInForce }: EpochRecord['evidence'], tolerance: number): boolean {
  return returnErrorInForce !== null && (returnError === null || returnError > returnErrorInForce + tolerance);
}

/** Share of buyers for whom the declining or the churn condition, dwell left out, holds under the candidate only. */
function movedShare(candidate: EpochRecord, inForce: EpochRecord, cells: PurchaseCells, config: PerennialConfig): number {
  const night = (epoch: EpochRecord): NightRules => ({
    rhythm: predictorOf(epoch, config),
    baseline: null,
    rules: config.stages,
  });
  const [after, before] = [night(candidate), night(inForce)];
  let moved = 0;
  for (let i = 0; i < cells.x.length; i++) {
    const facts = {
      purchaseDays: (cells.x[i] as number) + 1,
      firstDay: 0,
      lastDay: cells.txDays[i] as number,
    };
    const day = cells.tenureDays[i] as number;
    const declines = (rules: NightRules) => decliningCondition(facts, day, rules) === 'holds';
    const churns = (rules: NightRules) => churnCondition(facts, day, rules) !== undefined;
    if ((declines(after) && !declines(before)) || (churns(after) && !churns(before))) moved += cells.weight[i] as number;
  }
  return moved / sumWeights(cells);
}

function sumWeights(cells: PurchaseCells, test: (i: number) => boolean = () => true): number {
  let sum = 0;
  for (let i = 0; i < cells.weight.length; i++) if (test(i)) sum += cells.weight[i] as number;
  return sum;
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);
