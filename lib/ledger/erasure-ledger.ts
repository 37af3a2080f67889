import { ERASURE_LEDGER } from '../arrow/schemas.ts';
import { decodeFeedTable, encodeFeedTable, type FeedTable, type StoredFeedTable } from './feed-table.ts';

/** Erasures of one ledger file: keyed hashes, no ids. */
export type ErasureTable = StoredFeedTable<typeof ERASURE_LEDGER>;

/** The ledger file of one file of the `erasures` feed, or of `forget`, shared by all shards. @param source key of the drop's file */
export function encodeErasures(table: FeedTable<typeof ERASURE_LEDGER>, source: string): Uint8Array[] {
  return encodeFeedTable(ERASURE_LEDGER, table, source);
}

/** The erasures of a ledger file. @throws ContractMismatchError */
export function decodeErasures(bytes: Uint8Array, where: string): ErasureTable {
  return decodeFeedTable(ERASURE_LEDGER, bytes, where);
}
