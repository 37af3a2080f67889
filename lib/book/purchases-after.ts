import type { Columns } from '../arrow/columns.ts';
import type { WINDOWED_EPOCH_ROWS } from '../arrow/schemas.ts';
import type { EpochDay } from '../time.ts';
import type { ShardBook } from './shard-book.ts';

/** What a customer bought after a day. */
export interface PurchasesAfter {
  /** Days that count. */
  readonly days: number;
  /** Net of all days, minor currency units; it may be below zero. */
  readonly netMinor: number;
}

/**
 * Purchase days of a customer after `after`, and what they came to: refunds and voids count on the day of their sale, as everywhere.
 *
 * Cost: a walk over the customer's days.
 */
export function purchasesAfter(book: ShardBook, slot: number, after: EpochDay): PurchasesAfter {
  const { next, day, gross, refunded } = book.days;
  let [days, netMinor] = [0, 0];
  for (let node = book.customers.dayHead[slot] as number; node >= 0; node = next[node] as number) {
    if ((day[node] as number) <= after) continue;
    netMinor += (gross[node] as number) - (refunded[node] as number);
    if (book.dayCounts(node)) days++;
  }
  return { days, netMinor };
}

/**
 * What every buyer bought after a day, for the cut points of a window: rows as those of `summariseEpoch`. Buyers of whom nothing lies
 * in the window have zeros.
 *
 * @param buyers number of those rows
 */
export function windowColumns(
  book: ShardBook,
  buyers: number,
  after: EpochDay,
): Pick<Columns<typeof WINDOWED_EPOCH_ROWS>, 'frequency' | 'monetary_minor'> {
  const columns = { frequency: new Int32Array(buyers), monetary_minor: new Float64Array(buyers) };
  let row = 0;
  for (let slot = 0; slot < book.size; slot++) {
    if (book.customers.purchaseDays[slot] === 0) continue;
    const { days, netMinor } = purchasesAfter(book, slot, after);
    columns.frequency[row] = days;
    columns.monetary_minor[row++] = netMinor;
  }
  return columns;
}
