import type { EpochDay } from '../time.ts';
import type { ShardBook } from './shard-book.ts';

/** The purchase days of the buyers of a shard, each buyer's ascending: 12 bytes a day, so that books need not be held. */
export interface PurchaseHistories {
  /** Where each buyer's days begin, and as the last value their number; shape [buyers + 1]. */
  readonly starts: Int32Array;
  /** Purchase days that stand. */
  readonly days: Int32Array;
  /** Net of each of these days, minor currency units. */
  readonly netMinor: Float64Array;
}

/**
 * The purchase days of every buyer (n >= 1) of a book, buyers in no particular order.
 *
 * Cost: one pass over customers and days.
 */
export function purchaseHistories(book: ShardBook): PurchaseHistories {
  const { purchaseDays, dayHead } = book.customers;
  const { next, day, gross, refunded } = book.days;
  let [buyers, total] = [0, 0];
  for (let slot = 0; slot < book.size; slot++) {
    const n = purchaseDays[slot] as number;
    total += n;
    if (n > 0) buyers++;
  }
  const histories = { starts: new Int32Array(buyers + 1), days: new Int32Array(total), netMinor: new Float64Array(total) };
  let [buyer, at] = [0, 0];
  for (let slot = 0; slot < book.size; slot++) {
    if (purchaseDays[slot] === 0) continue;
    for (let node = dayHead[slot] as number; node >= 0; node = next[node] as number) {
      if (!book.dayCounts(node)) continue;
      histories.days[at] = day[node] as number;
      histories.netMinor[at] = (gross[node] as number) - (refunded[node] as number);
      at++;
    }
    histories.starts[++buyer] = at;
  }
  return histories;
}

/** The first purchase day of all buyers; undefined without buyers. */
export function firstPurchaseDay({ starts, days }: PurchaseHistories): EpochDay | undefined {
  let first: EpochDay | undefined;
  for (let buyer = 0; buyer < starts.length - 1; buyer++) {
    const day = days[starts[buyer] as number] as EpochDay;
    if (first === undefined || day < first) first = day;
  }
  return first;
}
