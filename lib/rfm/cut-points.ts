/** Four ascending cut points: a value scores 1 + the number of cuts below it. */
export type CutPoints = readonly [number, number, number, number];

/**
 * Smallest value whose cumulative count reaches a share of the population (quantile of type 1).
 *
 * @param sorted values, ascending, shape [n], n >= 1 @param share 0 < share <= 1
 */
export function quantileType1(sorted: ArrayLike<number>, share: number): number {
  const n = sorted.length;
  // 1e-9 keeps k n / 5 that is whole in arithmetic from being rounded up by the binary fraction.
  const rank = Math.min(Math.max(Math.ceil(share * n - 1e-9), 1), n);
  return sorted[rank - 1] as number;
}

/**
 * RFM cut points c_1 .. c_4: c_k is the smallest value whose cumulative count is >= k n / 5 (docs/architecture.md, RFM).
 *
 * @param sorted values, ascending, shape [n]
 * @returns undefined when n is 0
 */
export function cutPoints(sorted: ArrayLike<number>): CutPoints | undefined {
  if (sorted.length === 0) return undefined;
  const cut = (k: number) => quantileType1(sorted, k / 5);
  return [cut(1), cut(2), cut(3), cut(4)];
}

/** Score 1..5 of a value: 1 + the number of cuts that it exceeds. Equal values score alike, ties low. */
export function scoreOf(value: number, cuts: CutPoints): number {
  return 1 + Number(value > cuts[0]) + Number(value > cuts[1]) + Number(value > cuts[2]) + Number(value > cuts[3]);
}
