import type { ByteColumn, TableSpec } from '../arrow/columns.ts';
import { type TablePart, takeRows } from '../arrow/merge-tables.ts';
import { LEDGER_VERSION } from '../arrow/schemas.ts';
import { decodeTable, encodeTable } from '../arrow/table-file.ts';
import { shardOf } from './id-hash.ts';

/** A ledger file to read. */
export interface LedgerBytes {
  readonly bytes: Uint8Array;
  /** Its key, for messages. */
  readonly where: string;
}

/** A ledger file of one shard. */
export interface ShardBytes {
  readonly shard: number;
  readonly rows: number;
  /** Chunks in file order. */
  readonly bytes: Uint8Array[];
}

/**
 * Deals the facts of ledger files of one source out to another number of shards, in the order of the source's lines; whatever the
 * number of shards before, the same facts give the same bytes. Shards without facts are left out.
 *
 * @param spec with `customer_id` and `source_line` @throws ContractMismatchError
 */
export function repartition(spec: TableSpec, files: readonly LedgerBytes[], shards: number): ShardBytes[] {
  const tables = files.map(({ bytes, where }) => decodeTable(spec, bytes, where, LEDGER_VERSION));
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const { schemaVersion: _, ...metadata } = Object.fromEntries(tables[0]?.metadata ?? []);
  return dealOut(tables, rows, shards).map(({ shard, from }) => {
    const table = takeRows(spec, tables, from.part, from.row);
    const bytes = encodeTable(spec, { ...table, schemaVersion: LEDGER_VERSION, metadata });
    return { shard, rows: table.rows, bytes };
  });
}

interface Origin {
  readonly part: Uint16Array;
  readonly row: Uint32Array;
}

/** Which rows of which tables each shard gets, in the order of lines. */
function dealOut(tables: readonly TablePart<TableSpec>[], rows: number, shards: number): { shard: number; from: Origin }[] {
  const all: Origin = { part: new Uint16Array(rows), row: new Uint32Array(rows) };
  const line = new Float64Array(rows);
  const shard = new Uint16Array(rows);
  const sizes = new Uint32Array(shards);
  let at = 0;
  for (const [part, table] of tables.entries()) {
    const ids = table.columns['customer_id'] as ByteColumn;
    const lines = table.columns['source_line'] as Uint32Array;
    for (let row = 0; row < table.rows; row++) {
      all.part[at] = part;
      all.row[at] = row;
      line[at] = lines[row] as number;
      shard[at] = shardOf(ids.bytes, ids.offsets[row] as number, ids.offsets[row + 1] as number, shards);
      sizes[shard[at] as number] = (sizes[shard[at] as number] as number) + 1;
      at++;
    }
  }
  // Within a table lines ascend and the sort is stable: rows of one line, if any, keep their order.
  const order = Uint32Array.from({ length: rows }, (_, i) => i).sort(
    (a, b) => (line[a] as number) - (line[b] as number) || a - b,
  );
  const out = Array.from(sizes, (size) => ({ part: new Uint16Array(size), row: new Uint32Array(size), filled: 0 }));
  for (const i of order) {
    const to = out[shard[i] as number] as (typeof out)[number];
    to.part[to.filled] = all.part[i] as number;
    to.row[to.filled++] = all.row[i] as number;
  }
  return out.map((from, of) => ({ shard: of, from })).filter(({ from }) => from.filled > 0);
}
