/** Which values of a column are not null. */
export interface Validity {
  readonly nullCount: number;
  /** Bit i is set when value i is not null; padded to 8 bytes. */
  readonly nullBitmap: Uint8Array;
}

/** Validity of a column of numbers, where `empty` stands for null: undefined when nothing is null. */
export function valueValidity(
  values: Int32Array | Float64Array | Uint8Array | Uint32Array,
  empty: number,
  length: number,
): Validity | undefined {
  // one loop for each kind of array: a loop that meets several is many times slower
  if (values instanceof Float64Array) return packFlags(length, (flags) => flagNumbers(values, flags));
  if (values instanceof Int32Array) return packFlags(length, (flags) => flagInts(values, empty, flags));
  if (values instanceof Uint8Array) return packFlags(length, (flags) => flagCodes(values, empty, flags));
  return undefined;
}

/** Validity of a column of strings, where a zero length is null: undefined when nothing is. */
export function textValidity(offsets: Int32Array, length: number): Validity | undefined {
  // a column that the source does not have
  if (length > 0 && offsets[0] === offsets[length]) {
    return { nullCount: length, nullBitmap: new Uint8Array(Math.ceil(length / 64) * 8) };
  }
  return packFlags(length, (flags) => flagTexts(offsets, flags));
}

/** Sets a flag to 1 where a value is present. @returns how many are */
type Flag = (flags: Uint8Array) => number;

function flagNumbers(values: Float64Array, flags: Uint8Array): number {
  let present = 0;
  for (let i = 0; i < flags.length; i++) present += flags[i] = Number.isNaN(values[i]) ? 0 : 1;
  return present;
}

function flagInts(values: Int32Array, empty: number, flags: Uint8Array): number {
  let present = 0;
  for (let i = 0; i < flags.length; i++) present += flags[i] = values[i] === empty ? 0 : 1;
  return present;
}

function flagCodes(values: Uint8Array, empty: number, flags: Uint8Array): number {
  let present = 0;
  for (let i = 0; i < flags.length; i++) present += flags[i] = values[i] === empty ? 0 : 1;
  return present;
}

function flagTexts(offsets: Int32Array, flags: Uint8Array): number {
  let present = 0;
  for (let i = 0; i < flags.length; i++) present += flags[i] = offsets[i] === offsets[i + 1] ? 0 : 1;
  return present;
}

/** Flags that are used again by every column; grown to the longest. */
let scratch = new Uint8Array(0);

function packFlags(length: number, flag: Flag): Validity | undefined {
  if (scratch.length < length) scratch = new Uint8Array(length);
  const flags = scratch.subarray(0, length);
  const nullCount = length - flag(flags);
  if (nullCount === 0) return undefined;
  const nullBitmap = new Uint8Array(Math.ceil(length / 64) * 8);
  for (let i = 0; i < length; i++) (nullBitmap[i >> 3] as number) |= (flags[i] as number) << (i & 7);
  return { nullCount, nullBitmap };
}
