import { enterStage, NO_STAGE, newStageColumns, REASON, STAGE, type StageColumns } from './stage-columns.ts';
import type { NightRules } from './stage-rules.ts';
import { baselineStage, stepStage } from './stage-step.ts';

/** What was in force on each night of the past. */
export interface Schedule {
  /** @param day epoch day @returns the rules of that night */
  at(day: number): NightRules;
}

/** One customer's state after a replay; the columns have one row. */
export type Replayed = StageColumns;

/**
 * A customer's timeline again, from the first purchase day to a day, with the epochs that were in force on each night and the
 * purchase days as known now.
 *
 * @param days purchase days that count, ascending @param count how many of them to use @param until last night, inclusive
 * @returns one row; `NO_STAGE` when no purchase day lies on or before `until`
 * Cost: about 0.1 us a night.
 */
export function replayTimeline(days: Int32Array, count: number, until: number, schedule: Schedule): Replayed {
  const columns = newStageColumns(1);
  const facts = { purchaseDays: 0, firstDay: days[0] as number, lastDay: 0 };
  if (count === 0 || facts.firstDay > until) return columns;
  let next = 0;
  for (let day = facts.firstDay; day <= until; day++) {
    const night = schedule.at(day);
    if (night.baseline && facts.purchaseDays > 0) applyBaseline(columns, 0, facts, day, night);
    while (next < count && (days[next] as number) <= day) {
      facts.lastDay = days[next++] as number;
      facts.purchaseDays++;
    }
    stepStage(columns, 0, facts, day, night);
  }
  return columns;
}

/**
 * Applies the new rules of a baseline night to the facts of the day before. Counters restart.
 *
 * @param facts as of `day - 1`
 * @returns true when the stage changed
 */
export function applyBaseline(
  columns: StageColumns,
  row: number,
  facts: { readonly purchaseDays: number; readonly firstDay: number; readonly lastDay: number },
  day: number,
  night: NightRules,
): boolean {
  const stage = columns.stage[row] as number;
  if (stage === NO_STAGE) return false;
  const target = stage === STAGE.prospect && facts.purchaseDays === 0 ? stage : baselineStage(stage, facts, day - 1, night);
  columns.decliningNights[row] = 0;
  columns.churnNights[row] = 0;
  if (target === stage) return false;
  enterStage(columns, row, target, day, REASON[night.baseline ?? 'EPOCH_CHANGED']);
  return true;
}
