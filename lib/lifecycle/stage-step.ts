import { enterStage, NO_STAGE, REASON, STAGE, type StageColumns } from './stage-columns.ts';
import { churnCondition, decliningCondition, type NightRules, type PurchaseFacts, type StageRules } from './stage-rules.ts';

/** Stage by the number of purchase days alone. */
function stageByCount(purchaseDays: number, rules: StageRules): number {
  if (purchaseDays === 0) return STAGE.prospect;
  if (purchaseDays === 1) return STAGE.new;
  return purchaseDays < rules.loyalPurchaseDays ? STAGE.growing : STAGE.loyal;
}

/**
 * One night of one customer: at most one legal step (docs/lifecycle.md, Edges). Upward only on a purchase night; downward only
 * after the dwell. The row's columns are changed in place.
 *
 * @param facts as of `day`, the night's purchase included
 * @returns true when the stage changed (or was given for the first time)
 */
export function stepStage(columns: StageColumns, row: number, facts: PurchaseFacts, day: number, night: NightRules): boolean {
  const stage = columns.stage[row] as number;
  if (stage === NO_STAGE) {
    const reason = facts.purchaseDays === 0 ? REASON.BECAME_KNOWN : REASON.FIRST_PURCHASE;
    enterStage(columns, row, stageByCount(facts.purchaseDays, night.rules), day, reason);
    return true;
  }
  if (facts.purchaseDays > 0 && facts.lastDay === day) return stepUp(columns, row, stage, facts, day, night.rules);
  if (stage === STAGE.prospect || stage === STAGE.churned) return false;
  return stage === STAGE.declining
    ? stepToChurned(columns, row, facts, day, night)
    : stepToDeclining(columns, row, facts, day, night);
}

function stepUp(
  columns: StageColumns,
  row: number,
  stage: number,
  facts: PurchaseFacts,
  day: number,
  rules: StageRules,
): boolean {
  columns.decliningNights[row] = 0;
  columns.churnNights[row] = 0;
  const target = stage === STAGE.churned ? STAGE.returned : stageByCount(facts.purchaseDays, rules);
  if (target === stage) return false;
  enterStage(columns, row, target, day, reasonUp(stage, target));
  return true;
}

function reasonUp(from: number, to: number): number {
  if (from === STAGE.prospect) return REASON.FIRST_PURCHASE;
  if (from === STAGE.new) return REASON.SECOND_PURCHASE;
  if (from === STAGE.churned) return REASON.CAME_BACK;
  if (from === STAGE.growing && to === STAGE.loyal) return REASON.REACHED_LOYAL;
  return REASON.RECOVERED;
}

function stepToDeclining(columns: StageColumns, row: number, facts: PurchaseFacts, day: number, night: NightRules): boolean {
  const condition = decliningCondition(facts, day, night);
  if (condition === 'pending') return false;
  if (condition === 'clear') {
    columns.decliningNights[row] = 0;
    return false;
  }
  (columns.decliningNights[row] as number) += 1;
  if ((columns.decliningNights[row] as number) < night.rules.dwellNights) return false;
  enterStage(columns, row, STAGE.declining, day, night.rhythm ? REASON.RHYTHM_BROKEN : REASON.LONG_SILENCE);
  return true;
}

function stepToChurned(columns: StageColumns, row: number, facts: PurchaseFacts, day: number, night: NightRules): boolean {
  const reason = churnCondition(facts, day, night);
  if (reason === undefined) {
    columns.churnNights[row] = 0;
    return false;
  }
  (columns.churnNights[row] as number) += 1;
  if ((columns.churnNights[row] as number) < night.rules.dwellNights) return false;
  enterStage(columns, row, STAGE.churned, day, reason);
  return true;
}

/**
 * Stage that the new rules give at once on a baseline night, without dwell or one-step limit (docs/lifecycle.md, Baseline
 * nights).
 *
 * @param facts as of `day`, the day before the baseline night
 */
export function baselineStage(stage: number, facts: PurchaseFacts, day: number, night: NightRules): number {
  if (facts.purchaseDays === 0) return STAGE.prospect;
  if (churnCondition(facts, day, night) !== undefined) return STAGE.churned;
  if (decliningCondition(facts, day, night) === 'holds') return STAGE.declining;
  return stage === STAGE.returned ? stage : stageByCount(facts.purchaseDays, night.rules);
}
