/** A table's key attributes, all of type S. */
export interface TableDefinition {
  readonly partitionKey: string;
  readonly sortKey?: string;
}

/** Every table, by the name under which code knows it; the deployed names are in the environment (`<NAME>_TABLE`). */
export const TABLES = {
  /** One item per customer: where the customer stands. */
  profiles: { partitionKey: 'customer_id' },
  /** Stage changes of a customer; `happened` begins with the business date. */
  transitions: { partitionKey: 'customer_id', sortKey: 'happened' },
  /** Run records, lease, pointer, projection markers. */
  runs: { partitionKey: 'pk', sortKey: 'sk' },
} as const satisfies Record<string, TableDefinition>;

/** Name under which code knows a table. */
export type TableKind = keyof typeof TABLES;
