/** Cells that share one x. */
export interface CellRun {
  readonly x: number;
  /** First cell. */
  readonly from: number;
  /** One after the last cell. */
  readonly to: number;
  /** Customers in these cells, count. */
  readonly weight: number;
}

/**
 * Runs of equal x in sorted cells: what depends on x alone is computed once per run.
 *
 * Source: one pass in the order of cells.
 * @param x counts, shape [n], sorted
 * @param weight customers per cell, shape [n]
 * @returns runs in the order of x; empty for no cells; never throws
 * Cost: one pass; allocates one small object per distinct x.
 */
export function cellRuns(x: Int32Array, weight: Float64Array): CellRun[] {
  const runs: CellRun[] = [];
  for (let from = 0; from < x.length; ) {
    let sum = 0;
    let to = from;
    while (to < x.length && x[to] === x[from]) sum += weight[to++] as number;
    runs.push({ x: x[from] as number, from, to, weight: sum });
    from = to;
  }
  return runs;
}
