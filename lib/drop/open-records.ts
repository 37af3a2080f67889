import type { DateFormat, FeedMapping } from '../config/mapping.ts';
import { FEED_COLUMNS } from '../config/mapping.ts';
import { InvalidDropError } from '../errors.ts';
import type { Feed } from '../keys.ts';
import type { ByteWindow } from './byte-window.ts';
import { type ColumnLayout, type DefaultValues, defaultValues, headerNames, isFlag, resolveColumns } from './column-layout.ts';
import { decompress } from './decompress.ts';
import { formatOf, requireFormat } from './file-format.ts';
import { JsonLines } from './json-lines.ts';
import type { RecordCursor } from './record-cursor.ts';
import { RecordScanner } from './record-scanner.ts';

/** A drop file as it lies in its store. */
export interface DropSource {
  /** Its name, whose ending tells the form; stands in messages and in quarantine. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** All bytes, cut anywhere; asked for once at the most, and not for a form that is read by ranges (Parquet). */
  stream(): AsyncIterable<Uint8Array>;
  /** The bytes `[start, end)`, exactly as many. */
  readRange(start: number, end: number): Promise<Uint8Array>;
}

/** How a file's records are found. */
export interface RecordsOptions {
  readonly feed: Feed;
  readonly mapping: FeedMapping;
}

/** A drop file that is being read: the same for every form. */
export interface DropRecords {
  readonly cursor: RecordCursor;
  /** Where the records have the feed's columns. */
  readonly layout: ColumnLayout;
  /** The mapping's defaults; their bytes lie at the start of the cursor's buffer. */
  readonly defaults: DefaultValues;
  /**
   * Reads on: yields whenever the cursor may have new records. To be asked for once, and drained by `cursor.next()` each time.
   *
   * @example for await (const _ of records.batches()) while (cursor.next()) use(cursor);
   */
  batches(): AsyncIterable<void>;
  /**
   * The feed's columns that the file has, in the order of the contract; complete after the last batch. JSON Lines have those whose
   * key is in any of their rows.
   */
  columns(): string[];
}

/**
 * Opens a drop file of any form and feed, up to its first record.
 *
 * @throws InvalidDropError for an unknown form, an empty file, a header that cannot be read or lacks a required column; while
 * reading, for a file that is cut or corrupt. Errors of the source pass through as they are.
 * @throws ConfigError when the mapping does not fit a file without header
 */
export async function openRecords(source: DropSource, options: RecordsOptions): Promise<DropRecords> {
  const { kind, compression } = requireFormat(source.name);
  if (kind === 'csv') return openDelimited(source.name, decompress(source.name, compression, source.stream()), options);
  if (kind === 'jsonl') return openJsonLines(source.name, decompress(source.name, compression, source.stream()), options);
  // Loaded when they are needed: most drops are text.
  if (kind === 'parquet') return (await import('./parquet-records.ts')).openParquet(source, options);
  return (await import('./arrow-records.ts')).openArrow(
    source,
    { chunks: decompress(source.name, compression, source.stream()), isCompressed: compression !== 'none' },
    options,
  );
}

async function openDelimited(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  { feed, mapping }: RecordsOptions,
): Promise<DropRecords> {
  const defaults = defaultValues(feed, mapping);
  const cursor = new RecordScanner({ delimiter: mapping.delimiter, constants: defaults.bytes });
  const fills = cursor.fill(chunks);
  let layout: ColumnLayout | undefined;
  if (!mapping.header) layout = resolveColumns(undefined, { feed, mapping, file });
  await begin(fills, file, cursor, mapping.header ? 'a header' : 'rows');
  while (layout === undefined) {
    if (cursor.next()) layout = resolveColumns(headerNames(cursor, file), { feed, mapping, file });
    else if ((await fills.next()).done === true) {
      throw new InvalidDropError(
        `File ${file}: no header, expected the names of the columns in the first line. Deliver the file again.`,
      );
    }
  }
  if (mapping.header) cursor.refuseRepeated();
  const found = layout;
  const columns = () => FEED_COLUMNS[feed].columns.filter((_, at) => (found.positions[at] as number) >= 0);
  return { cursor, layout, defaults, batches: () => continued(fills), columns };
}

async function openJsonLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  { feed, mapping }: RecordsOptions,
): Promise<DropRecords> {
  const defaults = defaultValues(feed, mapping);
  const names: readonly string[] = FEED_COLUMNS[feed].columns;
  // A position is one of a delimited text; here the column has its own name.
  const keyOf = (name: string) => (typeof mapping.columns[name] === 'string' ? mapping.columns[name] : name);
  const keys = [...new Set(names.map(keyOf))];
  const flags = keys.map((key) => names.some((name) => keyOf(name) === key && isFlag(name)));
  const cursor = new JsonLines({ keys, flags, constants: defaults.bytes });
  const fills = cursor.fill(chunks);
  await begin(fills, file, cursor, 'rows');
  const positions = Int32Array.from(names, (name) => keys.indexOf(keyOf(name)));
  return {
    cursor,
    layout: { positions, least: keys.length, most: keys.length },
    defaults,
    batches: () => continued(fills),
    columns: () => names.filter((_, at) => cursor.seen[positions[at] as number] === 1),
  };
}

/** The forms in which dates of a file are read: those of the mapping, and ISO 8601 where dates may be no text. */
export function dateFormatsOf(name: string, mapping: FeedMapping): readonly DateFormat[] {
  const kind = formatOf(name)?.kind;
  const isTyped = kind === 'parquet' || kind === 'arrow';
  return isTyped && !mapping.dateFormats.includes('iso') ? [...mapping.dateFormats, 'iso'] : mapping.dateFormats;
}

/** Takes in the first bytes. */
async function begin(fills: AsyncGenerator<void>, file: string, window: ByteWindow, expected: string): Promise<void> {
  await fills.next();
  if (window.isWide) throw new InvalidDropError(`File ${file}: text in UTF-16, expected UTF-8. Deliver the file again in UTF-8.`);
  if (window.isEmpty) throw new InvalidDropError(`File ${file}: 0 bytes, expected ${expected}. Deliver the file again.`);
}

async function* continued(fills: AsyncGenerator<void>): AsyncGenerator<void> {
  yield;
  yield* fills;
}
