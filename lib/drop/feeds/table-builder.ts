import {
  ByteColumnBuilder,
  type ColumnKind,
  type ColumnSpec,
  type Columns,
  NO_CODE,
  NO_INT,
  type TableSpec,
} from '../../arrow/columns.ts';
import { newArray } from '../../arrow/table-file.ts';
import type { FeedTable } from '../../ledger/feed-table.ts';

type NumberArray = ReturnType<typeof newArray>;

/** Rows for which there is room at first. */
const FIRST_ROWS = 256;

/** Grows a table row by row: what a row does not set is null, or 0 where the column knows no null. */
export class TableBuilder<S extends TableSpec> {
  readonly #texts = new Map<string, ByteColumnBuilder>();
  readonly #numbers = new Map<string, NumberArray>();
  readonly #spec: S;
  #capacity = FIRST_ROWS;
  #rows = 0;

  constructor(spec: S) {
    this.#spec = spec;
    for (const [name, column] of Object.entries(spec)) {
      if (column.kind === 'utf8') this.#texts.set(name, new ByteColumnBuilder(FIRST_ROWS, FIRST_ROWS * 8));
      else this.#numbers.set(name, filled(column, FIRST_ROWS));
    }
  }

  /** Rows that were ended. */
  get rows(): number {
    return this.#rows;
  }

  /** Sets a text of the current row, the bytes `[start, end)`; at most once a row. */
  text(name: keyof S & string, bytes: Uint8Array, start: number, end: number): void {
    (this.#texts.get(name) as ByteColumnBuilder).append(bytes, start, end);
  }

  /** Sets a number of the current row. */
  number(name: keyof S & string, value: number): void {
    (this.#numbers.get(name) as NumberArray)[this.#rows] = value;
  }

  /** Ends the current row. */
  endRow(): void {
    this.#rows++;
    for (const text of this.#texts.values()) if (text.rows < this.#rows) text.appendText('');
    if (this.#rows === this.#capacity) this.#grow();
  }

  /** The table, views of the grown arrays; the builder is not used after it. */
  finish(): FeedTable<S> {
    const columns: Record<string, unknown> = {};
    for (const [name, text] of this.#texts) columns[name] = text.finish();
    for (const [name, values] of this.#numbers) columns[name] = values.subarray(0, this.#rows);
    return { rows: this.#rows, columns: columns as Columns<S> };
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const [name, values] of this.#numbers) {
      const wider = filled(this.#spec[name] as ColumnSpec, this.#capacity);
      (wider as Float64Array).set(values as Float64Array);
      this.#numbers.set(name, wider);
    }
  }
}

function filled(column: ColumnSpec, rows: number): NumberArray {
  const values = newArray(column.kind, rows);
  return column.nullable ? values.fill(nullOf(column.kind)) : values;
}

function nullOf(kind: ColumnKind): number {
  if (kind === 'int64' || kind === 'float64') return Number.NaN;
  return kind === 'int32' || kind === 'date' ? NO_INT : NO_CODE;
}
