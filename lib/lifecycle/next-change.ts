import { NEVER } from './silence-table.ts';
import { STAGE, type StageColumns } from './stage-columns.ts';
import {
  CHURNED,
  churnedFrom,
  DECLINING,
  decliningFrom,
  earliestChurn,
  earliestDecline,
  hardCapOf,
  type NightRules,
  type PurchaseFacts,
} from './stage-rules.ts';
import type { PurchaseColumns } from './stage-step.ts';

/** Codes that are compared for every customer. */
const { prospect: STAGE_PROSPECT, declining: STAGE_DECLINING, churned: STAGE_CHURNED } = STAGE;

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
  return dayOfChange(facts.lastDay + from, counted, day, night.rules.dwellNights);
}

const dayOfChange = (holdsFrom: number, counted: number, day: number, dwellNights: number): number =>
  Math.max(day + 1, holdsFrom) + Math.max(dwellNights - counted, 1) - 1;

/** Whose next change is asked for. */
interface NextChanges {
  /** Rows of the columns, in the order in which they are asked for. */
  readonly order: Int32Array;
  readonly day: number;
  readonly night: NightRules;
}

/**
 * `nextChangeDay` of many rows.
 *
 * Source: checked against `nextChangeDay` in test/property/lifecycle.test.ts.
 * @param facts as of the day, by row @param out by the order asked for; left as it is where there is no next change
 */
export function fillNextChanges(
  columns: StageColumns,
  facts: PurchaseColumns,
  { order, day, night }: NextChanges,
  out: Int32Array,
): void {
  const { stage, decliningNights, churnNights } = columns;
  const { purchaseDays, firstDay, lastDay } = facts;
  const { silence: table, rules } = night;
  const { dwellNights } = rules;
  const [declineAt, churnAt, capAt] = [earliestDecline(night), earliestChurn(night), hardCapOf(night)];
  const [declineRows, churnRows] = [table?.rows(DECLINING) ?? [], table?.rows(CHURNED) ?? []];
  for (let i = 0; i < order.length; i++) {
    const row = order[i] as number;
    const code = stage[row] as number;
    const n = purchaseDays[row] as number;
    if (n === 0 || code === STAGE_PROSPECT || code === STAGE_CHURNED) continue;
    const isDeclining = code === STAGE_DECLINING;
    const last = lastDay[row] as number;
    let from = isDeclining ? capAt : declineAt;
    if (table) {
      const x = n - 1;
      const txDays = last - (firstDay[row] as number);
      const rows = isDeclining ? churnRows : declineRows;
      const entries = x < rows.length ? (rows[x] as Float64Array) : NO_ENTRIES;
      const entry = txDays < entries.length ? (entries[txDays] as number) : 0;
      const silence = entry > 0 ? entry - 1 : table.days(x, txDays, isDeclining ? CHURNED : DECLINING);
      from = isDeclining ? Math.min(Math.max(churnAt, silence), capAt) : Math.max(declineAt, silence);
      if (from >= NEVER) continue;
    }
    const counted = (isDeclining ? churnNights[row] : decliningNights[row]) as number;
    out[i] = dayOfChange(last + from, counted, day, dwellNights);
  }
}

const NO_ENTRIES = new Float64Array(0);
