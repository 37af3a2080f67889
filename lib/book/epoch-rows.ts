import { type Columns, NO_INT } from '../arrow/columns.ts';
import type { EPOCH_ROWS } from '../arrow/schemas.ts';
import type { EpochDay } from '../time.ts';
import { buyerRows } from './buyer-rows.ts';
import type { ShardBook } from './shard-book.ts';

/** What calibration needs of a shard on one date. */
export interface EpochSummary {
  readonly rows: number;
  readonly columns: Columns<typeof EPOCH_ROWS>;
  /** Number of gaps between successive purchase days, by length in days. */
  readonly gaps: ReadonlyMap<number, number>;
}

/**
 * One row per buyer, those of `buyerRows` in its order: x, t_x, T in days, net amounts in minor units, the same
 * x, t_x, T as of `day - horizonDays`, and whether a purchase day lies in (day - horizonDays, day].
 *
 * The rows as of the earlier day use what is known on `day` (docs/architecture.md, Epochs).
 */
export function summariseEpoch(book: ShardBook, day: EpochDay, horizonDays: number): EpochSummary {
  const { firstDay, purchaseDays, dayHead } = book.customers;
  const { next, day: dates } = book.days;
  const { x, txDays, tenureDays, repeatNetMinor, netMinor } = buyerRows(book, day);
  const buyers = x.length;
  const columns = {
    x,
    t_x_days: txDays,
    tenure_days: tenureDays,
    repeat_net_minor: repeatNetMinor,
    net_minor: netMinor,
    prior_x: new Int32Array(buyers).fill(NO_INT),
    prior_t_x_days: new Int32Array(buyers).fill(NO_INT),
    prior_tenure_days: new Int32Array(buyers).fill(NO_INT),
    bought: new Uint8Array(buyers),
  };
  const gaps = new Int32Array(65_536);
  const prior = day - horizonDays;
  let row = 0;
  for (let slot = 0; slot < book.size; slot++) {
    if (purchaseDays[slot] === 0) continue;
    const first = firstDay[slot] as number;
    let [priorCount, priorLast, before] = [0, NO_INT, NO_INT];
    for (let node = dayHead[slot] as number; node >= 0; node = next[node] as number) {
      if (!book.dayCounts(node)) continue;
      const date = dates[node] as number;
      if (before !== NO_INT) (gaps[Math.min(date - before, 65_535)] as number) += 1;
      before = date;
      if (date <= prior) {
        priorCount++;
        priorLast = date;
      } else columns.bought[row] = 1;
    }
    if (priorCount > 0) {
      columns.prior_x[row] = priorCount - 1;
      columns.prior_t_x_days[row] = priorLast - first;
      columns.prior_tenure_days[row] = prior - first;
    }
    row++;
  }
  const counted = new Map<number, number>();
  for (let gap = 0; gap < gaps.length; gap++) if ((gaps[gap] as number) > 0) counted.set(gap, gaps[gap] as number);
  return { rows: buyers, columns, gaps: counted };
}
