import type { BusinessClock, EpochDay } from '../time.ts';

const MS_PER_DAY = 86_400_000;
const SLOTS = 4096;

/**
 * A business clock for millions of rows: the start of the business day within each UTC day is looked up once and kept in
 * typed arrays, so that a row costs two comparisons whatever the order of the rows.
 */
export class BusinessDays {
  readonly #clock: BusinessClock;
  /** UTC day that a slot holds. */
  readonly #utcDays = new Int32Array(SLOTS).fill(-2_147_483_648);
  /** Instant at which the second business day of the UTC day begins; NaN when the clock itself must be asked. */
  readonly #turns = new Float64Array(SLOTS);
  readonly #before = new Int32Array(SLOTS);
  readonly #after = new Int32Array(SLOTS);

  #localDay = Number.NaN;
  #localStart = 0;
  /** True for a day of 24 hours. */
  #isRegular = true;

  constructor(clock: BusinessClock) {
    this.#clock = clock;
  }

  /** Epoch day on which an instant (ms) falls. */
  dayOfInstant(instantMs: number): EpochDay {
    const utcDay = Math.floor(instantMs / MS_PER_DAY);
    const slot = utcDay & (SLOTS - 1);
    if (this.#utcDays[slot] !== utcDay) this.#learn(utcDay, slot);
    const turn = this.#turns[slot] as number;
    if (instantMs < turn) return this.#before[slot] as number;
    return instantMs >= turn ? (this.#after[slot] as number) : this.#clock.dayOfInstant(instantMs);
  }

  /** The first instant of a day, ms. */
  startOfDay(day: EpochDay): number {
    return this.#clock.startOfDay(day);
  }

  /** The instant of a local time of the business time zone, as `BusinessClock.instantOfLocal`. */
  instantOfLocal(day: EpochDay, msOfDay: number): number {
    if (day !== this.#localDay) {
      this.#localDay = day;
      this.#localStart = this.#clock.startOfDay(day);
      this.#isRegular = this.#clock.startOfDay(day + 1) - this.#localStart === MS_PER_DAY;
    }
    return this.#isRegular ? this.#localStart + msOfDay : this.#clock.instantOfLocal(day, msOfDay);
  }

  #learn(utcDay: number, slot: number): void {
    const start = utcDay * MS_PER_DAY;
    const before = this.#clock.dayOfInstant(start);
    const after = this.#clock.dayOfInstant(start + MS_PER_DAY - 1);
    const turn = before === after ? start : this.#clock.startOfDay(after);
    const regular =
      before === after || (this.#clock.dayOfInstant(turn) === after && this.#clock.dayOfInstant(turn - 1) === before);
    this.#utcDays[slot] = utcDay;
    this.#before[slot] = before;
    this.#after[slot] = after;
    this.#turns[slot] = regular ? turn : Number.NaN;
  }
}
