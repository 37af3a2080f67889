import type { ShardBook } from '../../book/shard-book.ts';
import { REASON, type StageColumns } from '../../lifecycle/stage-columns.ts';
import { RETENTION_DAYS, SECOND_WITHIN, type ShardFigures, TRAILING_DAYS } from '../../report/shard-figures.ts';
import { DAY_BUCKETS, dayBucket, TallyCounter } from '../../report/tally.ts';
import { formatDay } from '../../time.ts';

type Counted = Pick<ShardFigures, 'cohorts' | 'repurchase' | 'returnedAfter'> & Pick<ShardFigures['referral'], 'recent' | 'all'>;

const { CAME_BACK } = REASON;

/** Days from here on are dates; what is less is null. */
const NO_REFERRAL = -1_000_000;

/** Days since the first purchase that there is room for to begin with. */
const FIRST_AGES = 4096;

/** Counts who buys again, and how soon. One per run, for it keeps its columns. */
export class PurchaseCounter {
  readonly #toSecond = new TallyCounter(0, DAY_BUCKETS, 1);
  readonly #silences = new TallyCounter(0, DAY_BUCKETS, 1);
  /** By days since the first purchase: customers that were active, and those of them that bought again. */
  #active = new Int32Array(FIRST_AGES);
  #retained = new Int32Array(FIRST_AGES);

  /** @param stages after the night's steps */
  count(book: ShardBook, stages: StageColumns, day: number): Counted {
    return {
      ...this.#countBuyers(book, stages, day),
      cohorts: this.#countCohorts(book, day),
    };
  }

  /** Second purchases, first ones that came by a referral, and returns of the night. */
  #countBuyers({ size, customers }: ShardBook, { since, reason }: StageColumns, day: number): Omit<Counted, 'cohorts'> {
    const { purchaseDays, firstDay, secondDay, lastGap, repeatNet, referredOn } = customers;
    const [toSecond] = this.#toSecond.columns as [Float64Array];
    const [silences] = this.#silences.columns as [Float64Array];
    const [soon, later, last] = SECOND_WITHIN;
    let [all, allReferred, recent, recentReferred, repeatBuyers, repeatNetMinor] = [0, 0, 0, 0, 0, 0];
    let [dueSoon, dueLater, dueLast, cameSoon, cameLater, cameLast] = [0, 0, 0, 0, 0, 0];
    for (let slot = 0; slot < size; slot++) {
      const n = purchaseDays[slot] as number;
      if (n === 0) continue;
      if (reason[slot] === CAME_BACK && since[slot] === day) (silences[dayBucket(lastGap[slot] as number)] as number) += 1;
      const first = firstDay[slot] as number;
      const age = day - first;
      const referred = referredOn[slot] as number;
      const isReferred = referred >= NO_REFERRAL && referred <= first ? 1 : 0;
      all++;
      allReferred += isReferred;
      if (age < TRAILING_DAYS) {
        recent++;
        recentReferred += isReferred;
      }
      // without a second purchase it came within no number of days
      let gap = 0x3fff_ffff;
      if (n > 1) {
        gap = (secondDay[slot] as number) - first;
        repeatBuyers++;
        repeatNetMinor += repeatNet[slot] as number;
        (toSecond[dayBucket(gap)] as number) += 1;
      }
      if (age < soon) continue;
      dueSoon++;
      if (gap <= soon) cameSoon++;
      if (age < later) continue;
      dueLater++;
      if (gap <= later) cameLater++;
      if (age < last) continue;
      dueLast++;
      if (gap <= last) cameLast++;
    }
    const within: [number, number][] = [
      [dueSoon, cameSoon],
      [dueLater, cameLater],
      [dueLast, cameLast],
    ];
    const repurchase = { repeatBuyers, within, daysToSecond: this.#toSecond.take(), repeatNetMinor };
    return { repurchase, returnedAfter: this.#silences.take(), recent: [recent, recentReferred], all: [all, allReferred] };
  }

  /** Customers with a purchase day in the retention window before the last one, and those with one in the last. */
  #countCohorts(book: ShardBook, day: number): Counted['cohorts'] {
    const { size } = book;
    const { purchaseDays, firstDay, lastDay, lastGap, gapBefore } = book.customers;
    const [to, from] = [day - RETENTION_DAYS, day - 2 * RETENTION_DAYS];
    let oldest = 0;
    for (let slot = 0; slot < size; slot++) {
      const first = firstDay[slot] as number;
      const last = lastDay[slot] as number;
      if (purchaseDays[slot] === 0 || first > to || last <= from) continue;
      if (first <= from && last > to) {
        // most buy seldom: the last two gaps tell what they had bought by then
        const previous = last - (lastGap[slot] as number);
        if (previous <= from) continue;
        const before = previous - (gapBefore[slot] as number);
        if (previous > to && (before <= from || (before > to && !hasDayWithin(book, slot, from, to)))) continue;
      }
      const age = day - first;
      if (age > oldest) oldest = age;
      if (age >= this.#active.length) this.#growAges(age);
      (this.#active[age] as number) += 1;
      if (last > to) (this.#retained[age] as number) += 1;
    }
    return this.#takeCohorts(day, oldest);
  }

  #growAges(age: number): void {
    const grown = () => new Int32Array(age * 2);
    const [active, retained] = [grown(), grown()];
    active.set(this.#active);
    retained.set(this.#retained);
    [this.#active, this.#retained] = [active, retained];
  }

  /** By month of the first purchase; counting begins anew. */
  #takeCohorts(day: number, oldest: number): Counted['cohorts'] {
    const cohorts: Record<string, [number, number]> = {};
    for (let age = oldest; age >= 0; age--) {
      const active = this.#active[age] as number;
      if (active === 0) continue;
      const month = formatDay(day - age).slice(0, 7);
      cohorts[month] ??= [0, 0];
      const cohort = cohorts[month];
      cohort[0] += active;
      cohort[1] += this.#retained[age] as number;
    }
    this.#active.fill(0, 0, oldest + 1);
    this.#retained.fill(0, 0, oldest + 1);
    return cohorts;
  }
}

/** Whether a day that counts lies in (from, to]. */
function hasDayWithin(book: ShardBook, slot: number, from: number, to: number): boolean {
  const { next, day } = book.days;
  for (let node = book.customers.dayHead[slot] as number; node >= 0; node = next[node] as number) {
    const on = day[node] as number;
    if (on > to) return false;
    if (on > from && book.dayCounts(node)) return true;
  }
  return false;
}
