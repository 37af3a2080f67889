import { byteColumnOf } from '../../lib/arrow/columns.ts';
import { TRANSACTION_TYPES } from '../../lib/arrow/schemas.ts';
import type { FactTable } from '../../lib/book/facts.ts';
import { currencyNumber } from '../../lib/money.ts';
import { dayOf, parseBusinessDate } from '../../lib/time.ts';

/** A transaction as a test names it. Amounts are minor units, days are epoch days. */
export interface TestFact {
  readonly id: string;
  readonly customer: string;
  readonly day: number;
  readonly amount: number;
  readonly type?: (typeof TRANSACTION_TYPES)[number];
  readonly original?: string;
  /** ISO 4217; that of the configuration by default. Amounts are in its minor units. */
  readonly currency?: string;
  /** Who referred the customer. */
  readonly referrer?: string;
  /** Seconds after the day's begin, default 0. */
  readonly second?: number;
  /** Line in its file; the position in the table by default. */
  readonly line?: number;
}

/** A Monday; tests count their days from here. */
export const DAY_0 = dayOf(parseBusinessDate('2024-01-01', 'date'));

/** A ledger table of one file. */
export function factTable(facts: readonly TestFact[], source = 'orders.csv'): FactTable {
  const rows = facts.length;
  return {
    rows,
    sourceOf: () => source,
    columns: {
      transaction_id: byteColumnOf(facts.map(({ id }) => id)),
      customer_id: byteColumnOf(facts.map(({ customer }) => customer)),
      occurred_at: Float64Array.from(facts, ({ day, second = 0 }) => day * 86_400_000 + second * 1000),
      business_day: Int32Array.from(facts, ({ day }) => day),
      date_only: new Uint8Array(rows),
      amount_minor: Float64Array.from(facts, ({ amount }) => amount),
      type: Uint8Array.from(facts, ({ type = 'sale' }) => TRANSACTION_TYPES.indexOf(type)),
      original_transaction_id: byteColumnOf(facts.map(({ original }) => original)),
      channel: byteColumnOf(facts.map(() => '')),
      order_id: byteColumnOf(facts.map(() => '')),
      cost_minor: new Float64Array(rows).fill(Number.NaN),
      margin_minor: new Float64Array(rows).fill(Number.NaN),
      referrer_id: byteColumnOf(facts.map(({ referrer }) => referrer)),
      source_line: Uint32Array.from(facts, ({ line }, row) => line ?? row + 1),
      currency: Uint32Array.from(facts, ({ currency }) => (currency === undefined ? 0 : currencyNumber(currency))),
    },
  };
}

const typed = (type: TestFact['type']) => (id: string, customer: string, day: number, amount: number, original?: string) =>
  ({ id, customer, day, amount, ...(type ? { type } : {}), ...(original === undefined ? {} : { original }) }) satisfies TestFact;

/** A sale of a customer on a day. */
export const sale = typed('sale');

/** A refund, of an original or of none. */
export const refund = typed('refund');

/** A void of an original. */
export const voidOf = (id: string, customer: string, day: number, original: string): TestFact =>
  typed('void')(id, customer, day, 0, original);
