import { enterStage, NO_STAGE, REASON, STAGE, type StageColumns } from './stage-columns.ts';
import {
  CHURNED,
  churnCondition,
  DECLINING,
  decliningCondition,
  earliestChurn,
  earliestDecline,
  hardCapOf,
  type NightRules,
  type PurchaseFacts,
  type StageRules,
} from './stage-rules.ts';

/** Codes that are compared for every customer. */
const { prospect: STAGE_PROSPECT, declining: STAGE_DECLINING, churned: STAGE_CHURNED } = STAGE;

/** Stage by the number of purchase days alone. */
function stageByCount(purchaseDays: number, rules: StageRules): number {
  if (purchaseDays === 0) return STAGE.prospect;
  if (purchaseDays === 1) return STAGE.new;
  return purchaseDays < rules.loyalPurchaseDays ? STAGE.growing : STAGE.loyal;
}

/** Purchase facts of customers by row, as `PurchaseFacts`. */
export interface PurchaseColumns {
  readonly purchaseDays: Int32Array;
  readonly firstDay: Int32Array;
  readonly lastDay: Int32Array;
}

/** What the rhythm of a night says of each row on the day itself; without meaning for one without a purchase. */
export interface ChancesNow {
  readonly q: Float64Array;
  readonly pReturn: Float64Array;
}

/** Whose rows are looked through, and with what. */
interface RowsOfNight {
  readonly rows: number;
  readonly day: number;
  readonly night: NightRules;
  /** Spares the tables of silence, which are filled for the rows that are found alone. */
  readonly now?: ChancesNow | undefined;
}

/**
 * The rows that a night may change, counters included: those without a stage, with a purchase, with a count of nights, or silent for so
 * long that a condition holds. The others, nearly all on nearly every night, are told by a few comparisons.
 *
 * Source: `stepStage` leaves every other row as it is, checked in test/property/lifecycle.test.ts.
 * @param facts as of the day @param found filled from its beginning, ascending; as long as there are rows
 * @returns how many were found
 */
export function rowsToStep(columns: StageColumns, facts: PurchaseColumns, of: RowsOfNight, found: Int32Array): number {
  const { stage, decliningNights, churnNights } = columns;
  const { purchaseDays, firstDay, lastDay } = facts;
  const { rows, day, night, now } = of;
  const { silence: table, rules } = night;
  const { decliningQ, churnedQ, churnedReturnProbability } = rules;
  const [q, pReturn] = [now?.q ?? NO_CHANCES, now?.pReturn ?? NO_CHANCES];
  const isKnown = now !== undefined;
  const [declineAt, churnAt, capAt] = [earliestDecline(night), earliestChurn(night), hardCapOf(night)];
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const code = stage[row] as number;
    const last = lastDay[row] as number;
    if (last !== day && code !== NO_STAGE) {
      if (code === STAGE_CHURNED || code === STAGE_PROSPECT) continue;
      const silence = day - last;
      if (code === STAGE_DECLINING) {
        if (churnNights[row] === 0 && silence < capAt) {
          if (silence < churnAt || !table) continue;
          if (isKnown) {
            if (!((q[row] as number) < churnedQ && (pReturn[row] as number) < churnedReturnProbability)) continue;
          } else if (silence < table.days((purchaseDays[row] as number) - 1, last - (firstDay[row] as number), CHURNED)) continue;
        }
      } else if (decliningNights[row] === 0) {
        if (silence < declineAt) continue;
        if (isKnown) {
          if (!((q[row] as number) < decliningQ)) continue;
        } else if (table && silence < table.days((purchaseDays[row] as number) - 1, last - (firstDay[row] as number), DECLINING))
          continue;
      }
    }
    found[count++] = row;
  }
  return count;
}

const NO_CHANCES = new Float64Array(0);

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
