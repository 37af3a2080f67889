import { isUtf8 } from 'node:buffer';
import { ByteWindow } from './byte-window.ts';
import type { RecordCursor } from './record-cursor.ts';
import { MAX_RECORD_BYTES, type ScanIssue } from './row-rules.ts';

const TAB = 9;
const LF = 10;
const CR = 13;
const BLANK = 32;
const QUOTE = 34;

/** A CR at the very end of a longest record is decided by the byte behind it. */
const LOOK_AHEAD = 1;

/** How a scanner splits its bytes. */
export interface ScannerOptions {
  readonly delimiter: ',' | ';' | '\t' | '|' | 'whitespace';
  /** Bytes kept at the start of `buffer`, so that a caller's constants are ranges of the same buffer. */
  readonly constants?: Uint8Array;
}

/**
 * Splits the bytes of a delimited text (RFC 4180) into records, as byte ranges of one buffer that is used again and again.
 *
 * Records end with LF, CRLF, a lone CR or the end of the text; empty lines are skipped; a byte order mark is dropped. A field
 * that begins with a quote ends at the closing quote, a doubled quote is one; a quote elsewhere is a plain byte. With
 * `whitespace`, runs of blanks and tabs divide, those at both ends are ignored, quotes are plain bytes.
 *
 * Where the chunks are cut changes nothing. Memory: at the most two records of `MAX_RECORD_BYTES` and one slice. After an
 * unclosed quote, or a record that is too long, the first physical line alone is the record, and reading goes on at the next
 * line, so that one missing quote costs one row.
 */
export class RecordScanner extends ByteWindow implements RecordCursor {
  /** First byte of each field, shape [fieldCount]. */
  starts = new Int32Array(64);
  /** Byte after each field, shape [fieldCount]. */
  ends = new Int32Array(64);
  fieldCount = 0;
  /** First byte of the record. */
  recordStart = 0;
  /** Byte after the record, its line end not included. */
  recordEnd = 0;
  /** Physical line of the record's first byte, from 1. */
  line = 0;
  /** Why the record cannot be used, if so. */
  issue: ScanIssue | undefined;
  readonly issueDetail = '';
  /** True when the record was cut at `MAX_RECORD_BYTES`. */
  truncated = false;
  /** False when no byte of the record is a control character; true when one may be. */
  mayHaveControl = false;

  readonly #delimiter: number;
  /** Bytes above it never end a field outside quotes. */
  readonly #plainAbove: number;
  #nextLine = 1;
  #skipping = false;
  /** Line ends within the record. */
  #lines = 0;
  /** The first record, when it may not come again. */
  #header: Buffer | undefined;
  #headerBytes = -1;
  /** The field that `#closingQuote` read has a doubled quote. */
  #doubled = false;

  constructor({ delimiter, constants = new Uint8Array(0) }: ScannerOptions) {
    super(constants);
    this.#delimiter = delimiter === 'whitespace' ? -1 : delimiter.charCodeAt(0);
    this.#plainAbove = Math.max(this.#delimiter, BLANK);
  }

  /** The record's exact text without its line end. */
  raw(): Buffer {
    return this.buffer.subarray(this.recordStart, this.recordEnd);
  }

  /** From here on a record equal to the current one has the issue REPEATED_HEADER. */
  refuseRepeated(): void {
    this.#header = Buffer.from(this.raw());
    this.#headerBytes = this.#header.length;
  }

  /** Moves to the next record; false when more bytes are needed, or at the end. */
  next(): boolean {
    if (this.#skipping && !this.#skipRest()) return false;
    if (this.end - this.position < this.retryBytes) return false;
    if (!this.#skipEmptyLines()) return false;
    const start = this.position;
    this.recordStart = start;
    this.line = this.#nextLine;
    this.fieldCount = 0;
    this.issue = undefined;
    this.truncated = false;
    this.mayHaveControl = this.delSeen;
    this.#lines = 0;
    const stop = this.#delimiter < 0 ? this.#scanBlanks(start) : this.#scanFields(start);
    if (stop < 0 || stop - start > MAX_RECORD_BYTES) return this.#endOddly(stop);
    this.recordEnd = stop;
    this.#nextLine += this.#lines;
    this.#leaveLine(stop);
    if (stop > this.validTo && !isUtf8(this.buffer.subarray(start, stop))) this.issue = 'INVALID_UTF8';
    if (stop - start === this.#headerBytes && this.#header?.equals(this.raw())) this.issue = 'REPEATED_HEADER';
    return true;
  }

  #skipEmptyLines(): boolean {
    const buffer = this.buffer;
    for (;;) {
      let at = this.position;
      if (this.#delimiter < 0) while (buffer[at] === BLANK || buffer[at] === TAB) at++;
      if (at >= this.end) {
        if (this.finished) this.position = this.end;
        return false;
      }
      const byte = buffer[at];
      if (byte !== LF && byte !== CR) return true;
      if (byte === CR && at + 1 === this.end && !this.finished) return false;
      this.#leaveLine(at);
    }
  }

  /** Steps over the line end at `at` (or the end of the text). */
  #leaveLine(at: number): void {
    const width = this.buffer[at] === CR && this.buffer[at + 1] === LF ? 2 : 1;
    this.position = Math.min(at + width, this.end);
    this.#nextLine++;
    this.retryBytes = 0;
  }

  #widen(count: number): void {
    const [starts, ends] = [new Int32Array(count * 2), new Int32Array(count * 2)];
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
  }

  /** @returns where the record ends, or -1 when the bytes end before it does */
  #scanFields(start: number): number {
    const buffer = this.buffer;
    const delimiter = this.#delimiter;
    const plainAbove = this.#plainAbove;
    let starts = this.starts;
    let ends = this.ends;
    let count = 0;
    let doubled = false;
    let at = start;
    for (;;) {
      let from = at;
      let to = -1;
      let byte = buffer[at] as number;
      if (byte === QUOTE) {
        from = at + 1;
        to = this.#closingQuote(from);
        if (to < 0) return -1;
        doubled ||= this.#doubled;
        at = to + 1;
        byte = buffer[at] as number;
        if (byte !== delimiter && byte !== LF && byte !== CR) {
          this.issue = 'STRAY_QUOTE';
          to = -1;
        }
      }
      for (;;) {
        if (byte <= plainAbove) {
          if (byte === delimiter || byte === LF || byte === CR) break;
          if (byte < BLANK) this.mayHaveControl = true;
        }
        byte = buffer[++at] as number;
      }
      if (count === starts.length) {
        this.#widen(count);
        starts = this.starts;
        ends = this.ends;
      }
      starts[count] = from;
      ends[count++] = to < 0 ? at : to;
      if (byte !== delimiter) break;
      at++;
    }
    this.fieldCount = count;
    if (!this.#isLineEnd(at)) return -1;
    if (doubled) this.#undouble(start);
    return at;
  }

  /** True when the line end at `at` is one for certain: not the sentinel, not a CR whose LF may still come. */
  #isLineEnd(at: number): boolean {
    return this.finished || (at < this.end && (this.buffer[at] === LF || at + 1 < this.end));
  }

  /** @returns where the closing quote of a field that begins at `from` is, or -1 */
  #closingQuote(from: number): number {
    const buffer = this.buffer;
    const end = this.end;
    this.#doubled = false;
    for (let at = from; ; at++) {
      const byte = buffer[at] as number;
      if (byte > QUOTE) continue;
      if (byte === QUOTE) {
        if (at + 1 === end && !this.finished) return -1;
        if (buffer[at + 1] !== QUOTE) return at;
        this.#doubled = true;
        at++;
      } else if (byte < BLANK) {
        if (at === end) return -1;
        this.mayHaveControl = true;
        if (byte === LF || (byte === CR && buffer[at + 1] !== LF)) this.#lines++;
      }
    }
  }

  /** Writes quoted fields with doubled quotes anew behind the data; the record's own bytes stay as they are. */
  #undouble(start: number): void {
    const size = (this.ends[this.fieldCount - 1] as number) - start;
    let to = this.end + 1;
    this.makeRoom(size);
    const buffer = this.buffer;
    for (let field = 0; field < this.fieldCount; field++) {
      const from = this.starts[field] as number;
      const end = this.ends[field] as number;
      if (from === start || buffer[from - 1] !== QUOTE) continue;
      this.starts[field] = to;
      for (let at = from; at < end; at++) {
        const byte = buffer[at] as number;
        buffer[to++] = byte;
        if (byte === QUOTE) at++;
      }
      this.ends[field] = to;
    }
  }

  #scanBlanks(start: number): number {
    const buffer = this.buffer;
    for (let at = start; ; ) {
      while (buffer[at] === BLANK || buffer[at] === TAB) at++;
      const from = at;
      let byte = buffer[at] as number;
      while (byte > BLANK || (byte !== BLANK && byte !== TAB && byte !== LF && byte !== CR)) {
        if (byte < BLANK) this.mayHaveControl = true;
        byte = buffer[++at] as number;
      }
      if (at > from) {
        if (this.fieldCount === this.starts.length) this.#widen(this.fieldCount);
        this.starts[this.fieldCount] = from;
        this.ends[this.fieldCount++] = at;
      }
      if (byte === LF || byte === CR) return this.#isLineEnd(at) ? at : -1;
    }
  }

  /** A record that has no end yet, or is too long: waits for more bytes, or gives up its first physical line. */
  #endOddly(stop: number): boolean {
    const start = this.recordStart;
    const unread = this.end - start;
    const tooLong = stop >= 0 || unread > MAX_RECORD_BYTES + LOOK_AHEAD;
    if (!tooLong && !this.finished) {
      // Twice the bytes before the next try: tiny chunks of a long record cost a constant factor, not a square.
      this.retryBytes = Math.min(2 * unread, MAX_RECORD_BYTES + LOOK_AHEAD + 1);
      return false;
    }
    this.issue = tooLong ? 'RECORD_TOO_LONG' : 'UNCLOSED_QUOTE';
    this.fieldCount = 0;
    const limit = Math.min(start + MAX_RECORD_BYTES, this.end);
    const lineEnd = this.#lineEnd(start, limit);
    this.recordEnd = lineEnd < 0 ? limit : lineEnd;
    if (lineEnd >= 0) {
      this.#leaveLine(lineEnd);
    } else {
      this.truncated = tooLong;
      this.position = limit;
      this.retryBytes = 0;
      this.#skipping = true;
    }
    return true;
  }

  #lineEnd(from: number, limit: number): number {
    const bytes = this.buffer.subarray(from, limit);
    const feed = bytes.indexOf(LF);
    const carriage = (feed < 0 ? bytes : bytes.subarray(0, feed)).indexOf(CR);
    const found = carriage < 0 ? feed : carriage;
    return found < 0 ? -1 : from + found;
  }

  /** Passes over the rest of a line that was given up; false when more bytes are needed. */
  #skipRest(): boolean {
    const lineEnd = this.#lineEnd(this.position, this.end);
    if (lineEnd < 0 || !this.#isLineEnd(lineEnd)) {
      this.position = lineEnd < 0 ? this.end : lineEnd;
      return false;
    }
    this.#skipping = false;
    this.#leaveLine(lineEnd);
    return true;
  }
}
