import type { PurchaseDays, StageChange } from './stage-history.ts';

/** Days of silence of the rule that stages are compared with: the usual rule of shops that count days. */
export const FIXED_DAYS = { declining: 90, churned: 180 };

/**
 * What a rule of fixed days would have done every night: declining at 90 days of silence, churned at 180, for everybody; a purchase
 * leads up as docs/lifecycle.md says. Written from that sentence alone: nothing of the engine is used.
 *
 * @param untilDay last night, epoch day @returns the changes by night
 */
export function fixedDaysHistory(purchases: PurchaseDays, untilDay: number): StageChange[] {
  const changes: StageChange[] = [];
  for (const [customer, days] of purchases) {
    let stage: string | null = null;
    const move = (day: number, to: string) => {
      if (to !== stage && day <= untilDay) changes.push({ customer, day, from: stage, to, isRestated: false });
      stage = to;
    };
    for (const [i, day] of days.entries()) {
      const bought = i === 0 ? 'new' : i < 3 ? 'growing' : 'loyal';
      move(day, stage === 'churned' ? 'returned' : bought);
      const next = days[i + 1] ?? untilDay + 1;
      if (next > day + FIXED_DAYS.declining) move(day + FIXED_DAYS.declining, 'declining');
      if (next > day + FIXED_DAYS.churned) move(day + FIXED_DAYS.churned, 'churned');
    }
  }
  return changes.sort((a, b) => a.day - b.day);
}
