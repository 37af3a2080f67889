import type { TableSpec } from '../../lib/arrow/columns.ts';
import { textAt } from '../../lib/arrow/columns.ts';
import { mappings } from '../../lib/config/mapping.ts';
import type { QuarantinedRow } from '../../lib/drop/row-rules.ts';
import type { FeedTable } from '../../lib/ledger/feed-table.ts';
import { businessClock } from '../../lib/time.ts';

/** How a test reads a file of a feed: the mapping of the feed, and every customer in one of `shards` by the length of the id. */
export function feedOptions<F extends 'interactions' | 'customers' | 'rates' | 'erasures'>(
  feed: F,
  changes: { readonly mapping?: object; readonly currency?: string; readonly timeZone?: string; readonly shards?: number } = {},
) {
  const { mapping = {}, currency = 'USD', timeZone = 'UTC', shards = 1 } = changes;
  return {
    mapping: mappings.parse({ [feed]: mapping })[feed],
    currency,
    timeZoneClock: businessClock(timeZone),
    shards,
    shardOf: (_: Uint8Array, start: number, end: number) => (end - start) % shards,
  };
}

/** A sink that keeps what it gets. */
export function keepRefused() {
  const refused: QuarantinedRow[] = [];
  return { refused, sink: { quarantine: (row: QuarantinedRow) => void refused.push(row) } };
}

/** The rows of a table, texts as strings. */
export function rowsOfTable<S extends TableSpec>({ rows, columns }: FeedTable<S>): Record<string, string | number>[] {
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [
        name,
        'offsets' in values ? textAt(values, row) : (values[row] as number),
      ]),
    ),
  );
}
