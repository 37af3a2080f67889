import { RecordScanner, type ScannerOptions } from './record-scanner.ts';

/** A record of a delimited text, as the caller judges it. */
export interface CsvRecord {
  readonly fieldCount: number;
  /** Text of a field; '' beyond the last. */
  field(at: number): string;
  /** The bytes of a field: `[start, end)` of the buffer; of a field with doubled quotes they lie outside the record. */
  bytes(at: number): { readonly buffer: Buffer; readonly start: number; readonly end: number };
  /** The record as it stands. */
  raw(): Buffer;
  /** True when the record cannot be split into fields. */
  readonly isOdd: boolean;
}

/** What becomes of a record: it stays byte for byte, goes, or stays with some fields emptied. */
export type RecordVerdict = 'keep' | 'drop' | { readonly blank: readonly number[] };

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * A delimited text without the records that go; every other byte stays: header, order, quotes, line ends, a byte order mark.
 *
 * @param judge is asked for each record in order, the header included
 */
export async function* csvRanges(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  delimiter: ScannerOptions['delimiter'],
  judge: (record: CsvRecord) => RecordVerdict,
): AsyncGenerator<Uint8Array> {
  const scanner = new RangeScanner({ delimiter });
  let marked = false;
  const unmarked = async function* () {
    let head: Uint8Array | undefined = Buffer.alloc(0);
    for await (const chunk of chunks) {
      if (head === undefined) {
        yield chunk;
        continue;
      }
      const start: Buffer = Buffer.concat([head, chunk]);
      head = start;
      if (start.length < BYTE_ORDER_MARK.length) continue;
      marked = start.subarray(0, 3).equals(BYTE_ORDER_MARK);
      head = undefined;
      yield marked ? start.subarray(3) : start;
    }
    if (head !== undefined && head.length > 0) yield head;
  };
  let begun = false;
  for await (const pieces of scanner.ranges(unmarked(), judge)) {
    if (!begun && marked) yield BYTE_ORDER_MARK;
    begun = true;
    if (pieces.length > 0) yield pieces;
  }
}

/** A scanner that also hands out the bytes between its records. */
class RangeScanner extends RecordScanner implements CsvRecord {
  get isOdd(): boolean {
    return this.issue !== undefined && this.issue !== 'INVALID_UTF8' && this.issue !== 'STRAY_QUOTE';
  }

  field(at: number): string {
    if (at >= this.fieldCount) return '';
    return this.buffer.toString('utf8', this.starts[at], this.ends[at]);
  }

  bytes(at: number): { buffer: Buffer; start: number; end: number } {
    if (at >= this.fieldCount) return { buffer: this.buffer, start: 0, end: 0 };
    return { buffer: this.buffer, start: this.starts[at] as number, end: this.ends[at] as number };
  }

  /** The bytes that stay, window by window: copies. What lies behind a record up to the next shares its fate. */
  async *ranges(chunks: AsyncIterable<Uint8Array>, judge: (record: CsvRecord) => RecordVerdict): AsyncGenerator<Buffer> {
    let keeping = true;
    for await (const _ of this.fill(chunks)) {
      const pieces: Buffer[] = [];
      let from = this.position;
      const keepTo = (to: number) => {
        if (keeping && to > from) pieces.push(Buffer.from(this.buffer.subarray(from, to)));
        from = Math.max(from, to);
      };
      while (this.next()) {
        keepTo(this.recordStart);
        const verdict = judge(this);
        keeping = verdict !== 'drop';
        if (typeof verdict === 'object') {
          for (const at of [...verdict.blank].sort((a, b) => a - b)) {
            const [start, end] = this.#rangeIn(at);
            keepTo(start);
            from = end;
          }
        }
      }
      keepTo(this.position);
      yield Buffer.concat(pieces);
    }
  }

  /** Where a field stands in the record itself, without its quotes. */
  #rangeIn(at: number): [number, number] {
    const start = this.starts[at] as number;
    if (start < this.recordEnd) return [start, this.ends[at] as number];
    return this.#quotedRange(at);
  }

  /** A field with doubled quotes was written anew behind the data: its own bytes are found between its neighbours. */
  #quotedRange(at: number): [number, number] {
    let [field, quoted] = [0, false];
    let start = this.recordStart;
    for (let i = this.recordStart; i <= this.recordEnd; i++) {
      const byte = this.buffer[i];
      if (byte === 34) quoted = !quoted;
      else if (i === this.recordEnd || (!quoted && byte === this.delimiterByte)) {
        if (field++ === at) return [start + 1, i - 1];
        start = i + 1;
      }
    }
    return [this.recordEnd, this.recordEnd];
  }

  readonly delimiterByte: number;

  constructor(options: ScannerOptions) {
    super(options);
    this.delimiterByte = options.delimiter === 'whitespace' ? -1 : options.delimiter.charCodeAt(0);
  }
}
