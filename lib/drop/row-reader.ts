import type { ByteColumnBuilder } from '../arrow/columns.ts';
import { TRANSACTION_COLUMNS, type TransactionColumn } from '../config/mapping.ts';
import { currencyExponent, currencyNumber, isCurrency } from '../money.ts';
import { COLUMN, type ColumnLayout, type DefaultValues } from './column-layout.ts';
import { DecimalParser } from './decimal-parser.ts';
import { InstantParser } from './instant-parser.ts';
import { type DropRecords, dateFormatsOf } from './open-records.ts';
import { quarantineRecord } from './quarantine-record.ts';
import type { ReadTransactionsOptions, ReadTransactionsResult } from './read-transactions.ts';
import type { RecordCursor } from './record-cursor.ts';
import {
  fieldCountMessage,
  MAX_ID_BYTES,
  type QuarantineSink,
  type RowRule,
  type RuleTerms,
  scanMessage,
  valueMessage,
} from './row-rules.ts';
import { type RowNumbers, TEXT_COLUMNS, type TransactionColumns, TransactionColumnsBuilder } from './transaction-columns.ts';

/** Required columns come first in the contract. */
const REQUIRED_COUNT = COLUMN.type + 1;
const CUSTOMER_ID = COLUMN.customer_id;
const OCCURRED_AT = COLUMN.occurred_at;
const AMOUNT = COLUMN.amount;
const CURRENCY = COLUMN.currency;
const TYPE = COLUMN.type;
const ORIGINAL = COLUMN.original_transaction_id;
const COST = COLUMN.cost;
const MARGIN = COLUMN.margin;

/** Reads records one after the other; all state of a row lives in typed arrays and fields that are used again. */
export class RowReader {
  readonly #cursor: RecordCursor;
  readonly #file: string;
  readonly #layout: ColumnLayout;
  readonly #defaults: DefaultValues;
  readonly #options: ReadTransactionsOptions;
  readonly #sink: QuarantineSink;
  readonly #terms: RuleTerms;
  readonly #currency: Uint8Array;
  readonly #instants: InstantParser;
  readonly #decimals = new DecimalParser();
  #builders: TransactionColumnsBuilder[];
  /** Columns that the file has or that have a default; the others are not looked at. */
  readonly #present: Int32Array;
  /** Index in `TEXT_COLUMNS` and in `TRANSACTION_COLUMNS` of the columns of text that are present. */
  readonly #texts: Int32Array;
  readonly #textColumns: Int32Array;
  /** Range of each column's value in the cursor's buffer, shape [TRANSACTION_COLUMNS]; empty is null. */
  readonly #starts = new Int32Array(TRANSACTION_COLUMNS.length);
  readonly #ends = new Int32Array(TRANSACTION_COLUMNS.length);
  readonly #row: RowNumbers = {
    occurredAtMs: Number.NaN,
    day: 0,
    dateOnly: 0,
    currency: 0,
    amountMinor: Number.NaN,
    type: 0,
    costMinor: Number.NaN,
    marginMinor: Number.NaN,
    line: 0,
  };
  #faultyColumn: TransactionColumn = 'transaction_id';
  /** Decimals of the current row's currency. */
  #exponent = 0;
  #rows = 0;
  /** Accepted rows that nobody took yet. */
  #accepted = 0;
  #malformed = 0;
  #policy = 0;

  constructor({ cursor, defaults, layout }: DropRecords, file: string, options: ReadTransactionsOptions, sink: QuarantineSink) {
    this.#file = file;
    const dateFormats = dateFormatsOf(file, options.mapping);
    this.#cursor = cursor;
    this.#defaults = defaults;
    this.#layout = layout;
    this.#options = options;
    this.#sink = sink;
    const exponent = currencyExponent(options.currency);
    this.#terms = { currency: options.currency, exponent, dateFormats };
    this.#currency = Buffer.from(options.currency);
    this.#instants = new InstantParser(dateFormats, options.timeZoneClock);
    this.#builders = this.#newBuilders();
    const isPresent = (column: number) =>
      (layout.positions[column] as number) >= 0 || (defaults.ends[column] as number) > (defaults.starts[column] as number);
    this.#present = Int32Array.from(Object.values(COLUMN).filter(isPresent));
    const texts = TEXT_COLUMNS.filter((name) => isPresent(COLUMN[name]));
    this.#texts = Int32Array.from(texts, (name) => TEXT_COLUMNS.indexOf(name));
    this.#textColumns = Int32Array.from(texts, (name) => COLUMN[name]);
  }

  /** Takes the records that the cursor holds. @returns true when `partRows` are accepted and there may be more: take them first */
  readRecords(): boolean {
    const cursor = this.#cursor;
    const { partRows = Number.POSITIVE_INFINITY } = this.#options;
    while (this.#accepted < partRows && cursor.next()) {
      this.#rows++;
      const rule = this.#readRow();
      if (rule === undefined) this.#accepted++;
      else this.#refuse(rule);
    }
    return this.#accepted >= partRows;
  }

  /** The accepted rows since the last call, per shard. */
  takePart(): TransactionColumns[] {
    const part = this.#builders.map((one) => one.view());
    this.#accepted = 0;
    this.#builders = this.#newBuilders();
    return part;
  }

  /** Counts of all rows so far. */
  counts(): Omit<ReadTransactionsResult, 'shards'> {
    const [rows, malformed, policy] = [this.#rows, this.#malformed, this.#policy];
    return { rows, accepted: rows - malformed - policy, malformed, policy };
  }

  #newBuilders(): TransactionColumnsBuilder[] {
    return Array.from({ length: this.#options.shards }, () => new TransactionColumnsBuilder(this.#options.expectedRows));
  }

  /** @returns the first rule that the record breaks; undefined when it was appended to its shard */
  #readRow(): RowRule | undefined {
    const cursor = this.#cursor;
    if (cursor.issue !== undefined) return cursor.issue;
    if (cursor.fieldCount < this.#layout.least || cursor.fieldCount > this.#layout.most) return 'FIELD_COUNT';
    const rule = this.#locate() ?? this.#readNumbers();
    if (rule !== undefined) return rule;
    this.#append();
    return undefined;
  }

  /** Finds the range of every value, and checks what is required and the texts. */
  #locate(): RowRule | undefined {
    const { starts: fieldStarts, ends: fieldEnds, mayHaveControl } = this.#cursor;
    const positions = this.#layout.positions;
    const starts = this.#starts;
    const ends = this.#ends;
    for (let at = 0; at < this.#present.length; at++) {
      const column = this.#present[at] as number;
      const position = positions[column] as number;
      let start = position < 0 ? 0 : (fieldStarts[position] as number);
      let end = position < 0 ? 0 : (fieldEnds[position] as number);
      if (start === end) {
        start = this.#defaults.starts[column] as number;
        end = this.#defaults.ends[column] as number;
        if (start === end && column < REQUIRED_COUNT) return this.#fault('MISSING_VALUE', TRANSACTION_COLUMNS[column]);
      }
      starts[column] = start;
      ends[column] = end;
    }
    for (let at = 0; at < this.#textColumns.length; at++) {
      const column = this.#textColumns[at] as number;
      const start = starts[column] as number;
      const end = ends[column] as number;
      if (end - start > MAX_ID_BYTES) return this.#fault('ID_TOO_LONG', TRANSACTION_COLUMNS[column]);
      if (mayHaveControl && hasControl(this.#cursor.buffer, start, end)) {
        return this.#fault('CONTROL_CHARACTER', TRANSACTION_COLUMNS[column]);
      }
    }
    return undefined;
  }

  #readNumbers(): RowRule | undefined {
    const buffer = this.#cursor.buffer;
    const starts = this.#starts;
    const ends = this.#ends;
    const row = this.#row;
    const currencyAt = starts[CURRENCY] as number;
    const foreign =
      (ends[CURRENCY] as number) - currencyAt !== 3 ||
      buffer[currencyAt] !== this.#currency[0] ||
      buffer[currencyAt + 1] !== this.#currency[1] ||
      buffer[currencyAt + 2] !== this.#currency[2];
    this.#exponent = this.#terms.exponent;
    row.currency = 0;
    if (foreign) {
      const code = this.#text(CURRENCY);
      if (!isCurrency(code)) return this.#fault('UNKNOWN_CURRENCY', 'currency');
      this.#exponent = currencyExponent(code);
      row.currency = currencyNumber(code);
    }
    const type = typeOf(buffer, starts[TYPE] as number, ends[TYPE] as number);
    if (type < 0) return this.#fault('UNKNOWN_TYPE', 'type');
    row.type = type;
    const instants = this.#instants;
    const late = instants.parse(buffer, starts[OCCURRED_AT] as number, ends[OCCURRED_AT] as number);
    if (late !== undefined) return this.#fault(late, 'occurred_at');
    row.occurredAtMs = instants.instantMs;
    row.day = instants.day;
    row.dateOnly = instants.form === 'date' ? 1 : 0;
    return this.#readMoney();
  }

  #readMoney(): RowRule | undefined {
    const exponent = this.#exponent;
    const buffer = this.#cursor.buffer;
    const row = this.#row;
    const decimals = this.#decimals;
    const odd = decimals.parse(buffer, this.#starts[AMOUNT] as number, this.#ends[AMOUNT] as number, exponent);
    if (odd !== undefined) return this.#fault(odd, 'amount');
    if (decimals.negative && decimals.minor > 0) {
      if (row.type !== 0 || this.#options.mapping.negativeSales !== 'refund') return this.#fault('NEGATIVE_AMOUNT', 'amount');
      row.type = 1;
    }
    row.amountMinor = decimals.minor;
    if (row.type === 2 && this.#starts[ORIGINAL] === this.#ends[ORIGINAL]) {
      return this.#fault('MISSING_ORIGINAL', 'original_transaction_id');
    }
    row.costMinor = Number.NaN;
    row.marginMinor = Number.NaN;
    if (this.#starts[COST] !== this.#ends[COST]) {
      const rule = decimals.parse(buffer, this.#starts[COST] as number, this.#ends[COST] as number, exponent);
      if (rule !== undefined) return this.#fault(rule, 'cost');
      if (decimals.negative && decimals.minor > 0) return this.#fault('NEGATIVE_AMOUNT', 'cost');
      row.costMinor = decimals.minor;
    }
    if (this.#starts[MARGIN] !== this.#ends[MARGIN]) {
      const rule = decimals.parse(buffer, this.#starts[MARGIN] as number, this.#ends[MARGIN] as number, exponent);
      if (rule !== undefined) return this.#fault(rule, 'margin');
      row.marginMinor = decimals.negative && decimals.minor > 0 ? -decimals.minor : decimals.minor;
    }
    return undefined;
  }

  #append(): void {
    const buffer = this.#cursor.buffer;
    const starts = this.#starts;
    const ends = this.#ends;
    const shard = this.#options.shardOf(buffer, starts[CUSTOMER_ID] as number, ends[CUSTOMER_ID] as number);
    const builder = this.#builders[shard] as TransactionColumnsBuilder;
    const texts = builder.texts;
    for (let at = 0; at < this.#texts.length; at++) {
      const column = this.#textColumns[at] as number;
      const text = texts[this.#texts[at] as number] as ByteColumnBuilder;
      text.append(buffer, starts[column] as number, ends[column] as number);
    }
    this.#row.line = this.#cursor.line;
    builder.append(this.#row);
  }

  #fault<Rule extends RowRule>(rule: Rule, column: TransactionColumn | undefined): Rule {
    this.#faultyColumn = column as TransactionColumn;
    return rule;
  }

  #text(column: number): string {
    return this.#cursor.buffer.toString('utf8', this.#starts[column], this.#ends[column]);
  }

  #refuse(rule: RowRule): void {
    const cursor = this.#cursor;
    let message: string;
    if (rule === 'FIELD_COUNT') message = fieldCountMessage(cursor.fieldCount, this.#layout.least, this.#layout.most);
    else if (cursor.issue !== undefined) message = scanMessage(cursor.issue, cursor);
    else
      message = valueMessage(rule, this.#faultyColumn, this.#text(COLUMN[this.#faultyColumn]), {
        ...this.#terms,
        exponent: this.#exponent,
      });
    const row = quarantineRecord(cursor, this.#file, rule, message);
    if (row.kind === 'policy') this.#policy++;
    else this.#malformed++;
    this.#sink.quarantine(row);
  }
}

function hasControl(buffer: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((buffer[at] as number) < 32 || buffer[at] === 127) return true;
  return false;
}

/** Code of a type (`TRANSACTION_TYPES` in lib/arrow/schemas.ts), or -1. */
function typeOf(buffer: Uint8Array, start: number, end: number): number {
  const first = buffer[start];
  if (end - start === 4) {
    if (first === 115 && buffer[start + 1] === 97 && buffer[start + 2] === 108 && buffer[start + 3] === 101) return 0;
    if (first === 118 && buffer[start + 1] === 111 && buffer[start + 2] === 105 && buffer[start + 3] === 100) return 2;
    return -1;
  }
  return end - start === 6 && Buffer.compare(REFUND, buffer.subarray(start, end)) === 0 ? 1 : -1;
}

const REFUND = Buffer.from('refund');
