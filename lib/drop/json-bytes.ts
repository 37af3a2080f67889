const QUOTE = 34;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const BACKSLASH = 92;
const LOWER_E = 101;
const UPPER_E = 69;
const LOWER_U = 117;
const BLANK = 32;
const DEL = 127;

/** Escapes of one letter and their bytes. */
const ESCAPES = new Map([
  [QUOTE, 34],
  [BACKSLASH, 92],
  [47, 47],
  [98, 8],
  [102, 12],
  [110, 10],
  [114, 13],
  [116, 9],
]);

/** The tokens of JSON in bytes, by the grammar of RFC 8259. */
export abstract class JsonBytes {
  /** True when a text that was written anew may have a control character. */
  mayHaveControl = false;
  /** True when a text had half of a pair of UTF-16. */
  protected hasLoneSurrogate = false;
  protected buffer: Buffer = Buffer.alloc(0);
  protected at = 0;
  protected end = 0;
  /** Where texts are written anew. */
  protected scratch = 0;
  /** Range of the text that `text` read. */
  protected from = 0;
  protected to = 0;

  /** Reads a text; leaves its range without quotes, written anew behind the data when it has escapes. */
  protected text(): boolean {
    const buffer = this.buffer;
    if (buffer[this.at] !== QUOTE || this.at >= this.end) return false;
    let at = this.at + 1;
    this.from = at;
    for (;;) {
      const byte = buffer[at] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) return this.#escaped(at);
      // The line end behind the record is one of these.
      if (byte < BLANK) {
        this.at = at;
        return false;
      }
      at++;
    }
    if (at >= this.end) return false;
    this.to = at;
    this.at = at + 1;
    return true;
  }

  #escaped(firstEscape: number): boolean {
    const buffer = this.buffer;
    let to = this.scratch;
    for (let at = this.from; at < firstEscape; at++) buffer[to++] = buffer[at] as number;
    for (let at = firstEscape; ; at++) {
      const byte = buffer[at] as number;
      this.at = at;
      if (at >= this.end || byte < BLANK) return false;
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) {
        buffer[to++] = byte;
        continue;
      }
      const letter = buffer[++at] as number;
      if (letter === LOWER_U) {
        const unit = this.#hex(at + 1);
        if (unit < 0) return false;
        at += 4;
        let code = unit;
        if (unit >= 0xd800 && unit < 0xdc00 && buffer[at + 1] === BACKSLASH && buffer[at + 2] === LOWER_U) {
          const low = this.#hex(at + 3);
          if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            at += 6;
          }
        }
        if (code >= 0xd800 && code < 0xe000) this.hasLoneSurrogate = true;
        if (code < BLANK || code === DEL) this.mayHaveControl = true;
        to = appendUtf8(buffer, to, code);
      } else {
        const value = at < this.end ? ESCAPES.get(letter) : undefined;
        if (value === undefined) return false;
        if (value < BLANK) this.mayHaveControl = true;
        buffer[to++] = value;
      }
    }
    this.at++;
    this.from = this.scratch;
    this.to = to;
    this.scratch = to;
    return true;
  }

  /** The number of four hex digits, or -1. */
  #hex(at: number): number {
    if (at + 4 > this.end) return -1;
    const text = this.buffer.toString('latin1', at, at + 4);
    return /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : -1;
  }

  protected number(): boolean {
    this.take(MINUS);
    if (!this.take(ZERO) && !this.#digits()) return false;
    if (this.take(POINT) && !this.#digits()) return false;
    if (this.take(LOWER_E) || this.take(UPPER_E)) {
      if (!this.take(MINUS)) this.take(PLUS);
      return this.#digits();
    }
    return true;
  }

  #digits(): boolean {
    const from = this.at;
    while (this.at < this.end && (this.buffer[this.at] as number) >= ZERO && (this.buffer[this.at] as number) <= NINE) this.at++;
    return this.at > from;
  }

  protected word(word: Buffer): boolean {
    if (this.at + word.length > this.end) return false;
    for (let i = 0; i < word.length; i++) if (this.buffer[this.at + i] !== word[i]) return false;
    this.at += word.length;
    return true;
  }

  protected take(byte: number): boolean {
    if (this.at >= this.end || this.buffer[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  protected skipBlanks(): void {
    for (; this.at < this.end; this.at++) {
      const byte = this.buffer[this.at];
      if (byte !== BLANK && byte !== 9 && byte !== 13) return;
    }
  }
}

function appendUtf8(buffer: Buffer, at: number, code: number): number {
  let to = at;
  if (code < 0x80) buffer[to++] = code;
  else if (code < 0x800) {
    buffer[to++] = 0xc0 | (code >> 6);
    buffer[to++] = 0x80 | (code & 63);
  } else if (code < 0x10000) {
    buffer[to++] = 0xe0 | (code >> 12);
    buffer[to++] = 0x80 | ((code >> 6) & 63);
    buffer[to++] = 0x80 | (code & 63);
  } else {
    buffer[to++] = 0xf0 | (code >> 18);
    buffer[to++] = 0x80 | ((code >> 12) & 63);
    buffer[to++] = 0x80 | ((code >> 6) & 63);
    buffer[to++] = 0x80 | (code & 63);
  }
  return to;
}
