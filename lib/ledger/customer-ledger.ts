import { CUSTOMER_LEDGER } from '../arrow/schemas.ts';
import { decodeFeedTable, encodeFeedTable, type FeedTable, type StoredFeedTable } from './feed-table.ts';

/**
 * Rows of the `customers` feed without identifiers. `present` names the columns of the table that the file has: the others leave
 * a customer as it is, an empty value of one that is present clears.
 */
export type CustomerTable = StoredFeedTable<typeof CUSTOMER_LEDGER>;

/** The ledger file of one file of the `customers` feed and shard. @param present columns of the table that the file has */
export function encodeCustomers(
  table: FeedTable<typeof CUSTOMER_LEDGER>,
  source: string,
  present: readonly string[],
): Uint8Array[] {
  return encodeFeedTable(CUSTOMER_LEDGER, table, source, present);
}

/** The facts of a ledger file of customers. @throws ContractMismatchError */
export function decodeCustomers(bytes: Uint8Array, where: string): CustomerTable {
  return decodeFeedTable(CUSTOMER_LEDGER, bytes, where);
}
