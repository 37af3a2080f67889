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

/** Whole tenures below this are their own places in a table: 65,536 days are more than a book holds, and 256 KB. */
const LARGEST_TABLE = 65_536;

/** A place in a table for each cell's T, equal for equal T: T itself where that is a small whole number, as days are. */
function tenurePlaces(tenures: Float64Array): { readonly places: ArrayLike<number>; readonly size: number } {
  if (tenures.every((tenure) => tenure >= 0 && tenure < LARGEST_TABLE && Number.isInteger(tenure))) {
    return { places: tenures, size: LARGEST_TABLE };
  }
  const known = new Map<number, number>();
  const places = new Int32Array(tenures.length);
  for (let i = 0; i < places.length; i++) {
    const tenure = tenures[i] as number;
    const place = known.get(tenure) ?? known.size;
    known.set(tenure, place);
    places[i] = place;
  }
  return { places, size: known.size };
}

/**
 * Source: one pass over cells in their order; pairs are numbered as they come.
 *
 * @param cells sorted by x, then t_x, in any unit of time
 * @returns pairs; never throws
 * Cost: one look-up per cell (5 ns for whole days, 50 ns for other times), once per fit; allocates 4 bytes per cell (8 for other
 * times) and 32 per pair.
 */
export function cellPairs({ x, txDays, tenureDays, weight }: PurchaseCells): CellPairs {
  const runs = cellRuns(x, weight);
  const { places, size } = tenurePlaces(tenureDays);
  const lastFrom: number[] = [];
  const endX: number[] = [];
  const endTenure: number[] = [];
  const endOf = new Int32Array(x.length);
  // the latest pair of each T; one of an earlier run does not count
  const latest = new Int32Array(size).fill(-1);
  for (const run of runs) {
    const firstEnd = endX.length;
    for (let i = run.from; i < run.to; i++) {
      if (i === run.from || txDays[i] !== txDays[i - 1]) lastFrom.push(i);
      const place = places[i] as number;
      let end = latest[place] as number;
      if (end < firstEnd) {
        end = endX.push(run.x) - 1;
        endTenure.push(tenureDays[i] as number);
        latest[place] = end;
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
