import { ownGapDays } from '../../lifecycle/own-gap.ts';
import type { NightRules, PurchaseFacts } from '../../lifecycle/stage-rules.ts';
import type { Calibration } from './epoch-record.ts';

/** What a stage change stands on, as its JSON holds it; null where a figure does not apply. */
export interface ChangeEvidence {
  /** p_return over p_return just after the last purchase; null under the fallback, as p90 is. */
  readonly q: number | null;
  /** p_return over the return horizon. */
  readonly p90: number | null;
  /** Silence in usual gaps, s / g. */
  readonly z: number | null;
  /** Days since the last purchase day. */
  readonly s: number | null;
  /** Purchase days that count. */
  readonly n: number;
  /** Usual days between the customer's purchases (`ownGapDays`); null without a median gap of the cohort. */
  readonly g: number | null;
  /** Id of the epoch in force; null under the fallback. */
  readonly epoch: string | null;
}

/**
 * Evidence as it is stored, keys in this order. Put together by hand, in a third of the time of `JSON.stringify`: a night of a million
 * customers has thousands of changes.
 *
 * @param transactions of a correction: ids of what brought it about, up to ten
 */
export function evidenceJson({ q, p90, z, s, n, g, epoch }: ChangeEvidence, transactions?: readonly string[]): string {
  const cause = transactions ? `,"transactions":${JSON.stringify(transactions)}` : '';
  return `{"q":${q},"p90":${p90},"z":${z},"s":${s},"n":${n},"g":${g},"epoch":${JSON.stringify(epoch)}${cause}}`;
}

/**
 * The evidence of a stage change.
 *
 * @param facts as of `day`: of a restatement those of the night before
 */
export function changeEvidence(
  facts: PurchaseFacts,
  day: number,
  { rhythm }: Pick<NightRules, 'rhythm'>,
  { epoch }: Pick<Calibration, 'epoch'>,
): ChangeEvidence {
  const { purchaseDays: n, firstDay, lastDay } = facts;
  const id = epoch?.id ?? null;
  if (n === 0) return { q: null, p90: null, z: null, s: null, n, g: null, epoch: id };
  const silence = day - lastDay;
  const q = facts.q ?? (rhythm ? rhythm.q(n - 1, lastDay - firstDay, day - firstDay) : null);
  const p90 = facts.pReturn ?? (rhythm ? rhythm.pReturn(n - 1, lastDay - firstDay, day - firstDay) : null);
  const g = epoch?.medianGapDays ? ownGapDays(n, lastDay - firstDay, epoch.medianGapDays) : null;
  return { q, p90, z: g === null ? null : silence / g, s: silence, n, g, epoch: id };
}
