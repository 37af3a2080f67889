import { type ByteColumn, ByteColumnBuilder, type Columns, type TableSpec } from './columns.ts';
import { newArray } from './table-file.ts';

/**
 * The chosen rows of a table, in the order given. Columns that the table was read without are left out here too.
 *
 * @param chosen row numbers, shape [rows of the result]
 */
export function selectRows<S extends TableSpec>(
  spec: S,
  columns: Columns<S>,
  chosen: ArrayLike<number>,
): { rows: number; columns: Columns<S> } {
  const rows = chosen.length;
  const selected: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(spec)) {
    const source = columns[name as keyof S] as unknown;
    if (source === undefined) continue;
    if (column.kind === 'utf8') {
      const builder = new ByteColumnBuilder(rows);
      for (let i = 0; i < rows; i++) builder.appendRow(source as ByteColumn, chosen[i] as number);
      selected[name] = builder.finish();
      continue;
    }
    const out = newArray(column.kind, rows);
    for (let i = 0; i < rows; i++) out[i] = (source as Float64Array)[chosen[i] as number] as number;
    selected[name] = out;
  }
  return { rows, columns: selected as Columns<S> };
}
