import type { ByteColumn } from '../../lib/arrow/columns.ts';
import { type TransactionsMapping, transactionsMapping } from '../../lib/config/mapping.ts';
import type { DropSource } from '../../lib/drop/open-records.ts';
import { type ReadTransactionsResult, readTransactions } from '../../lib/drop/read-transactions.ts';
import { RecordScanner, type ScannerOptions } from '../../lib/drop/record-scanner.ts';
import type { QuarantinedRow } from '../../lib/drop/row-rules.ts';
import type { TransactionColumns } from '../../lib/drop/transaction-columns.ts';
import { businessClock } from '../../lib/time.ts';

/** Bytes as a stream of chunks: cut at the given places, or every `cuts` bytes. */
export async function* chunksOf(content: string | Uint8Array, cuts: number | readonly number[] = []): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  let from = 0;
  if (typeof cuts === 'number') {
    for (; from < bytes.length; from += cuts) yield bytes.subarray(from, from + cuts);
    return;
  }
  for (const to of [...cuts.filter((cut) => cut < bytes.length), bytes.length]) {
    if (to > from) yield Uint8Array.from(bytes.subarray(from, to));
    from = Math.max(from, to);
  }
}

/** A record as the scanner shows it, in strings. */
export interface ScannedRecord {
  readonly fields: string[];
  readonly line: number;
  readonly raw: string;
  readonly issue: string | undefined;
}

/** All records of a text. */
export async function scanText(
  content: string | Uint8Array,
  { cuts = [], ...options }: Partial<ScannerOptions> & { cuts?: number | readonly number[] } = {},
): Promise<ScannedRecord[]> {
  const scanner = new RecordScanner({ delimiter: ',', ...options });
  const records: ScannedRecord[] = [];
  for await (const _ of scanner.fill(chunksOf(content, cuts))) {
    while (scanner.next()) {
      const fields = Array.from({ length: scanner.fieldCount }, (_, at) =>
        scanner.buffer.toString('utf8', scanner.starts[at], scanner.ends[at]),
      );
      const raw = scanner.buffer.toString('utf8', scanner.recordStart, scanner.recordEnd);
      records.push({ fields, line: scanner.line, raw, issue: scanner.issue });
    }
  }
  return records;
}

/** What a test chooses when it reads a file. */
export interface ReadTextOptions {
  readonly mapping?: Partial<Record<keyof TransactionsMapping, unknown>>;
  readonly currency?: string;
  readonly timeZone?: string;
  readonly shards?: number;
  readonly shardOf?: (bytes: Uint8Array, start: number, end: number) => number;
  readonly cuts?: number | readonly number[];
  /** Name of the file, whose ending tells the form. */
  readonly name?: string;
}

/** Bytes as a drop file. */
export function sourceOf(name: string, content: string | Uint8Array, cuts: number | readonly number[] = []): DropSource {
  const bytes = Buffer.from(content as Uint8Array);
  return {
    name,
    size: bytes.length,
    stream: () => chunksOf(bytes, cuts),
    readRange: async (start, end) => bytes.subarray(start, end),
  };
}

/** Reads a file of transactions and keeps its quarantine; `first` is the first shard. */
export async function readText(
  content: string | Uint8Array,
  {
    mapping = {},
    currency = 'USD',
    timeZone = 'UTC',
    shards = 1,
    shardOf = () => 0,
    cuts = [],
    name = 'orders.csv',
  }: ReadTextOptions = {},
): Promise<ReadTransactionsResult & { refused: QuarantinedRow[]; first: TransactionColumns }> {
  const refused: QuarantinedRow[] = [];
  const result = await readTransactions(
    sourceOf(name, content, cuts),
    {
      mapping: transactionsMapping.parse(mapping),
      currency,
      timeZoneClock: businessClock(timeZone),
      shards,
      shardOf,
    },
    { quarantine: (row) => refused.push(row) },
  );
  return { ...result, refused, first: result.shards[0] as TransactionColumns };
}

/** The texts of a byte column. */
export function textsOf({ bytes, offsets }: ByteColumn): string[] {
  return Array.from({ length: offsets.length - 1 }, (_, row) =>
    Buffer.from(bytes.subarray(offsets[row], offsets[row + 1])).toString('utf8'),
  );
}
