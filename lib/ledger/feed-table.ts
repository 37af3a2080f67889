import type { Columns, TableSpec } from '../arrow/columns.ts';
import { LEDGER_VERSION } from '../arrow/schemas.ts';
import { decodeTable, encodeTable } from '../arrow/table-file.ts';

/** Validated facts of one file of a feed, as columns. */
export interface FeedTable<S extends TableSpec> {
  readonly rows: number;
  readonly columns: Columns<S>;
}

/** Facts as they lie in the ledger. */
export interface StoredFeedTable<S extends TableSpec> extends FeedTable<S> {
  /** Key of the drop's file. */
  readonly source: string;
  /** Columns of the table that the file has, where its feed keeps them; else empty. */
  readonly present: ReadonlySet<string>;
}

/** The bytes of a ledger file. @param present columns of the table that the file has */
export function encodeFeedTable<S extends TableSpec>(
  spec: S,
  table: FeedTable<S>,
  source: string,
  present?: readonly string[],
): Uint8Array[] {
  const metadata: Record<string, string> = present ? { source, columns: present.join(',') } : { source };
  return encodeTable(spec, { ...table, schemaVersion: LEDGER_VERSION, metadata });
}

/** The facts of a ledger file. @param where its key, for messages @throws ContractMismatchError */
export function decodeFeedTable<S extends TableSpec>(spec: S, bytes: Uint8Array, where: string): StoredFeedTable<S> {
  const { rows, columns, metadata } = decodeTable(spec, bytes, where, LEDGER_VERSION);
  const present = new Set((metadata.get('columns') ?? '').split(',').filter((name) => name !== ''));
  return { rows, columns, source: metadata.get('source') ?? where, present };
}
