import { FEED_COLUMNS, type FeedMapping } from '../../config/mapping.ts';
import type { FileFormat } from '../../drop/file-format.ts';
import { InstantParser } from '../../drop/instant-parser.ts';
import type { KeptRows } from '../../drop/kept-rows.ts';
import { type DropRecords, dateFormatsOf, openRecords } from '../../drop/open-records.ts';
import { ConfigError, InvalidDropError } from '../../errors.ts';
import type { Feed } from '../../keys.ts';
import type { ObjectStore } from '../../store/objects.ts';
import type { BusinessClock } from '../../time.ts';
import type { CommittedErasures } from '../committed-erasures.ts';
import { findIn } from '../quarantine/erased-record.ts';

/** A file of a feed in the lake's drops. */
export interface DropFile {
  readonly key: string;
  readonly feed: Feed;
  readonly format: FileFormat;
  readonly store: ObjectStore;
  /** Mappings of the feed that the committed chain knew, newest first. */
  readonly mappings: readonly FeedMapping[];
  readonly clock: BusinessClock;
}

/** Records of a file that go or lose their referrer, and how the file was read. */
export interface DropVerdict extends KeptRows {
  /** Physical lines, or rows, by the same records. */
  readonly lines: ReadonlyMap<number, number>;
  readonly mapping: FeedMapping;
  /** Records of the file. */
  readonly records: number;
}

/** Columns that tell when a fact happened, the first that has a value counts. */
const TIMES: Readonly<Record<Feed, readonly string[]>> = {
  transactions: ['occurred_at'],
  interactions: ['occurred_at'],
  customers: ['updated_at', 'signed_up_at'],
  rates: [],
  erasures: ['requested_at'],
};

/**
 * Judges the records of a drop file, read as a run reads it. A record that cannot be read goes when the id stands anywhere in it.
 *
 * @throws InvalidDropError for a file that no mapping of the chain can read
 */
export async function judgeDrop(file: DropFile, erased: CommittedErasures): Promise<DropVerdict> {
  let failure: unknown;
  for (const mapping of file.mappings) {
    try {
      return await judgeWith(mapping, file, erased);
    } catch (error) {
      if (!(error instanceof InvalidDropError || error instanceof ConfigError)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

async function judgeWith(mapping: FeedMapping, file: DropFile, erased: CommittedErasures): Promise<DropVerdict> {
  const [dropped, blanked, lines] = [new Set<number>(), new Set<number>(), new Map<number, number>()];
  if (file.feed === 'rates') return { dropped, blanked, lines, mapping, records: 0 };
  const size = (await file.store.stat(file.key))?.size ?? 0;
  const source = {
    name: file.key,
    size,
    stream: () => file.store.stream(file.key),
    readRange: (start: number, end: number) => file.store.readRange(file.key, start, end),
  };
  const records = await openRecords(source, { feed: file.feed, mapping });
  const parser = new InstantParser(dateFormatsOf(file.key, mapping), file.clock);
  let number = 0;
  for await (const _ of records.batches()) {
    while (records.cursor.next()) {
      const verdict = judgeRecord(records, file.feed, parser, erased);
      if (verdict !== 'keep') {
        (verdict === 'drop' ? dropped : blanked).add(number);
        lines.set(number, records.cursor.line);
      }
      number++;
    }
  }
  return { dropped, blanked, lines, mapping, records: number };
}

function judgeRecord(
  { cursor, layout }: DropRecords,
  feed: Feed,
  parser: InstantParser,
  erased: CommittedErasures,
): 'keep' | 'drop' | 'blank' {
  if (cursor.issue !== undefined) return findIn(cursor.raw().toString('utf8'), erased) ? 'drop' : 'keep';
  const columns: readonly string[] = FEED_COLUMNS[feed].columns;
  const range = (name: string): [number, number] => {
    const at = layout.positions[columns.indexOf(name)] as number | undefined;
    if (at === undefined || at < 0 || at >= cursor.fieldCount) return [0, 0];
    return [cursor.starts[at] as number, cursor.ends[at] as number];
  };
  const isGone = (requestedAt: number): boolean => {
    for (const name of TIMES[feed]) {
      const [start, end] = range(name);
      if (start === end) continue;
      return parser.parse(cursor.buffer, start, end) !== undefined || parser.instantMs <= requestedAt;
    }
    return true;
  };
  const own = erased.find(cursor.buffer, ...range('customer_id'));
  if (own && isGone(own.requestedAt)) return 'drop';
  const referrer = erased.find(cursor.buffer, ...range('referrer_id'));
  return referrer && isGone(referrer.requestedAt) ? 'blank' : 'keep';
}
