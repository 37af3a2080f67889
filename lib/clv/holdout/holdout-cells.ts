import { InvariantBrokenError } from '../../errors.ts';
import type { PurchaseRows, SpendRows } from '../fit/compress.ts';

/**
 * Customers that had bought by the calibration date, with what they did after it: one array per quantity, equal lengths, whole
 * numbers, rows in any order. Days and money are those of purchase days (docs/architecture.md, Book).
 */
export interface HoldoutRows extends PurchaseRows, SpendRows {
  /** Repeat purchase days by the calibration date, count, >= 0 (a negative value marks a row without a purchase: left out). */
  readonly x: ArrayLike<number>;
  /** First to last purchase day by the calibration date, days. */
  readonly txDays: ArrayLike<number>;
  /** First purchase day to the calibration date, days. */
  readonly tenureDays: ArrayLike<number>;
  /** Net spend on the repeat purchase days by the calibration date, minor currency units. */
  readonly repeatNetMinor: ArrayLike<number>;
  /** Purchase days after the calibration date, until the end of the horizon, count. */
  readonly later: ArrayLike<number>;
  /** Net spend on these days, minor currency units. */
  readonly laterNetMinor: ArrayLike<number>;
  /** Last purchase day to the inner date, days; -1 for a customer that had not bought by then. */
  readonly innerRecencyDays: ArrayLike<number>;
  /** Purchase days after the inner date, until the calibration date, count. */
  readonly innerLater: ArrayLike<number>;
}

/** Customers as they stood on the calibration date, with what came after, compressed. */
export interface HoldoutCells {
  /** Distinct (x, t_x, T, later), sorted in this order, shape [cells]. */
  readonly x: Int32Array;
  readonly txDays: Int32Array;
  readonly tenureDays: Int32Array;
  readonly later: Int32Array;
  /** Customers in the cell, count. */
  readonly weight: Float64Array;
  /** Net spend on repeat purchase days of these customers together, a negative one counted as 0, minor units. */
  readonly spentMinor: Float64Array;
  /** Net spend of all customers after the calibration date, minor units. */
  readonly laterNetMinor: number;
  /** Customers known at the inner date, by the days since their last purchase then: position is days, count. */
  readonly inner: InnerTallies;
}

/** Customers of the inner date by days since their last purchase, shape [longest + 1] each. */
export interface InnerTallies {
  readonly customers: Float64Array;
  /** Purchase days after the inner date, until the calibration date, count. */
  readonly purchases: Float64Array;
  /** Customers with at least one of these, count. */
  readonly returned: Float64Array;
}

/** Days and counts are sorted by counting: 2^21 possible values take 8 MB; nobody buys on more days than there are. */
const COUNT_LIMIT = 2_097_152;

/** Columns of counts and days, and columns of money. */
const COUNTS = ['x', 'txDays', 'tenureDays', 'later', 'innerRecencyDays', 'innerLater'] as const;
const NETS = ['repeatNetMinor', 'laterNetMinor'] as const;

/** Columns by which cells are told apart, in the order of their sorting. */
const KEYS = ['x', 'txDays', 'tenureDays', 'later'] as const;

/** All customers as one table. */
type Table = Record<(typeof COUNTS)[number], Int32Array> & Record<(typeof NETS)[number], Float64Array>;

function requireEqualLengths(part: HoldoutRows): void {
  for (const name of [...COUNTS, ...NETS]) {
    if (part[name].length === part.x.length) continue;
    throw new InvariantBrokenError(
      `Holdout rows, column ${name}: ${part[name].length} rows, expected ${part.x.length}. Pass columns of one table.`,
    );
  }
}

const refuse = (row: number, name: string, value: number, expected: string): never => {
  throw new InvariantBrokenError(`Holdout row ${row}, ${name}: ${value}, expected ${expected}. Report this bug.`);
};

/** Rows of a part that have a purchase. */
function buyersOf({ x }: HoldoutRows): Uint32Array {
  const rows = new Uint32Array(x.length);
  let n = 0;
  for (let i = 0; i < x.length; i++) if (!((x[i] as number) < 0)) rows[n++] = i;
  return rows.subarray(0, n);
}

/** Copies one column of some rows, checked. */
function copyCounts(from: ArrayLike<number>, rows: Uint32Array, to: Int32Array, name: (typeof COUNTS)[number]): void {
  const least = name === 'innerRecencyDays' ? -1 : 0;
  for (let i = 0; i < rows.length; i++) {
    const value = from[rows[i] as number] as number;
    if ((value | 0) !== value || value < least || value >= COUNT_LIMIT) {
      refuse(rows[i] as number, name, value, `a whole number of at least ${least}`);
    }
    to[i] = value;
  }
}

function copyNets(from: ArrayLike<number>, rows: Uint32Array, to: Float64Array, name: (typeof NETS)[number]): void {
  for (let i = 0; i < rows.length; i++) {
    const value = from[rows[i] as number] as number;
    if (!Number.isSafeInteger(value)) refuse(rows[i] as number, name, value, 'a whole number of minor units');
    to[i] = value;
  }
}

/** The rows of all parts that have a purchase, as one table. */
function gather(parts: readonly HoldoutRows[]): Table {
  for (const part of parts) requireEqualLengths(part);
  const buyers = parts.map(buyersOf);
  const n = buyers.reduce((sum, rows) => sum + rows.length, 0);
  const counts = Object.fromEntries(COUNTS.map((name) => [name, new Int32Array(n)]));
  const nets = Object.fromEntries(NETS.map((name) => [name, new Float64Array(n)]));
  const table = { ...counts, ...nets } as Table;
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const rows = buyers[i] as Uint32Array;
    for (const name of COUNTS) copyCounts(part[name], rows, table[name].subarray(at), name);
    for (const name of NETS) copyNets(part[name], rows, table[name].subarray(at), name);
    for (const [k, row] of rows.entries()) {
      const [tx, tenure] = [table.txDays[at + k] as number, table.tenureDays[at + k] as number];
      if (tx > tenure) refuse(row, 'txDays', tx, `at most the tenure of ${tenure}`);
    }
    at += rows.length;
  }
  return table;
}

/** The order of rows by a column of counts; rows of equal value stay in the order they had. */
function sortBy(column: Int32Array, order: Uint32Array): Uint32Array {
  const starts = new Uint32Array(column.reduce((max, value) => Math.max(max, value), -1) + 2);
  for (const value of column) starts[value + 1] = (starts[value + 1] as number) + 1;
  for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
  const sorted = new Uint32Array(order.length);
  for (const row of order) {
    const value = column[row] as number;
    const at = starts[value] as number;
    sorted[at] = row;
    starts[value] = at + 1;
  }
  return sorted;
}

function tallyInner({
  innerRecencyDays,
  innerLater,
}: Pick<ReturnType<typeof gather>, 'innerRecencyDays' | 'innerLater'>): InnerTallies {
  const size = innerRecencyDays.reduce((max, days) => Math.max(max, days), -1) + 1;
  const tallies = { customers: new Float64Array(size), purchases: new Float64Array(size), returned: new Float64Array(size) };
  for (let row = 0; row < innerRecencyDays.length; row++) {
    const days = innerRecencyDays[row] as number;
    if (days < 0) continue;
    const bought = innerLater[row] as number;
    tallies.customers[days] = (tallies.customers[days] as number) + 1;
    tallies.purchases[days] = (tallies.purchases[days] as number) + bought;
    tallies.returned[days] = (tallies.returned[days] as number) + (bought > 0 ? 1 : 0);
  }
  return tallies;
}

/**
 * Distinct (x, t_x, T, later) of customers, and what the measures need besides: all of it in whole numbers, so that what is
 * computed from it is the same for any order of rows and any division into parts.
 *
 * Source: sorted by counting, one stable pass per key. Net spend needs only its sum per cell, for the expected spend is linear
 * in it.
 * @param parts tables of customers (for instance one per shard), days and minor units; rows with x < 0 are left out
 * @returns cells; empty arrays for no customers
 * @throws InvariantBrokenError when lengths differ or a row has other than whole numbers, 0 <= t_x <= T
 * Cost: 1 to 2 s per million customers; allocates ~90 bytes per customer.
 */
export function compressHoldout(parts: readonly HoldoutRows[]): HoldoutCells {
  const table = gather(parts);
  let order: Uint32Array = Uint32Array.from(table.x.keys());
  for (const name of KEYS.toReversed()) order = sortBy(table[name], order);
  const { x, txDays, tenureDays, later } = table;
  const first = new Uint32Array(order.length);
  const weight = new Float64Array(order.length);
  const spent = new Float64Array(order.length);
  let cell = -1;
  let last = 0;
  for (const row of order) {
    if (
      cell < 0 ||
      x[row] !== x[last] ||
      txDays[row] !== txDays[last] ||
      tenureDays[row] !== tenureDays[last] ||
      later[row] !== later[last]
    ) {
      first[++cell] = row;
      last = row;
    }
    weight[cell] = (weight[cell] as number) + 1;
    spent[cell] = (spent[cell] as number) + Math.max(table.repeatNetMinor[row] as number, 0);
  }
  const cells = first.subarray(0, cell + 1);
  const column = (name: (typeof KEYS)[number]) => Int32Array.from(cells, (row) => table[name][row] as number);
  return {
    x: column('x'),
    txDays: column('txDays'),
    tenureDays: column('tenureDays'),
    later: column('later'),
    weight: weight.slice(0, cells.length),
    spentMinor: spent.slice(0, cells.length),
    laterNetMinor: table.laterNetMinor.reduce((sum, net) => sum + net, 0),
    inner: tallyInner(table),
  };
}
