import type { EpochDay } from '../time.ts';
import type { ShardBook } from './shard-book.ts';

/** The buyers of a shard as a fit takes them: one array per quantity, equal lengths, whole numbers, rows in the order of the book's slots. */
export interface BuyerRows {
  /** Repeat purchase days, count. */
  readonly x: Int32Array;
  /** First to last purchase day, days. */
  readonly txDays: Int32Array;
  /** First purchase day to the day asked for, days. */
  readonly tenureDays: Int32Array;
  /** Net spend on the repeat purchase days together, minor currency units. */
  readonly repeatNetMinor: Float64Array;
  /** Net of all days, minor currency units. */
  readonly netMinor: Float64Array;
}

/**
 * One row per buyer (n >= 1) of a book, observed on `day`. Erased customers and customers without a purchase day that stands have
 * none.
 *
 * @param day the date as of which the book stands: no purchase day of it is later
 * Cost: one pass over the customers; the days are not walked.
 */
export function buyerRows(book: ShardBook, day: EpochDay): BuyerRows {
  const { firstDay, lastDay, purchaseDays, net, repeatNet } = book.customers;
  let buyers = 0;
  for (let slot = 0; slot < book.size; slot++) if ((purchaseDays[slot] as number) > 0) buyers++;
  const rows: BuyerRows = {
    x: new Int32Array(buyers),
    txDays: new Int32Array(buyers),
    tenureDays: new Int32Array(buyers),
    repeatNetMinor: new Float64Array(buyers),
    netMinor: new Float64Array(buyers),
  };
  let row = 0;
  for (let slot = 0; slot < book.size; slot++) {
    const n = purchaseDays[slot] as number;
    if (n === 0) continue;
    const first = firstDay[slot] as number;
    rows.x[row] = n - 1;
    rows.txDays[row] = (lastDay[slot] as number) - first;
    rows.tenureDays[row] = day - first;
    rows.repeatNetMinor[row] = repeatNet[slot] as number;
    rows.netMinor[row] = net[slot] as number;
    row++;
  }
  return rows;
}
