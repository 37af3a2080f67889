import { type Data, DataType } from 'apache-arrow';
import { isView } from './arrow-types.ts';
import type { CellKind, CellTexts } from './cell-text.ts';
import type { TextRanges } from './table-cursor.ts';

const BITS_PER_WORD = 32n;

/** Bytes of a view of a text. */
const VIEW_BYTES = 16;

/** Makes texts of one column of a record batch. All of it throws plain errors for what is corrupt. */
export class ArrowColumn {
  readonly #data: Data;
  readonly #kind: CellKind;
  readonly #texts: CellTexts;
  readonly #dictionary = { starts: new Int32Array(0), ends: new Int32Array(0) };
  readonly #isDictionary: boolean;
  readonly #isNull: boolean;

  constructor(data: Data, kind: CellKind, texts: CellTexts) {
    this.#data = data;
    this.#kind = kind;
    this.#texts = texts;
    this.#isDictionary = DataType.isDictionary(data.type);
    this.#isNull = DataType.isNull(data.type);
  }

  /** Rows that the batch says to have. */
  get rows(): number {
    return this.#data.length;
  }

  /** Makes texts of the dictionary, if there is one; they stay for the whole batch. */
  readDictionary(): void {
    if (!this.#isDictionary) return;
    const parts = this.#data.dictionary?.data ?? [];
    const starts: number[] = [];
    const ends: number[] = [];
    for (const part of parts) {
      const ranges = new ArrowColumn(part, this.#kind, this.#texts).take(0, part.length);
      starts.push(...ranges.starts);
      ends.push(...ranges.ends);
    }
    this.#dictionary.starts = Int32Array.from(starts);
    this.#dictionary.ends = Int32Array.from(ends);
  }

  /** The texts of `count` rows from `first` on. */
  take(first: number, count: number): TextRanges {
    const ranges = { starts: new Int32Array(count), ends: new Int32Array(count) };
    if (this.#isNull) return ranges;
    const texts = this.#texts;
    const from = texts.length;
    const append = this.#appender();
    for (let row = 0; row < count; row++) {
      if (!this.#isValid(first + row)) continue;
      if (this.#isDictionary) {
        const index = Number(this.#values()[this.#data.offset + first + row]);
        const start = this.#dictionary.starts[index];
        if (start === undefined) throw new Error('a value is not in the dictionary');
        ranges.starts[row] = start;
        ranges.ends[row] = this.#dictionary.ends[index] as number;
      } else {
        ranges.starts[row] = texts.length;
        append(first + row);
        ranges.ends[row] = texts.length;
      }
    }
    if (this.#kind.kind === 'text' && !this.#isDictionary) this.#checkText(from, ranges.starts);
    return ranges;
  }

  #isValid(row: number): boolean {
    const { nullBitmap, offset } = this.#data;
    if (nullBitmap === undefined || nullBitmap.length === 0) return true;
    const bit = offset + row;
    if (bit >> 3 >= nullBitmap.length) throw new Error('a value ends behind its column');
    return (((nullBitmap[bit >> 3] as number) >> (bit & 7)) & 1) === 1;
  }

  #values(): ArrayLike<number | bigint> & { subarray(start: number, end: number): ArrayLike<number> } {
    return this.#data.values as never;
  }

  /** Appends the text of a row's value. */
  #appender(): (row: number) => void {
    const { type } = this.#data;
    const [texts, kind] = [this.#texts, this.#kind];
    const values = this.#values();
    const offset = this.#data.offset;
    if (isView(type)) return this.#viewAppender();
    if (kind.kind === 'text') {
      const offsets = this.#data.valueOffsets as ArrayLike<number | bigint>;
      const bytes = values as unknown as Uint8Array;
      return (row) => {
        const start = Number(offsets[row]);
        const end = Number(offsets[row + 1]);
        if (!(start >= 0 && end >= start && end <= bytes.length)) throw new Error('a text ends behind its column');
        texts.appendBytes(bytes, start, end);
      };
    }
    if (kind.kind === 'flag') {
      const bits = values as unknown as Uint8Array;
      return (row) => {
        const bit = offset + row;
        if (bit >> 3 >= bits.length) throw new Error('a value ends behind its column');
        texts.append(kind, (((bits[bit >> 3] as number) >> (bit & 7)) & 1) === 1);
      };
    }
    if (DataType.isDecimal(type)) {
      const words = type.bitWidth / 32;
      return (row) =>
        texts.append(kind, littleEndianInteger(values.subarray((offset + row) * words, (offset + row + 1) * words), words));
    }
    return (row) => {
      const value = values[offset + row];
      if (value === undefined) throw new Error('a value ends behind its column');
      texts.append(kind, value);
    };
  }

  /** Appends a text by its view: length, then 12 bytes in place, or the number of a buffer and where it begins there. */
  #viewAppender(): (row: number) => void {
    const bytes = this.#data.values as Uint8Array;
    const views = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const buffers: readonly Uint8Array[] = this.#data.variadicBuffers;
    return (row) => {
      const at = VIEW_BYTES * (this.#data.offset + row);
      const length = views.getInt32(at, true);
      const isInPlace = length <= VIEW_BYTES - 4;
      const source = isInPlace ? bytes : buffers[views.getInt32(at + 8, true)];
      const start = isInPlace ? at + 4 : views.getInt32(at + 12, true);
      if (!source || !(length >= 0 && start >= 0 && start + length <= source.length)) {
        throw new Error('a text ends behind its column');
      }
      this.#texts.appendBytes(source, start, start + length);
    };
  }

  /** Texts written together are each valid when the whole is, and none begins within a character. */
  #checkText(from: number, starts: Int32Array): void {
    const texts = this.#texts;
    if (texts.length === from) return;
    let isText = texts.isText(from);
    for (let at = 0; at < starts.length && isText; at++) {
      const start = starts[at] as number;
      isText = start < from || start >= texts.length || ((texts.buffer[start] as number) & 0xc0) !== 0x80;
    }
    if (!isText) throw new Error('a column of text holds bytes that are not valid UTF-8');
  }
}

/** The number of a two's complement of 32-bit words, lowest first. */
function littleEndianInteger(words: ArrayLike<number>, count: number): bigint {
  if (words.length < count) throw new Error('a value ends behind its column');
  let value = 0n;
  for (let at = count - 1; at >= 0; at--) value = (value << BITS_PER_WORD) | BigInt(words[at] as number);
  return BigInt.asIntN(32 * count, value);
}
