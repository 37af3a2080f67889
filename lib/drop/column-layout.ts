import { CONFIDENTIAL_FEEDS, FEED_COLUMNS, type FeedMapping } from '../config/mapping.ts';
import { ConfigError, InvalidDropError } from '../errors.ts';
import type { Feed } from '../keys.ts';
import type { RecordCursor } from './record-cursor.ts';

/** Name of a column of a feed. */
export type ColumnName<F extends Feed> = (typeof FEED_COLUMNS)[F]['columns'][number];

/** Columns of a file at the most: beyond, the delimiter is another one or the file is no table of ours. */
const MAX_COLUMNS = 1000;

/** Names that a message lists at the most. */
const SHOWN_NAMES = 40;

/** Places of the columns of a feed in its list: the index into the arrays of a layout. */
export function columnPlaces<F extends Feed>(feed: F): Record<ColumnName<F>, number> {
  return Object.fromEntries(FEED_COLUMNS[feed].columns.map((name, at) => [name, at])) as Record<ColumnName<F>, number>;
}

/** Places of the columns of the `transactions` feed. */
export const COLUMN = columnPlaces('transactions');

/** True for a column that JSON, Parquet and Arrow may hold as true and false. */
export function isFlag(column: string): boolean {
  return column.startsWith('consent_');
}

/** The defaults of a mapping as bytes, one behind the other, and where each stands (empty: no default). */
export interface DefaultValues {
  readonly bytes: Uint8Array;
  /** Shape [columns of the feed]. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** The defaults of a feed's mapping, to be kept at the start of a cursor's buffer. */
export function defaultValues(feed: Feed, mapping: FeedMapping): DefaultValues {
  const columns = FEED_COLUMNS[feed].columns;
  const starts = new Int32Array(columns.length);
  const ends = new Int32Array(columns.length);
  let text = '';
  columns.forEach((name, at) => {
    starts[at] = Buffer.byteLength(text);
    text += mapping.defaults[name] ?? '';
    ends[at] = Buffer.byteLength(text);
  });
  return { bytes: Buffer.from(text), starts, ends };
}

/** Where a file's records have our columns. */
export interface ColumnLayout {
  /** Position in the record, -1 when the file does not have the column; shape [columns of the feed]. */
  readonly positions: Int32Array;
  /** Fields that a record has at least, to reach every mapped column. */
  readonly least: number;
  /** Fields that a record has at most; without a header there is no limit. */
  readonly most: number;
}

/** How a layout is found. */
export interface LayoutOptions {
  readonly feed: Feed;
  readonly mapping: FeedMapping;
  /** Display name of the file, for messages. */
  readonly file: string;
  /** Columns that must be there or have a default; those of the feed unless told. */
  readonly required?: readonly string[];
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(name.slice(0, 80)));
  return `${shown.join(', ')}${list.length > SHOWN_NAMES ? `, … (${list.length} in all)` : ''}`;
}

/** The names of a header record. @throws InvalidDropError when the record cannot be read */
export function headerNames(cursor: RecordCursor, file: string): string[] {
  if (cursor.issue !== undefined) {
    throw new InvalidDropError(
      `File ${file}: the header cannot be read (${cursor.issue}), expected the names of the columns in UTF-8. Deliver the file again.`,
    );
  }
  if (cursor.fieldCount > MAX_COLUMNS) {
    throw new InvalidDropError(
      `File ${file}: ${cursor.fieldCount} columns in the header, expected at most ${MAX_COLUMNS}. Deliver the file with the columns of the feed, or correct "delimiter" of the mapping.`,
    );
  }
  const found: string[] = [];
  for (let at = 0; at < cursor.fieldCount; at++) {
    found.push(cursor.buffer.toString('utf8', cursor.starts[at], cursor.ends[at]));
  }
  return found;
}

/**
 * Finds our columns in a file.
 *
 * @param header names of the file's header; undefined when the mapping says that there is none
 * @throws InvalidDropError when a required column is missing, or a needed one is there twice
 * @throws ConfigError when the mapping names a column of a file without header
 */
export function resolveColumns(header: readonly string[] | undefined, options: LayoutOptions): ColumnLayout {
  const { feed, mapping, file } = options;
  const columns: readonly string[] = FEED_COLUMNS[feed].columns;
  const required: readonly string[] = options.required ?? FEED_COLUMNS[feed].required;
  const positions = new Int32Array(columns.length).fill(-1);
  const missing: string[] = [];
  columns.forEach((name, at) => {
    const source = mapping.columns[name] ?? (header === undefined ? undefined : name);
    positions[at] = positionOf(name, source, header, file);
    if (positions[at] < 0 && required.includes(name) && !mapping.defaults[name]) {
      missing.push(typeof source === 'string' && source !== name ? `${name} (here ${JSON.stringify(source)})` : name);
    }
  });
  if (missing.length > 0) {
    // what stands in the place of a header may be the first row
    const shown = (all: readonly string[]) => (CONFIDENTIAL_FEEDS.includes(feed) ? `${all.length} others` : names(all));
    const found = header === undefined ? 'no header, by the mapping' : `found ${shown(header)}`;
    throw new InvalidDropError(
      `File ${file}: ${missing.length === 1 ? 'column' : 'columns'} ${missing.join(', ')} missing, ${found}, expected ${required.join(', ')}. ` +
        `Deliver the file with the column, or name the column of the source or a default under "mapping.${feed}" in the configuration.`,
    );
  }
  return { positions, least: Math.max(...positions) + 1, most: header?.length ?? Number.POSITIVE_INFINITY };
}

function positionOf(
  name: string,
  source: string | number | undefined,
  header: readonly string[] | undefined,
  file: string,
): number {
  if (source === undefined) return -1;
  if (typeof source === 'number') return header === undefined || source < header.length ? source : -1;
  if (header === undefined) {
    throw new ConfigError(
      `Mapping of column ${name}: the name ${JSON.stringify(source)}, expected a position from 0 because "header" is false. Correct "columns" of the mapping.`,
    );
  }
  const position = header.indexOf(source);
  if (position >= 0 && header.indexOf(source, position + 1) >= 0) {
    throw new InvalidDropError(
      `File ${file}: column ${JSON.stringify(source)} more than once, found ${names(header)}, expected it once. Deliver the file with one column of this name.`,
    );
  }
  return position;
}
