import { NO_CODE, NO_INT } from '../arrow/columns.ts';
import type { EpochDay } from '../time.ts';
import { IdTable } from './id-table.ts';
import type { PendingFact } from './pending.ts';

/** Doubles the arrays of a record of typed arrays until `size` rows fit. Missing rows are zero. */
function grow<T extends Record<string, Int32Array | Float64Array | Uint8Array>>(columns: T, size: number): void {
  const first = Object.values(columns)[0];
  if (!first || first.length >= size) return;
  let length = Math.max(first.length, 1024);
  while (length < size) length *= 2;
  for (const [name, column] of Object.entries(columns)) {
    const grown = new (column.constructor as new (length: number) => typeof column)(length);
    grown.set(column as never);
    (columns as Record<string, unknown>)[name] = grown;
  }
}

/** Customers by slot. Dates are epoch days, `NO_INT` when there is none; money is minor units. */
export interface CustomerColumns extends Record<string, Int32Array | Float64Array | Uint8Array> {
  knownOn: Int32Array;
  firstDay: Int32Array;
  lastDay: Int32Array;
  /** Days that count. */
  purchaseDays: Int32Array;
  /** Net sum of all days. */
  net: Float64Array;
  /** Net sum of the days that count, without the first. */
  repeatNet: Float64Array;
  /** Head of the list of days, -1 when empty. */
  dayHead: Int32Array;
  consentEmail: Uint8Array;
  consentSms: Uint8Array;
  consentAds: Uint8Array;
  hasEmail: Uint8Array;
  hasPhone: Uint8Array;
}

/** Days by node: a list per customer, in the order of days. */
export interface DayColumns extends Record<string, Int32Array | Float64Array | Uint8Array> {
  next: Int32Array;
  day: Int32Array;
  standing: Int32Array;
  gross: Float64Array;
  refunded: Float64Array;
}

/** Rows of room for a night's growth: without it the first new row would copy every column. */
export const roomFor = (rows: number): number => (rows >> 5) + 1024;

const newCustomers = (size: number): CustomerColumns => ({
  knownOn: new Int32Array(size),
  firstDay: new Int32Array(size),
  lastDay: new Int32Array(size),
  purchaseDays: new Int32Array(size),
  net: new Float64Array(size),
  repeatNet: new Float64Array(size),
  dayHead: new Int32Array(size),
  consentEmail: new Uint8Array(size),
  consentSms: new Uint8Array(size),
  consentAds: new Uint8Array(size),
  hasEmail: new Uint8Array(size),
  hasPhone: new Uint8Array(size),
});

const newDays = (size: number): DayColumns => ({
  next: new Int32Array(size),
  day: new Int32Array(size),
  standing: new Int32Array(size),
  gross: new Float64Array(size),
  refunded: new Float64Array(size),
});

/**
 * The book of one shard in memory (docs/architecture.md, Book): what is known of each customer up to a date.
 *
 * Customers and days live in growing columns; a customer's days form a list, so that a night touches only what it changes.
 */
export class ShardBook {
  ids: IdTable;
  customers: CustomerColumns;
  days: DayColumns;
  dayCount: number;
  /** Facts that wait, in the order in which they are tried. */
  pending: PendingFact[] = [];
  /** Countries and sign-up dates of the customers feed, by slot; absent = null. */
  readonly profile = new Map<number, { signedUpDay: number; country: string }>();

  constructor(ids: IdTable = new IdTable(), dayCount = 0) {
    this.ids = ids;
    this.customers = newCustomers(Math.max(ids.size, 1024));
    this.days = newDays(Math.max(dayCount, 1024));
    this.dayCount = dayCount;
  }

  /** Number of customers. */
  get size(): number {
    return this.ids.size;
  }

  /** Slot of a customer, added as known from `day` when new. */
  customerSlot(bytes: Uint8Array, start: number, end: number, day: EpochDay): number {
    const before = this.ids.size;
    const slot = this.ids.findOrAdd(bytes, start, end);
    if (this.ids.size === before) return slot;
    grow(this.customers, slot + 1);
    const c = this.customers;
    c.knownOn[slot] = day;
    c.firstDay[slot] = NO_INT;
    c.lastDay[slot] = NO_INT;
    c.dayHead[slot] = -1;
    for (const flag of [c.consentEmail, c.consentSms, c.consentAds, c.hasEmail, c.hasPhone]) flag[slot] = NO_CODE;
    return slot;
  }

  /** Node of a customer's day, or -1. */
  findDay(slot: number, day: EpochDay): number {
    const { next, day: dates } = this.days;
    let node = this.customers.dayHead[slot] as number;
    while (node >= 0 && (dates[node] as number) < day) node = next[node] as number;
    return node >= 0 && dates[node] === day ? node : -1;
  }

  /** Node of a customer's day, added with zeros when new. */
  dayNode(slot: number, day: EpochDay): number {
    const { next, day: dates } = this.days;
    let before = -1;
    let node = this.customers.dayHead[slot] as number;
    while (node >= 0 && (dates[node] as number) < day) {
      before = node;
      node = next[node] as number;
    }
    if (node >= 0 && dates[node] === day) return node;
    const added = this.dayCount++;
    grow(this.days, this.dayCount);
    this.days.day[added] = day;
    this.days.next[added] = node;
    if (before < 0) this.customers.dayHead[slot] = added;
    else this.days.next[before] = added;
    return added;
  }

  /** True when a day counts as a purchase day: a sale stands, and refunds do not bring its net to zero or below. */
  dayCounts(node: number): boolean {
    const { standing, gross, refunded } = this.days;
    if ((standing[node] as number) <= 0) return false;
    return refunded[node] === 0 || (gross[node] as number) - (refunded[node] as number) > 0;
  }

  /** Recomputes a customer's totals from the days. */
  refresh(slot: number): void {
    const { next, day, gross, refunded } = this.days;
    const c = this.customers;
    let [first, last, count, net, repeat] = [NO_INT, NO_INT, 0, 0, 0];
    for (let node = c.dayHead[slot] as number; node >= 0; node = next[node] as number) {
      const dayNet = (gross[node] as number) - (refunded[node] as number);
      net += dayNet;
      if (!this.dayCounts(node)) continue;
      if (count === 0) first = day[node] as number;
      else repeat += dayNet;
      last = day[node] as number;
      count++;
    }
    c.firstDay[slot] = first;
    c.lastDay[slot] = last;
    c.purchaseDays[slot] = count;
    c.net[slot] = net;
    c.repeatNet[slot] = repeat;
  }

  /** Days that count, ascending, written into `out` (grown when needed). @returns [days, count] */
  countingDays(slot: number, out: Int32Array): [Int32Array, number] {
    let target = out;
    let count = 0;
    for (let node = this.customers.dayHead[slot] as number; node >= 0; node = this.days.next[node] as number) {
      if (!this.dayCounts(node)) continue;
      if (count === target.length) {
        const grown = new Int32Array(count * 2);
        grown.set(target);
        target = grown;
      }
      target[count++] = this.days.day[node] as number;
    }
    return [target, count];
  }
}
