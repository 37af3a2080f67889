import { byteColumnOf, type Columns, textAt } from '../arrow/columns.ts';
import type { TOMBSTONES } from '../arrow/schemas.ts';
import { ContractMismatchError } from '../errors.ts';
import { customerBucket, customerKey } from '../ledger/customer-key.ts';
import type { EpochDay } from '../time.ts';

/** One erasure that took effect. */
export interface Tombstone {
  /** Keyed hash of the customer id, 64 hex digits. */
  readonly key: string;
  /** 16 bits of a plain hash of the id. */
  readonly bucket: number;
  /** Facts that happened at this instant (ms) or before are dropped. */
  readonly requestedAt: number;
  /** Night from which on it holds: what was known before it is forgotten. */
  readonly knownOn: EpochDay;
}

/** The erasures that a shard knows of. Without any, nothing about them costs anything. */
export class ErasedCustomers {
  readonly #secret: Uint8Array | undefined;
  /** 1 where a bucket holds an erasure; shape [65536], empty without erasures. */
  #buckets = new Uint8Array(0);
  readonly #latest = new Map<string, Tombstone>();
  readonly #all: Tombstone[] = [];

  /** @param secret undefined while nobody was ever erased */
  constructor(secret: Uint8Array | undefined) {
    this.#secret = secret;
  }

  /** Number of customers that were ever erased. */
  get size(): number {
    return this.#latest.size;
  }

  /** Takes an erasure. @returns false when one of the same customer with the same or a later instant is known: nothing to do */
  add(tombstone: Tombstone): boolean {
    const known = this.#latest.get(tombstone.key);
    if (known && known.requestedAt >= tombstone.requestedAt) return false;
    if (this.#buckets.length === 0) this.#buckets = new Uint8Array(65_536);
    this.#buckets[tombstone.bucket] = 1;
    this.#latest.set(tombstone.key, tombstone);
    this.#all.push(tombstone);
    return true;
  }

  /** The latest erasure of the customer whose id is `bytes[start, end)`. */
  find(bytes: Uint8Array, start: number, end: number): Tombstone | undefined {
    if (this.#latest.size === 0 || this.#buckets[customerBucket(bytes, start, end)] === 0) return undefined;
    return this.#latest.get(this.#keyOf(bytes, start, end));
  }

  /** The erasures as a table, by the night on which they became known and their keys. */
  table(): { rows: number; columns: Columns<typeof TOMBSTONES> } {
    const all = this.#all.toSorted((a, b) => a.knownOn - b.knownOn || (a.key < b.key ? -1 : 1));
    return {
      rows: all.length,
      columns: {
        customer_key: byteColumnOf(all.map(({ key }) => key)),
        bucket: Uint32Array.from(all, ({ bucket }) => bucket),
        requested_at: Float64Array.from(all, ({ requestedAt }) => requestedAt),
        known_on: Int32Array.from(all, ({ knownOn }) => knownOn),
      },
    };
  }

  /** Takes the erasures of a book's table. */
  load(columns: Columns<typeof TOMBSTONES>, rows: number): void {
    for (let row = 0; row < rows; row++) {
      this.add({
        key: textAt(columns.customer_key, row),
        bucket: columns.bucket[row] as number,
        requestedAt: columns.requested_at[row] as number,
        knownOn: columns.known_on[row] as number,
      });
    }
  }

  #keyOf(bytes: Uint8Array, start: number, end: number): string {
    if (!this.#secret) {
      throw new ContractMismatchError(
        'Erasures: there are some, but no secret of their keyed hashes, expected erasures/secret.json. Restore the file.',
      );
    }
    return customerKey(this.#secret, bytes, start, end);
  }
}
