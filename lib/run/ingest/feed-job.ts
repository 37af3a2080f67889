import { type ByteColumn, NO_CODE, NO_INT } from '../../arrow/columns.ts';
import type { PerennialConfig } from '../../config/config.ts';
import type { DropSource } from '../../drop/open-records.ts';
import type { QuarantineSink } from '../../drop/row-rules.ts';
import { shardOf } from '../../ledger/id-hash.ts';
import { eachConcurrently } from '../../store/concurrently.ts';
import type { ObjectStore } from '../../store/objects.ts';
import { businessClock, dayOf, formatDay } from '../../time.ts';
import { createOrRestore } from '../compact/create-or-restore.ts';
import type { RunDeps } from '../deps.ts';
import { dateOfFolder } from '../drop-folder.ts';
import type { LedgerSource, PinnedFile, ShardFile, SourceFacts } from '../plan.ts';

/** Ledger files of one drop file that are written together. */
const WRITES_AT_ONCE = 8;

/** One file of a drop that is taken. */
export interface FeedJob {
  readonly file: PinnedFile;
  readonly source: DropSource;
  readonly config: PerennialConfig;
  readonly generation: number;
  /** Name of the ledger files: a hash of all that their bytes depend on. */
  readonly name: string;
  readonly deps: Pick<RunDeps, 'lake'>;
  /** Before something is written of a file that is not read to its end. @throws InvalidDropError when it is another one by now */
  readonly assertUnchanged: () => Promise<void>;
  readonly sink: QuarantineSink;
}

/** Where the ledger files of a drop file lie. */
export type WrittenFiles = Pick<LedgerSource, 'files' | 'identifiers' | 'shared'>;

/** A file that was read, and how to write its ledger files once it is known to be the one that was promised. */
export interface FeedOutcome {
  readonly rows: number;
  readonly accepted: number;
  readonly malformed: number;
  readonly policy: number;
  readonly facts: Omit<SourceFacts, 'rules'>;
  readonly write: () => Promise<WrittenFiles>;
}

/** Takes a file of one feed. @throws InvalidDropError for a file that cannot be read as promised */
export type IngestFeed = (job: FeedJob) => Promise<FeedOutcome>;

/** What the readers of feeds that belong to shards ask for. */
export function shardingOf({ shards, timeZone, currency }: PerennialConfig) {
  return {
    currency,
    timeZoneClock: businessClock(timeZone),
    shards,
    shardOf: (bytes: Uint8Array, start: number, end: number) => shardOf(bytes, start, end, shards),
  };
}

/** Writes one ledger file for each shard with rows. @returns them by shard */
export async function writeShards<T extends { readonly rows: number }>(
  lake: ObjectStore,
  tables: readonly T[],
  keyOf: (shard: number) => string,
  encode: (table: T) => readonly Uint8Array[],
): Promise<ShardFile[]> {
  const files: ShardFile[] = [];
  await eachConcurrently(tables.entries(), WRITES_AT_ONCE, async ([shard, table]) => {
    if (table.rows === 0) return;
    const key = keyOf(shard);
    await createOrRestore(lake, key, encode(table));
    files.push({ shard, key, rows: table.rows });
  });
  return files.sort((a, b) => a.shard - b.shard);
}

/** A column whose missing values are counted. */
type Values = ByteColumn | Float64Array | Uint8Array | Int32Array;

/** Rows without a value, by column, over several tables. @param tables each with its rows and the columns to look at */
export function countEmpty(
  tables: readonly { readonly rows: number; readonly columns: Readonly<Record<string, Values>> }[],
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { rows, columns } of tables) {
    for (const [name, values] of Object.entries(columns)) counts[name] = (counts[name] ?? 0) + emptyRows(values, rows);
  }
  return counts;
}

function emptyRows(values: Values, rows: number): number {
  let empty = 0;
  if ('offsets' in values) {
    const { offsets } = values;
    for (let row = 0; row < rows; row++) if (offsets[row] === offsets[row + 1]) empty++;
  } else if (values instanceof Float64Array) {
    for (let row = 0; row < rows; row++) if (Number.isNaN(values[row])) empty++;
  } else {
    const none = values instanceof Uint8Array ? NO_CODE : NO_INT;
    for (let row = 0; row < rows; row++) if (values[row] === none) empty++;
  }
  return empty;
}

/** What the business days of a file's events tell. @param days of the accepted rows, one array per shard */
export function factsOfDays(file: PinnedFile, days: readonly Int32Array[]): Pick<SourceFacts, 'late' | 'future' | 'newestDay'> {
  const folder = dateOfFolder(file.key.split('/')[0] as string);
  const dt = dayOf(folder ?? file.knownOn);
  let [late, future, newest] = [0, 0, Number.NEGATIVE_INFINITY];
  for (const shard of days) {
    for (const day of shard) {
      if (day < dt) late++;
      else if (day > dt) future++;
      if (day > newest) newest = day;
    }
  }
  return { late, future, newestDay: newest === Number.NEGATIVE_INFINITY ? '' : formatDay(newest) };
}
