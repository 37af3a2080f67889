import type { TransactionsMapping } from '../config/mapping.ts';
import type { BusinessClock } from '../time.ts';
import { boundedQuarantine } from './bounded-quarantine.ts';
import { type DropSource, openRecords } from './open-records.ts';
import { RowReader } from './row-reader.ts';
import type { QuarantineSink } from './row-rules.ts';
import type { TransactionColumns } from './transaction-columns.ts';

/** How `readTransactions` reads a file. */
export interface ReadTransactionsOptions {
  readonly mapping: TransactionsMapping;
  /** ISO 4217 code that the pipeline runs in. */
  readonly currency: string;
  /** Clock of the business time zone. */
  readonly timeZoneClock: BusinessClock;
  readonly shards: number;
  /** Shard of a customer id, the bytes `[start, end)`; 0 <= shard < shards. */
  readonly shardOf: (bytes: Uint8Array, start: number, end: number) => number;
  /** About how many rows a shard will get, for the room that is made at first; 0 unless told. */
  readonly expectedRows?: number;
  /** Accepted rows after which `takePart` is called, so that a file of any size needs no more room; without it all are kept. */
  readonly partRows?: number;
  /** Takes accepted rows, shape [shards], within a shard in the order of the file. */
  readonly takePart?: (shards: TransactionColumns[]) => Promise<void>;
}

/** Counts of a file and its accepted rows per shard; rows = accepted + malformed + policy. */
export interface ReadTransactionsResult {
  readonly rows: number;
  readonly accepted: number;
  readonly malformed: number;
  readonly policy: number;
  /** Accepted rows that no part took, shape [shards]; within a shard in the order of the file. */
  readonly shards: TransactionColumns[];
}

/**
 * Reads a file of the `transactions` feed of any form straight from its bytes into columns per shard.
 *
 * Every record is either accepted or handed to `sink` with its rule; blank lines are not records. Bounded memory: accepted
 * rows are given away in parts of `partRows`. Source of the rules: docs/data-contract.md.
 *
 * @throws InvalidDropError for an empty file, a header that cannot be read or lacks a required column, a file that is cut or corrupt
 * @throws ConfigError when the mapping does not fit a file without header
 */
export async function readTransactions(
  source: DropSource,
  options: ReadTransactionsOptions,
  sink: QuarantineSink,
): Promise<ReadTransactionsResult> {
  const records = await openRecords(source, { feed: 'transactions', mapping: options.mapping });
  const reader = new RowReader(records, source.name, options, boundedQuarantine(source.name, sink));
  for await (const _ of records.batches()) {
    while (reader.readRecords()) await options.takePart?.(reader.takePart());
  }
  return { ...reader.counts(), shards: reader.takePart() };
}
