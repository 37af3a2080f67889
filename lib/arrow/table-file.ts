import {
  type Data,
  type DataType,
  DateDay,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  type Table,
  tableFromIPC,
  Uint8,
  Uint32,
  Utf8,
  Vector,
} from 'apache-arrow';
import { ContractMismatchError } from '../errors.ts';
import { type ByteColumn, type ColumnKind, type ColumnSpec, type Columns, NO_CODE, NO_INT, type TableSpec } from './columns.ts';
import { fromInt64, toInt64 } from './int64.ts';
import { textValidity, valueValidity } from './validity.ts';

/** Rows of a record batch: a multiple of 64, so that slices of validity bitmaps fall on bytes. */
const BATCH_ROWS = 131_072;

/** A table read from a file. */
export interface StoredTable<S extends TableSpec> {
  readonly rows: number;
  readonly columns: Columns<S>;
  /** The file's metadata, `schemaVersion` among it. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Values of the `code` columns, by column. */
  readonly words: ReadonlyMap<string, readonly string[]>;
}

/** What a table file is written from. */
export interface TableContent<S extends TableSpec> {
  readonly rows: number;
  readonly columns: Columns<S>;
  readonly schemaVersion: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Values of `code` columns whose words are not fixed by the spec. */
  readonly words?: Readonly<Record<string, readonly string[]>>;
}

const typeOf = (spec: ColumnSpec, id: number): DataType => {
  switch (spec.kind) {
    case 'utf8':
      return new Utf8();
    case 'int32':
      return new Int32();
    case 'date':
      return new DateDay();
    case 'int64':
      return new Int64();
    case 'float64':
      return new Float64();
    case 'uint8':
      return new Uint8();
    case 'uint32':
      return new Uint32();
    case 'code':
      return new Dictionary(new Utf8(), new Uint8(), id);
  }
};

/**
 * The bytes of an Arrow IPC file: record batches of 131,072 rows, no compression, metadata `schemaVersion` and what is given.
 *
 * Equal content gives equal bytes. @returns chunks in file order, some of which are views of the columns; together they are the file
 */
export function encodeTable<S extends TableSpec>(spec: S, content: TableContent<S>): Uint8Array[] {
  const names = Object.keys(spec);
  const types = names.map((name, id) => typeOf(spec[name] as ColumnSpec, id));
  const fields = names.map((name, i) => new Field(name, types[i] as DataType, spec[name]?.nullable === true));
  const metadata = new Map(
    Object.entries({ ...content.metadata, schemaVersion: String(content.schemaVersion) }).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const schema = new Schema(fields, metadata);
  const dictionaries = names.map((name) =>
    spec[name]?.kind === 'code' ? wordsVector(content.words?.[name] ?? spec[name]?.words ?? []) : undefined,
  );
  const writer = new ChunkWriter();
  for (let begin = 0; begin === 0 || begin < content.rows; begin += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, content.rows - begin);
    const children = names.map((name, i) =>
      columnData(
        spec[name] as ColumnSpec,
        types[i] as DataType,
        content.columns[name as keyof S] as ColumnValues,
        begin,
        length,
        dictionaries[i],
      ),
    );
    writer.write(new RecordBatch(schema, makeData({ type: new Struct(fields), length, nullCount: 0, children })));
  }
  writer.finish();
  return writer.chunks;
}

/** Arrow's writer, but for what is written: the buffers themselves, not a copy of all of them in one. */
class ChunkWriter extends RecordBatchFileWriter {
  readonly chunks: Uint8Array[] = [];

  protected override _write(chunk: ArrayBufferView): this {
    if (!this._started || chunk.byteLength === 0) return this;
    this.chunks.push(new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength));
    this._position += chunk.byteLength;
    return this;
  }
}

type ColumnValues = ByteColumn | Int32Array | Float64Array | Uint8Array | Uint32Array;

function columnData(
  spec: ColumnSpec,
  type: DataType,
  values: ColumnValues,
  begin: number,
  length: number,
  dictionary: Vector<Utf8> | undefined,
): Data {
  const end = begin + length;
  if (spec.kind === 'utf8') {
    const column = values as ByteColumn;
    const offsets = column.offsets.subarray(begin, end + 1);
    const validity = spec.nullable ? textValidity(offsets, length) : undefined;
    const props: unknown = { type, length, ...validity, valueOffsets: offsets, data: column.bytes };
    return makeData(props as Parameters<typeof makeData>[0]) as Data;
  }
  const slice = (values as Int32Array).subarray(begin, end) as Int32Array | Float64Array | Uint8Array | Uint32Array;
  const validity = spec.nullable ? valueValidity(slice, emptyOf(spec.kind), length) : undefined;
  const isEmpty = validity?.nullCount === length;
  const data = spec.kind !== 'int64' ? slice : isEmpty ? new BigInt64Array(length) : toInt64(slice as Float64Array);
  const props: unknown = { type, length, ...validity, data, ...(dictionary ? { dictionary } : {}) };
  return makeData(props as Parameters<typeof makeData>[0]) as Data;
}

/** The value that stands for null in an array of a kind. */
function emptyOf(kind: ColumnKind): number {
  if (kind === 'int64' || kind === 'float64') return Number.NaN;
  return kind === 'int32' || kind === 'date' ? NO_INT : NO_CODE;
}

function wordsVector(words: readonly string[]): Vector<Utf8> {
  const bytes = new TextEncoder().encode(words.join(''));
  const valueOffsets = new Int32Array(words.length + 1);
  for (let i = 0; i < words.length; i++) {
    valueOffsets[i + 1] = (valueOffsets[i] as number) + new TextEncoder().encode(words[i]).length;
  }
  return new Vector([makeData({ type: new Utf8(), length: words.length, nullCount: 0, valueOffsets, data: bytes })]);
}

/** What of a file is read, and how. */
export interface DecodeOptions<S extends TableSpec> {
  /** The columns wanted; others are left out of the result's use but stay typed. */
  readonly only?: readonly (keyof S & string)[];
  /** Zeroed rows that follow those of the file in columns of fixed width, so that they can grow in place; by the rows of the file. */
  readonly room?: (rows: number) => number;
}

/**
 * Reads an Arrow IPC file. A file of one record batch is read without copying, but for int64 (doubles are made).
 *
 * @throws ContractMismatchError when a column is missing, or the schema version is not `version` or the one before
 */
export function decodeTable<S extends TableSpec>(
  spec: S,
  bytes: Uint8Array,
  where: string,
  version: number,
  { only, room }: DecodeOptions<S> = {},
): StoredTable<S> {
  const { schema, batches } = openFile(bytes, where);
  const metadata = schema.metadata;
  const found = Number(metadata.get('schemaVersion'));
  if (found !== version && found !== version - 1) {
    throw new ContractMismatchError(
      `File ${where}: schema version ${metadata.get('schemaVersion') ?? 'none'}, expected ${version} or ${version - 1}. Use the code that wrote it.`,
    );
  }
  const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
  const columns: Record<string, ColumnValues> = {};
  const words = new Map<string, readonly string[]>();
  for (const [name, column] of Object.entries(spec)) {
    if (only && !only.includes(name)) continue;
    const index = schema.fields.findIndex((field) => field.name === name);
    if (index < 0 && (column.since ?? 0) > found) {
      columns[name] = absentColumn(column, rows + (room?.(rows) ?? 0));
      continue;
    }
    if (index < 0) {
      throw new ContractMismatchError(`File ${where}: column ${name} is missing, expected it. Roll back and run the date again.`);
    }
    const parts = batches.map((batch) => batch.data.children[index] as Data);
    columns[name] = column.kind === 'utf8' ? joinBytes(parts, rows) : joinValues(column, parts, rows, room?.(rows) ?? 0);
    if (column.kind === 'code') words.set(name, dictionaryWords(parts[0]));
  }
  return { rows, columns: columns as Columns<S>, metadata, words };
}

/** A column that an older file does not have. */
function absentColumn(column: ColumnSpec, rows: number): ColumnValues {
  if (column.kind === 'utf8') return { bytes: new Uint8Array(0), offsets: new Int32Array(rows + 1) };
  const values = newArray(column.kind, rows);
  return column.nullable ? values.fill(emptyOf(column.kind)) : values;
}

/** What a table file says of itself, without its rows. */
export interface TableHeader {
  /** Names of the columns, in the file's order. */
  readonly columns: readonly string[];
  /** NaN when the file tells none. */
  readonly schemaVersion: number;
}

/** The header of an Arrow IPC file. @param where its key, for messages @throws ContractMismatchError for other bytes */
export function readHeader(bytes: Uint8Array, where: string): TableHeader {
  const { fields, metadata } = openFile(bytes, where).schema;
  return { columns: fields.map(({ name }) => name), schemaVersion: Number(metadata.get('schemaVersion') ?? Number.NaN) };
}

function openFile(bytes: Uint8Array, where: string): Table {
  try {
    return tableFromIPC(bytes);
  } catch (cause) {
    throw new ContractMismatchError(`File ${where}: not an Arrow IPC file, expected one. Restore the file.`, { cause });
  }
}

function dictionaryWords(data: Data | undefined): string[] {
  const dictionary = data?.dictionary as Vector<Utf8> | undefined;
  return dictionary ? Array.from(dictionary, (word) => String(word)) : [];
}

function joinBytes(parts: readonly Data[], rows: number): ByteColumn {
  const only = parts[0];
  if (rows === 0) return { bytes: new Uint8Array(0), offsets: new Int32Array(1) };
  if (parts.length === 1 && only) {
    // buffers of a file are padded to 8 bytes
    const offsets = (only.valueOffsets as Int32Array).subarray(0, rows + 1);
    return { bytes: (only.values as Uint8Array).subarray(0, offsets[rows] as number), offsets };
  }
  const offsets = new Int32Array(rows + 1);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + ((part.valueOffsets as Int32Array)[part.length] as number), 0));
  let row = 0;
  let at = 0;
  for (const part of parts) {
    const from = part.valueOffsets as Int32Array;
    for (let i = 1; i <= part.length; i++) offsets[row + i] = at + (from[i] as number);
    const length = from[part.length] as number;
    bytes.set((part.values as Uint8Array).subarray(0, length), at);
    row += part.length;
    at += length;
  }
  return { bytes, offsets };
}

function joinValues(spec: ColumnSpec, parts: readonly Data[], rows: number, room: number): ColumnValues {
  const nulls = spec.nullable && parts.some((part) => part.nullCount > 0);
  const only = parts[0];
  if (spec.kind === 'int64') {
    const out = new Float64Array(rows + room);
    let at = 0;
    for (const part of parts) {
      fromInt64((part.values as BigInt64Array).subarray(0, part.length), out, at);
      if (nulls) restoreNulls(part, out, at, Number.NaN);
      at += part.length;
    }
    return out;
  }
  if (parts.length === 1 && only && !nulls && room === 0) return (only.values as Int32Array).subarray(0, rows);
  const out = newArray(spec.kind, rows + room);
  const empty = emptyOf(spec.kind);
  let at = 0;
  for (const part of parts) {
    out.set((part.values as Uint8Array).subarray(0, part.length), at);
    if (nulls) restoreNulls(part, out, at, empty);
    at += part.length;
  }
  return out;
}

/** A zeroed array for a column of fixed width. */
export function newArray(kind: ColumnKind, rows: number): Int32Array | Float64Array | Uint8Array | Uint32Array {
  if (kind === 'int32' || kind === 'date') return new Int32Array(rows);
  if (kind === 'int64' || kind === 'float64') return new Float64Array(rows);
  return kind === 'uint32' ? new Uint32Array(rows) : new Uint8Array(rows);
}

function restoreNulls(part: Data, out: Int32Array | Float64Array | Uint8Array | Uint32Array, at: number, empty: number): void {
  if (part.nullCount === 0) return;
  if (part.nullCount === part.length) {
    out.fill(empty, at, at + part.length);
    return;
  }
  const bits = part.nullBitmap as Uint8Array;
  for (let i = 0; i < part.length; i++) {
    // a byte of ones is eight values that stay
    if ((i & 7) === 0 && bits[i >> 3] === 255) i += 7;
    else if (((bits[i >> 3] as number) & (1 << (i & 7))) === 0) out[at + i] = empty;
  }
}
