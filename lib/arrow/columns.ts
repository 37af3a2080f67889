import { ContractMismatchError } from '../errors.ts';

/**
 * Columns as the code works on them: typed arrays, with a sentinel for null, so that a row costs no object.
 *
 * | kind    | in memory               | null          | in the file                     |
 * |---------|-------------------------|---------------|---------------------------------|
 * | utf8    | `ByteColumn`            | zero length   | Utf8                            |
 * | int32   | Int32Array              | `NO_INT`      | Int32                           |
 * | date    | Int32Array, epoch days  | `NO_INT`      | Date32                          |
 * | int64   | Float64Array, integers  | NaN           | Int64                           |
 * | float64 | Float64Array            | NaN           | Float64                         |
 * | uint8   | Uint8Array              | `NO_CODE`     | UInt8                           |
 * | uint32  | Uint32Array             | never         | UInt32                          |
 * | code    | Uint8Array              | `NO_CODE`     | Dictionary(Utf8), UInt8 indices |
 */

/** Null of an int32 or date column. */
export const NO_INT = -2_147_483_648;

/** Null of a uint8 or code column. */
export const NO_CODE = 255;

/** Strings as UTF-8 bytes: row i is `bytes[offsets[i] .. offsets[i + 1])`. */
export interface ByteColumn {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

/** Offsets are 32-bit: 2^31 - 1 bytes at the most. */
const MAX_BYTES = 0x7fff_ffff;

/** Kind of a column. */
export type ColumnKind = 'utf8' | 'int32' | 'date' | 'int64' | 'float64' | 'uint8' | 'uint32' | 'code';

/** The array that holds a column of a kind. */
export interface ColumnOf {
  utf8: ByteColumn;
  int32: Int32Array;
  date: Int32Array;
  int64: Float64Array;
  float64: Float64Array;
  uint8: Uint8Array;
  uint32: Uint32Array;
  code: Uint8Array;
}

/** A column of a stored table. */
export interface ColumnSpec<K extends ColumnKind = ColumnKind> {
  readonly kind: K;
  readonly nullable?: true;
  /** Values of a `code` column by code; the file may carry its own (`epoch`). */
  readonly words?: readonly string[];
  /** Schema version that added the column: an older file is read as if it held zeros, or nulls where it may. */
  readonly since?: number;
}

/** Columns of a stored table by their names in the file, in the file's order. */
export type TableSpec = Readonly<Record<string, ColumnSpec>>;

/** A table's columns in memory. */
export type Columns<S extends TableSpec> = { -readonly [N in keyof S]: ColumnOf[S[N]['kind']] };

// ignoreBOM: an id that begins with U+FEFF must keep it
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
const encoder = new TextEncoder();

/** Row `row` of a byte column as text. */
export function textAt(column: ByteColumn, row: number): string {
  const start = column.offsets[row] as number;
  const end = column.offsets[row + 1] as number;
  if (end - start > 48) return decoder.decode(column.bytes.subarray(start, end));
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = column.bytes[i] as number;
    if (byte >= 0x80) return decoder.decode(column.bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** A byte column of the given texts; an empty or missing text is null. */
export function byteColumnOf(texts: readonly (string | null | undefined)[]): ByteColumn {
  const builder = new ByteColumnBuilder(texts.length, texts.length * 16);
  for (const text of texts) builder.appendText(text ?? '');
  return builder.finish();
}

/** Order of two byte ranges: as unsigned bytes, a prefix first. Negative, zero or positive. */
export function compareBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const difference = (a[aStart + i] as number) - (b[bStart + i] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** Order of two rows of byte columns. */
export function compareRows(a: ByteColumn, i: number, b: ByteColumn, j: number): number {
  return compareBytes(
    a.bytes,
    a.offsets[i] as number,
    a.offsets[i + 1] as number,
    b.bytes,
    b.offsets[j] as number,
    b.offsets[j + 1] as number,
  );
}

/** Grows a byte column row by row. */
export class ByteColumnBuilder {
  #bytes: Uint8Array;
  #offsets: Int32Array;
  #rows = 0;
  #length = 0;

  constructor(rows = 1024, bytes = 16_384) {
    this.#offsets = new Int32Array(rows + 1);
    this.#bytes = new Uint8Array(Math.max(bytes, 64));
  }

  /** A builder that begins with a copy of the first rows of a column. */
  static of(column: ByteColumn, rows: number, bytes: number): ByteColumnBuilder {
    const builder = new ByteColumnBuilder(rows + 1024, bytes + 16_384);
    builder.#bytes.set(column.bytes.subarray(0, bytes));
    builder.#offsets.set(column.offsets.subarray(0, rows + 1));
    builder.#rows = rows;
    builder.#length = bytes;
    return builder;
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Appends the bytes `[start, end)` of a source. */
  append(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    const target = this.#bytes;
    let at = this.#length;
    if (length <= 32) for (let i = start; i < end; i++) target[at++] = source[i] as number;
    else {
      target.set(source.subarray(start, end), at);
      at += length;
    }
    this.#close(at);
  }

  /** Appends a row of another column. */
  appendRow(column: ByteColumn, row: number): void {
    this.append(column.bytes, column.offsets[row] as number, column.offsets[row + 1] as number);
  }

  /** Appends the rows `[start, end)` of another column. */
  appendRows(column: ByteColumn, start: number, end: number): void {
    for (let row = start; row < end && end - start <= 4; row++) this.appendRow(column, row);
    if (end - start <= 4) return;
    const from = column.offsets[start] as number;
    const to = column.offsets[end] as number;
    this.#reserve(to - from, end - start);
    this.#bytes.set(column.bytes.subarray(from, to), this.#length);
    const shift = this.#length - from;
    for (let row = start; row < end; row++) this.#offsets[++this.#rows] = (column.offsets[row + 1] as number) + shift;
    this.#length = to + shift;
  }

  /** Appends a text as UTF-8. */
  appendText(text: string): void {
    const length = text.length;
    this.#reserve(length * 3);
    const target = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        at = this.#length + encoder.encodeInto(text, target.subarray(this.#length)).written;
        break;
      }
      target[at++] = code;
    }
    this.#close(at);
  }

  /** The column: views of the grown buffers. */
  finish(): ByteColumn {
    return { bytes: this.#bytes.subarray(0, this.#length), offsets: this.#offsets.subarray(0, this.#rows + 1) };
  }

  #reserve(length: number, rows = 1): void {
    if (this.#length + length > this.#bytes.length) {
      const needed = this.#length + length;
      if (needed > MAX_BYTES)
        throw new ContractMismatchError(
          `Column of texts: ${needed} bytes, expected at most 2 GiB. Use more shards or smaller files.`,
        );
      const grown = new Uint8Array(Math.min(Math.max(this.#bytes.length * 2, needed), MAX_BYTES));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    if (this.#rows + rows >= this.#offsets.length) {
      const grown = new Int32Array(Math.max(this.#offsets.length * 2, this.#rows + rows + 1));
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
  }

  #close(end: number): void {
    this.#length = end;
    this.#offsets[++this.#rows] = end;
  }
}
