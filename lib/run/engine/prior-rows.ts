import { NO_INT } from '../../arrow/columns.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import { MATURED_DAYS } from '../../report/shard-figures.ts';

/** Customers as they stood some days ago, by slot, from the purchase days as known now; x is -1 for one that had not bought. */
export interface PriorRows {
  readonly x: Int32Array;
  readonly txDays: Int32Array;
  readonly tenureDays: Int32Array;
  /** 1 for those that bought since. */
  readonly bought: Uint8Array;
}

const newRows = (size: number): PriorRows => ({
  x: new Int32Array(size),
  txDays: new Int32Array(size),
  tenureDays: new Int32Array(size),
  bought: new Uint8Array(size),
});

/** The customers of a shard 30 and 90 days before a night. */
export class PriorNights {
  /** As `MATURED_DAYS`. */
  near: PriorRows = newRows(0);
  far: PriorRows = newRows(0);
  readonly #nodes = { near: 0, nearLast: NO_INT, far: 0, farLast: NO_INT };

  /**
   * Looks at every customer as of `day`.
   *
   * Cost: a look at the columns; the days are walked of those alone who bought after one of the two days.
   */
  fill(book: ShardBook, day: number): void {
    this.#reserve(book.size);
    const { purchaseDays, firstDay, lastDay, lastGap, gapBefore } = book.customers;
    const [nearDay, farDay] = [day - MATURED_DAYS[0], day - MATURED_DAYS[1]];
    const known = this.#nodes;
    for (let slot = 0; slot < book.size; slot++) {
      const n = purchaseDays[slot] as number;
      const first = firstDay[slot] as number;
      const last = lastDay[slot] as number;
      if (n === 0 || first > nearDay) {
        this.near.x[slot] = -1;
        this.far.x[slot] = -1;
        continue;
      }
      known.near = n;
      known.nearLast = last;
      known.far = n;
      known.farLast = last;
      if (last > farDay) {
        // most buy seldom: the last two gaps tell what they had bought by then
        const previous = n > 1 ? last - (lastGap[slot] as number) : NO_INT;
        const before = n > 2 ? previous - (gapBefore[slot] as number) : NO_INT;
        if (before <= farDay) {
          const sinceNear = last <= nearDay ? 0 : previous <= nearDay ? 1 : 2;
          const sinceFar = previous <= farDay ? 1 : 2;
          known.near = n - sinceNear;
          known.nearLast = sinceNear === 0 ? last : sinceNear === 1 ? previous : before;
          known.far = n - sinceFar;
          known.farLast = sinceFar === 1 ? previous : before;
        } else this.#walk(book, slot, nearDay, farDay);
      }
      put(this.near, slot, known.near, known.nearLast - first, nearDay - first, last > nearDay);
      put(this.far, slot, known.far, known.farLast - first, farDay - first, last > farDay);
    }
  }

  #walk(book: ShardBook, slot: number, nearDay: number, farDay: number): void {
    const known = this.#nodes;
    const { next, day } = book.days;
    [known.near, known.far] = [0, 0];
    for (let node = book.customers.dayHead[slot] as number; node >= 0; node = next[node] as number) {
      const on = day[node] as number;
      if (on > nearDay) return;
      if (!book.dayCounts(node)) continue;
      known.near++;
      known.nearLast = on;
      if (on > farDay) continue;
      known.far++;
      known.farLast = on;
    }
  }

  #reserve(size: number): void {
    if (this.near.x.length >= size) return;
    const length = Math.max(size, this.near.x.length * 2, 1024);
    this.near = newRows(length);
    this.far = newRows(length);
  }
}

function put(rows: PriorRows, slot: number, n: number, txDays: number, tenureDays: number, bought: boolean): void {
  rows.x[slot] = n - 1;
  rows.txDays[slot] = txDays;
  rows.tenureDays[slot] = tenureDays;
  rows.bought[slot] = bought ? 1 : 0;
}
