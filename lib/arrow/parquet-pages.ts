import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { type ByteColumn, type ColumnKind, type ColumnSpec, compareRows, NO_CODE, NO_INT } from './columns.ts';
import { toInt64 } from './int64.ts';
import { textValidity, type Validity, valueValidity } from './validity.ts';

/** Values of a column, as `Columns` holds them. */
export type ColumnValues = ByteColumn | Int32Array | Float64Array | Uint8Array | Uint32Array;

/** The rows `[begin, end)` of a column as one data page, with its dictionary where that is shorter. */
export interface ColumnPage {
  /** PLAIN values of the dictionary and their number. */
  readonly dictionary: { readonly bytes: Uint8Array; readonly count: number } | undefined;
  readonly encoding: 'PLAIN' | 'RLE_DICTIONARY';
  /** Definition levels, RLE; empty for a column that is never null. */
  readonly levels: Uint8Array;
  readonly values: Uint8Array;
  /** Bytes of the values before compression. */
  readonly plainSize: number;
  readonly codec: 'SNAPPY' | 'UNCOMPRESSED';
  readonly nullCount: number;
  readonly min: number | Uint8Array | undefined;
  readonly max: number | Uint8Array | undefined;
}

/** A dictionary beyond this number of values would save little. */
const MAX_DICTIONARY = 4096;

/** Widest range of integers in which a dictionary is looked for: a table of this many entries. */
const MAX_RANGE = 65_536;

/** Bytes of a text, its length of 4 included, from which on it is compressed: evidence shrinks to an eighth, ids hardly do. */
const COMPRESSED_TEXT = 32;

const NO_BYTES = new Uint8Array(0);

/** Encodes rows `[begin, end)` of a column; numbers go straight from their arrays. @param words values of a `code` column */
export function encodePage(
  spec: ColumnSpec,
  values: ColumnValues,
  [begin, end]: readonly [number, number],
  words: readonly string[],
): ColumnPage {
  if (spec.kind === 'utf8') return textPage(spec, values as ByteColumn, begin, end);
  const slice = (values as Float64Array).subarray(begin, end);
  const validity = spec.nullable ? valueValidity(slice, emptyOf(spec.kind), end - begin) : undefined;
  const present = validity ? withoutNulls(slice, validity) : slice;
  const common = commonOf(spec, validity, end - begin);
  if (spec.kind === 'code') {
    const dictionary = { bytes: plainWords(words), count: words.length };
    return { ...common, min: undefined, max: undefined, ...dictionaryPage(dictionary, present as unknown as Uint8Array) };
  }
  if (spec.kind === 'int32' || spec.kind === 'date' || spec.kind === 'uint8') {
    const integers = (spec.kind === 'uint8' ? new Int32Array(present) : present) as Int32Array;
    const range = rangeOfIntegers(integers);
    return { ...common, ...range, ...(integerDictionary(integers, range) ?? plainPage(bytesOf(integers))) };
  }
  if (spec.kind === 'uint32') return { ...common, min: undefined, max: undefined, ...plainPage(bytesOf(toInt64(present))) };
  return { ...common, ...rangeOf(present), ...plainPage(bytesOf(spec.kind === 'int64' ? toInt64(present) : present)) };
}

type PageValues = Pick<ColumnPage, 'dictionary' | 'encoding' | 'values' | 'plainSize' | 'codec'>;

const plainPage = (values: Uint8Array): PageValues => ({
  dictionary: undefined,
  encoding: 'PLAIN',
  values,
  plainSize: values.length,
  codec: 'UNCOMPRESSED',
});

function emptyOf(kind: ColumnKind): number {
  if (kind === 'int32' || kind === 'date') return NO_INT;
  return kind === 'int64' || kind === 'float64' ? Number.NaN : NO_CODE;
}

function commonOf(spec: ColumnSpec, validity: Validity | undefined, rows: number): Pick<ColumnPage, 'levels' | 'nullCount'> {
  if (!spec.nullable) return { levels: NO_BYTES, nullCount: 0 };
  if (!validity) return { levels: concat([varint(rows * 2), Uint8Array.of(1)]), nullCount: 0 };
  // a bitmap of Arrow is a bit-packed run of levels
  return { levels: bitPackedRun(validity.nullBitmap, rows, 1), nullCount: validity.nullCount };
}

function withoutNulls(values: Float64Array, { nullBitmap, nullCount }: Validity): Float64Array {
  const out = new (values.constructor as Float64ArrayConstructor)(values.length - nullCount);
  for (let i = 0, at = 0; i < values.length; i++) {
    if (((nullBitmap[i >> 3] as number) >> (i & 7)) & 1) out[at++] = values[i] as number;
  }
  return out;
}

interface Range {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

function rangeOfIntegers(values: Int32Array): Range {
  if (values.length === 0) return { min: undefined, max: undefined };
  let min = values[0] as number;
  let max = min;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** Smallest and largest value; a zero is widened to both signs, as the format asks. */
function rangeOf(values: Float64Array): Range {
  if (values.length === 0) return { min: undefined, max: undefined };
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min: min === 0 ? -0 : min, max: max === 0 ? 0 : max };
}

/** Values of few kinds by their places in an ascending dictionary; undefined when there are too many. */
function integerDictionary(values: Int32Array, { min, max }: Range): PageValues | undefined {
  if (min === undefined || max === undefined || max - min >= MAX_RANGE) return undefined;
  const places = new Uint16Array(max - min + 1);
  for (let i = 0; i < values.length; i++) places[(values[i] as number) - min] = 1;
  const kinds: number[] = [];
  for (let i = 0; i < places.length; i++) if (places[i] === 1) places[i] = kinds.push(min + i) - 1;
  if (kinds.length > MAX_DICTIONARY || kinds.length * 4 > values.length) return undefined;
  const indices = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) indices[i] = places[(values[i] as number) - min] as number;
  return dictionaryPage({ bytes: bytesOf(Int32Array.from(kinds)), count: kinds.length }, indices);
}

function dictionaryPage(dictionary: NonNullable<ColumnPage['dictionary']>, indices: Uint8Array | Uint16Array): PageValues {
  // 4, 8 or 16 bits, not the fewest that do: packing is then a copy, or nearly one
  const width = dictionary.count <= 16 ? 4 : dictionary.count <= 256 ? 8 : 16;
  const run = isConstant(indices) ? constantRun(indices, width) : bitPackedRun(packBits(indices, width), indices.length, width);
  const values = concat([Uint8Array.of(width), run]);
  return { dictionary, encoding: 'RLE_DICTIONARY', values, plainSize: values.length, codec: 'UNCOMPRESSED' };
}

function isConstant(values: Uint8Array | Uint16Array): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

function constantRun(values: Uint8Array | Uint16Array, width: number): Uint8Array {
  if (values.length === 0) return NO_BYTES;
  const value = values[0] as number;
  return concat([varint(values.length * 2), width <= 8 ? Uint8Array.of(value) : Uint8Array.of(value & 255, value >> 8)]);
}

/** A bit-packed run of the RLE hybrid encoding: groups of eight values. */
function bitPackedRun(packed: Uint8Array, values: number, width: number): Uint8Array {
  const groups = Math.ceil(values / 8);
  return concat([varint(groups * 2 + 1), packed.subarray(0, groups * width)]);
}

/** Values of 4, 8 or 16 bits, lowest bit first, padded to groups of eight values. */
function packBits(values: Uint8Array | Uint16Array, width: 4 | 8 | 16): Uint8Array {
  const padded = Math.ceil(values.length / 8) * 8;
  const whole = width === 16 ? new Uint16Array(padded) : new Uint8Array(padded);
  whole.set(values);
  return width === 4 ? packHalves(whole as Uint8Array) : bytesOf(whole);
}

function packHalves(values: Uint8Array): Uint8Array {
  const out = new Uint8Array(values.length / 2);
  for (let i = 0, from = 0; i < out.length; i++, from += 2)
    out[i] = (values[from] as number) | ((values[from + 1] as number) << 4);
  return out;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

function plainWords(words: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  return concat(
    words.flatMap((word) => {
      const bytes = encoder.encode(word);
      return [bytesOf(Uint32Array.of(bytes.length)), bytes];
    }),
  );
}

function textPage(spec: ColumnSpec, column: ByteColumn, begin: number, end: number): ColumnPage {
  const offsets = column.offsets.subarray(begin, end + 1);
  const validity = spec.nullable ? textValidity(offsets, end - begin) : undefined;
  const common = commonOf(spec, validity, end - begin);
  const { bytes } = column;
  const plain = new Uint8Array((offsets[end - begin] as number) - (offsets[0] as number) + (end - begin - common.nullCount) * 4);
  let [at, least, most] = [0, -1, -1];
  for (let row = begin; row < end; row++) {
    const [from, to] = [column.offsets[row] as number, column.offsets[row + 1] as number];
    if (spec.nullable && from === to) continue;
    const length = to - from;
    plain[at++] = length;
    plain[at++] = length >>> 8;
    plain[at++] = length >>> 16;
    plain[at++] = length >>> 24;
    for (let i = from; i < to; i++) plain[at++] = bytes[i] as number;
    // ids ascend: one comparison is enough for them
    if (most < 0 || compareRows(column, row, column, most) > 0) most = row;
    else if (least >= 0 && compareRows(column, row, column, least) < 0) least = row;
    if (least < 0) least = row;
  }
  const textOf = (row: number) => (row < 0 ? undefined : bytes.subarray(column.offsets[row], column.offsets[row + 1]));
  const range = { min: textOf(least), max: textOf(most) };
  const present = end - begin - common.nullCount;
  if (least >= 0 && compareRows(column, least, column, most) === 0) {
    const dictionary = { bytes: plain.subarray(0, plain.length / present), count: 1 };
    return { ...common, ...range, ...dictionaryPage(dictionary, new Uint8Array(present)) };
  }
  const isLong = plain.length > present * COMPRESSED_TEXT;
  const values = isLong ? snappyCompress(plain) : plain;
  const codec = isLong ? 'SNAPPY' : 'UNCOMPRESSED';
  return { ...common, ...range, dictionary: undefined, encoding: 'PLAIN', values, plainSize: plain.length, codec };
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  out.push(rest);
  return Uint8Array.from(out);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
