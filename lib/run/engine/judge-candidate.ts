import type { PurchaseCells } from '../../clv/fit/compress.ts';
import { fitPurchases } from '../../clv/fit/fit-purchases.ts';
import type { FitReason } from '../../clv/fit/fit-verdict.ts';
import { purchaseModel } from '../../clv/models/purchase-models.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { currencyExponent } from '../../money.ts';
import { type BusinessDate, dayOf } from '../../time.ts';
import { epochHoldout } from './epoch-holdout.ts';
import {
  cohortMeanMinor,
  type EpochPopulation,
  medianGapDays,
  priorCells,
  purchaseCells,
  repeatCustomers,
} from './epoch-population.ts';
import { type Calibration, type CandidateReason, type EpochEvidence, type EpochRecord, predictorOf } from './epoch-record.ts';
import { fitEvidence } from './fit-evidence.ts';
import { judgeSpend } from './judge-spend.ts';
import { movedShare } from './moved-share.ts';
import { predictReturns, returnError } from './predict-returns.ts';

/** Reason for which alone a candidate may be taken after several refusals. */
export const MOVED_TOO_MANY = 'MOVED_TOO_MANY' satisfies CandidateReason;

/** What became of a candidate. */
interface Verdict {
  /** Refusals in a row for moved customers alone. */
  readonly movedRefusals: number;
  readonly taken: 'as usual' | 'as baseline' | 'no';
}

/**
 * Fits a candidate epoch of the configured model on the buyers of a date and judges it (docs/architecture.md, Epochs): sound, enough
 * repeat customers and history, return prediction not worse than that of the epoch in force by more than 0.02, and - unless the epoch
 * in force is of another model, or there is none - not more than 2 % of the buyers moved.
 *
 * @param before the calibration of the night before, or undefined on the first
 */
export function judgeCandidate(
  date: BusinessDate,
  population: EpochPopulation,
  before: Calibration | undefined,
  firstDataDate: BusinessDate,
  config: PerennialConfig,
): { candidate: EpochRecord } & Verdict {
  const inForce = before?.epoch ?? null;
  const cells = purchaseCells(population);
  const historyDays = dayOf(date) - dayOf(firstDataDate);
  const { draft, fitReasons } = fitCandidate({ date, historyDays }, population, cells, { before, config });
  const isSound = fitReasons.length === 0;
  const evidence = { ...draft.evidence, ...(isSound ? measure(draft, inForce, { population, cells }, config) : {}) };
  const reasons: (FitReason | CandidateReason)[] = [...fitReasons];
  if (evidence.repeatCustomers < config.epochs.minRepeatCustomers) reasons.push('TOO_FEW_REPEAT_CUSTOMERS');
  if (historyDays < config.epochs.minHistoryDays) reasons.push('HISTORY_TOO_SHORT');
  if (isWorse(evidence, config.epochs.maxReturnErrorIncrease)) reasons.push('RETURN_ERROR_TOO_LARGE');
  if ((evidence.movedShare ?? 0) > config.epochs.maxMovedShare) reasons.push(MOVED_TOO_MANY);
  const verdict = decide(reasons, before, config);
  return { candidate: { ...draft, evidence, accepted: verdict.taken !== 'no', reasons }, ...verdict };
}

/** Both fits of a date, each from that of the newest candidate where it is of the same model; not judged yet. */
function fitCandidate(
  { date, historyDays }: { date: BusinessDate; historyDays: number },
  population: EpochPopulation,
  cells: PurchaseCells,
  { before, config }: { before: Calibration | undefined; config: PerennialConfig },
): { draft: EpochRecord; fitReasons: readonly FitReason[] } {
  const { model } = config.clv;
  const former = before?.candidate;
  const start = former && former.model === model ? former.params : undefined;
  const fit = fitPurchases(purchaseModel(model), cells, { start });
  const repeating = repeatCustomers(cells);
  const spend = judgeSpend(population, repeating, {
    exponent: currencyExponent(config.currency),
    start: former?.spend ?? undefined,
  });
  const draft: EpochRecord = {
    id: `${model}@${date}`,
    date,
    model,
    params: fit.params,
    spend: spend.params,
    cohortMeanMinor: cohortMeanMinor(population),
    medianGapDays: medianGapDays(population),
    accepted: false,
    reasons: [],
    evidence: {
      ...fitEvidence(fit),
      repeatCustomers: repeating,
      historyDays,
      returnError: null,
      returnErrorInForce: null,
      movedShare: null,
      holdout: null,
      holdoutReasons: ['FIT_NOT_SOUND' satisfies CandidateReason],
      spend: spend.evidence,
    },
  };
  return { draft, fitReasons: fit.reasons };
}

function decide(reasons: readonly string[], before: Calibration | undefined, config: PerennialConfig): Verdict {
  if (reasons.length === 0) {
    return {
      movedRefusals: 0,
      taken: before?.epoch?.model === config.clv.model ? 'as usual' : 'as baseline',
    };
  }
  const onlyMoved = reasons.every((reason) => reason === MOVED_TOO_MANY);
  const movedRefusals = onlyMoved ? (before?.movedRefusals ?? 0) + 1 : 0;
  if (movedRefusals >= config.epochs.refusalsBeforeTaken) return { movedRefusals: 0, taken: 'as baseline' };
  return { movedRefusals, taken: 'no' };
}

/** What needs the candidate's predictions. */
function measure(
  draft: EpochRecord,
  inForce: EpochRecord | null,
  { population, cells }: { population: EpochPopulation; cells: PurchaseCells },
  config: PerennialConfig,
): Pick<EpochEvidence, 'returnError' | 'returnErrorInForce' | 'movedShare' | 'holdout' | 'holdoutReasons'> {
  const prior = priorCells(population);
  const errorOf = (epoch: EpochRecord) => returnError(predictReturns(predictorOf(epoch, config), prior), prior);
  return {
    returnError: errorOf(draft),
    returnErrorInForce: inForce ? errorOf(inForce) : null,
    movedShare: inForce?.model === draft.model ? movedShare(draft, inForce, cells, config) : null,
    ...epochHoldout(draft, prior, config),
  };
}

function isWorse({ returnError: error, returnErrorInForce }: EpochEvidence, tolerance: number): boolean {
  return returnErrorInForce !== null && (error === null || error > returnErrorInForce + tolerance);
}
