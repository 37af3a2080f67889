import type { Columns } from '../arrow/columns.ts';
import { INDEX, INDEX_STATES } from '../arrow/schemas.ts';
import { type EpochDay, formatDay } from '../time.ts';

/** Days for which a transaction id is remembered (docs/architecture.md, Book). */
export const INDEX_DAYS = 400;

/** What the index knows of an id. */
export type IndexState = (typeof INDEX_STATES)[number];

/** Code of an index state. */
export const INDEX_CODE = Object.fromEntries(INDEX_STATES.map((state, code) => [state, code])) as Record<IndexState, number>;

/** `YYYY-MM` of a day: the unit in which the index is stored. */
export const monthOf = (day: EpochDay): string => formatDay(day).slice(0, 7);

/** Rows of the index. */
export type IndexColumns = Columns<typeof INDEX>;

/** What a new entry holds. Amounts are minor units of `currency`, as a number (lib/money.ts). */
export interface IndexValues {
  readonly knownOn: EpochDay;
  readonly day: EpochDay;
  readonly amountMinor: number;
  readonly remainingMinor: number;
  readonly state: IndexState;
  readonly currency: number;
}

const newColumns = (size: number): IndexColumns => ({
  id_hash_0: new Uint32Array(size),
  id_hash_1: new Uint32Array(size),
  id_hash_2: new Uint32Array(size),
  customer_hash_0: new Uint32Array(size),
  customer_hash_1: new Uint32Array(size),
  content_hash_0: new Uint32Array(size),
  content_hash_1: new Uint32Array(size),
  known_on: new Int32Array(size),
  business_day: new Int32Array(size),
  amount_minor: new Float64Array(size),
  remaining_minor: new Float64Array(size),
  state: new Uint8Array(size),
  base_minor: new Float64Array(size),
  currency: new Uint32Array(size),
});

const NAMES = Object.keys(INDEX) as (keyof IndexColumns)[];

type NumberColumn = Uint32Array | Int32Array | Float64Array | Uint8Array;

/** Fills a column: source s >= 0 is a stored row, else the own entry -1 - s. */
function takeRows(out: NumberColumn, stored: NumberColumn, own: NumberColumn, sources: Int32Array): void {
  for (let row = 0; row < out.length; row++) {
    const source = sources[row] as number;
    out[row] = (source >= 0 ? stored[source] : own[-1 - source]) as number;
  }
}

/** What one run knows of transaction ids: those of stored months that its rows ask for, and the new ones. */
export class TransactionIndex {
  columns = newColumns(1024);
  size = 0;
  /** Months whose stored rows were changed. */
  readonly touchedMonths = new Set<string>();
  #table = new Int32Array(2048).fill(-1);
  #mask = 2047;
  /** The day that was touched last: a night's entries mostly share theirs. */
  #touchedDay = Number.NaN;

  /** Entry of an identity that became known on `INDEX_DAYS` before `asOf` or later, and not before `since`; or -1. */
  find(id: Uint32Array, asOf: EpochDay, since: EpochDay = asOf - INDEX_DAYS): number {
    const entry = this.#table[this.#probe(id[0] as number, id[1] as number, id[2] as number)] as number;
    if (entry < 0) return -1;
    const knownOn = this.columns.known_on[entry] as number;
    return knownOn >= asOf - INDEX_DAYS && knownOn >= since ? entry : -1;
  }

  /** Adds an entry, or takes over the place of one that is out of date. */
  add(id: Uint32Array, customer: Uint32Array, content: Uint32Array, values: IndexValues): number {
    const entry = this.#claim(id[0] as number, id[1] as number, id[2] as number);
    const c = this.columns;
    c.customer_hash_0[entry] = customer[0] as number;
    c.customer_hash_1[entry] = customer[1] as number;
    c.content_hash_0[entry] = content[0] as number;
    c.content_hash_1[entry] = content[1] as number;
    c.known_on[entry] = values.knownOn;
    c.business_day[entry] = values.day;
    c.amount_minor[entry] = values.amountMinor;
    c.remaining_minor[entry] = values.remainingMinor;
    c.state[entry] = INDEX_CODE[values.state];
    c.base_minor[entry] = 0;
    c.currency[entry] = values.currency;
    this.touch(entry);
    return entry;
  }

  /** Notes that an entry was changed, so that its month is written. */
  touch(entry: number): void {
    const day = this.columns.known_on[entry] as number;
    if (day === this.#touchedDay) return;
    this.#touchedDay = day;
    this.touchedMonths.add(monthOf(day));
  }

  /** Takes over rows of a stored month. */
  load(stored: IndexColumns, rows: readonly number[]): void {
    const { id_hash_0: h0, id_hash_1: h1, id_hash_2: h2 } = stored;
    for (const row of rows) {
      const entry = this.#claim(h0[row] as number, h1[row] as number, h2[row] as number);
      for (const name of NAMES) this.columns[name][entry] = stored[name][row] as number;
    }
  }

  /**
   * The rows of a month as they are to be stored: ordered by hash, the stored ones with their changes, the new ones merged in.
   *
   * @param stored the month as it was, if it was
   */
  monthTable(
    month: string,
    stored: { columns: IndexColumns; rows: number } | undefined,
  ): { columns: IndexColumns; rows: number } {
    const own = this.#entriesOf(month);
    const total = (stored?.rows ?? 0) + own.length;
    // where each row comes from: a stored row, or an own entry e as -1 - e
    const sources = new Int32Array(total);
    let [at, next, row] = [0, 0, 0];
    while (next < own.length || row < (stored?.rows ?? 0)) {
      const order = this.#order(stored, row, own, next);
      if (order < 0) sources[at++] = row++;
      else {
        sources[at++] = -1 - (own[next++] as number);
        if (order === 0) row++;
      }
    }
    const out = newColumns(at);
    for (const name of NAMES) takeRows(out[name], stored?.columns[name] ?? out[name], this.columns[name], sources);
    return { columns: out, rows: at };
  }

  #entriesOf(month: string): Int32Array {
    const entries: number[] = [];
    let [day, isOfMonth] = [Number.NaN, false];
    for (let entry = 0; entry < this.size; entry++) {
      const knownOn = this.columns.known_on[entry] as number;
      if (knownOn !== day) [day, isOfMonth] = [knownOn, monthOf(knownOn) === month];
      if (isOfMonth) entries.push(entry);
    }
    const { id_hash_0: h0, id_hash_1: h1, id_hash_2: h2 } = this.columns;
    return Int32Array.from(entries).sort(
      (a, b) =>
        (h0[a] as number) - (h0[b] as number) || (h1[a] as number) - (h1[b] as number) || (h2[a] as number) - (h2[b] as number),
    );
  }

  /** Order of a stored row and an own entry: negative when the stored row comes first, 0 when they are one. */
  #order(stored: { columns: IndexColumns; rows: number } | undefined, row: number, own: Int32Array, next: number): number {
    if (!stored || row >= stored.rows) return 1;
    if (next >= own.length) return -1;
    const entry = own[next] as number;
    return (
      (stored.columns.id_hash_0[row] as number) - (this.columns.id_hash_0[entry] as number) ||
      (stored.columns.id_hash_1[row] as number) - (this.columns.id_hash_1[entry] as number) ||
      (stored.columns.id_hash_2[row] as number) - (this.columns.id_hash_2[entry] as number)
    );
  }

  /** Entry of an identity, made when there is none. */
  #claim(h0: number, h1: number, h2: number): number {
    if ((this.size + 1) * 2 > this.#table.length) this.#rehash();
    const at = this.#probe(h0, h1, h2);
    const found = this.#table[at] as number;
    if (found >= 0) return found;
    const entry = this.size++;
    this.#table[at] = entry;
    if (entry >= this.columns.state.length) {
      const grown = newColumns(this.columns.state.length * 2);
      for (const name of NAMES) grown[name].set(this.columns[name] as never);
      this.columns = grown;
    }
    this.columns.id_hash_0[entry] = h0;
    this.columns.id_hash_1[entry] = h1;
    this.columns.id_hash_2[entry] = h2;
    return entry;
  }

  #probe(h0: number, h1: number, h2: number): number {
    const { id_hash_0, id_hash_1, id_hash_2 } = this.columns;
    let at = h0 & this.#mask;
    for (;;) {
      const entry = this.#table[at] as number;
      if (entry < 0 || (id_hash_0[entry] === h0 && id_hash_1[entry] === h1 && id_hash_2[entry] === h2)) return at;
      at = (at + 1) & this.#mask;
    }
  }

  #rehash(): void {
    this.#table = new Int32Array(this.#table.length * 2).fill(-1);
    this.#mask = this.#table.length - 1;
    const { id_hash_0: h0, id_hash_1: h1, id_hash_2: h2 } = this.columns;
    for (let entry = 0; entry < this.size; entry++) {
      this.#table[this.#probe(h0[entry] as number, h1[entry] as number, h2[entry] as number)] = entry;
    }
  }
}
