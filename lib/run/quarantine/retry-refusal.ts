import { formatOf } from '../../drop/file-format.ts';
import { ROW_RULES } from '../../drop/row-rules.ts';
import type { QuarantineEntry } from './read-quarantine.ts';

const BROKEN = 'the text itself is broken: deliver the row anew';

const REFUSALS: Readonly<Record<string, string>> = {
  CONFLICT: 'another row has this id with other content: deliver a void of the old id, or the row under a new id',
  RATE_CONFLICT: 'two rates of one day and currency: deliver the right one alone',
  CURRENCY_MISMATCH: 'the refund has another currency than its original: deliver it in that of the original',
  EXCESS_REFUND: 'a part of it was taken already: deliver the rest as a refund of its own',
  UNCLOSED_QUOTE: BROKEN,
  STRAY_QUOTE: BROKEN,
  RECORD_TOO_LONG: BROKEN,
  INVALID_UTF8: BROKEN,
  INVALID_JSON: BROKEN,
  DUPLICATE_KEY: BROKEN,
  REPEATED_HEADER: 'it is a header, not a row',
};

/** Facts that waited in vain: delivered again they are admitted again. */
const EXPIRED: readonly string[] = ['ORPHAN', 'FUTURE_EVENT', 'UNCOVERED_REFUND', 'MISSING_RATE'];

/** Every rule that refuses a row or a fact, in the order of names. */
export const QUARANTINE_RULES: readonly string[] = [
  ...new Set([...Object.keys(ROW_RULES), ...Object.keys(REFUSALS), ...EXPIRED]),
].sort();

/**
 * Why a row cannot be tried again as it is; undefined when it can.
 *
 * @param needsHeader true when the rows of its feed come with a header
 */
export function retryRefusal(entry: QuarantineEntry, needsHeader: boolean): string | undefined {
  const refusal = REFUSALS[entry.rule];
  if (refusal !== undefined) return refusal;
  if (entry.row === undefined) {
    const isKnown = entry.feed === 'transactions' && EXPIRED.includes(entry.rule);
    return isKnown ? undefined : 'only the fold refused it: deliver it corrected';
  }
  if (entry.row.rawTruncated) return 'its text was not kept whole: deliver the row anew';
  if (formatOf(entry.file)?.kind === 'csv' && needsHeader && !entry.row.header)
    return 'the header of its file was not kept: deliver the row anew';
  return undefined;
}
