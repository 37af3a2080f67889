import type { TransactionColumn } from '../config/mapping.ts';
import { InvalidDropError } from '../errors.ts';

/** Texts of a column one behind the other: row i is `bytes[offsets[i] .. offsets[i + 1])`; zero length is null. */
export interface ByteColumn {
  readonly bytes: Uint8Array;
  /** Shape [rows + 1], ascending from 0. */
  readonly offsets: Int32Array;
}

/** Accepted transactions of one shard in the order of the file; every array has one entry per row. */
export interface TransactionColumns {
  readonly rows: number;
  readonly transactionId: ByteColumn;
  readonly customerId: ByteColumn;
  readonly originalId: ByteColumn;
  readonly channel: ByteColumn;
  readonly orderId: ByteColumn;
  readonly referrerId: ByteColumn;
  /** Milliseconds since 1970-01-01T00:00Z; of a date alone, the first instant of its business day. */
  readonly occurredAtMs: Float64Array;
  /** Epoch day in the business time zone. */
  readonly day: Int32Array;
  /** 1 when the source told a date without a time. */
  readonly dateOnly: Uint8Array;
  /** Magnitude in minor units, an exact integer >= 0. */
  readonly amountMinor: Float64Array;
  /** An index of `TRANSACTION_TYPES`. */
  readonly type: Uint8Array;
  /** Minor units, NaN is null. */
  readonly costMinor: Float64Array;
  /** Minor units, may be negative, NaN is null. */
  readonly marginMinor: Float64Array;
  /** Physical line of the record's first byte in its file, from 1. */
  readonly line: Uint32Array;
}

/** Names of the codes in `TransactionColumns.type`. */
export const TRANSACTION_TYPES = ['sale', 'refund', 'void'] as const;

/** Columns that are kept as the bytes of the source. */
export const TEXT_COLUMNS = [
  'transaction_id',
  'customer_id',
  'original_transaction_id',
  'channel',
  'order_id',
  'referrer_id',
] as const satisfies readonly TransactionColumn[];

type TextColumn = (typeof TEXT_COLUMNS)[number];

const FIRST_ROWS = 1024;
const MAX_COLUMN_BYTES = 0x7fff_ffff;

/** Grows a byte column; rows that were never appended are null. */
export class ByteColumnBuilder {
  bytes: Uint8Array;
  offsets: Int32Array;
  #length = 0;
  #rows = 0;

  constructor() {
    this.bytes = new Uint8Array(FIRST_ROWS * 8);
    this.offsets = new Int32Array(FIRST_ROWS + 1);
  }

  /** Appends the next row. @throws InvalidDropError beyond 2 GiB */
  append(buffer: Uint8Array, start: number, end: number): void {
    let to = this.#length;
    const length = to + end - start;
    if (length > this.bytes.length) this.#growBytes(length);
    const bytes = this.bytes;
    for (let at = start; at < end; at++) bytes[to++] = buffer[at] as number;
    this.#length = to;
    const row = ++this.#rows;
    if (row >= this.offsets.length) this.offsets = grown(this.offsets, new Int32Array(this.offsets.length * 2));
    this.offsets[row] = to;
  }

  /** A view of the first `rows` rows, without copying. */
  view(rows: number): ByteColumn {
    if (this.#rows === 0) return { bytes: new Uint8Array(0), offsets: new Int32Array(rows + 1) };
    return { bytes: this.bytes.subarray(0, this.#length), offsets: this.offsets.subarray(0, rows + 1) };
  }

  #growBytes(length: number): void {
    if (length > MAX_COLUMN_BYTES) {
      throw new InvalidDropError(
        `Column of a shard: ${length} bytes, expected at most ${MAX_COLUMN_BYTES}. Deliver the drop in smaller files.`,
      );
    }
    this.bytes = grown(this.bytes, new Uint8Array(Math.min(Math.max(length, this.bytes.length * 2), MAX_COLUMN_BYTES)));
  }
}

/** One row's numbers, filled anew for each row. */
export interface RowNumbers {
  occurredAtMs: number;
  day: number;
  dateOnly: number;
  amountMinor: number;
  type: number;
  costMinor: number;
  marginMinor: number;
  line: number;
}

/** Grows the columns of one shard. */
export class TransactionColumnsBuilder {
  /** One builder per name of `TEXT_COLUMNS`, in its order. */
  readonly texts: readonly ByteColumnBuilder[] = TEXT_COLUMNS.map(() => new ByteColumnBuilder());
  #rows = 0;
  #capacity = FIRST_ROWS;
  #occurredAtMs = new Float64Array(FIRST_ROWS);
  #day = new Int32Array(FIRST_ROWS);
  #dateOnly = new Uint8Array(FIRST_ROWS);
  #amountMinor = new Float64Array(FIRST_ROWS);
  #type = new Uint8Array(FIRST_ROWS);
  #costMinor = new Float64Array(FIRST_ROWS);
  #marginMinor = new Float64Array(FIRST_ROWS);
  #line = new Uint32Array(FIRST_ROWS);

  /** Appends a row's numbers; its texts are appended to the byte columns by the caller. */
  append(row: Readonly<RowNumbers>): void {
    if (this.#rows === this.#capacity) this.#grow();
    const at = this.#rows++;
    this.#occurredAtMs[at] = row.occurredAtMs;
    this.#day[at] = row.day;
    this.#dateOnly[at] = row.dateOnly;
    this.#amountMinor[at] = row.amountMinor;
    this.#type[at] = row.type;
    this.#costMinor[at] = row.costMinor;
    this.#marginMinor[at] = row.marginMinor;
    this.#line[at] = row.line;
  }

  /** The columns, trimmed to their rows, as views without copying; the builder is not used after it. */
  view(): TransactionColumns {
    const rows = this.#rows;
    const text = (name: TextColumn) => (this.texts[TEXT_COLUMNS.indexOf(name)] as ByteColumnBuilder).view(rows);
    return {
      rows,
      transactionId: text('transaction_id'),
      customerId: text('customer_id'),
      originalId: text('original_transaction_id'),
      channel: text('channel'),
      orderId: text('order_id'),
      referrerId: text('referrer_id'),
      occurredAtMs: this.#occurredAtMs.subarray(0, rows),
      day: this.#day.subarray(0, rows),
      dateOnly: this.#dateOnly.subarray(0, rows),
      amountMinor: this.#amountMinor.subarray(0, rows),
      type: this.#type.subarray(0, rows),
      costMinor: this.#costMinor.subarray(0, rows),
      marginMinor: this.#marginMinor.subarray(0, rows),
      line: this.#line.subarray(0, rows),
    };
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    this.#occurredAtMs = grown(this.#occurredAtMs, new Float64Array(capacity));
    this.#day = grown(this.#day, new Int32Array(capacity));
    this.#dateOnly = grown(this.#dateOnly, new Uint8Array(capacity));
    this.#amountMinor = grown(this.#amountMinor, new Float64Array(capacity));
    this.#type = grown(this.#type, new Uint8Array(capacity));
    this.#costMinor = grown(this.#costMinor, new Float64Array(capacity));
    this.#marginMinor = grown(this.#marginMinor, new Float64Array(capacity));
    this.#line = grown(this.#line, new Uint32Array(capacity));
    this.#capacity = capacity;
  }
}

function grown<T extends { set(from: T): void }>(from: T, wider: T): T {
  wider.set(from);
  return wider;
}
