import { INTERACTION_KINDS, INTERACTION_LEDGER } from '../../arrow/schemas.ts';
import type { FeedMapping } from '../../config/mapping.ts';
import type { FeedTable } from '../../ledger/feed-table.ts';
import type { BusinessClock } from '../../time.ts';
import { columnPlaces } from '../column-layout.ts';
import { InstantParser } from '../instant-parser.ts';
import { type DropSource, dateFormatsOf } from '../open-records.ts';
import type { QuarantineSink } from '../row-rules.ts';
import { type Fault, type FeedCounts, type FeedRecord, readFeed } from './feed-records.ts';
import { TableBuilder } from './table-builder.ts';

const COLUMN = columnPlaces('interactions');
const KINDS = new Map(INTERACTION_KINDS.map((kind, code) => [kind as string, code]));

/** A number as a score may be written; JSON writes small ones with an exponent. */
const SCORE = /^-?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,2})?$/;

/** How a file of a sharded feed is read. */
export interface ShardedOptions {
  readonly mapping: FeedMapping;
  readonly currency: string;
  readonly timeZoneClock: BusinessClock;
  readonly shards: number;
  /** Shard of a customer id, the bytes `[start, end)`; 0 <= shard < shards. */
  readonly shardOf: (bytes: Uint8Array, start: number, end: number) => number;
}

/** Counts of a file and its accepted rows per shard, shape [shards]; within a shard in the order of the file. */
export interface InteractionsResult extends FeedCounts {
  readonly shards: readonly FeedTable<typeof INTERACTION_LEDGER>[];
}

/** Reads a file of the `interactions` feed. @throws InvalidDropError, ConfigError as `openRecords` */
export async function readInteractions(
  source: DropSource,
  options: ShardedOptions,
  sink: QuarantineSink,
): Promise<InteractionsResult> {
  const builders = Array.from({ length: options.shards }, () => new TableBuilder(INTERACTION_LEDGER));
  const instants = new InstantParser(dateFormatsOf(source.name, options.mapping), options.timeZoneClock);
  const take = (record: FeedRecord): Fault | undefined => {
    const { buffer, starts, ends } = record;
    const kind = KINDS.get(record.text(COLUMN.kind));
    if (kind === undefined) return { rule: 'UNKNOWN_KIND', column: 'kind' };
    const late = instants.parse(buffer, starts[COLUMN.occurred_at] as number, ends[COLUMN.occurred_at] as number);
    if (late !== undefined) return { rule: late, column: 'occurred_at' };
    const score = record.isEmpty(COLUMN.score) ? '' : record.text(COLUMN.score);
    if (score !== '' && !SCORE.test(score)) return { rule: 'INVALID_SCORE', column: 'score' };
    const [start, end] = [starts[COLUMN.customer_id] as number, ends[COLUMN.customer_id] as number];
    const table = builders[options.shardOf(buffer, start, end)] as (typeof builders)[number];
    for (const name of ['interaction_id', 'customer_id', 'channel'] as const) {
      table.text(name, buffer, starts[COLUMN[name]] as number, ends[COLUMN[name]] as number);
    }
    table.number('occurred_at', instants.instantMs);
    table.number('business_day', instants.day);
    table.number('kind', kind);
    if (score !== '') table.number('score', Number(score));
    table.number('source_line', record.line);
    table.endRow();
    return undefined;
  };
  const counts = await readFeed(source, { feed: 'interactions', ...options }, take, sink);
  return { ...counts, shards: builders.map((table) => table.finish()) };
}
