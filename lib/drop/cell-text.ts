import { isUtf8 } from 'node:buffer';
import { type EpochDay, formatDay } from '../time.ts';

/** What a typed cell of a binary format holds; tells its text. */
export type CellKind =
  | { readonly kind: 'text' | 'integer' | 'double' | 'float' | 'date' | 'flag' | 'uuid' }
  | { readonly kind: 'decimal'; readonly scale: number }
  /** `perMs` units are one millisecond, or one unit is `1 / perMs` of them; `isInstant` false is local time. */
  | { readonly kind: 'timestamp'; readonly perMs: number; readonly isInstant: boolean };

const MS_PER_DAY = 86_400_000;
/** Days from 1970 to the year 9999: beyond, a date has no text of ten characters. */
const LAST_DAY = 2_932_896;
const FIRST_DAY = -719_162;
const FIRST_BYTES = 65_536;

/**
 * Texts of typed cells, one behind the other in one buffer: what a delimited text would hold for the same value.
 *
 * Texts as they are; integers and decimals by their digits, exactly; doubles and floats by the shortest digits that give them
 * back; dates `YYYY-MM-DD`; timestamps ISO 8601 to the millisecond (finer parts are cut), with `Z` when they are instants.
 */
export class CellTexts {
  buffer: Buffer;
  length: number;
  #lastDay: EpochDay = Number.NaN;
  #lastDate = '';

  /** @param constants bytes that stay at the start of `buffer` */
  constructor(constants: Uint8Array) {
    this.buffer = Buffer.allocUnsafeSlow(constants.length + FIRST_BYTES);
    this.buffer.set(constants);
    this.length = constants.length;
  }

  /** Appends bytes `[start, end)` of a source. */
  appendBytes(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.#reserve(size);
    if (size <= 32) for (let at = start, to = this.length; at < end; at++, to++) this.buffer[to] = source[at] as number;
    else this.buffer.set(source.subarray(start, end), this.length);
    this.length += size;
  }

  /** Appends the text of a value that is no text itself. */
  append(kind: CellKind, value: number | bigint | boolean): void {
    switch (kind.kind) {
      case 'decimal':
        this.#ascii(decimalText(value as number | bigint, kind.scale));
        break;
      case 'date':
        this.#ascii(this.#dateText(Number(value)));
        break;
      case 'timestamp':
        this.#timestamp(value as number | bigint, kind.perMs, kind.isInstant);
        break;
      case 'float':
        this.#ascii(floatText(value as number));
        break;
      default:
        this.#ascii(String(value));
    }
  }

  /** True when everything from `start` on is UTF-8. */
  isText(start: number): boolean {
    return isUtf8(this.buffer.subarray(start, this.length));
  }

  #timestamp(value: number | bigint, perMs: number, isInstant: boolean): void {
    const ms =
      typeof value === 'bigint' && perMs > 1
        ? Number(value / BigInt(perMs) - (value % BigInt(perMs) < 0n ? 1n : 0n))
        : Math.floor(Number(value) / perMs);
    const day = Math.floor(ms / MS_PER_DAY);
    if (!(day >= FIRST_DAY && day <= LAST_DAY)) {
      this.#ascii(`+${value}`);
      return;
    }
    this.#ascii(this.#dateText(day));
    this.#reserve(14);
    const buffer = this.buffer;
    let at = this.length;
    let rest = ms - day * MS_PER_DAY;
    const two = (number: number) => {
      buffer[at++] = 48 + Math.floor(number / 10);
      buffer[at++] = 48 + (number % 10);
    };
    buffer[at++] = 84;
    two(Math.floor(rest / 3_600_000));
    rest %= 3_600_000;
    buffer[at++] = 58;
    two(Math.floor(rest / 60_000));
    rest %= 60_000;
    buffer[at++] = 58;
    two(Math.floor(rest / 1000));
    rest %= 1000;
    buffer[at++] = 46;
    buffer[at++] = 48 + Math.floor(rest / 100);
    two(rest % 100);
    if (isInstant) buffer[at++] = 90;
    this.length = at;
  }

  #dateText(day: number): string {
    if (day !== this.#lastDay) {
      this.#lastDay = day;
      this.#lastDate = day >= FIRST_DAY && day <= LAST_DAY ? formatDay(day) : `+${day}`;
    }
    return this.#lastDate;
  }

  #ascii(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.buffer[this.length + i] = text.charCodeAt(i);
    this.length += text.length;
  }

  #reserve(size: number): void {
    if (this.length + size <= this.buffer.length) return;
    const wider = Buffer.allocUnsafeSlow(Math.max(this.length + size, this.buffer.length * 2));
    this.buffer.copy(wider, 0, 0, this.length);
    this.buffer = wider;
  }
}

/** An unscaled decimal with its point. */
function decimalText(value: number | bigint, scale: number): string {
  if (scale <= 0) return `${value}${value === 0 || value === 0n ? '' : '0'.repeat(-scale)}`;
  const isNegative = value < 0;
  const digits = String(isNegative ? -value : value).padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${isNegative ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

/** Digits that give a single back, 9 at the most. */
function floatText(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** The number of a two's complement of any length, highest byte first. */
export function bigEndianInteger(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, value);
}
