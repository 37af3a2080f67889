import { fitPurchases } from '../../clv/fit/fit-purchases.ts';
import type { FitReason } from '../../clv/fit/fit-verdict.ts';
import { naiveRate } from '../../clv/holdout/baselines.ts';
import { brierScore } from '../../clv/holdout/brier-score.ts';
import { probabilityScores } from '../../clv/holdout/probability-scores.ts';
import { fittedModel, purchaseModel } from '../../clv/models/purchase-models.ts';
import { createPredictor } from '../../clv/predict/predictor.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { dayOf, formatDay } from '../../time.ts';
import { type PriorCells, repeatCustomers } from './epoch-population.ts';
import type { CandidateReason, EpochHoldout, EpochRecord } from './epoch-record.ts';
import { predictReturns } from './predict-returns.ts';

/** Horizons of a predictor that is not asked for any value. */
const NO_VALUE = { horizonDays: 1, monthlyDiscountRatio: 0, discounting: 'exact' } as const;

/**
 * What the candidate's model would have predicted a return horizon ago: fitted to the customers as they stood then and to nothing
 * later, its p_return against who bought since, beside two rules of thumb. A rule by recency alone would have to be learned on a date
 * before that, as of which the buyers' rows say nothing; `holdout` has it.
 *
 * @param candidate its parameters are where the search begins, which moves the result by rounding alone
 * @param prior customers as they stood then, with those who bought since
 * @returns null with the reasons when that fit is not sound, or is one to fewer repeat customers than an epoch may be of
 * Cost: one warm fit and one sort of cells.
 */
export function epochHoldout(
  candidate: Pick<EpochRecord, 'date' | 'model' | 'params'>,
  prior: PriorCells,
  config: PerennialConfig,
): { holdout: EpochHoldout | null; holdoutReasons: readonly string[] } {
  const { date, model } = candidate;
  const fit = fitPurchases(purchaseModel(model), prior, { start: candidate.params });
  const reasons: (FitReason | CandidateReason)[] = [...fit.reasons];
  if (repeatCustomers(prior) < config.epochs.minRepeatCustomers) reasons.push('TOO_FEW_REPEAT_CUSTOMERS');
  if (reasons.length > 0) return { holdout: null, holdoutReasons: reasons };
  const horizonDays = config.stages.returnHorizonDays;
  const { weight: customers, returned } = prior;
  // of the return alone: not one of those that are kept
  const predictor = createPredictor(fittedModel(model, fit.params), { ...NO_VALUE, returnHorizonDays: horizonDays });
  const p = predictReturns(predictor, prior);
  const scores = probabilityScores({ p, customers, returned });
  const share = scores.share as number;
  return {
    holdout: {
      calibrateTo: formatDay(dayOf(date) - horizonDays),
      horizonDays,
      customers: scores.customers,
      boughtShare: share,
      meanReturn: scores.meanP as number,
      brier: scores.brier as number,
      calibrationError: scores.calibrationError as number,
      baselines: {
        naiveRate: { brier: brierScore(naiveRate(prior, horizonDays).p, customers, returned) },
        // (0 - outcome)^2 is the outcome
        zero: { brier: share },
      },
    },
    holdoutReasons: [],
  };
}
