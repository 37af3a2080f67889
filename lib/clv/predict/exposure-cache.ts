import { InvariantBrokenError } from '../../errors.ts';
import { expectedWhileAlive } from '../models/expected-purchases.ts';
import type { MbgParams } from '../models/mbg-nbd.ts';
import { discountedMonths } from './monthly-discount.ts';

/** Counts below this have rows of tables (64 x 3 quantities x 8 bytes = 1.5 KB per day of tenure); others a map. */
export const DENSE_COUNTS = 64;

/** 65,535 days = 179 years; a longer tenure is a bug, and a table of it too. */
const MAX_DAYS = 65_536;

/** Tables begin at about three years and double from there. */
const FIRST_DAYS = 1024;

/** Expected purchases of a customer who is alive. */
type Entry = readonly [plain: number, discounted: number];

/** What a predictor looks ahead. */
export interface PredictionHorizons {
  /** Horizon of expected purchases, days, whole, > 0. */
  readonly horizonDays: number;
  /** Discount per month of 365/12 days, >= 0 (0.01 = 1 %). */
  readonly monthlyDiscountRatio: number;
  /** Horizon of the probability to return, days, > 0. */
  readonly returnHorizonDays: number;
}

/**
 * What depends on parameters and (x, whole days) alone, kept: logarithms of alpha + day, the chance that a customer who is
 * alive buys within the return horizon, and expected purchases of a customer who is alive, plain and discounted.
 *
 * Source: `mbg-predictions.ts`; a million CDNOW-like customers have 16,000 distinct (x, T), so nearly every look-up hits.
 * Cost: about 5 us for the first customer of a (x, T), a look-up after; memory 1.5 KB per day of the longest tenure.
 */
export class ExposureCache {
  /** ln(alpha + day), shape [days]. */
  lnExposure: Float64Array = new Float64Array(0);
  private lnHorizon: Float64Array = new Float64Array(0);
  /** Per x, for x below 64 and once asked for: `returnWhileAlive` of each day, shape [days]. */
  readonly returnRows: (Float64Array | undefined)[] = [];
  private readonly plainRows: (Float64Array | undefined)[] = [];
  private readonly discountedRows: (Float64Array | undefined)[] = [];
  private readonly rare = new Map<number, Entry>();
  private readonly params: MbgParams;
  private readonly horizons: PredictionHorizons;
  private readonly endDays: Float64Array;
  private readonly factors: Float64Array;

  constructor(params: MbgParams, horizons: PredictionHorizons) {
    this.params = params;
    this.horizons = horizons;
    const months = discountedMonths(horizons.horizonDays, horizons.monthlyDiscountRatio);
    this.endDays = months.endDays;
    this.factors = months.factors;
  }

  /** Makes the tables reach `day`. @throws InvariantBrokenError unless 0 <= day < 65536. */
  reach(day: number): void {
    if (day < this.lnExposure.length) return;
    if (!(day >= 0 && day < MAX_DAYS)) {
      throw new InvariantBrokenError(`Tenure: ${day} days, expected 0 .. ${MAX_DAYS - 1}. Report this bug.`);
    }
    let size = Math.max(FIRST_DAYS, this.lnExposure.length);
    while (size <= day) size *= 2;
    const { alpha } = this.params;
    this.lnExposure = Float64Array.from({ length: size }, (_, i) => Math.log(alpha + i));
    this.lnHorizon = this.lnExposure.map((_, i) => Math.log1p(this.horizons.returnHorizonDays / (alpha + i)));
    // rows of the old size are dropped: doubling happens a few times in the life of a predictor
    this.returnRows.length = 0;
    this.plainRows.length = 0;
    this.discountedRows.length = 0;
  }

  /** Probability that a customer with x repeat purchases, alive at `day`, buys within the return horizon. */
  returnWhileAlive(x: number, day: number): number {
    if (x >= DENSE_COUNTS) return this.computeReturn(x, day);
    return (this.returnRows[x] ?? this.fillReturnRow(x))[day] as number;
  }

  /** Undiscounted expected purchases of a customer who is alive at `day`. */
  plain(x: number, day: number): number {
    const row = x < DENSE_COUNTS ? this.plainRows[x] : undefined;
    const value = row ? (row[day] as number) : Number.NaN;
    return value >= 0 ? value : this.entry(x, day)[0];
  }

  /** Discounted expected purchases of a customer who is alive at `day`. */
  discounted(x: number, day: number): number {
    const row = x < DENSE_COUNTS ? this.discountedRows[x] : undefined;
    const value = row ? (row[day] as number) : Number.NaN;
    return value >= 0 ? value : this.entry(x, day)[1];
  }

  private entry(x: number, day: number): Entry {
    return x < DENSE_COUNTS ? this.fillEntry(x, day) : this.rareEntry(x, day);
  }

  private computeReturn(x: number, day: number): number {
    return -Math.expm1(-(this.params.r + x) * (this.lnHorizon[day] as number));
  }

  private fillReturnRow(x: number): Float64Array {
    const row = Float64Array.from(this.lnHorizon, (_, day) => this.computeReturn(x, day));
    this.returnRows[x] = row;
    return row;
  }

  private fillEntry(x: number, day: number): Entry {
    const entry = this.computeEntry(x, day);
    const days = this.lnExposure.length;
    this.plainRows[x] ??= new Float64Array(days).fill(Number.NaN);
    this.discountedRows[x] ??= new Float64Array(days).fill(Number.NaN);
    this.plainRows[x][day] = entry[0];
    this.discountedRows[x][day] = entry[1];
    return entry;
  }

  private rareEntry(x: number, day: number): Entry {
    const key = x * MAX_DAYS + day;
    let entry = this.rare.get(key);
    if (!entry) {
      entry = this.computeEntry(x, day);
      this.rare.set(key, entry);
    }
    return entry;
  }

  private computeEntry(x: number, day: number): Entry {
    const { r, alpha, a, b } = this.params;
    const state = { n: r + x, k: b + x + 1, a, exposure: alpha + day };
    let plain = 0;
    let discounted = 0;
    for (let i = 0; i < this.endDays.length; i++) {
      const upToEnd = expectedWhileAlive(state, this.endDays[i] as number);
      discounted += (upToEnd - plain) * (this.factors[i] as number);
      plain = upToEnd;
    }
    return [plain, discounted];
  }
}
