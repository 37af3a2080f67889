/**
 * Reads a hybrid of runs and bit-packed groups into integers. (Parquet format, RLE / Bit-Packing Hybrid)
 *
 * @param width bits of a value, 0 to 32 @param count values that are wanted
 * @returns shape [count] @throws an error when the bytes end before
 */
export function readRuns(bytes: Uint8Array, width: number, count: number): Int32Array {
  if (!(width <= 31)) throw new Error(`values of ${width} bits`);
  const values = new Int32Array(count);
  if (width === 0) return values;
  const valueBytes = (width + 7) >> 3;
  let at = 0;
  for (let row = 0; row < count; ) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new Error('runs end early');
      header += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if ((header & 1) === 0) {
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value += (bytes[at + i] ?? Number.NaN) * 2 ** (8 * i);
      if (Number.isNaN(value)) throw new Error('runs end early');
      at += valueBytes;
      const end = Math.min(count, row + Math.floor(header / 2));
      values.fill(value, row, end);
      row = end;
    } else {
      const packed = Math.floor(header / 2) * width;
      const end = Math.min(count, row + Math.floor(header / 2) * 8);
      // The last group may be cut where its values are not wanted any more.
      if (at + Math.ceil(((end - row) * width) / 8) > bytes.length) throw new Error('runs end early');
      unpack(bytes, at, width, values, row, end);
      row = end;
      at += packed;
    }
  }
  return values;
}

/** Values of `width` bits each, lowest bit first. */
function unpack(bytes: Uint8Array, from: number, width: number, values: Int32Array, row: number, end: number): void {
  let at = from;
  let held = 0;
  let bits = 0;
  const mask = 2 ** width - 1;
  if (width <= 24) {
    for (let to = row; to < end; to++) {
      while (bits < width) {
        held |= (bytes[at++] as number) << bits;
        bits += 8;
      }
      values[to] = held & mask;
      held >>>= width;
      bits -= width;
    }
    return;
  }
  for (let to = row; to < end; to++) {
    while (bits < width) {
      held += (bytes[at++] as number) * 2 ** bits;
      bits += 8;
    }
    values[to] = held % (mask + 1);
    held = Math.floor(held / (mask + 1));
    bits -= width;
  }
}
