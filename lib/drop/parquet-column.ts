import type { CompressionCodec, Encoding, PageHeader, SchemaElement } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { bigEndianInteger, type CellKind, type CellTexts } from './cell-text.ts';
import { decompressPage } from './parquet-codecs.ts';
import { decodeValues, viewOf } from './parquet-encodings.ts';
import { readRuns } from './parquet-runs.ts';
import { isUnsigned } from './parquet-types.ts';
import type { TextRanges } from './table-cursor.ts';
import { checkThrift } from './thrift-check.ts';

/** Values of a page, or of a dictionary, at the most: pages of a row group at once have them all. */
const MAX_PAGE_VALUES = 8_388_608;

const INT96_EPOCH_DAYS = 2_440_588n;
const NANOS_PER_DAY = 86_400_000_000_000n;

/** A column of one row group. */
export interface ColumnChunk {
  /** Its bytes as they lie in the file. */
  readonly chunk: Uint8Array;
  readonly codec: CompressionCodec;
  readonly element: SchemaElement;
  readonly kind: CellKind;
  /** Where texts are written. */
  readonly texts: CellTexts;
  readonly rows: number;
}

/** The values of a page, taken one after the other. */
interface PageValues {
  /** Rows of the page. */
  readonly rows: number;
  /** 1 where a value is, shape [rows]; undefined when all rows have one. */
  readonly levels: Int32Array | undefined;
  /** Appends the text of the next value. */
  readonly append: (() => void) | undefined;
  /** Places of the values in the dictionary. */
  readonly indices: Int32Array | undefined;
}

/** Makes texts of one column of a row group, page by page. All of it throws plain errors for what is corrupt. */
export class ParquetColumn {
  readonly #column: ColumnChunk;
  readonly #reader: { view: DataView; offset: number };
  readonly #isOptional: boolean;
  readonly #dictionary = { starts: new Int32Array(0), ends: new Int32Array(0) };
  #page: PageValues = { rows: 0, levels: undefined, append: undefined, indices: undefined };
  /** Rows and values of the page that were taken. */
  #row = 0;
  #value = 0;

  constructor(column: ColumnChunk) {
    this.#column = column;
    const { chunk, element } = column;
    this.#reader = { view: new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength), offset: 0 };
    this.#isOptional = element.repetition_type !== 'REQUIRED';
  }

  /** Makes texts of the dictionary, if there is one; they stay for the whole row group. */
  readDictionary(): void {
    if (this.#reader.view.byteLength === 0) return;
    const before = this.#reader.offset;
    const header = this.#header();
    if (header.type !== 'DICTIONARY_PAGE') {
      this.#reader.offset = before;
      return;
    }
    const count = checkedCount(header.dictionary_page_header?.num_values);
    const page = this.#decompress(this.#body(header), header.uncompressed_page_size);
    const append = this.#plain(page, count);
    const { texts } = this.#column;
    const from = texts.length;
    this.#dictionary.starts = new Int32Array(count);
    this.#dictionary.ends = new Int32Array(count);
    for (let at = 0; at < count; at++) {
      this.#dictionary.starts[at] = texts.length;
      append();
      this.#dictionary.ends[at] = texts.length;
    }
    this.#checkText(from, this.#dictionary.starts);
  }

  /** The texts of the next rows. */
  take(rows: number): TextRanges {
    const { texts } = this.#column;
    const ranges = { starts: new Int32Array(rows), ends: new Int32Array(rows) };
    const { starts, ends } = ranges;
    const from = texts.length;
    for (let row = 0; row < rows; ) {
      while (this.#row === this.#page.rows) this.#nextPage();
      const { levels, append, indices } = this.#page;
      const count = Math.min(rows - row, this.#page.rows - this.#row);
      for (const end = row + count; row < end; row++) {
        if (levels !== undefined && levels[this.#row + count - (end - row)] !== 1) continue;
        if (indices !== undefined) {
          const index = indices[this.#value++] as number;
          if (index >= this.#dictionary.starts.length) throw new Error('a value is not in the dictionary');
          starts[row] = this.#dictionary.starts[index] as number;
          ends[row] = this.#dictionary.ends[index] as number;
        } else {
          starts[row] = texts.length;
          (append as () => void)();
          ends[row] = texts.length;
        }
      }
      this.#row += count;
    }
    this.#checkText(from, starts);
    return ranges;
  }

  /** Texts written together are each valid when the whole is, and none begins within a character. */
  #checkText(from: number, starts: Int32Array): void {
    const { texts, element, kind } = this.#column;
    if (kind.kind !== 'text' || texts.length === from) return;
    let isText = texts.isText(from);
    for (let at = 0; at < starts.length && isText; at++) {
      const start = starts[at] as number;
      isText = start < from || start >= texts.length || ((texts.buffer[start] as number) & 0xc0) !== 0x80;
    }
    if (!isText) throw new Error(`column ${element.name} holds bytes that are not valid UTF-8`);
  }

  #nextPage(): void {
    const header = this.#header();
    const body = this.#body(header);
    if (header.type === 'DATA_PAGE') this.#page = this.#firstVersion(header, body);
    else if (header.type === 'DATA_PAGE_V2') this.#page = this.#secondVersion(header, body);
    else if (header.type !== 'INDEX_PAGE') throw new Error(`a page of type ${header.type} among the data`);
    else this.#page = { rows: 0, levels: undefined, append: undefined, indices: undefined };
    this.#row = 0;
    this.#value = 0;
  }

  #header(): PageHeader {
    checkThrift(this.#column.chunk, this.#reader.offset);
    return parquetHeader(this.#reader);
  }

  #body(header: PageHeader): Uint8Array {
    const { view, offset } = this.#reader;
    const size = header.compressed_page_size;
    if (!(size >= 0 && offset + size <= view.byteLength)) throw new Error('a page ends behind its column');
    this.#reader.offset = offset + size;
    return new Uint8Array(view.buffer, view.byteOffset + offset, size);
  }

  #decompress(bytes: Uint8Array, size: number): Uint8Array {
    return decompressPage(this.#column.codec, bytes, size);
  }

  #firstVersion(header: PageHeader, body: Uint8Array): PageValues {
    const rows = checkedCount(header.data_page_header?.num_values);
    let page = this.#decompress(body, header.uncompressed_page_size);
    let levels: Int32Array | undefined;
    if (this.#isOptional) {
      const size = viewOf(page).getUint32(0, true);
      if (size + 4 > page.length) throw new Error('levels end behind their page');
      levels = readRuns(page.subarray(4, 4 + size), 1, rows);
      page = page.subarray(4 + size);
    }
    return this.#values(rows, levels, page, header.data_page_header?.encoding);
  }

  #secondVersion(header: PageHeader, body: Uint8Array): PageValues {
    const head = header.data_page_header_v2;
    const rows = checkedCount(head?.num_values);
    const [repetition, definition] = [head?.repetition_levels_byte_length ?? 0, head?.definition_levels_byte_length ?? 0];
    if (!(repetition >= 0 && definition >= 0 && repetition + definition <= body.length))
      throw new Error('levels end behind their page');
    const levels = this.#isOptional ? readRuns(body.subarray(repetition, repetition + definition), 1, rows) : undefined;
    const values = body.subarray(repetition + definition);
    const size = header.uncompressed_page_size - repetition - definition;
    const page = head?.is_compressed === false ? values : this.#decompress(values, size);
    return this.#values(rows, levels, page, head?.encoding);
  }

  #values(rows: number, levels: Int32Array | undefined, page: Uint8Array, encoding: Encoding | undefined): PageValues {
    let count = rows;
    if (levels !== undefined) {
      count = 0;
      for (const level of levels) count += level;
    }
    if (count === 0) return { rows, levels, append: undefined, indices: undefined };
    if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
      return { rows, levels, append: undefined, indices: readRuns(page.subarray(1), page[0] as number, count) };
    }
    return {
      rows,
      levels,
      append: encoding === 'PLAIN' ? this.#plain(page, count) : this.#encoded(page, count, encoding),
      indices: undefined,
    };
  }

  /** Appends plain values, one per call; every read is checked by the view. */
  #plain(page: Uint8Array, count: number): () => void {
    const { texts, kind, element } = this.#column;
    const view = viewOf(page);
    const unsigned = isUnsigned(element);
    let at = 0;
    switch (element.type) {
      case 'BYTE_ARRAY':
        return () => {
          const size = view.getUint32(at, true);
          if (at + 4 + size > page.length) throw new Error('a value ends behind its page');
          this.#appendBytes(page, at + 4, at + 4 + size);
          at += 4 + size;
        };
      case 'FIXED_LEN_BYTE_ARRAY': {
        const size = element.type_length ?? 0;
        if (size <= 0 || size * count > page.length) throw new Error('values end behind their page');
        return () => {
          this.#appendBytes(page, at, at + size);
          at += size;
        };
      }
      case 'INT32':
        return () => {
          texts.append(kind, unsigned ? view.getUint32(at, true) : view.getInt32(at, true));
          at += 4;
        };
      case 'INT64':
        return () => {
          const high = view.getInt32(at + 4, true);
          const isExact = high >= -0x20_0000 && high < 0x20_0000;
          const value = isExact ? high * 4_294_967_296 + view.getUint32(at, true) : view.getBigInt64(at, true);
          texts.append(kind, unsigned && !isExact ? BigInt.asUintN(64, value as bigint) : value);
          at += 8;
        };
      case 'INT96':
        return () => {
          const days = BigInt(view.getUint32(at + 8, true)) - INT96_EPOCH_DAYS;
          texts.append(kind, days * NANOS_PER_DAY + view.getBigInt64(at, true));
          at += 12;
        };
      case 'DOUBLE':
        return () => {
          texts.append(kind, view.getFloat64(at, true));
          at += 8;
        };
      case 'FLOAT':
        return () => {
          texts.append(kind, view.getFloat32(at, true));
          at += 4;
        };
      default:
        return () => {
          texts.append(kind, ((view.getUint8(at >> 3) >> (at & 7)) & 1) === 1);
          at++;
        };
    }
  }

  /** Values of the rarer encodings are decoded together. */
  #encoded(page: Uint8Array, count: number, encoding: Encoding | undefined): () => void {
    const { texts, kind, element } = this.#column;
    const values = decodeValues(page, count, encoding, element);
    const unsigned = isUnsigned(element);
    let at = 0;
    return () => {
      const value = values[at++];
      if (value instanceof Uint8Array) this.#appendBytes(value, 0, value.length);
      else if (value === undefined) throw new Error('a value is missing');
      else if (!unsigned || typeof value === 'boolean' || value >= 0) texts.append(kind, value);
      else texts.append(kind, BigInt.asUintN(element.type === 'INT32' ? 32 : 64, BigInt(value)));
    };
  }

  #appendBytes(bytes: Uint8Array, start: number, end: number): void {
    const { texts, kind } = this.#column;
    if (kind.kind === 'text') texts.appendBytes(bytes, start, end);
    else if (kind.kind === 'uuid') {
      const hex = Buffer.from(bytes.subarray(start, end)).toString('hex');
      const text = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
      texts.appendBytes(Buffer.from(text), 0, text.length);
    } else texts.append(kind, bigEndianInteger(bytes.subarray(start, end)));
  }
}

function checkedCount(count: number | undefined): number {
  if (count === undefined || !(count >= 0 && count <= MAX_PAGE_VALUES)) throw new Error(`a page of ${count} values`);
  return count;
}
