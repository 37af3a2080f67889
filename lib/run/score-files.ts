import { type Columns, NO_CODE, NO_INT } from '../arrow/columns.ts';
import { MEMBERSHIP, MEMBERSHIP_VERSION, SCORES, SCORES_VERSION } from '../arrow/schemas.ts';
import { decodeTable } from '../arrow/table-file.ts';
import { ContractMismatchError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import { type BusinessDate, formatDay } from '../time.ts';
import type { RunDeps } from './deps.ts';

/** The scores of a shard on a date, with the segments that each customer belongs to. */
export interface ScoreFile {
  readonly rows: number;
  readonly columns: Columns<typeof SCORES>;
  /** Bit i: the customer belongs to `segments[i]`. */
  readonly bits: Uint32Array;
  /** What profiles show of the model; NaN when null. */
  readonly shownPReturn: Float64Array;
  readonly shownClvMinor: Float64Array;
  readonly segments: readonly string[];
  readonly currency: string;
  readonly words: ReadonlyMap<string, readonly string[]>;
}

/** Reads the scores and the membership of a shard. */
export async function readScores(
  deps: RunDeps,
  place: { generation: number; dt: BusinessDate; runId: string; shard: number },
): Promise<ScoreFile> {
  const [scoresKey, membershipKey] = [lakeKeys.result('scores', place), lakeKeys.result('membership', place)];
  const [scores, membership] = await Promise.all([deps.lake.read(scoresKey), deps.lake.read(membershipKey)]);
  const { rows, columns, metadata, words } = decodeTable(SCORES, scores, scoresKey, SCORES_VERSION);
  const members = decodeTable(MEMBERSHIP, membership, membershipKey, MEMBERSHIP_VERSION);
  if (members.rows !== rows) {
    throw new ContractMismatchError(
      `File ${membershipKey}: ${members.rows} rows, expected the ${rows} of the scores beside it. A compact was interrupted: run compact again.`,
    );
  }
  return {
    rows,
    columns,
    bits: members.columns.bits,
    shownPReturn: members.columns.profile_p_return,
    shownClvMinor: members.columns.profile_clv_minor,
    segments: JSON.parse(members.metadata.get('segments') ?? '[]') as string[],
    currency: metadata.get('currency') ?? '',
    words,
  };
}

/** A code as its word, null when it is missing. */
export function wordOf(words: readonly string[], code: number | undefined): string | null {
  return code === undefined || code === NO_CODE ? null : (words[code] ?? null);
}

/** An epoch day as a date, null when it is missing. */
export function dateOf(day: number | undefined): BusinessDate | null {
  return day === undefined || day === NO_INT ? null : formatDay(day);
}

/** A number, null when it is missing. */
export function numberOf(value: number | undefined): number | null {
  return value === undefined || value === NO_INT || Number.isNaN(value) ? null : value;
}
