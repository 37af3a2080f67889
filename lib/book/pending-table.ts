import { byteColumnOf, type Columns, textAt } from '../arrow/columns.ts';
import { BOOK_VERSION, PENDING, PENDING_REASONS } from '../arrow/schemas.ts';
import { decodeTable } from '../arrow/table-file.ts';
import type { FactTable } from './facts.ts';
import type { PendingFact } from './pending.ts';

/** The waiting facts as a table. */
export function pendingColumns(pending: readonly PendingFact[]): Columns<typeof PENDING> {
  const texts = (name: 'transaction_id' | 'customer_id' | 'original_transaction_id' | 'channel' | 'order_id' | 'referrer_id') =>
    byteColumnOf(pending.map(({ fact }) => textAt(fact.table.columns[name], fact.row)));
  const numbers = (name: 'occurred_at' | 'cost_minor' | 'margin_minor') =>
    Float64Array.from(pending, ({ fact }) => fact.table.columns[name][fact.row] as number);
  const codes = (name: 'date_only' | 'type') =>
    Uint8Array.from(pending, ({ fact }) => fact.table.columns[name][fact.row] as number);
  return {
    transaction_id: texts('transaction_id'),
    customer_id: texts('customer_id'),
    occurred_at: numbers('occurred_at'),
    business_day: Int32Array.from(pending, ({ fact }) => fact.table.columns.business_day[fact.row] as number),
    date_only: codes('date_only'),
    amount_minor: Float64Array.from(pending, ({ amountMinor }) => amountMinor),
    type: codes('type'),
    original_transaction_id: texts('original_transaction_id'),
    channel: texts('channel'),
    order_id: texts('order_id'),
    cost_minor: numbers('cost_minor'),
    margin_minor: numbers('margin_minor'),
    referrer_id: texts('referrer_id'),
    source_line: Uint32Array.from(pending, ({ fact }) => fact.table.columns.source_line[fact.row] as number),
    currency: Uint32Array.from(pending, ({ fact }) => fact.table.columns.currency[fact.row] as number),
    reason: Uint8Array.from(pending, ({ reason }) => PENDING_REASONS.indexOf(reason)),
    nights_left: Uint8Array.from(pending, ({ nightsLeft }) => nightsLeft),
    known_on: Int32Array.from(pending, ({ knownOn }) => knownOn),
    source: byteColumnOf(pending.map(({ fact }) => fact.table.sourceOf(fact.row))),
  };
}

/** The waiting facts of a file. @param where its key, for messages @throws ContractMismatchError */
export function decodePending(bytes: Uint8Array, where: string): PendingFact[] {
  const { rows, columns } = decodeTable(PENDING, bytes, where, BOOK_VERSION);
  const table: FactTable = { rows, columns, sourceOf: (row) => textAt(columns.source, row) };
  return Array.from({ length: rows }, (_, row) => ({
    fact: { table, row },
    amountMinor: columns.amount_minor[row] as number,
    reason: PENDING_REASONS[columns.reason[row] as number] as PendingFact['reason'],
    knownOn: columns.known_on[row] as number,
    nightsLeft: columns.nights_left[row] as number,
  }));
}
