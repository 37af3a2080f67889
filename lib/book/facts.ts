import { type ByteColumn, type Columns, compareRows, textAt } from '../arrow/columns.ts';
import { type LEDGER, TRANSACTION_TYPES } from '../arrow/schemas.ts';
import { murmur128 } from '../ledger/id-hash.ts';
import { currencyOfNumber } from '../money.ts';
import type { FactRow, InteractionFacts } from './night-facts.ts';

/** Transactions of one ledger file, or of the pending table, as columns. */
export interface FactTable {
  readonly rows: number;
  readonly columns: Columns<typeof LEDGER>;
  /** Key of the drop's file, by row. */
  readonly sourceOf: (row: number) => string;
}

/** One transaction: a row of a fact table. */
export type Fact = FactRow<FactTable>;

/** What facts of all kinds have in common. */
export interface IdentifiedTable {
  readonly rows: number;
  readonly columns: { readonly customer_id: ByteColumn; readonly source_line: Uint32Array };
  readonly sourceOf: (row: number) => string;
}

/** Order in which facts are tried: instant, transaction id (bytes), then file and line for equal ids. */
export function compareFacts(a: Fact, b: Fact): number {
  const difference = (a.table.columns.occurred_at[a.row] as number) - (b.table.columns.occurred_at[b.row] as number);
  if (difference !== 0) return difference;
  return compareRows(a.table.columns.transaction_id, a.row, b.table.columns.transaction_id, b.row) || compareSources(a, b);
}

/** Rows with the places that they came from. */
interface PlacedTable {
  readonly columns: { readonly source_line: Uint32Array };
  readonly sourceOf: (row: number) => string;
}

/** Order of the places that facts came from: file, line. */
export function compareSources(a: FactRow<PlacedTable>, b: FactRow<PlacedTable>): number {
  const [left, right] = [a.table.sourceOf(a.row), b.table.sourceOf(b.row)];
  if (left !== right) return left < right ? -1 : 1;
  return (a.table.columns.source_line[a.row] as number) - (b.table.columns.source_line[b.row] as number);
}

const buffer = new Uint8Array(4096);
const numbers = new DataView(buffer.buffer);
const words = new Uint32Array(4);

/** Copies a row's bytes behind `at` with a separator that no id holds. @returns the end */
function join(column: ByteColumn, row: number, at: number): number {
  const [start, end] = [column.offsets[row] as number, column.offsets[row + 1] as number];
  const { bytes } = column;
  // ids are short: a loop is several times faster than a view and a copy
  for (let i = start, to = at; i < end; i++, to++) buffer[to] = bytes[i] as number;
  buffer[at + end - start] = 0x1f;
  return at + end - start + 1;
}

/**
 * Hash of a fact's identity into `out[0..2]`: its id within its customer (docs/adr/0003).
 *
 * @param ids the column of the id: the row's own, or that of its original
 */
export function hashIdentity(fact: FactRow<IdentifiedTable>, ids: ByteColumn, out: Uint32Array): void {
  const end = join(ids, fact.row, join(fact.table.columns.customer_id, fact.row, 0));
  murmur128(buffer, 0, end, 2, out);
}

/** Hash of a customer id into `out[0..1]`. */
export function hashCustomer(fact: Fact, out: Uint32Array): void {
  murmur128(buffer, 0, join(fact.table.columns.customer_id, fact.row, 0), 3, out);
}

/**
 * Hash of a transaction's content into `out[0..1]`: customer, instant, amount, currency, type, original.
 *
 * @param dateOnly 1 for the hash that an index of version 1 holds of a fact without time of day: the flag was part of its content
 */
export function hashContent(fact: Fact, out: Uint32Array, dateOnly = 0): void {
  const c = fact.table.columns;
  let end = join(c.original_transaction_id, fact.row, join(c.customer_id, fact.row, 0));
  numbers.setFloat64(end, c.occurred_at[fact.row] as number, true);
  numbers.setFloat64(end + 8, c.amount_minor[fact.row] as number, true);
  buffer[end + 16] = c.type[fact.row] as number;
  buffer[end + 17] = dateOnly;
  end += 18;
  const currency = c.currency[fact.row] as number;
  if (currency !== 0) {
    numbers.setUint32(end, currency, true);
    end += 4;
  }
  murmur128(buffer, 0, end, 4, words);
  out[0] = words[0] as number;
  out[1] = words[1] as number;
}

/** Hash of an interaction's content into `out[0..1]`: customer, instant, kind, score, channel. */
export function hashInteraction({ table: { columns: c }, row }: FactRow<InteractionFacts>, out: Uint32Array): void {
  const end = join(c.channel, row, join(c.customer_id, row, 0));
  numbers.setFloat64(end, c.occurred_at[row] as number, true);
  const score = c.score[row] as number;
  numbers.setFloat64(end + 8, Number.isNaN(score) ? 0 : score, true);
  buffer[end + 16] = c.kind[row] as number;
  buffer[end + 17] = Number.isNaN(score) ? 1 : 0;
  murmur128(buffer, 0, end + 18, 4, words);
  out[0] = words[0] as number;
  out[1] = words[1] as number;
}

/** A fact as plain values, for the quarantine. */
export function describeFact({ table: { columns: c }, row }: Fact): Record<string, unknown> {
  const original = textAt(c.original_transaction_id, row);
  const currency = c.currency[row] as number;
  return {
    transaction_id: textAt(c.transaction_id, row),
    customer_id: textAt(c.customer_id, row),
    occurred_at: new Date(c.occurred_at[row] as number).toISOString(),
    amount_minor: c.amount_minor[row],
    ...(currency === 0 ? {} : { currency: currencyOfNumber(currency, '') }),
    type: TRANSACTION_TYPES[c.type[row] as number],
    ...(original === '' ? {} : { original_transaction_id: original }),
  };
}
