import { type Tally, tallyRows } from './tally.ts';

/** Buckets of an octave: a bucket is 1/32 of the power of two below it, so its bounds are at most 3.125 % apart. */
const PER_OCTAVE = 32;
const OCTAVE_BITS = 5;
const MANTISSA_SHIFT = 15;
const EXPONENT_OF_ONE = 1023 * PER_OCTAVE;

/** Buckets on either side of 0: minor units up to 2^53. */
export const VALUE_BUCKETS = 54 * PER_OCTAVE;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Place of the word with sign, exponent and the first bits of the mantissa. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Bucket of a whole number of minor units: 0 for 0, the same on either side of it. */
export function valueBucket(minor: number): number {
  if (minor === 0) return 0;
  const size = Math.abs(minor);
  const bucket = size < 0x8000_0000 ? bucketOfInt(size) : bucketOfDouble(size);
  return minor < 0 ? -bucket : bucket;
}

/** As `bucketOfDouble`, without a way through memory: exponent and first bits of a positive number below 2^31. */
function bucketOfInt(size: number): number {
  const exponent = 31 - Math.clz32(size);
  const bits = exponent < OCTAVE_BITS ? size << (OCTAVE_BITS - exponent) : size >>> (exponent - OCTAVE_BITS);
  return exponent * PER_OCTAVE + (bits & (PER_OCTAVE - 1)) + 1;
}

function bucketOfDouble(size: number): number {
  double[0] = size;
  return ((words[HIGH] as number) >>> MANTISSA_SHIFT) - EXPONENT_OF_ONE + 1;
}

/** Least amount of a bucket's sizes, bucket >= 1. */
function lowerBound(bucket: number): number {
  words[HIGH] = (bucket - 1 + EXPONENT_OF_ONE) << MANTISSA_SHIFT;
  words[1 - HIGH] = 0;
  return double[0] as number;
}

/** Figures of a distribution of money. Minor units. */
interface ValueFigures {
  readonly customers: number;
  readonly sum_minor: number;
  /** Rounded to a whole minor unit; null for nobody, as are the others. */
  readonly mean_minor: number | null;
  /** To within a bucket, that is 3.125 %. */
  readonly median_minor: number | null;
  readonly p90_minor: number | null;
  /** Share of the sum that the tenth with most of it has; negative values count as 0. */
  readonly top_10_percent_share: number | null;
  /** 0 (all the same) .. 1; negative values count as 0. */
  readonly gini: number | null;
}

/**
 * Sum, mean, median, 90th percentile, share of the top tenth and Gini coefficient of a tally of money: rows of bucket, count and sum.
 *
 * Source: count, sum and mean are exact. Quantiles (type 1) are placed within their bucket as if its customers lay evenly there; the
 * others take the customers of a bucket at their mean, which is wrong by less than 0.001 at 32 buckets per octave.
 */
export function valueFigures(tally: Tally): ValueFigures {
  const rows = tallyRows(tally) as [number, number, number][];
  const customers = rows.reduce((total, [, count]) => total + count, 0);
  const sum = rows.reduce((total, [, , minor]) => total + minor, 0);
  return {
    customers,
    sum_minor: sum,
    mean_minor: customers === 0 ? null : roundedRatio(sum, customers),
    median_minor: quantile(rows, customers, 0.5),
    p90_minor: quantile(rows, customers, 0.9),
    top_10_percent_share: topShare(rows, customers),
    gini: gini(rows, customers),
  };
}

// -0 would be written as 0 and read as another number
const roundedRatio = (a: number, b: number) => Math.round(a / b) + 0;

function quantile(rows: readonly [number, number, number][], customers: number, share: number): number | null {
  const rank = Math.max(Math.ceil(share * customers), 1);
  let before = 0;
  for (const [bucket, count, sum] of rows) {
    if (before + count < rank) {
      before += count;
      continue;
    }
    if (count === 1 || bucket === 0) return sum;
    const size = Math.abs(bucket);
    const [low, high] = [Math.ceil(lowerBound(size)), Math.ceil(lowerBound(size + 1)) - 1];
    const place = (rank - before - 0.5) / count;
    const [from, to] = bucket > 0 ? [low, high] : [-high, -low];
    return Math.round(from + (to - from) * place) + 0;
  }
  return null;
}

function topShare(rows: readonly [number, number, number][], customers: number): number | null {
  const all = positiveSum(rows);
  if (all === 0) return null;
  let left = Math.ceil(customers / 10);
  let top = 0;
  for (const [bucket, count, sum] of rows.toReversed()) {
    if (left === 0 || bucket <= 0) break;
    const taken = Math.min(left, count);
    top += (sum / count) * taken;
    left -= taken;
  }
  return top / all;
}

function gini(rows: readonly [number, number, number][], customers: number): number | null {
  const all = positiveSum(rows);
  if (all === 0) return null;
  let [below, area] = [0, 0];
  for (const [bucket, count, sum] of rows) {
    if (bucket <= 0) continue;
    area += (count / customers) * (2 * below + sum);
    below += sum;
  }
  return 1 - area / all;
}

const positiveSum = (rows: readonly [number, number, number][]) =>
  rows.reduce((total, [bucket, , sum]) => total + (bucket > 0 ? sum : 0), 0);
