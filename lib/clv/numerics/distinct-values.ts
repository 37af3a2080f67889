/** The distinct ones of weighted values. */
export interface DistinctValues {
  /** Ascending, shape [k]. */
  readonly values: Float64Array;
  /** Weight of each together, shape [k]. */
  readonly weight: Float64Array;
  /** Place of each given value among them, shape [n]. */
  readonly placeOf: Uint32Array;
}

/** Slices that the range of values is cut into: a search begins in one of them, with few values left to compare (256 KB). */
const SLICES = 65_536;

/**
 * Distinct values with their weights: what ranks and quantiles of a weighted sample are taken from.
 *
 * Source: one sort, then a binary search for each value within its slice of the range; weights are added in the order given.
 * @param values finite, shape [n] @param weight of each, shape [n], >= 0
 * @returns shape [k], k <= n; empty for no values; never throws
 * Cost: ~0.3 us per value at half a million; allocates 28 bytes per value.
 */
export function distinctValues(values: ArrayLike<number>, weight: ArrayLike<number>): DistinctValues {
  const ascending = sortedOnce(values);
  const placeAt = placesIn(ascending);
  const sums = new Float64Array(ascending.length);
  const placeOf = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const place = placeAt(values[i] as number);
    placeOf[i] = place;
    sums[place] = (sums[place] as number) + (weight[i] as number);
  }
  return { values: ascending, weight: sums, placeOf };
}

function sortedOnce(values: ArrayLike<number>): Float64Array {
  const sorted = new Float64Array(values).sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[count - 1]) sorted[count++] = sorted[i] as number;
  }
  return sorted.slice(0, count);
}

/** Place of each of distinct ascending values. */
function placesIn(ascending: Float64Array): (value: number) => number {
  const count = ascending.length;
  const first = ascending[0] as number;
  const scale = (SLICES - 1) / ((ascending[count - 1] as number) - first);
  // a range of nothing, or one that overflows, is one slice
  const isSliced = scale > 0 && Number.isFinite(scale);
  /** A value's slice never falls as the value rises, so that the values of a slice stand together. */
  const sliceOf = (value: number) => (isSliced ? Math.floor((value - first) * scale) : 0);
  const ends = new Uint32Array(SLICES + 1);
  for (let i = 0; i < count; i++) ends[sliceOf(ascending[i] as number) + 1] = i + 1;
  for (let slice = 1; slice <= SLICES; slice++) ends[slice] = Math.max(ends[slice] as number, ends[slice - 1] as number);
  return (value) => {
    const slice = sliceOf(value);
    let low = ends[slice] as number;
    let high = (ends[slice + 1] as number) - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ascending[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
