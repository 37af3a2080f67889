import { type Columns, NO_INT } from '../../arrow/columns.ts';
import type { EPOCH_ROWS } from '../../arrow/schemas.ts';
import { compressPurchases, compressSpend, type PurchaseCells, type SpendCells } from '../../clv/fit/compress.ts';

/** The buyers of one date, all shards. */
export interface EpochPopulation {
  readonly parts: readonly { readonly rows: number; readonly columns: Columns<typeof EPOCH_ROWS> }[];
  /** Number of gaps between successive purchase days, by length in days. */
  readonly gaps: ReadonlyMap<number, number>;
}

/** Number of buyers. */
function countBuyers({ parts }: EpochPopulation): number {
  return parts.reduce((sum, part) => sum + part.rows, 0);
}

/** One value per buyer, ascending: the exact multiset that cut points are taken from. */
export function sortedValues(
  population: EpochPopulation,
  value: (columns: Columns<typeof EPOCH_ROWS>, row: number) => number,
): Float64Array {
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

/** Cells of the buyers that enter the spend model. */
export function spendCells({ parts }: EpochPopulation): SpendCells {
  return compressSpend(parts.map(({ columns }) => ({ x: columns.x, repeatNetMinor: columns.repeat_net_minor })));
}

/** Cells of those that were buyers 90 days before, and how many of them bought since. */
export function priorCells({ parts }: EpochPopulation): { cells: PurchaseCells; returned: number } {
  let returned = 0;
  for (const { rows, columns } of parts) {
    for (let row = 0; row < rows; row++) {
      if (columns.prior_x[row] !== NO_INT && columns.bought[row] === 1) returned++;
    }
  }
  const cells = compressPurchases(
    parts.map(({ columns }) => ({
      x: columns.prior_x,
      txDays: columns.prior_t_x_days,
      tenureDays: columns.prior_tenure_days,
    })),
  );
  return { cells, returned };
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
