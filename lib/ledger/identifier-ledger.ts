import { IDENTIFIER_LEDGER } from '../arrow/schemas.ts';
import { decodeFeedTable, encodeFeedTable, type FeedTable, type StoredFeedTable } from './feed-table.ts';

/** Identifiers of rows of the `customers` feed, row for row with its ledger; `present` as there. Lies below `pii/` alone. */
export type IdentifierTable = StoredFeedTable<typeof IDENTIFIER_LEDGER>;

/** The identifier ledger of one file of the `customers` feed and shard. @param present columns of the table that the file has */
export function encodeIdentifiers(
  table: FeedTable<typeof IDENTIFIER_LEDGER>,
  source: string,
  present: readonly string[],
): Uint8Array[] {
  return encodeFeedTable(IDENTIFIER_LEDGER, table, source, present);
}

/** The identifiers of a ledger file below `pii/`. @throws ContractMismatchError */
export function decodeIdentifiers(bytes: Uint8Array, where: string): IdentifierTable {
  return decodeFeedTable(IDENTIFIER_LEDGER, bytes, where);
}
