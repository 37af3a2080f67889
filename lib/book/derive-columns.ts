import { NO_INT } from '../arrow/columns.ts';
import type { ShardBook } from './shard-book.ts';

/**
 * Fills the columns of customers that are not stored, from the days as a file gives them. Afterwards `ShardBook.refresh` keeps them.
 *
 * @param customer slot of each row of days: rows ordered by customer, then day @param rows number of them
 */
export function deriveColumns(book: ShardBook, customer: Int32Array, rows: number): void {
  const { lastGap, gapBefore, lastRefundedDay, secondDay } = book.customers;
  const { day, refunded } = book.days;
  lastRefundedDay.fill(NO_INT);
  secondDay.fill(NO_INT);
  let [slot, last] = [-1, NO_INT];
  for (let node = 0; node < rows; node++) {
    if (customer[node] !== slot) {
      slot = customer[node] as number;
      last = NO_INT;
    }
    if (refunded[node] !== 0) lastRefundedDay[slot] = day[node] as number;
    if (!book.dayCounts(node)) continue;
    if (last !== NO_INT) {
      if (secondDay[slot] === NO_INT) secondDay[slot] = day[node] as number;
      gapBefore[slot] = lastGap[slot] as number;
      lastGap[slot] = (day[node] as number) - last;
    }
    last = day[node] as number;
  }
}
