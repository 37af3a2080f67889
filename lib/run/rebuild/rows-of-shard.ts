import type { ByteColumn, TableSpec } from '../../arrow/columns.ts';
import { mergeTables, type TablePart } from '../../arrow/merge-tables.ts';
import { SCORES } from '../../arrow/schemas.ts';
import { selectRows } from '../../arrow/select-rows.ts';
import { shardOf } from '../../ledger/id-hash.ts';
import type { RunDeps } from '../deps.ts';
import type { RunRecord } from '../run-ledger.ts';
import { readScores, type ScoreFile } from '../score-files.ts';
import { shardsOf } from '../transition-files.ts';
import { type ShardOf, sharingShards } from './shard-overlap.ts';

/** The rows of a table whose customers belong to a shard. @param part with column `customer_id` */
export function rowsOfShard<S extends TableSpec>(spec: S, part: TablePart<S>, place: ShardOf): TablePart<S> {
  const ids = part.columns['customer_id' as keyof S] as ByteColumn;
  const rows: number[] = [];
  for (let row = 0; row < part.rows; row++) {
    const [start, end] = [ids.offsets[row] as number, ids.offsets[row + 1] as number];
    if (shardOf(ids.bytes, start, end, place.shards) === place.shard) rows.push(row);
  }
  if (rows.length === part.rows) return part;
  return selectRows(spec, part.columns, rows);
}

/** Scores and what lies beside them, row for row. */
const SCORES_AND_MORE = {
  ...SCORES,
  bits: { kind: 'uint32' },
  held_out: { kind: 'uint32' },
  shown_p_return: { kind: 'float64', nullable: true },
  shown_clv_minor: { kind: 'float64', nullable: true },
} as const satisfies TableSpec;

/**
 * The scores that a run of another generation has of the customers of a shard, ordered by id: one of its files after the other is
 * read, and of each the rows wanted are kept.
 */
export async function readScoresOfShard(deps: RunDeps, run: RunRecord, place: ShardOf): Promise<ScoreFile> {
  const { generation, to: dt, runId } = run;
  const parts: TablePart<typeof SCORES_AND_MORE>[] = [];
  let like: ScoreFile | undefined;
  for (const shard of sharingShards((await shardsOf(deps, run)).length, place)) {
    const file = await readScores(deps, { generation, dt, runId, shard });
    const { rows, columns, bits, heldOut, shownPReturn, shownClvMinor } = file;
    const whole = { ...columns, bits, held_out: heldOut, shown_p_return: shownPReturn, shown_clv_minor: shownClvMinor };
    parts.push(rowsOfShard(SCORES_AND_MORE, { rows, columns: whole }, place));
    like ??= file;
    if (file.words.get('epoch')?.length) like = file;
  }
  const { rows, columns } = mergeTables(SCORES_AND_MORE, parts, 'customer_id');
  const { bits, held_out: heldOut, shown_p_return: shownPReturn, shown_clv_minor: shownClvMinor } = columns;
  const { segments, currency, words } = like as ScoreFile;
  return { rows, columns, bits, heldOut, shownPReturn, shownClvMinor, segments, currency, words };
}
