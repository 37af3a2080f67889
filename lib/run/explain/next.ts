import type { PerennialConfig } from '../../config/config.ts';
import { nextChangeDay } from '../../lifecycle/next-change.ts';
import { newStageColumns, STAGE } from '../../lifecycle/stage-columns.ts';
import { nightRules, type PurchaseFacts } from '../../lifecycle/stage-rules.ts';
import { stepStage } from '../../lifecycle/stage-step.ts';
import { STAGES, type Stage } from '../../lifecycle/words.ts';
import { type BusinessDate, dayOf, formatDay } from '../../time.ts';
import { type Calibration, predictorOf } from '../engine/epoch-record.ts';

/** A step to come. */
export interface ComingStep {
  readonly on: BusinessDate;
  readonly to: Stage;
}

/** What would change a customer's stage, while what is in force stays in force. */
export interface WhatNext {
  /** Without a purchase; null for a prospect, a churned customer, and where no threshold is reached. */
  readonly without: ComingStep | null;
  /** The step after that one. */
  readonly after: ComingStep | null;
  /** Stage after a purchase on the next day, and the purchase day that it would be. */
  readonly withPurchase: { readonly to: Stage; readonly purchaseDays: number };
}

/**
 * What comes next for a customer.
 *
 * @param nextChangeOn of the scores @param facts as of the date of the calibration
 */
export function whatNext(
  customer: { readonly stage: Stage; readonly nextChangeOn: BusinessDate | null; readonly facts: PurchaseFacts },
  calibration: Calibration,
  config: PerennialConfig,
): WhatNext {
  const { stage, nextChangeOn, facts } = customer;
  const { epoch, date } = calibration;
  const night = nightRules(epoch && predictorOf(epoch, config), config.stages);
  const tomorrow = dayOf(date) + 1;
  const columns = newStageColumns(1);
  columns.stage[0] = STAGE[stage];
  columns.since[0] = tomorrow - 1;
  const bought = {
    purchaseDays: facts.purchaseDays + 1,
    firstDay: facts.purchaseDays > 0 ? facts.firstDay : tomorrow,
    lastDay: tomorrow,
  };
  stepStage(columns, 0, bought, tomorrow, night);
  const withPurchase = { to: STAGES[columns.stage[0] as number] as Stage, purchaseDays: bought.purchaseDays };
  if (nextChangeOn === null) return { without: null, after: null, withPurchase };
  const without: ComingStep = { on: nextChangeOn, to: stage === 'declining' ? 'churned' : 'declining' };
  if (without.to === 'churned') return { without, after: null, withPurchase };
  const declining = newStageColumns(1);
  declining.stage[0] = STAGE.declining;
  const day = nextChangeDay(declining, 0, facts, dayOf(nextChangeOn), night);
  return { without, after: day === undefined ? null : { on: formatDay(day), to: 'churned' }, withPurchase };
}
