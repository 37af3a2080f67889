/**
 * Whole numbers by bucket, as a text: `bucket a b` with a comma between buckets, ascending. A text, for that is a third of what lists
 * of numbers take in a receipt.
 */
export type Tally = string;

/** Buckets with their numbers, ascending by bucket. */
type TallyRows = readonly (readonly number[])[];

/** The rows of a tally: each begins with its bucket. */
export function tallyRows(tally: Tally): number[][] {
  if (tally === '') return [];
  return tally.split(',').map((row) => row.split(' ').map(Number));
}

/** A tally of rows that begin with their bucket; their order does not matter. Rows of nothing but zeros are left out. */
export function tallyOf(rows: TallyRows): Tally {
  return rows
    .filter(([, ...numbers]) => numbers.some((n) => n !== 0))
    .toSorted(([a], [b]) => (a as number) - (b as number))
    .map((row) => row.join(' '))
    .join(',');
}

/** The sum of two tallies, bucket by bucket. @param sign -1: what is in `a` and not in `b` */
export function addTallies(a: Tally, b: Tally, sign: 1 | -1 = 1): Tally {
  if (b === '') return a;
  const sums = new Map(tallyRows(a).map((row) => [row[0] as number, row]));
  for (const row of tallyRows(b)) {
    const [bucket, ...numbers] = row as [number, ...number[]];
    const sum = sums.get(bucket);
    sums.set(bucket, [bucket, ...numbers.map((n, i) => ((sum?.[i + 1] as number | undefined) ?? 0) + sign * n)]);
  }
  return tallyOf([...sums.values()]);
}

/** Bounds of the buckets of days: one day each up to 365, then 30 days each. */
const SINGLE_DAYS = 365;
const LATER_DAYS = 30;

/** Number of buckets of days: beyond some 40 years all are in the last. */
export const DAY_BUCKETS = 900;

/** Bucket of a number of days, >= 0. */
export function dayBucket(days: number): number {
  if (days <= SINGLE_DAYS) return days;
  return Math.min(SINGLE_DAYS + Math.ceil((days - SINGLE_DAYS) / LATER_DAYS), DAY_BUCKETS - 1);
}

/** The fewest days of a bucket. */
const daysOfBucket = (bucket: number): number =>
  bucket <= SINGLE_DAYS ? bucket : SINGLE_DAYS + (bucket - SINGLE_DAYS - 1) * LATER_DAYS + 1;

/**
 * Median (type 1) of a tally of days: rows of bucket and count.
 *
 * @returns days, exact up to 365, beyond that the fewest of its 30 days; null for nobody
 */
export function medianDays(tally: Tally): number | null {
  const rows = tallyRows(tally);
  const total = rows.reduce((sum, [, count]) => sum + (count as number), 0);
  let reached = 0;
  for (const [bucket, count] of rows) {
    reached += count as number;
    if (reached * 2 >= total && total > 0) return daysOfBucket(bucket as number);
  }
  return null;
}

/** Counts by bucket while a night is counted: one typed array per number, so that a customer costs no object. */
export class TallyCounter {
  readonly #columns: readonly Float64Array[];
  readonly #first: number;

  /** @param first smallest bucket @param size number of buckets @param width numbers of a bucket */
  constructor(first: number, size: number, width: number) {
    this.#first = first;
    this.#columns = Array.from({ length: width }, () => new Float64Array(size));
  }

  /** The numbers of every bucket, by place: bucket `first` is at 0. To be added to. */
  get columns(): readonly Float64Array[] {
    return this.#columns;
  }

  /** The tally so far; counting begins anew. */
  take(): Tally {
    const rows: number[][] = [];
    const [counts] = this.#columns as readonly [Float64Array];
    for (let at = 0; at < counts.length; at++) {
      if (counts[at] !== 0) rows.push([at + this.#first, ...this.#columns.map((column) => column[at] as number)]);
    }
    for (const column of this.#columns) column.fill(0);
    return tallyOf(rows);
  }
}
