import { NEVER } from './silence-table.ts';
import { STAGE, type StageColumns } from './stage-columns.ts';
import { churnedFrom, decliningFrom, type NightRules, type PurchaseFacts } from './stage-rules.ts';

/**
 * The night on which a customer takes the next step down if nothing is bought until then and the rules of the night stay in force.
 * q falls strictly between purchases, so that it is exactly what running the empty nights would give.
 *
 * Source: docs/lifecycle.md, The next change; checked against empty nights in test/property/lifecycle.test.ts.
 * @param facts as of `day`; the row's stage and counters after its step of `day`
 * @returns epoch day; undefined for a prospect and a churned customer, who only move by buying, and where no threshold is reached
 * Cost: one look-up.
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
  // nights that are counted on `day` are not cleared by an empty night: what stands above the band only falls
  const counted = (isDeclining ? columns.churnNights : columns.decliningNights)[row] as number;
  return Math.max(day + 1, facts.lastDay + from) + Math.max(night.rules.dwellNights - counted, 1) - 1;
}
