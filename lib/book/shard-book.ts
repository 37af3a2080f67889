import { NO_CODE, NO_INT } from '../arrow/columns.ts';
import type { EpochDay } from '../time.ts';
import type { BookRules } from './book-rules.ts';
import { ErasedCustomers } from './erased-customers.ts';
import { ExchangeRates } from './exchange.ts';
import { IdTable } from './id-table.ts';
import { InteractionList } from './interaction-list.ts';
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
  /** Days between the last two days that count, and between the two before; 0 when there is none. Derived, not stored. */
  lastGap: Int32Array;
  gapBefore: Int32Array;
  /** Last day of which something was refunded. Derived, not stored. */
  lastRefundedDay: Int32Array;
  /** Second of the days that count. Derived, not stored. */
  secondDay: Int32Array;
  /** Earliest business day of a sale that names who referred the customer, whatever became of the sale since. */
  referredOn: Int32Array;
  /** Head of the list of days, -1 when empty. */
  dayHead: Int32Array;
  /** Head of the list of interactions, -1 when empty. */
  interactionHead: Int32Array;
  signedUpDay: Int32Array;
  /** 0, or 1 + the place in the book's `countries`. */
  country: Int32Array;
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
  lastGap: new Int32Array(size),
  gapBefore: new Int32Array(size),
  lastRefundedDay: new Int32Array(size),
  secondDay: new Int32Array(size),
  referredOn: new Int32Array(size),
  dayHead: new Int32Array(size),
  interactionHead: new Int32Array(size),
  signedUpDay: new Int32Array(size),
  country: new Int32Array(size),
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
  readonly rules: BookRules;
  ids: IdTable;
  customers: CustomerColumns;
  days: DayColumns;
  dayCount: number;
  /** Facts that wait, in the order in which they are tried. */
  pending: PendingFact[] = [];
  interactions = new InteractionList();
  readonly rates: ExchangeRates;
  readonly erased: ErasedCustomers;
  /** Countries of customers, each once. */
  readonly countries: string[] = [];
  readonly #countryCodes = new Map<string, number>();
  /** Slots of customers who were erased and did not come back. */
  readonly #removed = new Set<number>();
  /** Nodes of days that belong to nobody any more. */
  #lostDays = 0;
  #ordered: { readonly all: Int32Array; readonly removed: number; readonly kept: Int32Array } | undefined;

  constructor(rules: BookRules, ids: IdTable = new IdTable(), dayCount = 0) {
    this.rules = rules;
    this.rates = new ExchangeRates(rules.baseCurrency, rules.rateMaxAgeDays);
    this.erased = new ErasedCustomers(rules.erasureSecret);
    this.ids = ids;
    this.customers = newCustomers(Math.max(ids.size, 1024));
    this.days = newDays(Math.max(dayCount, 1024));
    this.dayCount = dayCount;
  }

  /** Number of slots: customers, and those who were erased since the book was read. */
  get size(): number {
    return this.ids.size;
  }

  /** Number of customers. */
  get customerCount(): number {
    return this.ids.size - this.#removed.size;
  }

  /** Number of rows of days. */
  get keptDays(): number {
    return this.dayCount - this.#lostDays;
  }

  /** True for the slot of a customer who was erased. */
  isRemoved(slot: number): boolean {
    return this.#removed.size > 0 && this.#removed.has(slot);
  }

  /** Slots of the customers in the order of their ids' bytes. Not to be changed. */
  order(): Int32Array {
    const all = this.ids.sortedSlots();
    if (this.#removed.size === 0) return all;
    if (this.#ordered?.all !== all || this.#ordered.removed !== this.#removed.size) {
      const kept = all.filter((slot) => !this.#removed.has(slot));
      this.#ordered = { all, removed: this.#removed.size, kept };
    }
    return this.#ordered.kept;
  }

  /** Slot of a customer, or -1. */
  findSlot(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.ids.find(bytes, start, end);
    return slot >= 0 && this.isRemoved(slot) ? -1 : slot;
  }

  /** Slot of a customer, added as known from `day` when new, or when the one of this id was erased. */
  customerSlot(bytes: Uint8Array, start: number, end: number, day: EpochDay): number {
    const before = this.ids.size;
    const slot = this.ids.findOrAdd(bytes, start, end);
    if (this.ids.size === before && !this.isRemoved(slot)) return slot;
    this.#removed.delete(slot);
    this.#ordered = undefined;
    grow(this.customers, slot + 1);
    this.#clear(slot);
    this.customers.knownOn[slot] = day;
    return slot;
  }

  /** Forgets a customer: days, interactions, all. The slot stays, of nobody. */
  remove(slot: number): void {
    for (let node = this.customers.dayHead[slot] as number; node >= 0; node = this.days.next[node] as number) this.#lostDays++;
    this.interactions.removeAll(this.customers.interactionHead[slot] as number);
    this.#clear(slot);
    this.#removed.add(slot);
    this.#ordered = undefined;
  }

  #clear(slot: number): void {
    const c = this.customers;
    for (const column of [c.knownOn, c.firstDay, c.lastDay, c.signedUpDay, c.lastRefundedDay]) column[slot] = NO_INT;
    for (const column of [c.secondDay, c.referredOn]) column[slot] = NO_INT;
    for (const column of [c.purchaseDays, c.net, c.repeatNet, c.lastGap, c.gapBefore, c.country]) column[slot] = 0;
    for (const head of [c.dayHead, c.interactionHead]) head[slot] = -1;
    for (const flag of [c.consentEmail, c.consentSms, c.consentAds, c.hasEmail, c.hasPhone]) flag[slot] = NO_CODE;
  }

  /** Code of a country in the column `country`; 0 for ''. */
  countryCode(country: string): number {
    if (country === '') return 0;
    let code = this.#countryCodes.get(country);
    if (code === undefined) {
      code = this.countries.push(country);
      this.#countryCodes.set(country, code);
    }
    return code;
  }

  /** Country of a customer, '' when it is not known. */
  countryOf(slot: number): string {
    return this.countries[(this.customers.country[slot] as number) - 1] ?? '';
  }

  /** Notes a sale that names who referred the customer. */
  noteReferral(slot: number, day: EpochDay): void {
    const { referredOn } = this.customers;
    if (referredOn[slot] === NO_INT || day < (referredOn[slot] as number)) referredOn[slot] = day;
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
    let [lastGap, gapBefore, lastRefunded, second] = [0, 0, NO_INT, NO_INT];
    for (let node = c.dayHead[slot] as number; node >= 0; node = next[node] as number) {
      const dayNet = (gross[node] as number) - (refunded[node] as number);
      net += dayNet;
      if (refunded[node] !== 0) lastRefunded = day[node] as number;
      if (!this.dayCounts(node)) continue;
      if (count === 0) first = day[node] as number;
      else {
        if (count === 1) second = day[node] as number;
        repeat += dayNet;
        gapBefore = lastGap;
        lastGap = (day[node] as number) - last;
      }
      last = day[node] as number;
      count++;
    }
    c.firstDay[slot] = first;
    c.lastDay[slot] = last;
    c.purchaseDays[slot] = count;
    c.net[slot] = net;
    c.repeatNet[slot] = repeat;
    c.lastGap[slot] = lastGap;
    c.gapBefore[slot] = gapBefore;
    c.lastRefundedDay[slot] = lastRefunded;
    c.secondDay[slot] = second;
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
