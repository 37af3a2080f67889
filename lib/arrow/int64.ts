const TWO_32 = 4_294_967_296;

/** A power of two: multiplying is exact, and faster than dividing. */
const ONE_BY_TWO_32 = 1 / TWO_32;

/** Integers in doubles (exact up to 2^53) as little-endian 64-bit integers; NaN becomes 0. No BigInt is made. */
export function toInt64(values: ArrayLike<number>): BigInt64Array {
  const out = new Int32Array(values.length * 2);
  for (let i = 0, at = 0; i < values.length; i++, at += 2) {
    const value = values[i] as number;
    if (value >= 0 && value < 2_147_483_648) out[at] = value;
    else if (!Number.isNaN(value)) {
      const high = Math.floor(value * ONE_BY_TWO_32);
      out[at] = value - high * TWO_32;
      out[at + 1] = high;
    }
  }
  return new BigInt64Array(out.buffer);
}

/** 64-bit integers as doubles, exact up to 2^53, written into `out` from `at` on. */
export function fromInt64(values: BigInt64Array, out: Float64Array, at: number): void {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let i = 0, word = 0; i < values.length; i++, word += 2) {
    out[at + i] = (words[word + 1] as number) * TWO_32 + ((words[word] as number) >>> 0);
  }
}
