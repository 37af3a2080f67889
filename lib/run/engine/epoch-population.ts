import { type Columns, NO_INT } from '../../arrow/columns.ts';
import type { EPOCH_ROWS, WINDOWED_EPOCH_ROWS } from '../../arrow/schemas.ts';
import { compressPurchases, compressSpend, type PurchaseCells, type SpendCells } from '../../clv/fit/compress.ts';

/** What calibration knows of the buyers of a shard; `frequency` and `monetary_minor` where R, F and M look at a window. */
export type BuyerColumns = Columns<typeof EPOCH_ROWS> &
  Partial<Pick<Columns<typeof WINDOWED_EPOCH_ROWS>, 'frequency' | 'monetary_minor'>>;

/** The buyers of one date, all shards. */
export interface EpochPopulation {
  readonly parts: readonly { readonly rows: number; readonly columns: BuyerColumns }[];
  /** Number of gaps between successive purchase days, by length in days. */
  readonly gaps: ReadonlyMap<number, number>;
}

/** Number of buyers. */
function countBuyers({ parts }: EpochPopulation): number {
  return parts.reduce((sum, part) => sum + part.rows, 0);
}

/** One value per buyer, ascending: the exact multiset that cut points are taken from. */
export function sortedValues(population: EpochPopulation, value: (columns: BuyerColumns, row: number) => number): Float64Array {
  const out = new Float64Array(countBuyers(population));
  let at = 0;
  for (const { rows, columns } of population.parts) for (let row = 0; row < rows; row++) out[at++] = value(columns, row);
  return sortWhole(out);
}

/** Whole numbers are counted instead of compared while their range is at most this (a table of 16 MB) and 8 times their number. */
const COUNTED_RANGE = 4_194_304;

/** Sorts in place; whole numbers of a narrow range by counting, which takes a tenth of the time. */
function sortWhole(values: Float64Array): Float64Array {
  if (values.length === 0) return values;
  let [min, max, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (let i = 0; i < values.length && whole; i++) {
    const value = values[i] as number;
    whole = Number.isSafeInteger(value);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (!whole || !(max - min < Math.min(COUNTED_RANGE, values.length * 8))) return values.sort();
  const counts = new Uint32Array(max - min + 1);
  for (let i = 0; i < values.length; i++) (counts[(values[i] as number) - min] as number) += 1;
  let at = 0;
  for (let offset = 0; offset < counts.length; offset++) {
    const end = at + (counts[offset] as number);
    if (end > at) values.fill(min + offset, at, end);
    at = end;
  }
  return values;
}

/** Cells of all buyers. */
export function purchaseCells({ parts }: EpochPopulation): PurchaseCells {
  return compressPurchases(
    parts.map(({ columns }) => ({ x: columns.x, txDays: columns.t_x_days, tenureDays: columns.tenure_days })),
  );
}

/** Customers of cells that bought on more than one day. */
export function repeatCustomers({ x, weight }: PurchaseCells): number {
  return weight.reduce((sum, w, i) => ((x[i] as number) > 0 ? sum + w : sum), 0);
}

/** Cells of the buyers that enter the spend model. */
export function spendCells({ parts }: EpochPopulation): SpendCells {
  return compressSpend(parts.map(({ columns }) => ({ x: columns.x, repeatNetMinor: columns.repeat_net_minor })));
}

/** Customers as they stood a return horizon before, in cells, with how many of each cell bought since. */
export interface PriorCells extends PurchaseCells {
  /** Customers of the cell that bought since, count, shape [cells]. */
  readonly returned: Float64Array;
}

/** Cells of those that were buyers a return horizon before. */
export function priorCells({ parts }: EpochPopulation): PriorCells {
  const priorRows = (x: (columns: Columns<typeof EPOCH_ROWS>) => Int32Array) =>
    compressPurchases(
      parts.map(({ columns }) => ({ x: x(columns), txDays: columns.prior_t_x_days, tenureDays: columns.prior_tenure_days })),
    );
  const cells = priorRows((columns) => columns.prior_x);
  const back = priorRows((columns) => columns.prior_x.map((x, row) => (columns.bought[row] === 1 ? x : NO_INT)));
  const returned = new Float64Array(cells.x.length);
  // cells of those that bought are some of all cells, in the same order
  for (let i = 0, at = 0; i < back.x.length; i++, at++) {
    while (!isSameCell(cells, at, back, i)) at++;
    returned[at] = back.weight[i] as number;
  }
  return { ...cells, returned };
}

function isSameCell(a: PurchaseCells, i: number, b: PurchaseCells, j: number): boolean {
  return a.x[i] === b.x[j] && a.txDays[i] === b.txDays[j] && a.tenureDays[i] === b.tenureDays[j];
}

/** Median (type 1) of the gaps, days; null when there is none. */
export function medianGapDays({ gaps }: EpochPopulation): number | null {
  const lengths = [...gaps.keys()].sort((a, b) => a - b);
  const total = lengths.reduce((sum, gap) => sum + (gaps.get(gap) as number), 0);
  let cumulative = 0;
  for (const gap of lengths) {
    cumulative += gaps.get(gap) as number;
    if (cumulative * 2 >= total) return gap;
  }
  return null;
}

/** Mean net per purchase day of all buyers, minor units; 0 when nobody bought. */
export function cohortMeanMinor({ parts }: EpochPopulation): number {
  let net = 0;
  let days = 0;
  for (const { rows, columns } of parts) {
    for (let row = 0; row < rows; row++) {
      net += columns.net_minor[row] as number;
      days += (columns.x[row] as number) + 1;
    }
  }
  return days === 0 ? 0 : net / days;
}
