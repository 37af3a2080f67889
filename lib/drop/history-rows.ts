import { TRANSACTION_COLUMNS, type TransactionColumn, type TransactionsMapping } from '../config/mapping.ts';
import { InvalidDropError } from '../errors.ts';
import { type BusinessClock, type EpochDay, formatDay } from '../time.ts';
import { COLUMN, type ColumnLayout, type DefaultValues, defaultValues, headerNames, resolveColumns } from './column-layout.ts';
import type { DropFormat, GrowingBytes } from './drop-writer.ts';
import { InstantParser } from './instant-parser.ts';
import { quarantineRecord } from './quarantine-record.ts';
import { RecordScanner } from './record-scanner.ts';
import { fieldCountMessage, type QuarantinedRow, type RowRule, scanMessage, valueMessage } from './row-rules.ts';

/** One file of a history. */
export interface HistoryFile {
  /** Path below the history's folder with `/`, or the name of the single file. */
  readonly name: string;
  /** The decompressed bytes; may be asked for more than once. */
  open(): AsyncIterable<Uint8Array>;
}

/** The files of a history and what was left aside. */
export interface HistoryFiles {
  /** Name of the folder or the file, without ending. */
  readonly name: string;
  /** In byte order of their names. */
  readonly files: readonly HistoryFile[];
  /** Names of files in the folder whose ending is not that of a delimited text. */
  readonly ignored: readonly string[];
}

/** What is known of the format of a history. */
export interface HistoryFormat {
  readonly mapping: TransactionsMapping;
  /** ISO 4217 code of the configuration, for messages. */
  readonly currency: string;
  readonly timeZoneClock: BusinessClock;
  /** Columns that a file must have, or its mapping a default for. */
  readonly needed: readonly TransactionColumn[];
}

const TERMS_EXPONENT = 2;
const MINUS = 45;

/**
 * Walks over the rows of one file of a history and tells the business day of each.
 *
 * `day` and `appendTo` hold for the current row only.
 */
export class HistoryRows {
  /** Business day of the current row. */
  day: EpochDay = 0;
  /** Our columns that the file has, or that a default or the row's place fills. */
  columns: ReadonlySet<TransactionColumn> = new Set();

  readonly #file: HistoryFile;
  readonly #format: HistoryFormat;
  readonly #defaults: DefaultValues;
  readonly #scanner: RecordScanner;
  readonly #instants: InstantParser;
  #layout: ColumnLayout | undefined;
  #start = 0;
  #end = 0;

  constructor(file: HistoryFile, format: HistoryFormat) {
    this.#file = file;
    this.#format = format;
    this.#defaults = defaultValues('transactions', format.mapping);
    this.#scanner = new RecordScanner({ delimiter: format.mapping.delimiter, constants: this.#defaults.bytes });
    this.#instants = new InstantParser(format.mapping.dateFormats, format.timeZoneClock);
  }

  /**
   * Reads the file once.
   *
   * @param onRow called for every row that has a business day
   * @param onBad called for every other row
   * @throws InvalidDropError for an empty file or a header without a needed column
   */
  async read(onRow: () => void, onBad: (row: QuarantinedRow) => void): Promise<void> {
    const scanner = this.#scanner;
    if (!this.#format.mapping.header) this.#setLayout(undefined);
    for await (const _ of scanner.fill(this.#file.open())) {
      if (this.#layout === undefined) {
        if (!scanner.next()) continue;
        this.#setLayout(headerNames(scanner, this.#file.name));
      }
      while (scanner.next()) {
        const bad = this.#place();
        if (bad === undefined) onRow();
        else onBad(quarantineRecord(scanner, this.#file.name, bad.rule, bad.message));
      }
    }
    if (this.#layout === undefined || scanner.isEmpty) {
      throw new InvalidDropError(`File ${this.#file.name}: empty, expected rows. Deliver the file again or remove it.`);
    }
  }

  /** Appends the current row in the format of the drops. */
  appendTo(to: GrowingBytes, format: DropFormat): void {
    const turned = this.#isTurned();
    for (let at = 0; at < format.columns.length; at++) {
      const column = format.columns[at] as TransactionColumn;
      if (at > 0) to.append(format.delimiter);
      const text = this.#rewritten(column, turned);
      if (text === undefined) {
        this.#locate(COLUMN[column]);
        format.appendValue(to, this.#scanner.buffer, this.#start, this.#end);
      } else {
        const bytes = Buffer.from(text);
        format.appendValue(to, bytes, 0, bytes.length);
      }
    }
    to.append(LINE_END);
  }

  #setLayout(header: readonly string[] | undefined): void {
    const { mapping, needed: required } = this.#format;
    const layout = resolveColumns(header, { feed: 'transactions', mapping, file: this.#file.name, required });
    const isPresent = (name: TransactionColumn) =>
      name === 'transaction_id' || (layout.positions[COLUMN[name]] as number) >= 0 || !!this.#format.mapping.defaults[name];
    this.columns = new Set(TRANSACTION_COLUMNS.filter(isPresent));
    this.#layout = layout;
  }

  /** Finds the range of a column's value in the scanner's buffer. */
  #locate(column: number): void {
    const position = (this.#layout as ColumnLayout).positions[column] as number;
    this.#start = position < 0 ? 0 : (this.#scanner.starts[position] as number);
    this.#end = position < 0 ? 0 : (this.#scanner.ends[position] as number);
    if (this.#start < this.#end) return;
    this.#start = this.#defaults.starts[column] as number;
    this.#end = this.#defaults.ends[column] as number;
  }

  #text(column: TransactionColumn): string {
    this.#locate(COLUMN[column]);
    return this.#scanner.buffer.toString('utf8', this.#start, this.#end);
  }

  #place(): { rule: RowRule; message: string } | undefined {
    const scanner = this.#scanner;
    const { least, most } = this.#layout as ColumnLayout;
    if (scanner.issue !== undefined) {
      return { rule: scanner.issue, message: scanMessage(scanner.issue, scanner) };
    }
    if (scanner.fieldCount < least || scanner.fieldCount > most) {
      return { rule: 'FIELD_COUNT', message: fieldCountMessage(scanner.fieldCount, least, most) };
    }
    this.#locate(COLUMN.occurred_at);
    const issue = this.#instants.parse(scanner.buffer, this.#start, this.#end);
    if (issue === undefined) {
      this.day = this.#instants.day;
      return undefined;
    }
    const rule = this.#start === this.#end ? 'MISSING_VALUE' : issue;
    const { currency, mapping } = this.#format;
    const terms = { currency, exponent: TERMS_EXPONENT, dateFormats: mapping.dateFormats };
    return { rule, message: valueMessage(rule, 'occurred_at', this.#text('occurred_at'), terms) };
  }

  /** True for a negative sale that the history's mapping turns into a refund. */
  #isTurned(): boolean {
    if (this.#format.mapping.negativeSales !== 'refund' || this.#text('type') !== 'sale') return false;
    this.#locate(COLUMN.amount);
    return this.#scanner.buffer[this.#start] === MINUS && this.#start < this.#end;
  }

  /** A value that is not copied as it is. */
  #rewritten(column: TransactionColumn, turned: boolean): string | undefined {
    if (column === 'transaction_id') {
      const own = ((this.#layout as ColumnLayout).positions[COLUMN.transaction_id] as number) >= 0;
      return own || this.#format.mapping.defaults.transaction_id ? undefined : `${this.#file.name}:${this.#scanner.line}`;
    }
    if (column === 'occurred_at') return this.#instants.format === 'iso' ? undefined : this.#isoText();
    if (!turned) return undefined;
    if (column === 'type') return 'refund';
    return column === 'amount' ? this.#text('amount').slice(1) : undefined;
  }

  /** The current date in ISO 8601: a local time stays local. */
  #isoText(): string {
    const { form, day, msOfDay, instantMs } = this.#instants;
    if (form === 'date') return formatDay(day);
    if (form === 'instant') return new Date(instantMs).toISOString();
    return `${formatDay(day)}T${new Date(msOfDay).toISOString().slice(11, 19)}`;
  }
}

const LINE_END = Uint8Array.of(10);
