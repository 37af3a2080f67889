import { NEVER } from './silence-table.ts';
import { STAGE, type StageColumns } from './stage-columns.ts';
import { churnedFrom, clearUntil, decliningFrom, type NightRules, type PurchaseFacts } from './stage-rules.ts';

/**
 * The night on which a customer takes the next step down if nothing is bought until then and the rules of the night stay in force.
 * q falls strictly between purchases, so that it is exactly what running the empty nights would give.
 *
 * Source: docs/lifecycle.md, The next change; checked against empty nights in test/property/lifecycle.test.ts.
 * @param facts as of `day`; the row's stage and counters after its step of `day`
 * @returns epoch day; undefined for a prospect and a churned customer, who only move by buying, and where no threshold is reached
 * Cost: two look-ups.
 */
export function nextChangeDay(
  columns: StageColumns,
  row: number,
  facts: PurchaseFacts,
  day: number,
  night: NightRules,
): number | undefined {
  const stage = columns.stage[row] as number;
  if (facts.purchaseDays === 0 || stage === STAGE.prospect || stage === STAGE.churned) return undefined;
  const isDeclining = stage === STAGE.declining;
  const from = isDeclining ? churnedFrom(facts, night) : decliningFrom(facts, night);
  if (from >= NEVER) return undefined;
  const counted = isDeclining ? (columns.churnNights[row] as number) : (columns.decliningNights[row] as number);
  const firstNight = Math.max(day + 1, facts.lastDay + from);
  const isCleared = isDeclining ? firstNight > day + 1 : day + 1 - facts.lastDay < clearUntil(facts, night);
  return firstNight + Math.max(night.rules.dwellNights - (isCleared ? 0 : counted), 1) - 1;
}
