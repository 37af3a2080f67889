import { type ByteColumn, ByteColumnBuilder, type Columns, compareRows } from '../../arrow/columns.ts';
import type { TRANSITIONS } from '../../arrow/schemas.ts';

/** A stage change of one customer. */
export interface StageChange {
  readonly slot: number;
  readonly day: number;
  /** Codes; `NO_STAGE` for a customer's first stage. */
  readonly from: number;
  readonly to: number;
  readonly kind: 'transition' | 'restated';
  readonly reason: number;
  /** JSON. */
  readonly evidence: string;
}

/** Stage changes of a shard over the dates of a run, in columns. */
export class TransitionLog {
  #numbers = new Int32Array(2 * 1024);
  #codes = new Uint8Array(4 * 1024);
  readonly #evidence = new ByteColumnBuilder();
  /** Rows of customers who were erased since. */
  readonly #gone = new Set<number>();

  /** Number of changes so far, those of erased customers included. */
  get rows(): number {
    return this.#evidence.rows;
  }

  /** Forgets the changes of customers so far. */
  forget(slots: ReadonlySet<number>): void {
    for (let row = 0; row < this.rows; row++) if (slots.has(this.#numbers[row * 2] as number)) this.#gone.add(row);
  }

  /** Appends a change; dates must not fall. */
  append(change: StageChange): void {
    const row = this.rows;
    if ((row + 1) * 2 > this.#numbers.length) {
      this.#numbers = doubled(this.#numbers);
      this.#codes = doubled(this.#codes);
    }
    this.#numbers[row * 2] = change.slot;
    this.#numbers[row * 2 + 1] = change.day;
    this.#codes[row * 4] = change.from;
    this.#codes[row * 4 + 1] = change.to;
    this.#codes[row * 4 + 2] = change.kind === 'restated' ? 1 : 0;
    this.#codes[row * 4 + 3] = change.reason;
    this.#evidence.appendText(change.evidence);
  }

  /** Calls back for every change from row `first` on, in the order of appending. */
  forEachFrom(first: number, visit: (from: number, to: number, isRestated: boolean) => void): void {
    for (let row = first; row < this.rows; row++) {
      const at = row * 4;
      visit(this.#codes[at] as number, this.#codes[at + 1] as number, this.#codes[at + 2] === 1);
    }
  }

  /**
   * The changes of each date as columns of the transitions file, ordered by customer id, then order of happening.
   *
   * @returns by epoch day, ascending
   */
  byDay(ids: ByteColumn, ruleVersion: string): Map<number, { rows: number; columns: Columns<typeof TRANSITIONS> }> {
    const rowsOf = new Map<number, number[]>();
    for (let row = 0; row < this.rows; row++) {
      if (this.#gone.has(row)) continue;
      const day = this.#numbers[row * 2 + 1] as number;
      const rows = rowsOf.get(day);
      if (rows) rows.push(row);
      else rowsOf.set(day, [row]);
    }
    const evidence = this.#evidence.finish();
    const out = new Map<number, { rows: number; columns: Columns<typeof TRANSITIONS> }>();
    for (const [day, rows] of rowsOf) {
      const slotOf = (row: number) => this.#numbers[row * 2] as number;
      rows.sort((a, b) => (slotOf(a) === slotOf(b) ? a - b : compareRows(ids, slotOf(a), ids, slotOf(b))));
      out.set(day, { rows: rows.length, columns: this.#columns(rows, day, ids, evidence, ruleVersion) });
    }
    return out;
  }

  #columns(
    rows: readonly number[],
    day: number,
    ids: ByteColumn,
    evidence: ByteColumn,
    ruleVersion: string,
  ): Columns<typeof TRANSITIONS> {
    const idBuilder = new ByteColumnBuilder(rows.length);
    const evidenceBuilder = new ByteColumnBuilder(rows.length);
    const versions = new ByteColumnBuilder(rows.length);
    for (const row of rows) {
      idBuilder.appendRow(ids, this.#numbers[row * 2] as number);
      evidenceBuilder.appendRow(evidence, row);
      versions.appendText(ruleVersion);
    }
    const codes = (place: number) => Uint8Array.from(rows, (row) => this.#codes[row * 4 + place] as number);
    return {
      customer_id: idBuilder.finish(),
      as_of: new Int32Array(rows.length).fill(day),
      from: codes(0),
      to: codes(1),
      kind: codes(2),
      reason_code: codes(3),
      evidence: evidenceBuilder.finish(),
      rule_version: versions.finish(),
    };
  }
}

function doubled<T extends Int32Array | Uint8Array>(array: T): T {
  const grown = new (array.constructor as new (length: number) => T)(array.length * 2);
  grown.set(array);
  return grown;
}
