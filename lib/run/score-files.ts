import { type ByteColumn, type Columns, NO_CODE, NO_INT } from '../arrow/columns.ts';
import { MEMBERSHIP, MEMBERSHIP_VERSION, SCORES, SCORES_VERSION } from '../arrow/schemas.ts';
import { decodeTable } from '../arrow/table-file.ts';
import { ContractMismatchError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import { type TierReason, tierReason } from '../lifecycle/tier-step.ts';
import { TIERS } from '../lifecycle/words.ts';
import { type BusinessDate, formatDay } from '../time.ts';
import type { RunDeps } from './deps.ts';

/** The scores of a shard on a date, with the segments that each customer belongs to. */
export interface ScoreFile {
  readonly rows: number;
  readonly columns: Columns<typeof SCORES>;
  /** Bit i: the customer belongs to `segments[i]`. */
  readonly bits: Uint32Array;
  /** Bit i: the customer meets the conditions of `segments[i]` but is held out of it. */
  readonly heldOut: Uint32Array;
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
  assertBeside(membershipKey, members.rows, rows);
  return {
    rows,
    columns,
    bits: members.columns.bits,
    heldOut: members.columns.held_out,
    shownPReturn: members.columns.profile_p_return,
    shownClvMinor: members.columns.profile_clv_minor,
    segments: segmentsOf(members.metadata),
    currency: metadata.get('currency') ?? '',
    words,
  };
}

const segmentsOf = (metadata: ReadonlyMap<string, string>) => JSON.parse(metadata.get('segments') ?? '[]') as string[];

/** Who belonged to the segments of a date, who was held out of them, and the ids of both: no score beside. */
export type MemberFile = Pick<ScoreFile, 'rows' | 'bits' | 'heldOut' | 'segments'> & { readonly ids: ByteColumn };

/** Reads the membership of a shard. @throws ContractMismatchError when it is gone, or of a version that is no longer read */
export async function readMembers(
  deps: Pick<RunDeps, 'lake'>,
  place: { generation: number; dt: BusinessDate; runId: string; shard: number },
): Promise<MemberFile> {
  const [scoresKey, membershipKey] = [lakeKeys.result('scores', place), lakeKeys.result('membership', place)];
  const [scores, membership] = await Promise.all([deps.lake.read(scoresKey), deps.lake.read(membershipKey)]);
  const { rows, columns } = decodeTable(SCORES, scores, scoresKey, SCORES_VERSION, { only: ['customer_id'] });
  const members = decodeTable(MEMBERSHIP, membership, membershipKey, MEMBERSHIP_VERSION, { only: ['bits', 'held_out'] });
  assertBeside(membershipKey, members.rows, rows);
  const { bits, held_out: heldOut } = members.columns;
  return { rows, bits, heldOut, segments: segmentsOf(members.metadata), ids: columns.customer_id };
}

/** Memberships lie row for row with scores. */
function assertBeside(key: string, found: number, rows: number): void {
  if (found === rows) return;
  throw new ContractMismatchError(
    `File ${key}: ${found} rows, expected the ${rows} of the scores beside it. A compact was interrupted: run compact again.`,
  );
}

/** A code as its word, null when it is missing. */
export function wordOf(words: readonly string[], code: number | undefined): string | null {
  return code === undefined || code === NO_CODE ? null : (words[code] ?? null);
}

/** Name of a customer's RFM segment in the map of the file, null when it is missing. */
export function rfmSegmentOf({ columns, words }: Pick<ScoreFile, 'columns' | 'words'>, row: number): string | null {
  return wordOf(words.get('rfm_segment') ?? [], columns.rfm_segment[row]);
}

/** Why a customer is in a tier although the rank alone does not tell; null where it does. */
export function tierReasonOf({ columns: c }: Pick<ScoreFile, 'columns'>, row: number): TierReason | null {
  const totalMinor = c.total_clv_minor[row] as number;
  const clv = c.clv_minor[row] as number;
  // `monetary_minor` may look at a window: the net of all days is the total without the prediction
  const netMinor = Number.isNaN(clv) ? totalMinor : totalMinor - clv;
  return tierReason({ tier: TIERS[c.tier[row] as number] ?? null, netMinor, totalMinor });
}

/** An epoch day as a date, null when it is missing. */
export function dateOf(day: number | undefined): BusinessDate | null {
  return day === undefined || day === NO_INT ? null : formatDay(day);
}

/** A number, null when it is missing. */
export function numberOf(value: number | undefined): number | null {
  return value === undefined || value === NO_INT || Number.isNaN(value) ? null : value;
}
