import { enterStage, NO_STAGE, REASON, STAGE, type StageColumns } from './stage-columns.ts';

/** Thresholds of the stage machine: the `stages` section of the configuration. */
export interface StageRules {
  readonly loyalPurchaseDays: number;
  readonly decliningQ: number;
  readonly decliningSilenceDays: number;
  readonly clearBandRatio: number;
  readonly churnedQ: number;
  readonly churnedReturnProbability: number;
  readonly churnedSilenceDays: number;
  readonly hardCapDays: number;
  readonly dwellNights: number;
  readonly fallbackDecliningDays: number;
  readonly fallbackChurnedDays: number;
}

/** A customer's own rhythm under the epoch in force: probabilities by x, t_x and T in days. */
export interface Rhythm {
  /** p_return now over p_return just after the last purchase, 0..1. */
  q(x: number, txDays: number, tenureDays: number): number;
  /** Probability of a purchase in the next 90 days, 0..1. */
  pReturn(x: number, txDays: number, tenureDays: number): number;
  /** Gives memory back when another rhythm is in force from now on; answers stay the same. */
  release?(): void;
}

/** What is in force on one night. */
export interface NightRules {
  /** Null under the fallback: days of silence decide. */
  readonly rhythm: Rhythm | null;
  /** Why this is a baseline night (docs/lifecycle.md, Baseline nights), or null. */
  readonly baseline: 'EPOCH_CHANGED' | 'RULES_CHANGED' | null;
  readonly rules: StageRules;
}

/** A customer's purchase days as of a night. */
export interface PurchaseFacts {
  /** Days that count, n. */
  readonly purchaseDays: number;
  /** First and last of them, epoch days; without meaning when n is 0. */
  readonly firstDay: number;
  readonly lastDay: number;
}

/** Stage by the number of purchase days alone. */
function stageByCount(purchaseDays: number, rules: StageRules): number {
  if (purchaseDays === 0) return STAGE.prospect;
  if (purchaseDays === 1) return STAGE.new;
  return purchaseDays < rules.loyalPurchaseDays ? STAGE.growing : STAGE.loyal;
}

/** Whether the declining condition holds on a day, without dwell. `pending` inside the band: neither holds nor clears. */
export function decliningCondition(facts: PurchaseFacts, day: number, night: NightRules): 'holds' | 'pending' | 'clear' {
  const { rules, rhythm } = night;
  const silence = day - facts.lastDay;
  if (!rhythm) return silence >= rules.fallbackDecliningDays ? 'holds' : 'clear';
  const q = rhythm.q(facts.purchaseDays - 1, facts.lastDay - facts.firstDay, day - facts.firstDay);
  if (q >= rules.decliningQ * (1 + rules.clearBandRatio)) return 'clear';
  return q < rules.decliningQ && silence >= rules.decliningSilenceDays ? 'holds' : 'pending';
}

/** Whether the churn condition holds on a day, without dwell, and why. */
export function churnCondition(facts: PurchaseFacts, day: number, night: NightRules): number | undefined {
  const { rules, rhythm } = night;
  const silence = day - facts.lastDay;
  if (!rhythm) return silence >= rules.fallbackChurnedDays ? REASON.HARD_CAP : undefined;
  if (silence >= rules.churnedSilenceDays) {
    const [x, tx, tenure] = [facts.purchaseDays - 1, facts.lastDay - facts.firstDay, day - facts.firstDay];
    if (rhythm.q(x, tx, tenure) < rules.churnedQ && rhythm.pReturn(x, tx, tenure) < rules.churnedReturnProbability) {
      return REASON.LONG_SILENCE;
    }
  }
  return silence >= rules.hardCapDays ? REASON.HARD_CAP : undefined;
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
