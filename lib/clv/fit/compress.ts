import { InvariantBrokenError } from '../../errors.ts';

/** Rows of customers, one array per quantity, equal lengths; whole numbers. */
export interface PurchaseRows {
  /** Repeat purchase days, count; 0 allowed, a negative value marks a customer without a purchase. */
  readonly x: ArrayLike<number>;
  /** First to last purchase, days, 0 <= txDays <= tenureDays. */
  readonly txDays: ArrayLike<number>;
  /** First purchase to the date of observation, days. */
  readonly tenureDays: ArrayLike<number>;
}

/** Distinct (x, t_x, T) with the number of customers in each, sorted by x, then t_x, then T. */
export interface PurchaseCells {
  readonly x: Int32Array;
  readonly txDays: Float64Array;
  readonly tenureDays: Float64Array;
  /** Customers in the cell, count. */
  readonly weight: Float64Array;
}

/** Rows of customers for the spend model, equal lengths. */
export interface SpendRows {
  /** Repeat purchase days, count. */
  readonly x: ArrayLike<number>;
  /** Net spend on the repeat purchase days together, whole minor currency units. */
  readonly repeatNetMinor: ArrayLike<number>;
}

/** Distinct (x, repeat net) with the number of customers in each, sorted by x, then net. */
export interface SpendCells {
  readonly x: Int32Array;
  readonly repeatNetMinor: Float64Array;
  /** Customers in the cell, count. */
  readonly weight: Float64Array;
}

/** Days fit into 16 bits: 65,535 days = 179 years, a longer tenure is a bug. */
export const DAY_LIMIT = 65_536;

/** 2^21: the counting pass allocates 4 bytes per possible count (8 MB); nobody buys on more days than there are. */
const X_LIMIT = 2_097_152;

/** 2^53: whole numbers up to here are exact in a double. */
const EXACT_LIMIT = 9_007_199_254_740_992;

/** @returns rows, count @throws InvariantBrokenError when one column has others than the first */
export function requireEqualLengths(...columns: ArrayLike<number>[]): number {
  const n = columns[0]?.length ?? 0;
  for (const column of columns) {
    if (column.length !== n) {
      throw new InvariantBrokenError(`Columns of customers: ${column.length} rows, expected ${n}. Pass columns of one table.`);
    }
  }
  return n;
}

/** The sorted keys without repetitions, with the length of each run. */
function countRuns(sortedKeys: Float64Array): { keys: Float64Array; weight: Float64Array } {
  const keys = new Float64Array(sortedKeys.length);
  const weight = new Float64Array(sortedKeys.length);
  let used = 0;
  for (let i = 0; i < sortedKeys.length; i++) {
    const key = sortedKeys[i] as number;
    if (used > 0 && keys[used - 1] === key) {
      weight[used - 1] = (weight[used - 1] as number) + 1;
    } else {
      keys[used] = key;
      weight[used] = 1;
      used++;
    }
  }
  return { keys: keys.slice(0, used), weight: weight.slice(0, used) };
}

function requireCustomer(row: number, x: number, tx: number, tenure: number): void {
  const whole = (x | 0) === x && (tx | 0) === tx && (tenure | 0) === tenure;
  if (whole && tx >= 0 && tx <= tenure && tenure < DAY_LIMIT && x < X_LIMIT) return;
  throw new InvariantBrokenError(
    `Customer row ${row}: x ${x}, t_x ${tx}, T ${tenure}, expected whole numbers, 0 <= t_x <= T < ${DAY_LIMIT}. Report this bug.`,
  );
}

/** Customers: x, and t_x and T in the upper and lower 16 bits of one integer (signed, for these are fast). */
interface PackedCustomers {
  readonly x: Int32Array;
  readonly days: Int32Array;
}

/** Those that have bought, checked. */
function packCustomers(parts: readonly PurchaseRows[]): PackedCustomers {
  const rows = parts.reduce((sum, { x, txDays, tenureDays }) => sum + requireEqualLengths(x, txDays, tenureDays), 0);
  const xs = new Int32Array(rows);
  const days = new Int32Array(rows);
  let used = 0;
  for (const { x, txDays, tenureDays } of parts) {
    for (let i = 0; i < x.length; i++) {
      const count = x[i] as number;
      if (count < 0) continue;
      const [tx, tenure] = [txDays[i] as number, tenureDays[i] as number];
      requireCustomer(i, count, tx, tenure);
      xs[used] = count;
      days[used++] = (tx << 16) | tenure;
    }
  }
  return { x: xs.subarray(0, used), days: days.subarray(0, used) };
}

/** Bits of an integer: those of `digits[i]` from `shift` on, under `mask`. */
interface Key {
  readonly digits: Int32Array;
  readonly shift: number;
  readonly mask: number;
}

/** The same customers by a key, those of equal keys in the order they had: one pass of a radix sort. */
function orderedBy({ x, days }: PackedCustomers, { digits, shift, mask }: Key): PackedCustomers {
  const n = x.length;
  let largest = -1;
  for (let i = 0; i < n; i++) largest = Math.max(largest, ((digits[i] as number) >>> shift) & mask);
  const next = new Int32Array(largest + 2);
  for (let i = 0; i < n; i++) {
    const after = (((digits[i] as number) >>> shift) & mask) + 1;
    next[after] = (next[after] as number) + 1;
  }
  for (let k = 1; k < next.length; k++) next[k] = (next[k] as number) + (next[k - 1] as number);
  const ordered = { x: new Int32Array(n), days: new Int32Array(n) };
  for (let i = 0; i < n; i++) {
    const key = ((digits[i] as number) >>> shift) & mask;
    const at = next[key] as number;
    ordered.x[at] = x[i] as number;
    ordered.days[at] = days[i] as number;
    next[key] = at + 1;
  }
  return ordered;
}

/**
 * Distinct (x, t_x, T) cells of customers: sufficient for the NBD models, since they depend on nothing else.
 *
 * Source: a radix sort by T, then t_x, then x; the result does not depend on the order of rows or parts, nor on how customers
 * are split into parts.
 * @param parts tables of customers (for instance one per shard); rows with x < 0 (no purchase) are left out
 * @returns sorted cells, days; empty arrays for no customers
 * @throws InvariantBrokenError when lengths differ, or unless 0 <= t_x <= T <= 65535 and x < 2097152, all whole
 * Cost: three passes over the customers (0.1 s per million); allocates up to 24 bytes per customer at a time, and 28 per cell.
 */
export function compressPurchases(parts: readonly PurchaseRows[]): PurchaseCells {
  const packed = packCustomers(parts);
  const byTenure = orderedBy(packed, { digits: packed.days, shift: 0, mask: 0xffff });
  const byDays = orderedBy(byTenure, { digits: byTenure.days, shift: 16, mask: 0xffff });
  const { x, days } = orderedBy(byDays, { digits: byDays.x, shift: 0, mask: X_LIMIT - 1 });
  const starts = new Int32Array(x.length);
  let used = 0;
  for (let i = 0; i < x.length; i++) {
    if (i === 0 || days[i] !== days[i - 1] || x[i] !== x[i - 1]) starts[used++] = i;
  }
  const cells = {
    x: new Int32Array(used),
    txDays: new Float64Array(used),
    tenureDays: new Float64Array(used),
    weight: new Float64Array(used),
  };
  for (let cell = 0; cell < used; cell++) {
    const from = starts[cell] as number;
    cells.x[cell] = x[from] as number;
    cells.txDays[cell] = (days[from] as number) >>> 16;
    cells.tenureDays[cell] = (days[from] as number) & 0xffff;
    cells.weight[cell] = (cell + 1 < used ? (starts[cell + 1] as number) : x.length) - from;
  }
  return cells;
}

/**
 * Distinct (x, repeat net) cells of the customers that enter the Gamma-Gamma fit: x > 0 and a positive net.
 *
 * Source: the gamma density needs a positive mean; such a customer is dropped, not clamped to a cent, because one clamped
 * customer moved p by more than 10 % on CDNOW. x and net are packed into a double and sorted; where they do not fit in
 * 53 bits, pairs are sorted instead, with the same result.
 * @param parts tables of customers; rows with x <= 0 or net <= 0 are left out
 * @returns sorted cells, minor currency units; empty arrays when nobody qualifies
 * @throws InvariantBrokenError when lengths differ, or a count or net is not a whole number
 * Cost: one sort of doubles (0.1 s per million customers); allocates 8 bytes per customer, and the cells.
 */
export function compressSpend(parts: readonly SpendRows[]): SpendCells {
  const rows = parts.reduce((sum, part) => sum + requireEqualLengths(part.x, part.repeatNetMinor), 0);
  const xs = new Float64Array(rows);
  const nets = new Float64Array(rows);
  let used = 0;
  let maxX = 0;
  let maxNet = 0;
  for (const part of parts) {
    for (let i = 0; i < part.x.length; i++) {
      const x = part.x[i] as number;
      const net = part.repeatNetMinor[i] as number;
      if (x <= 0 || net <= 0) continue;
      if (!Number.isSafeInteger(x) || !Number.isSafeInteger(net)) {
        throw new InvariantBrokenError(`Customer row ${i}: x ${x}, net ${net}, expected whole numbers. Report this bug.`);
      }
      maxX = Math.max(maxX, x);
      maxNet = Math.max(maxNet, net);
      xs[used] = x;
      nets[used++] = net;
    }
  }
  const stride = maxNet + 1;
  return (maxX + 1) * stride < EXACT_LIMIT
    ? packedSpendCells(xs.subarray(0, used), nets.subarray(0, used), stride)
    : sortedSpendCells(xs.subarray(0, used), nets.subarray(0, used));
}

function packedSpendCells(xs: Float64Array, nets: Float64Array, stride: number): SpendCells {
  const packed = xs.map((x, i) => x * stride + (nets[i] as number));
  const { keys, weight } = countRuns(packed.sort());
  const x = new Int32Array(keys.length);
  const repeatNetMinor = new Float64Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    repeatNetMinor[i] = key % stride;
    x[i] = (key - (repeatNetMinor[i] as number)) / stride;
  }
  return { x, repeatNetMinor, weight };
}

function sortedSpendCells(xs: Float64Array, nets: Float64Array): SpendCells {
  const order = Uint32Array.from(xs.keys());
  order.sort((i, j) => (xs[i] as number) - (xs[j] as number) || (nets[i] as number) - (nets[j] as number));
  const x: number[] = [];
  const net: number[] = [];
  const weight: number[] = [];
  for (const i of order) {
    const last = weight.length - 1;
    if (last >= 0 && x[last] === xs[i] && net[last] === nets[i]) {
      weight[last] = (weight[last] as number) + 1;
    } else {
      x.push(xs[i] as number);
      net.push(nets[i] as number);
      weight.push(1);
    }
  }
  return { x: Int32Array.from(x), repeatNetMinor: Float64Array.from(net), weight: Float64Array.from(weight) };
}
