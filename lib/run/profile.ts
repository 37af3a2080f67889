import { textAt } from '../arrow/columns.ts';
import { STAGES, TIERS, WARNING_LEVELS } from '../lifecycle/words.ts';
import type { Item } from '../store/tables.ts';
import { dateOf, numberOf, rfmSegmentOf, type ScoreFile, tierReasonOf, wordOf } from './score-files.ts';

/** Columns that a profile shows as they are. */
const PLAIN = [
  'first_purchase_on',
  'last_purchase_on',
  'frequency',
  'monetary_minor',
  'r',
  'f',
  'm',
  'stage',
  'stage_since',
  'previous_stage',
  'tier',
  'x',
  'next_change_on',
  'warning_level',
] as const;

/** True when the profiles of two rows would differ: nothing that moves by itself every night counts. */
export function profilesDiffer(a: ScoreFile, i: number, b: ScoreFile, j: number): boolean {
  for (const name of PLAIN) if (a.columns[name][i] !== b.columns[name][j]) return true;
  // Object.is: a null is NaN, and equal to another.
  if (!Object.is(a.shownPReturn[i], b.shownPReturn[j]) || !Object.is(a.shownClvMinor[i], b.shownClvMinor[j])) return true;
  if (a.currency !== b.currency || tierReasonOf(a, i) !== tierReasonOf(b, j)) return true;
  if (rfmSegmentOf(a, i) !== rfmSegmentOf(b, j)) return true;
  if (sameSegments(a, b)) return a.bits[i] !== b.bits[j];
  return segmentsOf(a, i).join() !== segmentsOf(b, j).join();
}

function sameSegments(a: ScoreFile, b: ScoreFile): boolean {
  return a.segments.length === b.segments.length && a.segments.every((segment, i) => segment === b.segments[i]);
}

function segmentsOf({ segments, bits }: ScoreFile, row: number): string[] {
  return segments.filter((_, place) => (((bits[row] as number) >>> place) & 1) === 1);
}

/** The profile item of a customer, under 1 KB (docs/data-contract.md, Profile items). */
export function profileItem(file: ScoreFile, row: number, runSeq: number): Item {
  const c = file.columns;
  const reason = tierReasonOf(file, row);
  const code = (value: number | undefined) => (value === 255 ? null : (value ?? null));
  return {
    customer_id: textAt(c.customer_id, row),
    x: numberOf(c.x[row]),
    first_purchase_on: dateOf(c.first_purchase_on[row]),
    last_purchase_on: dateOf(c.last_purchase_on[row]),
    frequency: numberOf(c.frequency[row]),
    monetary_minor: numberOf(c.monetary_minor[row]),
    r: code(c.r[row]),
    f: code(c.f[row]),
    m: code(c.m[row]),
    rfm_segment: rfmSegmentOf(file, row),
    stage: wordOf(STAGES, c.stage[row]),
    stage_since: dateOf(c.stage_since[row]),
    previous_stage: wordOf(STAGES, c.previous_stage[row]),
    next_change_on: dateOf(c.next_change_on[row]),
    warning_level: wordOf(WARNING_LEVELS, c.warning_level[row]),
    tier: wordOf(TIERS, c.tier[row]),
    ...(reason ? { tier_reason: reason } : {}),
    segments: segmentsOf(file, row),
    p_return: numberOf(file.shownPReturn[row]),
    clv_minor: numberOf(file.shownClvMinor[row]),
    currency: file.currency,
    runSeq,
  };
}
