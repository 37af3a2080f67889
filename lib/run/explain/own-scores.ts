import { NO_INT } from '../../arrow/columns.ts';
import { MEMBERSHIP, MEMBERSHIP_VERSION, SCORES, SCORES_VERSION, STATE, STATE_VERSION } from '../../arrow/schemas.ts';
import { selectRows } from '../../arrow/select-rows.ts';
import { decodeTable } from '../../arrow/table-file.ts';
import { type PlainValue, tableRows } from '../../arrow/table-rows.ts';
import { lakeKeys } from '../../keys.ts';
import { type BusinessDate, formatDay } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import { scoresNotKept } from '../read-results.ts';
import type { RunRecord } from '../run-ledger.ts';
import { sortedRowsOf } from './find-row.ts';
import type { Wanted } from './own-facts.ts';

/** A row of the scores by the names of its columns, values as `scores --format jsonl` prints them. */
export type ScoreRow = Readonly<Record<keyof typeof SCORES, PlainValue>>;

/** A customer's row of the scores, and what the state beside it tells. */
export interface OwnScores {
  readonly scores: ScoreRow;
  readonly currency: string;
  /** Of the early warning; null where the state of the date is not kept, and dates that are not set. */
  readonly warningSince: BusinessDate | null;
  readonly episodeOn: BusinessDate | null;
  readonly alertedOn: BusinessDate | null;
  /** Ids of the segments that the customer belongs to, and of those that the customer is held out of. */
  readonly segments: readonly string[];
  readonly heldOutOf: readonly string[];
}

/**
 * What a committed run says of one customer on a date; undefined for a customer whom it does not know.
 *
 * @throws UsageError when the scores of the date are not kept
 */
export async function readOwnScores(
  deps: RunDeps,
  { id, shard }: Wanted,
  run: RunRecord,
  date: BusinessDate,
): Promise<OwnScores | undefined> {
  const place = { generation: run.generation, dt: date, runId: run.runId, shard };
  const key = lakeKeys.result('scores', place);
  const bytes = await deps.lake.get(key);
  if (!bytes) throw scoresNotKept(date, run);
  const { rows, columns, metadata, words } = decodeTable(SCORES, bytes, key, SCORES_VERSION);
  const [row, end] = sortedRowsOf(columns.customer_id, rows, id);
  if (row === end) return undefined;
  const own = selectRows(SCORES, columns, [row]);
  // of columns whose words the spec fixes, those of the file are the same
  const values = tableRows(SCORES, 1, own.columns, Object.fromEntries(words)).next().value as PlainValue[];
  const scores = Object.fromEntries(Object.keys(SCORES).map((name, i) => [name, values[i]])) as ScoreRow;
  const [warning, segments] = await Promise.all([warningDates(deps, place, row), segmentsOf(deps, place, row)]);
  return { scores, currency: metadata.get('currency') ?? '', ...warning, ...segments };
}

/** Dates of the warning; row i of the state is row i of the scores. */
async function warningDates(
  deps: RunDeps,
  place: Parameters<typeof lakeKeys.result>[1],
  row: number,
): Promise<Pick<OwnScores, 'warningSince' | 'episodeOn' | 'alertedOn'>> {
  const key = lakeKeys.result('state', place);
  const bytes = await deps.lake.get(key);
  if (!bytes) return { warningSince: null, episodeOn: null, alertedOn: null };
  const only = ['warning_since', 'episode_on', 'alerted_on'] as const;
  const { columns } = decodeTable(STATE, bytes, key, STATE_VERSION, { only });
  const dateOf = (days: Int32Array) => (days[row] === NO_INT ? null : formatDay(days[row] as number));
  return {
    warningSince: dateOf(columns.warning_since),
    episodeOn: dateOf(columns.episode_on),
    alertedOn: dateOf(columns.alerted_on),
  };
}

/** Segments of a customer; row i of the membership is row i of the scores. */
async function segmentsOf(
  deps: RunDeps,
  place: Parameters<typeof lakeKeys.result>[1],
  row: number,
): Promise<Pick<OwnScores, 'segments' | 'heldOutOf'>> {
  const key = lakeKeys.result('membership', place);
  const bytes = await deps.lake.read(key);
  const { columns, metadata } = decodeTable(MEMBERSHIP, bytes, key, MEMBERSHIP_VERSION, { only: ['bits', 'held_out'] });
  const ids = JSON.parse(metadata.get('segments') ?? '[]') as string[];
  const idsIn = (bits: Uint32Array) => ids.filter((_, i) => (((bits[row] as number) >>> i) & 1) === 1);
  return { segments: idsIn(columns.bits), heldOutOf: idsIn(columns.held_out) };
}
