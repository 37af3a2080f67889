import { gunzipSync, gzipSync } from 'node:zlib';

/** Values as gzipped JSON Lines; equal values give equal bytes. */
export function gzipLines(values: readonly unknown[]): Uint8Array {
  return gzipSync(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}

/** The values of gzipped JSON Lines, one after the other: a file may hold more text than one string can. */
export function* ungzipLines<T>(gzipped: Uint8Array): Generator<T> {
  const bytes = gunzipSync(gzipped);
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    if (end > start) yield JSON.parse(bytes.toString('utf8', start, end)) as T;
    start = end + 1;
  }
}
