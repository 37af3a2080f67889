import type { TransactionsMapping } from '../config/mapping.ts';
import { InvalidDropError } from '../errors.ts';
import type { BusinessClock } from '../time.ts';
import { defaultValues, headerNames, resolveColumns } from './column-layout.ts';
import { RecordScanner } from './record-scanner.ts';
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
  /** Display name of the file, for messages and quarantine. */
  readonly file: string;
}

/** Counts of a file and its accepted rows per shard; rows = accepted + malformed + policy. */
export interface ReadTransactionsResult {
  readonly rows: number;
  readonly accepted: number;
  readonly malformed: number;
  readonly policy: number;
  /** Shape [shards]; within a shard in the order of the file. */
  readonly shards: TransactionColumns[];
}

/**
 * Reads a file of the `transactions` feed straight from its bytes into columns per shard.
 *
 * Every record is either accepted or handed to `sink` with its rule; blank lines are not records. Bounded memory beside the
 * accepted rows. Source of the rules: docs/data-contract.md.
 *
 * @param chunks the file's bytes, decompressed, cut anywhere
 * @throws InvalidDropError for an empty file, a header that cannot be read or lacks a required column
 * @throws ConfigError when the mapping does not fit a file without header
 */
export async function readTransactions(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadTransactionsOptions,
  sink: QuarantineSink,
): Promise<ReadTransactionsResult> {
  const defaults = defaultValues(options.mapping);
  const scanner = new RecordScanner({ delimiter: options.mapping.delimiter, constants: defaults.bytes });
  let reader: RowReader | undefined;
  if (!options.mapping.header) {
    reader = new RowReader(scanner, defaults, resolveColumns(options.mapping, undefined, options.file), options, sink);
  }
  for await (const _ of scanner.fill(chunks)) {
    if (reader === undefined) {
      if (!scanner.next()) continue;
      const layout = resolveColumns(options.mapping, headerNames(scanner, options.file), options.file);
      reader = new RowReader(scanner, defaults, layout, options, sink);
    }
    reader.readRecords();
  }
  if (scanner.isEmpty) {
    throw new InvalidDropError(
      `File ${options.file}: 0 bytes, expected ${options.mapping.header ? 'a header' : 'rows'}. Deliver the file again.`,
    );
  }
  if (reader === undefined) {
    throw new InvalidDropError(
      `File ${options.file}: no header, expected the names of the columns in the first line. Deliver the file again.`,
    );
  }
  return reader.result();
}
