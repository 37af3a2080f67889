import { type ByteColumn, ByteColumnBuilder, type Columns, type TableSpec } from '../../arrow/columns.ts';
import { selectRows } from '../../arrow/select-rows.ts';
import { decodeTable, encodeTable, type StoredTable } from '../../arrow/table-file.ts';
import type { CommittedErasures, Erasure } from '../committed-erasures.ts';

/** A table of the lake as `compact` reads and writes it. */
export interface TableKind<S extends TableSpec> {
  readonly spec: S;
  readonly version: number;
}

/** Rows of a table that stay, and rows whose reference to an erased customer goes. */
export interface RowVerdict {
  readonly kept: number[];
  /** Rows of the table whose `referrer_id` is to be emptied. */
  readonly blanked: ReadonlySet<number>;
  /** Rows that go or lose a reference. */
  readonly touched: number;
}

type Table = { readonly rows: number; readonly columns: Record<string, unknown> };

/**
 * Judges the rows of a table.
 *
 * @param isGone whether a row of an erased customer goes, by the erasure and the row
 */
export function judgeRows(
  erased: CommittedErasures,
  { rows, columns }: Table,
  isGone: (erasure: Erasure, row: number) => boolean,
): RowVerdict {
  const ids = columns['customer_id'] as ByteColumn;
  const referrers = columns['referrer_id'] as ByteColumn | undefined;
  const kept: number[] = [];
  const blanked = new Set<number>();
  for (let row = 0; row < rows; row++) {
    const own = erased.findRow(ids, row);
    if (own && isGone(own, row)) continue;
    kept.push(row);
    const referrer = referrers && erased.findRow(referrers, row);
    if (referrer && isGone(referrer, row)) blanked.add(row);
  }
  return { kept, blanked, touched: rows - kept.length + blanked.size };
}

/** The bytes of a table without the rows that go, and without the references that go. Metadata and words stay. */
export function encodeKept<S extends TableSpec>(
  { spec, version }: TableKind<S>,
  table: StoredTable<S>,
  { kept, blanked }: RowVerdict,
): Uint8Array[] {
  const { rows, columns } = keepRows(spec, table.columns, { kept, blanked });
  const metadata = Object.fromEntries([...table.metadata].filter(([name]) => name !== 'schemaVersion'));
  return encodeTable(spec, { rows, columns, schemaVersion: version, metadata, words: Object.fromEntries(table.words) });
}

/** The rows of a table that stay. */
export function keepRows<S extends TableSpec>(
  spec: S,
  columns: Columns<S>,
  { kept, blanked }: Pick<RowVerdict, 'kept' | 'blanked'>,
): { rows: number; columns: Columns<S> } {
  const selected = selectRows(spec, columns, kept);
  if (blanked.size === 0) return selected;
  const before = (columns as Record<string, unknown>)['referrer_id'] as ByteColumn;
  const builder = new ByteColumnBuilder(kept.length);
  for (const row of kept) {
    if (blanked.has(row)) builder.append(before.bytes, 0, 0);
    else builder.appendRow(before, row);
  }
  return { rows: selected.rows, columns: { ...selected.columns, referrer_id: builder.finish() } };
}

/** Reads a table of the lake. */
export function readTable<S extends TableSpec>({ spec, version }: TableKind<S>, bytes: Uint8Array, key: string): StoredTable<S> {
  return decodeTable(spec, bytes, key, version);
}
