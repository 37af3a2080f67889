import { type ByteColumn, compareBytes } from '../../arrow/columns.ts';

/** Rows of an id in a column in any order, ascending. Cost: a comparison of lengths per row, of bytes where these are the same. */
export function rowsOf(ids: ByteColumn, rows: number, id: Uint8Array): number[] {
  const { bytes, offsets } = ids;
  const found: number[] = [];
  for (let row = 0; row < rows; row++) {
    const start = offsets[row] as number;
    const end = offsets[row + 1] as number;
    if (end - start === id.length && compareBytes(bytes, start, end, id, 0, id.length) === 0) found.push(row);
  }
  return found;
}

/** Rows `[first, end)` of an id in a column that is ordered by it (bytes); an empty range when it is not there. */
export function sortedRowsOf(ids: ByteColumn, rows: number, id: Uint8Array): readonly [first: number, end: number] {
  const order = (row: number) =>
    compareBytes(ids.bytes, ids.offsets[row] as number, ids.offsets[row + 1] as number, id, 0, id.length);
  let [low, high] = [0, rows];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(middle) < 0) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < rows && order(end) === 0) end++;
  return [low, end];
}
