import { type ByteColumn, ByteColumnBuilder, type Columns, compareRows, type TableSpec } from './columns.ts';
import { newArray } from './table-file.ts';

/** A table of one shard, ordered by its id column. */
export interface TablePart<S extends TableSpec> {
  readonly rows: number;
  readonly columns: Columns<S>;
}

/**
 * Merges the shards' tables into one, ordered by the bytes of the id column; equal ids keep their order.
 *
 * @param parts each ordered by `idColumn`; a customer lies in one part only
 */
export function mergeTables<S extends TableSpec>(
  spec: S,
  parts: readonly TablePart<S>[],
  idColumn: keyof S & string,
): TablePart<S> {
  return takeRows(spec, parts, ...mergeOrder(parts, idColumn));
}

/** The tables one below the other, in their order. */
export function appendTables<S extends TableSpec>(spec: S, parts: readonly TablePart<S>[]): TablePart<S> {
  const rows = countRows(parts);
  const fromPart = new Uint16Array(rows);
  const fromRow = new Uint32Array(rows);
  let at = 0;
  for (const [part, table] of parts.entries()) {
    for (let row = 0; row < table.rows; row++) {
      fromPart[at] = part;
      fromRow[at++] = row;
    }
  }
  return takeRows(spec, parts, fromPart, fromRow);
}

const countRows = (parts: readonly { rows: number }[]) => parts.reduce((sum, part) => sum + part.rows, 0);

/** Rows of tables, one below the other: row `fromRow[i]` of table `fromPart[i]`. */
export function takeRows<S extends TableSpec>(
  spec: S,
  parts: readonly TablePart<S>[],
  fromPart: Uint16Array,
  fromRow: Uint32Array,
): TablePart<S> {
  const rows = fromPart.length;
  const columns: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(spec)) {
    const sources = parts.map((part) => part.columns[name as keyof S]);
    if (column.kind === 'utf8') {
      const builder = new ByteColumnBuilder(rows);
      for (let i = 0; i < rows; i++) builder.appendRow(sources[fromPart[i] as number] as ByteColumn, fromRow[i] as number);
      columns[name] = builder.finish();
      continue;
    }
    const arrays = sources as unknown as Float64Array[];
    const out = newArray(column.kind, rows);
    for (let i = 0; i < rows; i++) out[i] = arrays[fromPart[i] as number]?.[fromRow[i] as number] as number;
    columns[name] = out;
  }
  return { rows, columns: columns as Columns<S> };
}

function mergeOrder<S extends TableSpec>(parts: readonly TablePart<S>[], idColumn: keyof S & string): [Uint16Array, Uint32Array] {
  const rows = countRows(parts);
  const fromPart = new Uint16Array(rows);
  const fromRow = new Uint32Array(rows);
  const heads = parts.map(() => 0);
  const ids = parts.map((part) => part.columns[idColumn] as ByteColumn);
  for (let i = 0; i < rows; i++) {
    let best = -1;
    for (let part = 0; part < parts.length; part++) {
      if ((heads[part] as number) >= (parts[part] as TablePart<S>).rows) continue;
      if (best < 0) best = part;
      else {
        const order = compareRows(ids[part] as ByteColumn, heads[part] as number, ids[best] as ByteColumn, heads[best] as number);
        if (order < 0) best = part;
      }
    }
    fromPart[i] = best;
    fromRow[i] = heads[best] as number;
    (heads[best] as number) += 1;
  }
  return [fromPart, fromRow];
}
