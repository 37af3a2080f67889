import { type ByteColumn, type Columns, type TableSpec, textAt } from '../arrow/columns.ts';
import { BOOK_VERSION, TOMBSTONES } from '../arrow/schemas.ts';
import { selectRows } from '../arrow/select-rows.ts';
import { decodeTable } from '../arrow/table-file.ts';
import { lakeKeys } from '../keys.ts';
import { customerBucket, customerKey } from '../ledger/customer-key.ts';
import { type BusinessDate, dayOf, type EpochDay } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { findErasureSecret } from './erasure-secret.ts';
import { findCurrent, readRun } from './run-ledger.ts';

/** A committed erasure; of several of one customer the latest. */
export interface Erasure {
  /** Keyed hash of the customer id, 64 hex digits. */
  readonly key: string;
  /** Facts up to this instant (ms since 1970-01-01T00:00Z) are gone. */
  readonly requestedAt: number;
  /** First night on which the customer was no more. */
  readonly knownOn: EpochDay;
}

/** The customers whose erasure is committed: what readers leave out and `compact` removes. */
export class CommittedErasures {
  readonly #secret: Uint8Array;
  readonly #buckets: Uint8Array;
  readonly #erasures = new Map<string, Erasure>();
  /** Ids that were asked for and found, by keyed hash. */
  readonly #found = new Map<string, Buffer>();

  constructor(secret: Uint8Array, tombstones?: { rows: number; columns: Columns<typeof TOMBSTONES> }) {
    this.#secret = secret;
    this.#buckets = new Uint8Array(65_536);
    for (let row = 0; row < (tombstones?.rows ?? 0); row++) {
      const { customer_key, bucket, requested_at, known_on } = (tombstones as { columns: Columns<typeof TOMBSTONES> }).columns;
      const key = textAt(customer_key, row);
      const before = this.#erasures.get(key);
      this.#buckets[bucket[row] as number] = 1;
      this.#erasures.set(key, {
        key,
        requestedAt: Math.max(requested_at[row] as number, before?.requestedAt ?? Number.NEGATIVE_INFINITY),
        knownOn: Math.max(known_on[row] as number, before?.knownOn ?? Number.NEGATIVE_INFINITY),
      });
    }
  }

  get size(): number {
    return this.#erasures.size;
  }

  /** Every erasure, ordered by keyed hash. */
  all(): Erasure[] {
    return [...this.#erasures.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Ids of erased customers that were met so far. */
  found(): Buffer[] {
    return [...this.#found.values()];
  }

  /** The erasure of a customer id, the bytes `[start, end)`; undefined for a customer who was never erased. */
  find(bytes: Uint8Array, start: number, end: number): Erasure | undefined {
    if (this.#erasures.size === 0 || start === end) return undefined;
    if (this.#buckets[customerBucket(bytes, start, end)] === 0) return undefined;
    const erasure = this.#erasures.get(customerKey(this.#secret, bytes, start, end));
    if (erasure && !this.#found.has(erasure.key)) this.#found.set(erasure.key, Buffer.from(bytes.subarray(start, end)));
    return erasure;
  }

  /** As `find`, of a text. */
  findText(text: string): Erasure | undefined {
    if (this.#erasures.size === 0 || text === '') return undefined;
    const bytes = Buffer.from(text);
    return this.find(bytes, 0, bytes.length);
  }

  /** As `find`, of a row of a column. */
  findRow(ids: ByteColumn, row: number): Erasure | undefined {
    return this.find(ids.bytes, ids.offsets[row] as number, ids.offsets[row + 1] as number);
  }

  /** A table of a date without the customers whose erasure became known later. */
  without<S extends TableSpec, T extends { rows: number; columns: Columns<S> }>(
    spec: S,
    table: T,
    ids: ByteColumn,
    date: BusinessDate,
  ): T {
    if (this.#erasures.size === 0) return table;
    const day = dayOf(date);
    const kept: number[] = [];
    for (let row = 0; row < table.rows; row++) {
      const erasure = this.findRow(ids, row);
      if (!erasure || erasure.knownOn <= day) kept.push(row);
    }
    return kept.length === table.rows ? table : { ...table, ...selectRows(spec, table.columns, kept) };
  }
}

/** The erasures that CURRENT knows; none while nothing is committed. */
export async function readCommittedErasures(deps: RunDeps): Promise<CommittedErasures> {
  const [secret, current] = await Promise.all([findErasureSecret(deps), findCurrent(deps)]);
  if (!secret || !current) return new CommittedErasures(new Uint8Array(0));
  const { generation, runId, to } = await readRun(deps, current.runId);
  const key = lakeKeys.book({ generation, dt: to, runId, shard: 0 }, 'tombstones');
  const bytes = await deps.lake.get(key);
  return new CommittedErasures(secret, bytes ? decodeTable(TOMBSTONES, bytes, key, BOOK_VERSION) : undefined);
}
