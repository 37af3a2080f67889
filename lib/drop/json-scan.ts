import { JsonBytes } from './json-bytes.ts';
import type { ScanIssue } from './row-rules.ts';

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Depth of lists and objects at the most: beyond, a row is no row. */
const MAX_DEPTH = 64;

const WORDS = { true: Buffer.from('true'), false: Buffer.from('false'), null: Buffer.from('null') };

/** Where a text lies, and where there is room for texts that are written anew. */
export interface JsonPlace {
  readonly start: number;
  readonly end: number;
  readonly scratch: number;
}

/** What a record's fields are written into, one per key. */
export interface JsonFields {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 for each key that was there. */
  readonly seen: Uint8Array;
}

/** Reads one JSON object after another from bytes, by the grammar of RFC 8259, without an object per value. */
export class JsonScan extends JsonBytes {
  issue: ScanIssue | undefined;
  /** What the issue is about. */
  detail = '';

  readonly #keys: readonly Buffer[];
  readonly #flags: readonly boolean[];
  /** Number of the record in which a key was last seen. */
  readonly #lastSeen: Float64Array;
  #record = 0;
  /** Key that is expected next: files keep the order of their keys. */
  #expected = 0;

  constructor(keys: readonly string[], flags: readonly boolean[]) {
    super();
    this.#keys = keys.map((key) => Buffer.from(key));
    this.#flags = flags;
    this.#lastSeen = new Float64Array(keys.length);
  }

  /**
   * Reads the object in `[start, end)`, valid UTF-8, and nothing behind it.
   *
   * Leaves `issue`; without one, every field has the range of its value, an empty one for null and for a key that is not there.
   */
  read(buffer: Buffer, { start, end, scratch }: JsonPlace, fields: JsonFields): void {
    this.buffer = buffer;
    this.at = start;
    this.end = end;
    this.scratch = scratch;
    this.#record++;
    this.issue = undefined;
    this.mayHaveControl = false;
    this.hasLoneSurrogate = false;
    fields.starts.fill(0);
    fields.ends.fill(0);
    this.skipBlanks();
    const isWhole = this.#object(fields);
    if (isWhole) this.skipBlanks();
    if (this.hasLoneSurrogate) this.#fail('INVALID_UTF8', '');
    if (!isWhole || this.at < end) this.#fail('INVALID_JSON', this.#where(start));
  }

  #where(start: number): string {
    if (this.at >= this.end) return 'the line ends early';
    return `no JSON object from character ${this.buffer.toString('utf8', start, this.at).length + 1} on`;
  }

  /** Keeps the first issue: what is behind it must still be JSON. */
  #fail(issue: ScanIssue, detail: string): void {
    if (this.issue !== undefined && issue !== 'INVALID_JSON') return;
    this.issue = issue;
    this.detail = detail;
  }

  #object(fields: JsonFields): boolean {
    if (!this.take(OPEN_OBJECT)) return false;
    this.skipBlanks();
    if (this.take(CLOSE_OBJECT)) return true;
    for (;;) {
      if (!this.text()) return false;
      const key = this.#keyOf(this.from, this.to);
      this.skipBlanks();
      if (!this.take(COLON)) return false;
      this.skipBlanks();
      if (key < 0 ? !this.#skipValue(1) : !this.#field(key, fields)) return false;
      this.skipBlanks();
      if (this.take(CLOSE_OBJECT)) return true;
      if (!this.take(COMMA)) return false;
      this.skipBlanks();
    }
  }

  /** Reads the value of a wanted key. */
  #field(key: number, fields: JsonFields): boolean {
    if (this.#lastSeen[key] === this.#record) this.#fail('DUPLICATE_KEY', this.#name(key));
    this.#lastSeen[key] = this.#record;
    fields.seen[key] = 1;
    const first = this.buffer[this.at] as number;
    let from = this.at;
    if (first === QUOTE) {
      if (!this.text()) return false;
      fields.starts[key] = this.from;
      fields.ends[key] = this.to;
      return true;
    }
    if (first === MINUS || (first >= ZERO && first <= NINE)) {
      if (!this.number()) return false;
    } else if (this.word(WORDS.null)) {
      from = this.at;
    } else if (this.word(WORDS.true) || this.word(WORDS.false)) {
      if (this.#flags[key] !== true)
        this.#fail('INVALID_VALUE', `${this.#name(key)} is ${this.buffer.toString('utf8', from, this.at)}`);
    } else {
      if (!this.#skipValue(1)) return false;
      this.#fail('INVALID_VALUE', `${this.#name(key)} is ${first === OPEN_LIST ? 'a list' : 'an object'}`);
    }
    fields.starts[key] = from;
    fields.ends[key] = this.at;
    return true;
  }

  #name(key: number): string {
    return JSON.stringify(this.#keys[key]?.toString('utf8'));
  }

  /** Place of a key in the wanted ones, or -1. */
  #keyOf(from: number, to: number): number {
    const keys = this.#keys;
    for (let tried = 0; tried < keys.length; tried++) {
      const at = (this.#expected + tried) % keys.length;
      const key = keys[at] as Buffer;
      if (key.length === 0 || key.length !== to - from) continue;
      let same = 0;
      while (same < key.length && key[same] === this.buffer[from + same]) same++;
      if (same === key.length) {
        this.#expected = at + 1;
        return at;
      }
    }
    return -1;
  }

  /** Passes over a value of any kind. */
  #skipValue(depth: number): boolean {
    const first = this.at < this.end ? (this.buffer[this.at] as number) : 0;
    if (first === QUOTE) return this.text();
    if (first === OPEN_OBJECT || first === OPEN_LIST) return depth < MAX_DEPTH && this.#skipMembers(first, depth);
    if (first === MINUS || (first >= ZERO && first <= NINE)) return this.number();
    return this.word(WORDS.null) || this.word(WORDS.true) || this.word(WORDS.false);
  }

  #skipMembers(open: number, depth: number): boolean {
    const close = open === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST;
    this.at++;
    this.skipBlanks();
    if (this.take(close)) return true;
    for (;;) {
      if (open === OPEN_OBJECT) {
        if (!this.text()) return false;
        this.skipBlanks();
        if (!this.take(COLON)) return false;
        this.skipBlanks();
      }
      if (!this.#skipValue(depth + 1)) return false;
      this.skipBlanks();
      if (this.take(close)) return true;
      if (!this.take(COMMA)) return false;
      this.skipBlanks();
    }
  }
}
