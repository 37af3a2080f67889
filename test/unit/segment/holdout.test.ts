import { describe, expect, it } from 'vitest';
import { byteColumnOf } from '../../../lib/arrow/columns.ts';
import { standingOf } from '../../../lib/run/standing.ts';
import { holdOut } from '../../../lib/segment/holdout.ts';

const ROWS = 20_000;
const standing = standingOf(byteColumnOf(Array.from({ length: ROWS }, (_, i) => `客-${i}`)));

/** Who is held out of segments in which everybody is a member, and who stays. */
function split(...segments: { id: string; holdoutShare: number }[]) {
  const bits = new Uint32Array(ROWS).fill(2 ** segments.length - 1);
  const heldOut = holdOut(segments, bits, standing);
  return { bits, heldOut, count: (bit: number) => heldOut.reduce((sum, value) => sum + ((value >>> bit) & 1), 0) };
}

describe('holdOut', () => {
  it('parts the members: everybody is either in the segment or held out of it', () => {
    const { bits, heldOut } = split({ id: 'a', holdoutShare: 0.3 }, { id: 'b', holdoutShare: 0 }, { id: 'c', holdoutShare: 0.5 });
    expect(bits.every((value, row) => (value ^ (heldOut[row] as number)) === 7)).toBe(true);
    expect(heldOut.every((value) => (value & 2) === 0)).toBe(true);
  });

  it('holds out nobody who is no member', () => {
    const bits = Uint32Array.from({ length: ROWS }, (_, row) => row % 2);
    const heldOut = holdOut([{ id: 'a', holdoutShare: 0.5 }], bits, standing);
    expect(heldOut.some((value, row) => value === 1 && row % 2 === 0)).toBe(false);
    expect(heldOut.some((value) => value === 1)).toBe(true);
  });

  it('holds out the share, of each segment by itself', () => {
    const { heldOut, count } = split({ id: 'a', holdoutShare: 0.1 }, { id: 'b', holdoutShare: 0.5 });
    // Five standard deviations of a draw without memory.
    expect(Math.abs(count(0) - 0.1 * ROWS)).toBeLessThan(5 * Math.sqrt(ROWS * 0.1 * 0.9));
    expect(Math.abs(count(1) - 0.5 * ROWS)).toBeLessThan(5 * Math.sqrt(ROWS * 0.25));
    const both = heldOut.filter((value) => value === 3).length;
    expect(Math.abs(both - 0.05 * ROWS)).toBeLessThan(5 * Math.sqrt(ROWS * 0.05 * 0.95));
  });

  it('keeps everybody held out whom a smaller share held out', () => {
    const [few, many] = [split({ id: 'a', holdoutShare: 0.1 }), split({ id: 'a', holdoutShare: 0.2 })];
    expect(few.heldOut.every((value, row) => value === 0 || many.heldOut[row] === 1)).toBe(true);
    expect(many.count(0)).toBeGreaterThan(few.count(0));
  });
});

describe('standingOf', () => {
  it('is the first 32 bits of SHA-256 of segment/customer', () => {
    // printf 'loyal_to_thank/C-1' | sha256sum, and the same of 客户-1
    const standing = standingOf(byteColumnOf(['C-1', '客户-1']));
    expect([standing('loyal_to_thank', 0), standing('loyal_to_thank', 1)]).toEqual([0xd2c65d41, 0x26d1c752]);
  });
});
