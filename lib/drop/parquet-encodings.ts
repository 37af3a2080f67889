import type { Encoding, SchemaElement } from 'hyparquet';
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readRuns } from './parquet-runs.ts';

/** A view of bytes; every read of it is checked. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The values of a page in one of the rarer encodings. @throws an error for an unknown one, or values that end behind their page */
export function decodeValues(
  page: Uint8Array,
  count: number,
  encoding: Encoding | undefined,
  element: SchemaElement,
): ArrayLike<number | bigint | boolean | Uint8Array> {
  const reader = { view: viewOf(page), offset: 0 };
  const isInteger = element.type === 'INT32' || element.type === 'INT64';
  let values: ArrayLike<number | bigint | boolean | Uint8Array>;
  if (encoding === 'DELTA_BINARY_PACKED' && isInteger) {
    values = element.type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
    deltaBinaryUnpack(reader, count, values as Int32Array | BigInt64Array);
  } else if (encoding === 'DELTA_LENGTH_BYTE_ARRAY' && element.type === 'BYTE_ARRAY') {
    const texts: Uint8Array[] = Array.from({ length: count });
    deltaLengthByteArray(reader, count, texts);
    values = texts;
  } else if (encoding === 'DELTA_BYTE_ARRAY' && element.type !== 'BOOLEAN') {
    const texts: Uint8Array[] = Array.from({ length: count });
    deltaByteArray(reader, count, texts);
    values = texts;
  } else if (encoding === 'BYTE_STREAM_SPLIT' && element.type !== undefined) {
    values = byteStreamSplit(reader, count, element.type, element.type_length);
  } else if (encoding === 'RLE' && element.type === 'BOOLEAN') {
    const runs = readRuns(page.subarray(4), 1, count);
    values = Array.from(runs, (bit) => bit === 1);
  } else {
    throw new Error(`encoding ${encoding} of type ${element.type}`);
  }
  return values;
}
