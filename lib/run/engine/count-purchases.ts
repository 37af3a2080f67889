import type { ShardBook } from '../../book/shard-book.ts';
import { REASON, type StageColumns } from '../../lifecycle/stage-columns.ts';
import { RETENTION_DAYS, SECOND_WITHIN, type ShardFigures, TRAILING_DAYS } from '../../report/shard-figures.ts';
import { DAY_BUCKETS, dayBucket, TallyCounter } from '../../report/tally.ts';
import { formatDay } from '../../time.ts';

type Counted = Pick<ShardFigures, 'cohorts' | 'repurchase' | 'returnedAfter'> & Pick<ShardFigures['referral'], 'recent' | 'all'>;

/** Months by number of days since the first one asked for: a date is made once per day, not per customer. */
class Months {
  readonly #names = new Map<number, string>();

  of(day: number): string {
    let name = this.#names.get(day);
    if (name === undefined) {
      name = formatDay(day).slice(0, 7);
      this.#names.set(day, name);
    }
    return name;
  }
}

/** Counts who buys again, and how soon. One per run, for it keeps its columns. */
export class PurchaseCounter {
  readonly #months = new Months();
  readonly #toSecond = new TallyCounter(0, DAY_BUCKETS, 1);
  readonly #silences = new TallyCounter(0, DAY_BUCKETS, 1);

  /**
   * @param stages after the night's steps
   * @param active 1 for customers with a purchase day in the retention window before the last, by slot
   */
  count(book: ShardBook, stages: StageColumns, active: Uint8Array, day: number): Counted {
    const { purchaseDays, firstDay, secondDay, lastDay, lastGap, repeatNet, referredOn } = book.customers;
    const [toSecond] = this.#toSecond.columns as [Float64Array];
    const [silences] = this.#silences.columns as [Float64Array];
    const within = SECOND_WITHIN.map((): [number, number] => [0, 0]);
    const cohorts: Record<string, [number, number]> = {};
    const [recent, all]: [number, number][] = [
      [0, 0],
      [0, 0],
    ] as const;
    let [repeatBuyers, repeatNetMinor] = [0, 0];
    for (let slot = 0; slot < book.size; slot++) {
      const n = purchaseDays[slot] as number;
      if (n === 0) continue;
      const first = firstDay[slot] as number;
      const gap = n > 1 ? (secondDay[slot] as number) - first : Number.POSITIVE_INFINITY;
      countWithin(within, day - first, gap);
      if (n > 1) {
        repeatBuyers++;
        repeatNetMinor += repeatNet[slot] as number;
        (toSecond[dayBucket(gap)] as number) += 1;
      }
      const referred = referredOn[slot] as number;
      const isReferred = referred >= NO_REFERRAL && referred <= first ? 1 : 0;
      all[0]++;
      all[1] += isReferred;
      if (day - first < TRAILING_DAYS) {
        recent[0]++;
        recent[1] += isReferred;
      }
      if (active[slot] === 1) {
        const month = this.#months.of(first);
        cohorts[month] ??= [0, 0];
        const cohort = cohorts[month];
        cohort[0]++;
        if (day - (lastDay[slot] as number) < RETENTION_DAYS) cohort[1]++;
      }
      if (stages.since[slot] === day && stages.reason[slot] === REASON.CAME_BACK) {
        (silences[dayBucket(lastGap[slot] as number)] as number) += 1;
      }
    }
    const repurchase = { repeatBuyers, within, daysToSecond: this.#toSecond.take(), repeatNetMinor };
    return { cohorts, repurchase, returnedAfter: this.#silences.take(), recent, all };
  }
}

/** Days from here on are dates; what is less is null. */
const NO_REFERRAL = -1_000_000;

function countWithin(within: readonly [number, number][], age: number, gap: number): void {
  for (let i = 0; i < within.length; i++) {
    const days = SECOND_WITHIN[i] as number;
    if (age < days) return;
    const counts = within[i] as [number, number];
    counts[0]++;
    if (gap <= days) counts[1]++;
  }
}
