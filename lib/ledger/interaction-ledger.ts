import { INTERACTION_LEDGER } from '../arrow/schemas.ts';
import { decodeFeedTable, encodeFeedTable, type FeedTable, type StoredFeedTable } from './feed-table.ts';

/** Interactions of one ledger file. */
export type InteractionTable = StoredFeedTable<typeof INTERACTION_LEDGER>;

/** The ledger file of one file of the `interactions` feed and shard. @param source key of the drop's file */
export function encodeInteractions(table: FeedTable<typeof INTERACTION_LEDGER>, source: string): Uint8Array[] {
  return encodeFeedTable(INTERACTION_LEDGER, table, source);
}

/** The facts of a ledger file of interactions. @throws ContractMismatchError */
export function decodeInteractions(bytes: Uint8Array, where: string): InteractionTable {
  return decodeFeedTable(INTERACTION_LEDGER, bytes, where);
}
