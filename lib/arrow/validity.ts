/** Which values of a column are not null. */
export interface Validity {
  readonly nullCount: number;
  /** Bit i is set when value i is not null; padded to 8 bytes. */
  readonly nullBitmap: Uint8Array;
}

/** Validity of a column of numbers, where `empty` stands for null: undefined when nothing is null. */
export function valueValidity(values: ArrayLike<number>, empty: number, length: number): Validity | undefined {
  const bits = new Uint8Array(Math.ceil(length / 64) * 8);
  const emptyIsNaN = Number.isNaN(empty);
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    if (emptyIsNaN ? Number.isNaN(value) : value === empty) nullCount++;
    else (bits[i >> 3] as number) |= 1 << (i & 7);
  }
  return nullCount === 0 ? undefined : { nullCount, nullBitmap: bits };
}

/** Validity of a column of strings, where a zero length is null: undefined when nothing is. */
export function textValidity(offsets: Int32Array, length: number): Validity | undefined {
  const bits = new Uint8Array(Math.ceil(length / 64) * 8);
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    if (offsets[i] === offsets[i + 1]) nullCount++;
    else (bits[i >> 3] as number) |= 1 << (i & 7);
  }
  return nullCount === 0 ? undefined : { nullCount, nullBitmap: bits };
}
