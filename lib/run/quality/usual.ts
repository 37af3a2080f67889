/** Points of history from which a check judges; below it says so. */
export const MIN_POINTS = 4;

/** Half-width of a band at least, as a share of its median: equal days in a row would make any other day a breach. */
const LEAST_SPREAD = 0.025;

/** Median of some numbers; NaN without any. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/**
 * What is usual: the median, and the median absolute deviation from it, at least 2.5 % of the median and 1.
 *
 * @param values counts, shape [n >= 1]
 */
export function usualOf(values: readonly number[]): { median: number; deviation: number } {
  const middle = median(values);
  const deviation = median(values.map((value) => Math.abs(value - middle)));
  return { median: middle, deviation: Math.max(deviation, middle * LEAST_SPREAD, 1) };
}
