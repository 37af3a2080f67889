import { LEDGER, LEDGER_VERSION } from '../arrow/schemas.ts';
import { decodeTable, encodeTable } from '../arrow/table-file.ts';
import type { FactTable } from '../book/facts.ts';
import type { TransactionColumns } from '../drop/transaction-columns.ts';

/**
 * The ledger file of one source file and shard.
 *
 * @param source key of the drop's file, for quarantine @param currency ISO 4217
 */
export function encodeLedger(rows: TransactionColumns, source: string, currency: string): Uint8Array[] {
  return encodeTable(LEDGER, {
    rows: rows.rows,
    schemaVersion: LEDGER_VERSION,
    metadata: { source, currency },
    columns: {
      transaction_id: rows.transactionId,
      customer_id: rows.customerId,
      occurred_at: rows.occurredAtMs,
      business_day: rows.day,
      date_only: rows.dateOnly,
      amount_minor: rows.amountMinor,
      type: rows.type,
      original_transaction_id: rows.originalId,
      channel: rows.channel,
      order_id: rows.orderId,
      cost_minor: rows.costMinor,
      margin_minor: rows.marginMinor,
      referrer_id: rows.referrerId,
      source_line: rows.line,
      currency: rows.currency,
    },
  });
}

/** The facts of a ledger file. @param where its key, for messages @throws ContractMismatchError */
export function decodeLedger(bytes: Uint8Array, where: string): FactTable {
  const { rows, columns, metadata } = decodeTable(LEDGER, bytes, where, LEDGER_VERSION);
  const source = metadata.get('source') ?? where;
  return { rows, columns, sourceOf: () => source };
}
