import { type ByteColumn, ByteColumnBuilder } from '../arrow/columns.ts';
import type { TransactionColumn } from '../config/mapping.ts';

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
  /** The row's currency by `currencyNumber` in lib/money.ts; 0 for that of the configuration. */
  readonly currency: Uint32Array;
  /** Magnitude in minor units of the row's currency, an exact integer >= 0. */
  readonly amountMinor: Float64Array;
  /** Code of `TRANSACTION_TYPES` in lib/arrow/schemas.ts. */
  readonly type: Uint8Array;
  /** Minor units of the row's currency, NaN is null. */
  readonly costMinor: Float64Array;
  /** Minor units of the row's currency, may be negative, NaN is null. */
  readonly marginMinor: Float64Array;
  /** Physical line of the record's first byte in its file, from 1. */
  readonly line: Uint32Array;
}

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

/** Room of a builder at least: a range reads many small files. */
const LEAST_ROWS = 256;

/** Room at most before the first row came: 16 million rows, of which only what is filled takes memory. */
const MOST_ROWS = 16_777_216;

/** Bytes of a text for which there is room at first. */
const TEXT_BYTES = 12;

/** One row's numbers, filled anew for each row. */
export interface RowNumbers {
  occurredAtMs: number;
  day: number;
  dateOnly: number;
  currency: number;
  amountMinor: number;
  type: number;
  costMinor: number;
  marginMinor: number;
  line: number;
}

/** Grows the columns of one shard. */
export class TransactionColumnsBuilder {
  /** One builder per name of `TEXT_COLUMNS`, in its order. */
  readonly texts: readonly ByteColumnBuilder[];
  #rows = 0;
  #capacity: number;
  #occurredAtMs: Float64Array;
  #day: Int32Array;
  #dateOnly: Uint8Array;
  #currency: Uint32Array;
  #amountMinor: Float64Array;
  #type: Uint8Array;
  #costMinor: Float64Array;
  #marginMinor: Float64Array;
  #line: Uint32Array;

  /** @param expectedRows room at first; more rows are no error, but every doubling copies all columns */
  constructor(expectedRows = 0) {
    const rows = Math.min(Math.max(Math.ceil(expectedRows), LEAST_ROWS), MOST_ROWS);
    this.texts = TEXT_COLUMNS.map(() => new ByteColumnBuilder(rows, rows * TEXT_BYTES));
    this.#capacity = rows;
    this.#occurredAtMs = new Float64Array(rows);
    this.#day = new Int32Array(rows);
    this.#dateOnly = new Uint8Array(rows);
    this.#currency = new Uint32Array(rows);
    this.#amountMinor = new Float64Array(rows);
    this.#type = new Uint8Array(rows);
    this.#costMinor = new Float64Array(rows);
    this.#marginMinor = new Float64Array(rows);
    this.#line = new Uint32Array(rows);
  }

  /** Appends a row's numbers; its texts are appended to the byte columns by the caller. */
  append(row: Readonly<RowNumbers>): void {
    if (this.#rows === this.#capacity) this.#grow();
    const at = this.#rows++;
    this.#occurredAtMs[at] = row.occurredAtMs;
    this.#day[at] = row.day;
    this.#dateOnly[at] = row.dateOnly;
    this.#currency[at] = row.currency;
    this.#amountMinor[at] = row.amountMinor;
    this.#type[at] = row.type;
    this.#costMinor[at] = row.costMinor;
    this.#marginMinor[at] = row.marginMinor;
    this.#line[at] = row.line;
  }

  /** The columns, trimmed to their rows, as views without copying; the builder is not used after it. */
  view(): TransactionColumns {
    const rows = this.#rows;
    const text = (name: TextColumn) => columnOf(this.texts[TEXT_COLUMNS.indexOf(name)] as ByteColumnBuilder, rows);
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
      currency: this.#currency.subarray(0, rows),
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
    this.#currency = grown(this.#currency, new Uint32Array(capacity));
    this.#amountMinor = grown(this.#amountMinor, new Float64Array(capacity));
    this.#type = grown(this.#type, new Uint8Array(capacity));
    this.#costMinor = grown(this.#costMinor, new Float64Array(capacity));
    this.#marginMinor = grown(this.#marginMinor, new Float64Array(capacity));
    this.#line = grown(this.#line, new Uint32Array(capacity));
    this.#capacity = capacity;
  }
}

/** The rows of a text column; one that the file does not have is null throughout. */
function columnOf(builder: ByteColumnBuilder, rows: number): ByteColumn {
  return builder.rows === 0 ? { bytes: new Uint8Array(0), offsets: new Int32Array(rows + 1) } : builder.finish();
}

function grown<T extends { set(from: T): void }>(from: T, wider: T): T {
  wider.set(from);
  return wider;
}
