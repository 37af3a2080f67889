import { ERASURE_LEDGER } from '../../arrow/schemas.ts';
import type { FeedMapping } from '../../config/mapping.ts';
import { customerBucket, customerKey } from '../../ledger/customer-key.ts';
import type { FeedTable } from '../../ledger/feed-table.ts';
import type { BusinessClock } from '../../time.ts';
import { columnPlaces } from '../column-layout.ts';
import { InstantParser } from '../instant-parser.ts';
import { type DropSource, dateFormatsOf } from '../open-records.ts';
import type { QuarantineSink } from '../row-rules.ts';
import { type Fault, type FeedCounts, type FeedRecord, readFeed } from './feed-records.ts';
import { TableBuilder } from './table-builder.ts';

const COLUMN = columnPlaces('erasures');

/** How a file of the `erasures` feed is read. */
export interface ErasuresOptions {
  readonly mapping: FeedMapping;
  readonly currency: string;
  readonly timeZoneClock: BusinessClock;
  /** Secret of the keyed hash. */
  readonly secret: Uint8Array;
}

/** Counts of a file and its accepted erasures, as keyed hashes, in the order of the file. */
export interface ErasuresResult extends FeedCounts {
  readonly table: FeedTable<typeof ERASURE_LEDGER>;
}

/**
 * Reads a file of the `erasures` feed. A request told by a date alone holds to the end of that business day.
 *
 * @throws InvalidDropError, ConfigError as `openRecords`
 */
export async function readErasures(source: DropSource, options: ErasuresOptions, sink: QuarantineSink): Promise<ErasuresResult> {
  const { secret, timeZoneClock, mapping } = options;
  const table = new TableBuilder(ERASURE_LEDGER);
  const instants = new InstantParser(dateFormatsOf(source.name, mapping), timeZoneClock);
  const take = (record: FeedRecord): Fault | undefined => {
    const { buffer, starts, ends } = record;
    const late = instants.parse(buffer, starts[COLUMN.requested_at] as number, ends[COLUMN.requested_at] as number);
    if (late !== undefined) return { rule: late, column: 'requested_at' };
    const [start, end] = [starts[COLUMN.customer_id] as number, ends[COLUMN.customer_id] as number];
    const key = Buffer.from(customerKey(secret, buffer, start, end));
    table.text('customer_key', key, 0, key.length);
    table.number('bucket', customerBucket(buffer, start, end));
    table.number('requested_at', instants.form === 'date' ? timeZoneClock.startOfDay(instants.day + 1) - 1 : instants.instantMs);
    table.number('source_line', record.line);
    table.endRow();
    return undefined;
  };
  const counts = await readFeed(source, { feed: 'erasures', mapping, currency: options.currency }, take, sink);
  return { ...counts, table: table.finish() };
}
