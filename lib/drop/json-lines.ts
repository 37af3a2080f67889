import { isUtf8 } from 'node:buffer';
import { ByteWindow } from './byte-window.ts';
import { JsonScan } from './json-scan.ts';
import type { RecordCursor } from './record-cursor.ts';
import { MAX_RECORD_BYTES, type ScanIssue } from './row-rules.ts';

const TAB = 9;
const LF = 10;
const CR = 13;
const BLANK = 32;

/** How JSON Lines are read. */
export interface JsonLinesOptions {
  /** Keys that are wanted; field i of every record is the value of `keys[i]`. '' is never found. */
  readonly keys: readonly string[];
  /** Whether `keys[i]` may be true or false. */
  readonly flags: readonly boolean[];
  /** Bytes kept at the start of `buffer`. */
  readonly constants: Uint8Array;
}

/**
 * Splits the bytes of JSON Lines (one JSON object per line, RFC 8259) into records whose fields are the values of given keys.
 *
 * A text is its text, a number its digits as they are written (nothing is rounded), true and false are these words, null and a
 * key that is not there are empty. Other keys are ignored. Empty lines are skipped; a byte order mark is dropped. Where the
 * chunks are cut changes nothing. Memory: two lines of `MAX_RECORD_BYTES` and one slice.
 */
export class JsonLines extends ByteWindow implements RecordCursor {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly fieldCount: number;
  line = 0;
  issue: ScanIssue | undefined;
  issueDetail = '';
  mayHaveControl = false;
  truncated = false;
  /** 1 for each key that was seen in any record. */
  readonly seen: Uint8Array;

  readonly #scan: JsonScan;
  #recordStart = 0;
  #recordEnd = 0;
  #nextLine = 1;
  #skipping = false;

  constructor({ keys, flags, constants }: JsonLinesOptions) {
    super(constants);
    this.fieldCount = keys.length;
    this.starts = new Int32Array(keys.length);
    this.ends = new Int32Array(keys.length);
    this.seen = new Uint8Array(keys.length);
    this.#scan = new JsonScan(keys, flags);
  }

  raw(): Buffer {
    return this.buffer.subarray(this.#recordStart, this.#recordEnd);
  }

  next(): boolean {
    if (this.#skipping && !this.#skipRest()) return false;
    if (this.end - this.position < this.retryBytes) return false;
    for (;;) {
      const start = this.position;
      if (start >= this.end) return false;
      // The sentinel stands at `end`: a line end is always found.
      const stop = this.buffer.indexOf(LF, start);
      if ((stop >= this.end && !this.finished) || stop - start > MAX_RECORD_BYTES) {
        if (stop - start <= MAX_RECORD_BYTES) {
          this.retryBytes = Math.min(2 * (stop - start), MAX_RECORD_BYTES + 1);
          return false;
        }
        this.#cutLine(start);
        return true;
      }
      this.retryBytes = 0;
      this.position = Math.min(stop + 1, this.end);
      this.line = this.#nextLine++;
      const from = this.#skipBlanks(start, stop);
      if (from === stop) continue;
      this.#read(start, stop);
      return true;
    }
  }

  #read(start: number, stop: number): void {
    const end = stop > start && this.buffer[stop - 1] === CR ? stop - 1 : stop;
    this.#recordStart = start;
    this.#recordEnd = end;
    this.truncated = false;
    this.issueDetail = '';
    if (stop > this.validTo && !isUtf8(this.buffer.subarray(start, end))) {
      this.issue = 'INVALID_UTF8';
      return;
    }
    // Escapes shrink a text: what is written anew is never longer than the line.
    this.makeRoom(end - start);
    const scan = this.#scan;
    scan.read(this.buffer, { start, end, scratch: this.end + 1 }, this);
    this.issue = scan.issue;
    if (scan.issue !== undefined) this.issueDetail = scan.detail;
    this.mayHaveControl = this.delSeen || scan.mayHaveControl;
  }

  #skipBlanks(start: number, stop: number): number {
    let at = start;
    for (; at < stop; at++) {
      const byte = this.buffer[at];
      if (byte !== BLANK && byte !== TAB && byte !== CR) break;
    }
    return at;
  }

  /** Gives up a line that is too long. */
  #cutLine(start: number): void {
    this.line = this.#nextLine++;
    this.issue = 'RECORD_TOO_LONG';
    this.issueDetail = '';
    this.truncated = true;
    this.#recordStart = start;
    this.#recordEnd = start + MAX_RECORD_BYTES;
    this.position = this.#recordEnd;
    this.retryBytes = 0;
    this.#skipping = true;
  }

  #skipRest(): boolean {
    const stop = this.buffer.indexOf(LF, this.position);
    this.position = Math.min(stop + 1, this.end);
    if (stop >= this.end) {
      if (this.finished) this.#skipping = false;
      return false;
    }
    this.#skipping = false;
    return true;
  }
}
