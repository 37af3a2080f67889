import { formatDay } from '../time.ts';
import { type ByteColumn, type ColumnSpec, type Columns, NO_CODE, NO_INT, type TableSpec, textAt } from './columns.ts';

/** A value as files for people and scripts show it: dates as text, codes as words, null where it is missing. */
export type PlainValue = string | number | null;

/**
 * The rows of a table as plain values, in the order of its columns.
 *
 * @param words values of `code` columns whose words are not fixed by the spec
 */
export function* tableRows<S extends TableSpec>(
  spec: S,
  rows: number,
  columns: Columns<S>,
  words: Readonly<Record<string, readonly string[]>> = {},
): Generator<PlainValue[]> {
  const readers = Object.entries(spec).map(([name, column]) =>
    readerOf(column, columns[name as keyof S], words[name] ?? column.words ?? []),
  );
  for (let row = 0; row < rows; row++) yield readers.map((read) => read(row));
}

function readerOf(spec: ColumnSpec, values: Columns<TableSpec>[string], words: readonly string[]): (row: number) => PlainValue {
  if (spec.kind === 'utf8') {
    const column = values as ByteColumn;
    return (row) => {
      const text = textAt(column, row);
      return spec.nullable && text === '' ? null : text;
    };
  }
  const numbers = values as ArrayLike<number>;
  const read = (row: number) => numbers[row] as number;
  switch (spec.kind) {
    case 'date':
      return (row) => (read(row) === NO_INT ? null : formatDay(read(row)));
    case 'int32':
      return (row) => (read(row) === NO_INT ? null : read(row));
    case 'code':
      return (row) => (read(row) === NO_CODE ? null : (words[read(row)] ?? null));
    case 'uint8':
      return (row) => (read(row) === NO_CODE ? null : read(row));
    default:
      return (row) => (Number.isNaN(read(row)) ? null : read(row));
  }
}
