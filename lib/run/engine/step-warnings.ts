import type { ShardBook } from '../../book/shard-book.ts';
import type { SilenceTable } from '../../lifecycle/silence-table.ts';
import { STAGE } from '../../lifecycle/stage-columns.ts';
import { NO_DAY, NO_LEVEL } from '../../lifecycle/warning-columns.ts';
import { inactivityPoints, levelOfPoints, noPoints, totalPoints, type WarningRules } from '../../lifecycle/warning-points.ts';
import { stepWarning } from '../../lifecycle/warning-step.ts';
import type { ShardState } from './shard-state.ts';

/** What the warnings of a night are computed from, beside the customers themselves. */
export interface WarningNight {
  readonly day: number;
  readonly rules: WarningRules;
  /** Null under the fallback. */
  readonly inactivity: SilenceTable | null;
}

/** What a night's warnings came to. */
export interface WarningCounts {
  alerts: number;
  alertsRight: number;
  alertsWrong: number;
}

/** True for the stages that are warned of: a prospect never bought, and a churned customer is gone already. */
export const isWarned = (stage: number): boolean => stage !== STAGE.prospect && stage !== STAGE.churned;

/**
 * One night of the warnings of a shard, after its stages.
 *
 * @param points points of each customer by slot, filled; `NO_LEVEL` for those who are not warned of
 */
export function stepWarnings(
  book: ShardBook,
  { stages, warnings }: ShardState,
  points: Uint8Array,
  { day, rules, inactivity }: WarningNight,
): WarningCounts {
  const counts: WarningCounts = { alerts: 0, alertsRight: 0, alertsWrong: 0 };
  const { purchaseDays, firstDay, lastDay } = book.customers;
  const found = noPoints();
  for (let slot = 0; slot < book.size; slot++) {
    if (book.isRemoved(slot)) continue;
    const last = (lastDay[slot] as number) ?? NO_DAY;
    let level = NO_LEVEL;
    points[slot] = NO_LEVEL;
    if (isWarned(stages.stage[slot] as number) && (purchaseDays[slot] as number) > 0) {
      const x = (purchaseDays[slot] as number) - 1;
      found.inactivity = inactivityPoints(inactivity, x, last - (firstDay[slot] as number), day - last);
      level = levelOfPoints(found, rules);
      points[slot] = totalPoints(found);
    }
    const change = stepWarning(warnings, slot, { level, day, lastPurchaseDay: last, quietNights: rules.quietNights });
    if (change.alerted) counts.alerts++;
    if (change.matured !== undefined) {
      if (change.matured) counts.alertsRight++;
      else counts.alertsWrong++;
    }
  }
  return counts;
}
