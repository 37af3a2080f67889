import { Buffer, isUtf8 } from 'node:buffer';

const LF = 10;
const DEL = 127;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/** Bytes taken into the buffer at once (256 KiB: the window stays in the second-level cache). */
const SLICE_BYTES = 262_144;

/**
 * A window over a stream of bytes: constants of the caller, then what is not read yet, then one LF as a sentinel (so that
 * loops need no bound), then room for rewritten fields. A byte order mark at the beginning is dropped.
 */
export abstract class ByteWindow {
  /** Holds every range; moved and replaced by `fill` and `makeRoom`: read it again after each. */
  buffer: Buffer;
  /** First byte that is not read yet. */
  protected position: number;
  /** Byte after the last one that came; the sentinel stands here. */
  protected end: number;
  /** True when no more bytes come. */
  protected finished = false;
  /** Bytes that must be unread before the next try to find a record. */
  protected retryBytes = 0;
  /** Bytes before it are valid UTF-8. */
  protected validTo: number;
  /** True when the window has the control character DEL. */
  protected delSeen = false;

  /** True when the text begins as UTF-16 does: with its mark, or with a zero byte beside another. */
  isWide = false;

  readonly #base: number;
  #started = false;

  constructor(constants: Uint8Array) {
    this.#base = constants.length;
    this.position = this.#base;
    this.end = this.#base;
    this.validTo = this.#base;
    this.buffer = Buffer.allocUnsafeSlow(this.#base + SLICE_BYTES + 1);
    this.buffer.set(constants);
  }

  /** True as long as no byte came. */
  get isEmpty(): boolean {
    return this.end === this.#base;
  }

  /**
   * Takes in all bytes: yields after every fill, and a last time when no more bytes come.
   *
   * @example for await (const _ of scanner.fill(chunks)) while (scanner.next()) use(scanner);
   */
  async *fill(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<void> {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
        this.#push(chunk, from, Math.min(from + SLICE_BYTES, chunk.length));
        if (this.#started) yield;
      }
    }
    this.#start(true);
    this.finished = true;
    this.retryBytes = 0;
    yield;
  }

  /** Makes room for `size` bytes behind the sentinel. */
  protected makeRoom(size: number): void {
    const needed = this.end + 1 + size;
    if (needed <= this.buffer.length) return;
    const wider = Buffer.allocUnsafeSlow(needed + size);
    this.buffer.copy(wider, 0, 0, this.end + 1);
    this.buffer = wider;
  }

  /** Takes a part of a chunk behind what is still unread. */
  #push(chunk: Uint8Array, from: number, to: number): void {
    const base = this.#base;
    const unread = this.end - this.position;
    const needed = base + unread + (to - from) + 1;
    if (needed > this.buffer.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(wider, 0, 0, base);
      this.buffer.copy(wider, base, this.position, this.end);
      this.buffer = wider;
    } else if (unread > 0 && this.position > base) {
      this.buffer.copyWithin(base, this.position, this.end);
    }
    this.validTo = Math.max(base, this.validTo - (this.position - base));
    this.position = base;
    this.end = base + unread;
    this.buffer.set(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), this.end);
    this.end += to - from;
    this.#start(false);
    this.#look();
  }

  /** Drops a byte order mark once enough bytes are there to tell. */
  #start(finished: boolean): void {
    const bytes = this.end - this.#base;
    if (this.#started || (bytes < BYTE_ORDER_MARK.length && !finished)) return;
    this.#started = true;
    const marked = BYTE_ORDER_MARK.every((byte, at) => at < bytes && this.buffer[this.#base + at] === byte);
    if (marked) this.position += BYTE_ORDER_MARK.length;
    const [first, second] = [this.buffer[this.#base], this.buffer[this.#base + 1]];
    const zero = (first === 0) !== (second === 0);
    this.isWide = bytes > 1 && (zero || (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff));
    this.#look();
  }

  /** Puts the sentinel and checks all whole lines at once for UTF-8 and DEL, so that a record costs nothing. */
  #look(): void {
    this.buffer[this.end] = LF;
    const unread = this.buffer.subarray(this.position, this.end);
    this.delSeen = unread.indexOf(DEL) >= 0;
    const lastLine = this.position + unread.lastIndexOf(LF) + 1;
    const from = Math.max(this.validTo, this.position);
    if (lastLine > from && isUtf8(this.buffer.subarray(from, lastLine))) this.validTo = lastLine;
  }
}
