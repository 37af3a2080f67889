import { RATES } from '../arrow/schemas.ts';
import { decodeFeedTable, encodeFeedTable, type FeedTable, type StoredFeedTable } from './feed-table.ts';

/** Exchange rates of one ledger file. */
export type RateTable = StoredFeedTable<typeof RATES>;

/** The ledger file of one file of the `rates` feed, shared by all shards. @param source key of the drop's file */
export function encodeRates(table: FeedTable<typeof RATES>, source: string): Uint8Array[] {
  return encodeFeedTable(RATES, table, source);
}

/** The rates of a ledger file. @throws ContractMismatchError */
export function decodeRates(bytes: Uint8Array, where: string): RateTable {
  return decodeFeedTable(RATES, bytes, where);
}
