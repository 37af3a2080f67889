import { tableFromIPC } from 'apache-arrow';

/** The schema version that a table file was written with; NaN when it tells none. */
export function schemaVersionOf(bytes: Uint8Array): number {
  return Number(tableFromIPC(bytes).schema.metadata.get('schemaVersion') ?? Number.NaN);
}
