import type { PurchaseCells, SpendCells } from './compress.ts';

/** Customers with one purchase history: x, t_x, T (any one unit of time), customers. */
export type PurchaseCount = readonly [x: number, txDays: number, tenureDays: number, customers: number];

/** Customers with one sum of spend: x, net spend on the repeat purchase days together (minor units), customers. */
export type SpendCount = readonly [x: number, repeatNetMinor: number, customers: number];

/** Entries in the order of their numbers, those that differ in the last number (customers) alone merged into one. */
function mergedCounts(entries: readonly (readonly number[])[], length: number): number[][] {
  const keys = length - 1;
  const compare = (a: readonly number[], b: readonly number[]) => {
    for (let i = 0; i < keys; i++) {
      const difference = (a[i] as number) - (b[i] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const merged: number[][] = [];
  for (const entry of entries.toSorted(compare)) {
    const customers = entry[keys] as number;
    if (customers === 0) continue;
    const last = merged.at(-1);
    if (last && compare(last, entry) === 0) last[keys] = (last[keys] as number) + customers;
    else merged.push([...entry]);
  }
  return merged;
}

const column = (rows: readonly (readonly number[])[], i: number) => Float64Array.from(rows, (row) => row[i] as number);

/**
 * Cells of customers that were counted elsewhere (a file of cells), in the form that `compressPurchases` gives.
 *
 * Source: sorted by x, then t_x, then T; equal ones are added up, cells of nobody are left out. The order of entries does not
 * matter as long as customers are whole numbers.
 * @param entries x whole and >= 0, 0 <= t_x <= T in any one unit, customers >= 0; assumed to be checked
 * @returns cells in the unit of the entries; empty arrays for no customers; never throws
 * Cost: one sort (linear when sorted already); allocates about 200 bytes per entry.
 */
export function purchaseCellsOf(entries: readonly PurchaseCount[]): PurchaseCells {
  const rows = mergedCounts(entries, 4);
  return {
    x: Int32Array.from(column(rows, 0)),
    txDays: column(rows, 1),
    tenureDays: column(rows, 2),
    weight: column(rows, 3),
  };
}

/**
 * Spend cells of customers that were counted elsewhere (a file of cells), in the form that `compressSpend` gives.
 *
 * Source: sorted by x, then net; equal ones are added up. As in `compressSpend`, whoever did not come back or has no positive
 * net stays out: the gamma density needs a positive mean.
 * @param entries x whole and >= 0, net in minor currency units, customers >= 0; assumed to be checked
 * @returns cells in minor currency units; empty arrays when nobody qualifies; never throws
 * Cost: one sort (linear when sorted already); allocates about 200 bytes per entry.
 */
export function spendCellsOf(entries: readonly SpendCount[]): SpendCells {
  const rows = mergedCounts(
    entries.filter(([x, net]) => x > 0 && net > 0),
    3,
  );
  return { x: Int32Array.from(column(rows, 0)), repeatNetMinor: column(rows, 1), weight: column(rows, 2) };
}
