import { MAX_MINOR } from '../money.ts';
import type { ValueIssue } from './row-rules.ts';

const POINT = 46;
const MINUS = 45;
const ZERO = 48;
const POWERS = [1, 10, 100, 1000, 10_000];

/**
 * Reads decimal numbers (`12`, `-12.5`) from bytes into integer minor units; no separators, no exponent, no sign `+`.
 *
 * One object serves all rows: `parse` leaves its result in `minor` and `negative`.
 */
export class DecimalParser {
  /** Magnitude in minor units, an exact integer. */
  minor = 0;
  negative = false;

  /**
   * Reads one number; digits beyond the exponent must be zeros, nothing is rounded.
   *
   * @param exponent decimals of the currency
   * @returns undefined, or why the number is refused. Cost: one pass over the bytes, no allocation.
   */
  parse(buffer: Uint8Array, start: number, end: number, exponent: number): ValueIssue | undefined {
    let at = start;
    this.negative = buffer[at] === MINUS;
    if (this.negative) at++;
    const first = at;
    let minor = 0;
    let digit = 0;
    for (; at < end; at++) {
      digit = (buffer[at] as number) ^ ZERO;
      if (digit > 9) break;
      minor = minor * 10 + digit;
    }
    if (at === first) return 'INVALID_AMOUNT';
    let missing = exponent;
    if (at < end) {
      if (buffer[at] !== POINT || at + 1 === end) return 'INVALID_AMOUNT';
      let excess = 0;
      for (at++; at < end; at++) {
        digit = (buffer[at] as number) ^ ZERO;
        if (digit > 9) return 'INVALID_AMOUNT';
        if (missing > 0) {
          minor = minor * 10 + digit;
          missing--;
        } else {
          excess |= digit;
        }
      }
      if (excess !== 0) return 'TOO_MANY_DECIMALS';
    }
    // A sum that once passed 2^53 never falls back below it, so one test at the end is exact.
    minor *= POWERS[missing] as number;
    if (minor > MAX_MINOR) return 'AMOUNT_TOO_LARGE';
    this.minor = minor;
    return undefined;
  }
}
