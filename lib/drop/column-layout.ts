import {
  REQUIRED_TRANSACTION_COLUMNS,
  TRANSACTION_COLUMNS,
  type TransactionColumn,
  type TransactionsMapping,
} from '../config/mapping.ts';
import { ConfigError, InvalidDropError } from '../errors.ts';
import type { RecordScanner } from './record-scanner.ts';

/** Places of the columns in `TRANSACTION_COLUMNS`: the index into the arrays of a layout. */
export const COLUMN = Object.fromEntries(TRANSACTION_COLUMNS.map((name, at) => [name, at])) as Record<TransactionColumn, number>;

/** The defaults of a mapping as bytes, one behind the other, and where each stands (empty: no default). */
export interface DefaultValues {
  readonly bytes: Uint8Array;
  /** Shape [TRANSACTION_COLUMNS]. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** The defaults of a mapping, to be kept at the start of a scanner's buffer. */
export function defaultValues(mapping: TransactionsMapping): DefaultValues {
  const starts = new Int32Array(TRANSACTION_COLUMNS.length);
  const ends = new Int32Array(TRANSACTION_COLUMNS.length);
  let text = '';
  TRANSACTION_COLUMNS.forEach((name, at) => {
    starts[at] = Buffer.byteLength(text);
    text += mapping.defaults[name] ?? '';
    ends[at] = Buffer.byteLength(text);
  });
  return { bytes: Buffer.from(text), starts, ends };
}

/** Where a file's records have our columns. */
export interface ColumnLayout {
  /** Position in the record, -1 when the file does not have the column; shape [TRANSACTION_COLUMNS]. */
  readonly positions: Int32Array;
  /** Fields that a record has at least, to reach every mapped column. */
  readonly least: number;
  /** Fields that a record has at most; without a header there is no limit. */
  readonly most: number;
}

const names = (list: readonly string[]) => list.map((name) => JSON.stringify(name)).join(', ');

/** The names of a header record. @throws InvalidDropError when the record cannot be read */
export function headerNames(scanner: RecordScanner, file: string): string[] {
  if (scanner.issue !== undefined) {
    throw new InvalidDropError(
      `File ${file}: the header cannot be read (${scanner.issue}), expected the names of the columns in UTF-8. Deliver the file again.`,
    );
  }
  const found: string[] = [];
  for (let at = 0; at < scanner.fieldCount; at++) {
    found.push(scanner.buffer.toString('utf8', scanner.starts[at], scanner.ends[at]));
  }
  return found;
}

/**
 * Finds our columns in a file.
 *
 * @param header names of the file's header; undefined when the mapping says that there is none
 * @param file display name, for messages
 * @param required columns that must be there or have a default
 * @throws InvalidDropError when a required column is missing, or a needed one is there twice
 * @throws ConfigError when the mapping names a column of a file without header
 */
export function resolveColumns(
  mapping: TransactionsMapping,
  header: readonly string[] | undefined,
  file: string,
  required: readonly TransactionColumn[] = REQUIRED_TRANSACTION_COLUMNS,
): ColumnLayout {
  const positions = new Int32Array(TRANSACTION_COLUMNS.length).fill(-1);
  const missing: string[] = [];
  TRANSACTION_COLUMNS.forEach((name, at) => {
    const source = mapping.columns[name] ?? (header === undefined ? undefined : name);
    positions[at] = positionOf(name, source, header, file);
    if (positions[at] < 0 && required.includes(name) && !mapping.defaults[name]) {
      missing.push(typeof source === 'string' && source !== name ? `${name} (here ${JSON.stringify(source)})` : name);
    }
  });
  if (missing.length > 0) {
    const found = header === undefined ? 'no header, by the mapping' : `found ${names(header)}`;
    throw new InvalidDropError(
      `File ${file}: ${missing.length === 1 ? 'column' : 'columns'} ${missing.join(', ')} missing, ${found}, expected ${required.join(', ')}. ` +
        'Deliver the file with the column, or name the column of the source or a default under "mapping.transactions" in the configuration.',
    );
  }
  return { positions, least: Math.max(...positions) + 1, most: header?.length ?? Number.POSITIVE_INFINITY };
}

function positionOf(
  name: TransactionColumn,
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
