/** A segment of which a share may be held out. */
export interface HeldSegment {
  readonly id: string;
  /** 0 to 0.5. */
  readonly holdoutShare: number;
}

/** Where in 0 .. 2^32 - 1 a customer stands in a segment: the same at all times, and independent between segments. */
export type Standing = (segment: string, row: number) => number;

/** Values that a standing may have. */
const STANDINGS = 2 ** 32;

/**
 * Takes from the members of each segment those who are held out: who stands below the segment's share. A greater share keeps
 * everybody whom a smaller one held out.
 *
 * @param bits membership of every customer, bit i for segment i; the bits of who is held out are cleared
 * @returns who is held out: bit i is set when the customer meets the conditions of segment i and stays out of it
 */
export function holdOut(segments: readonly HeldSegment[], bits: Uint32Array, standing: Standing): Uint32Array {
  const heldOut = new Uint32Array(bits.length);
  segments.forEach(({ id, holdoutShare }, i) => {
    if (holdoutShare === 0) return;
    const [bit, below] = [1 << i, holdoutShare * STANDINGS];
    for (let row = 0; row < bits.length; row++) {
      if (((bits[row] as number) & bit) === 0 || standing(id, row) >= below) continue;
      (bits[row] as number) &= ~bit;
      (heldOut[row] as number) |= bit;
    }
  });
  return heldOut;
}
