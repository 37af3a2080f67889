import type { DistinctValues } from '../numerics/distinct-values.ts';

/**
 * Cut points that divide customers into groups of equal count, equal values kept together: cut k is the smallest value whose
 * cumulative count is at least k n / groups.
 *
 * Source: the quantile of type 1 of Hyndman & Fan (1996), as in the RFM scores; the same rule at every place that groups here.
 * @param distinct ascending values with the customers of each, count @param groups count, >= 1
 * @returns ascending cuts, shape [groups - 1], possibly equal; empty for no customers; never throws
 * Cost: one pass.
 */
export function equalCountCuts({ values, weight }: Pick<DistinctValues, 'values' | 'weight'>, groups: number): Float64Array {
  const total = weight.reduce((sum, customers) => sum + customers, 0);
  if (total === 0) return new Float64Array(0);
  const cuts = new Float64Array(groups - 1);
  let place = 0;
  let reached = weight[0] as number;
  for (let k = 1; k < groups; k++) {
    while (reached * groups < k * total) reached += weight[++place] as number;
    cuts[k - 1] = values[place] as number;
  }
  return cuts;
}

/** Group of a value: how many cuts lie below it, 0 .. cuts. */
export function groupOf(cuts: Float64Array, value: number): number {
  let group = 0;
  while (group < cuts.length && value > (cuts[group] as number)) group++;
  return group;
}
