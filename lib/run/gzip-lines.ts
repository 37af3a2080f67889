import { gzipSync } from 'node:zlib';

/** Values as gzipped JSON Lines; equal values give equal bytes. */
export function gzipLines(values: readonly unknown[]): Uint8Array {
  return gzipSync(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}
