import type { ShardBook } from '../../book/shard-book.ts';
import { ownGapDays } from '../../lifecycle/own-gap.ts';
import { STAGE } from '../../lifecycle/stage-columns.ts';
import { NO_DAY, NO_LEVEL } from '../../lifecycle/warning-columns.ts';
import { levelOfPoints, noPoints, SIGNAL_DAYS, totalPoints, type WarningRules } from '../../lifecycle/warning-points.ts';
import { ALERT_MATURES_DAYS, isCalm, stepWarning, type WarningCounts } from '../../lifecycle/warning-step.ts';
import type { ShardState } from './shard-state.ts';
import { type WarningNight, WarningSignals } from './warning-signals.ts';

/** Stages that are not warned of: a prospect never bought, and a churned customer is gone already. */
const { prospect: STAGE_PROSPECT, churned: STAGE_CHURNED } = STAGE;

/** A night with the rhythm of each customer on it, by slot; null under the fallback. */
interface PredictedNight extends WarningNight {
  readonly q: Float64Array | null;
}

/** Levels by points for inactivity, 0..3, twice, with a point for a slowing rhythm as well in the odd places. */
const levelsOfSilence = (rules: WarningRules): Uint8Array =>
  Uint8Array.from({ length: 8 }, (_, at) => levelOfPoints({ ...noPoints(), inactivity: at >> 1, slowing: at & 1 }, rules));

/**
 * One night of the warnings of a shard, after its stages.
 *
 * Cost: some comparisons for those who have no signal but silence and gaps, and whose level stays: that is nearly everybody.
 * @param points points of each customer by slot, filled; `NO_LEVEL` for those who are not warned of
 */
export function stepWarnings(
  book: ShardBook,
  { stages, warnings }: ShardState,
  points: Uint8Array,
  night: PredictedNight,
): WarningCounts {
  const counts: WarningCounts = { alerts: 0, alertsRight: 0, alertsWrong: 0 };
  const { lastDay } = book.customers;
  const { q, rules, day } = night;
  const signals = new WarningSignals(book, night);
  const step = { day, quietNights: rules.quietNights, level: NO_LEVEL, lastPurchaseDay: NO_DAY };
  const found = new Int32Array(book.size);
  const count = pointsOfSilence(book, { stages, warnings, points }, night, found);
  for (let i = 0; i < count; i++) {
    const slot = found[i] as number;
    if (book.isRemoved(slot)) continue;
    step.level = NO_LEVEL;
    if (points[slot] !== NO_LEVEL) {
      const all = signals.pointsOf(slot, q === null ? Number.NaN : (q[slot] as number));
      points[slot] = totalPoints(all);
      step.level = levelOfPoints(all, rules);
    }
    step.lastPurchaseDay = lastDay[slot] as number;
    if (!isCalm(warnings, slot, step)) stepWarning(warnings, slot, step, counts);
  }
  return counts;
}

/** What the points are told by and for. */
interface Warned extends Pick<ShardState, 'stages' | 'warnings'> {
  readonly points: Uint8Array;
}

/**
 * Points for inactivity and a slowing rhythm alone, as `WarningSignals` gives them. A loop of its own without calls that are not
 * inlined, so that it is compiled soon.
 *
 * @param found filled with those who have other signals, or whose warning may change @returns how many they are
 */
function pointsOfSilence(
  book: ShardBook,
  { stages: { stage: stages }, warnings: { level: levels, quietNights, alertPendingOn }, points }: Warned,
  { q, rules, day, medianGapDays }: PredictedNight,
  found: Int32Array,
): number {
  const { size } = book;
  const { purchaseDays, firstDay, lastDay, lastGap, gapBefore, interactionHead, lastRefundedDay } = book.customers;
  const levelOf = levelsOfSilence(rules);
  const refundsFrom = day - SIGNAL_DAYS;
  // as `inactivityPoints` and `slowingPoints`
  const [first, second, third] = rules.inactivityQ;
  const { slowGapRatio } = rules;
  const chances = q ?? NO_CHANCES;
  const hasGap = medianGapDays !== null;
  const usualGap = medianGapDays ?? 0;
  let count = 0;
  for (let slot = 0; slot < size; slot++) {
    const stage = stages[slot] as number;
    const n = purchaseDays[slot] as number;
    let total = NO_LEVEL;
    let level = NO_LEVEL;
    let isSilence = true;
    if (stage !== STAGE_PROSPECT && stage !== STAGE_CHURNED && n > 0) {
      // beyond the end of no chances is undefined, which lies below nothing
      const chance = chances[slot] as number;
      const inactivity = chance < first ? (chance < second ? (chance < third ? 3 : 2) : 1) : 0;
      const before = gapBefore[slot] as number;
      let slowing = 0;
      if (hasGap && before > 0) {
        const slow = slowGapRatio * ownGapDays(n, (lastDay[slot] as number) - (firstDay[slot] as number), usualGap);
        slowing = (lastGap[slot] as number) > slow && before > slow ? 1 : 0;
      }
      total = inactivity + slowing;
      level = levelOf[inactivity * 2 + slowing] as number;
      isSilence = (interactionHead[slot] as number) < 0 && (lastRefundedDay[slot] as number) <= refundsFrom;
    }
    points[slot] = total;
    // as `isCalm`
    const since = alertPendingOn[slot] as number;
    const isMature = since !== NO_DAY && ((lastDay[slot] as number) > since || day - since >= ALERT_MATURES_DAYS);
    if (isMature || !isSilence || level !== levels[slot] || quietNights[slot] !== 0) found[count++] = slot;
  }
  return count;
}

const NO_CHANCES = new Float64Array(0);
