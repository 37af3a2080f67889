import { type ByteColumn, ByteColumnBuilder, type Columns, compareBytes, textAt } from '../arrow/columns.ts';
import { IDENTIFIER_LEDGER, IDENTIFIERS } from '../arrow/schemas.ts';
import { compareSources } from './facts.ts';
import { compareUpdates, compareValues } from './fold-customers.ts';
import type { CustomerFacts, FactRow } from './night-facts.ts';

type IdentifierColumns = Columns<typeof IDENTIFIERS>;
type Identifier = Exclude<keyof IdentifierColumns, 'customer_id'>;
type IdentifiedRow = FactRow<CustomerFacts & { readonly identifiers: NonNullable<CustomerFacts['identifiers']> }>;

const NAMES = Object.keys(IDENTIFIERS).filter((name) => name !== 'customer_id') as Identifier[];

/** What the run tells of one customer. */
interface Change {
  /** True when what the base tells does not hold any more. */
  isFresh: boolean;
  /** True when there is nothing to tell any more. */
  isGone: boolean;
  /** By place in `NAMES`; undefined where nothing was told. An array: a file may name every customer. */
  readonly values: (string | undefined)[];
}

/**
 * The identifiers of a shard's customers, folded: those of the base, changed by the rows of each night. Ids and identifiers of
 * unchanged customers are copied as bytes.
 */
export class IdentifierSnapshot {
  readonly #base: { readonly rows: number; readonly columns: IdentifierColumns } | undefined;
  readonly #changes = new Map<string, Change>();

  /** @param base the snapshot that the run goes on from, ordered by customer_id */
  constructor(base?: { readonly rows: number; readonly columns: IdentifierColumns }) {
    this.#base = base;
  }

  /** Forgets customers, before the rows of their night. */
  remove(customers: readonly string[]): void {
    for (const id of customers) this.#changes.set(id, { isFresh: true, isGone: true, values: [] });
  }

  /** Takes the rows of a night that the fold took. Of equal instants the later in the order of contents holds. */
  take(rows: readonly FactRow<CustomerFacts>[]): void {
    const known = rows.filter(({ table }) => table.identifiers) as IdentifiedRow[];
    known.sort((a, b) => compareUpdates(a, b) || compareIdentifiers(a, b) || compareSources(a, b));
    for (const { table, row } of known) {
      const { columns, present } = table.identifiers;
      const id = textAt(columns.customer_id, row);
      const change = this.#changes.get(id) ?? { isFresh: false, isGone: false, values: [] };
      this.#changes.set(id, change);
      change.isGone = false;
      for (const [place, name] of NAMES.entries()) {
        if (present.has(name)) change.values[place] = textAt(columns[name], row);
      }
    }
  }

  /** The snapshot as a table, ordered by customer_id (bytes). */
  table(): { rows: number; columns: IdentifierColumns } {
    const builders = new Map([...NAMES, 'customer_id' as const].map((name) => [name, new ByteColumnBuilder()]));
    const base = this.#base;
    const copy = (from: number, to: number) => {
      for (const [name, builder] of builders) if (base) builder.appendRows(base.columns[name], from, to);
    };
    const changes = [...this.#changes].map(([id, change]) => ({ id, change, bytes: Buffer.from(id) }));
    changes.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
    let from = 0;
    for (const { id, change, bytes } of changes) {
      const at = base ? firstNotBefore(base.columns.customer_id, from, base.rows, bytes) : 0;
      copy(from, at);
      const isKnown = base !== undefined && at < base.rows && textAt(base.columns.customer_id, at) === id;
      from = isKnown ? at + 1 : at;
      if (change.isGone) continue;
      builders.get('customer_id')?.appendText(id);
      for (const [place, name] of NAMES.entries()) {
        const builder = builders.get(name) as ByteColumnBuilder;
        const value = change.values[place];
        if (value === undefined && isKnown && !change.isFresh) builder.appendRow(base.columns[name], at);
        else builder.appendText(value ?? '');
      }
    }
    copy(from, base?.rows ?? 0);
    const rows = (builders.get('customer_id') as ByteColumnBuilder).rows;
    const columns = Object.fromEntries([...builders].map(([name, builder]) => [name, builder.finish()]));
    return { rows, columns: columns as unknown as IdentifierColumns };
  }
}

const VALUES = Object.keys(IDENTIFIER_LEDGER).filter((name) => name !== 'source_line' && name !== 'updated_at') as Identifier[];

function compareIdentifiers(a: IdentifiedRow, b: IdentifiedRow): number {
  return compareValues(VALUES, { ...a.table.identifiers, row: a.row }, { ...b.table.identifiers, row: b.row });
}

/** First row of [low, high) whose id is not before the given bytes; `high` without one. */
function firstNotBefore({ bytes, offsets }: ByteColumn, low: number, high: number, id: Uint8Array): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >> 1;
    const [start, end] = [offsets[middle] as number, offsets[middle + 1] as number];
    if (compareBytes(bytes, start, end, id, 0, id.length) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
