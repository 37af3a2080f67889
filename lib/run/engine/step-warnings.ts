import type { ShardBook } from '../../book/shard-book.ts';
import { STAGE } from '../../lifecycle/stage-columns.ts';
import { NO_DAY, NO_LEVEL } from '../../lifecycle/warning-columns.ts';
import { levelOfPoints, totalPoints } from '../../lifecycle/warning-points.ts';
import { isCalm, stepWarning, type WarningCounts } from '../../lifecycle/warning-step.ts';
import type { ShardState } from './shard-state.ts';
import { type WarningNight, WarningSignals } from './warning-signals.ts';

/** True for the stages that are warned of: a prospect never bought, and a churned customer is gone already. */
const isWarned = (stage: number): boolean => stage !== STAGE.prospect && stage !== STAGE.churned;

/**
 * One night of the warnings of a shard, after its stages.
 *
 * @param points points of each customer by slot, filled; `NO_LEVEL` for those who are not warned of
 */
export function stepWarnings(
  book: ShardBook,
  { stages, warnings }: ShardState,
  points: Uint8Array,
  night: WarningNight,
): WarningCounts {
  const counts: WarningCounts = { alerts: 0, alertsRight: 0, alertsWrong: 0 };
  const { purchaseDays, lastDay } = book.customers;
  const signals = new WarningSignals(book, night);
  const step = { day: night.day, quietNights: night.rules.quietNights, level: NO_LEVEL, lastPurchaseDay: NO_DAY };
  for (let slot = 0; slot < book.size; slot++) {
    if (book.isRemoved(slot)) continue;
    if (isWarned(stages.stage[slot] as number) && (purchaseDays[slot] as number) > 0) {
      const found = signals.pointsOf(slot);
      step.level = levelOfPoints(found, night.rules);
      points[slot] = totalPoints(found);
    } else {
      step.level = NO_LEVEL;
      points[slot] = NO_LEVEL;
    }
    step.lastPurchaseDay = lastDay[slot] as number;
    if (!isCalm(warnings, slot, step)) stepWarning(warnings, slot, step, counts);
  }
  return counts;
}
