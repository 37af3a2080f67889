import { type CellRun, cellRuns } from './cell-runs.ts';
import type { PurchaseCells } from './compress.ts';

/** Distinct (x, t_x) and (x, T) of cells: a likelihood's special functions are needed once for each. */
export interface CellPairs {
  /** Runs of equal x. */
  readonly runs: readonly CellRun[];
  /** First cell of each distinct (x, t_x), and one more entry for the end, shape [pairs + 1]. */
  readonly lastFrom: Int32Array;
  /** Count of each distinct (x, T), shape [pairs]. */
  readonly endX: Int32Array;
  /** T of each distinct (x, T), shape [pairs]. */
  readonly endTenure: Float64Array;
  /** Distinct (x, T) of each cell, shape [cells]. */
  readonly endOf: Int32Array;
}

/**
 * Source: one pass over cells in their order; pairs are numbered as they come.
 *
 * @param cells sorted by x, then t_x, in any unit of time
 * @returns pairs; never throws
 * Cost: one look-up per cell (~50 ns), once per fit; allocates 8 bytes per cell and 12 per pair.
 */
export function cellPairs({ x, txDays, tenureDays, weight }: PurchaseCells): CellPairs {
  const runs = cellRuns(x, weight);
  const lastFrom: number[] = [];
  const endX: number[] = [];
  const endTenure: number[] = [];
  const endOf = new Int32Array(x.length);
  for (const run of runs) {
    const known = new Map<number, number>();
    for (let i = run.from; i < run.to; i++) {
      if (i === run.from || txDays[i] !== txDays[i - 1]) lastFrom.push(i);
      const tenure = tenureDays[i] as number;
      let end = known.get(tenure);
      if (end === undefined) {
        end = endX.push(run.x) - 1;
        endTenure.push(tenure);
        known.set(tenure, end);
      }
      endOf[i] = end;
    }
  }
  lastFrom.push(x.length);
  return {
    runs,
    lastFrom: Int32Array.from(lastFrom),
    endX: Int32Array.from(endX),
    endTenure: Float64Array.from(endTenure),
    endOf,
  };
}
