import { CONFIDENTIAL_FEEDS, FEED_COLUMNS, type FeedMapping } from '../../config/mapping.ts';
import type { Feed } from '../../keys.ts';
import { currencyExponent } from '../../money.ts';
import { boundedQuarantine } from '../bounded-quarantine.ts';
import type { ColumnLayout, DefaultValues } from '../column-layout.ts';
import { type DropRecords, type DropSource, openRecords } from '../open-records.ts';
import { quarantineRecord } from '../quarantine-record.ts';
import type { RecordCursor } from '../record-cursor.ts';
import {
  fieldCountMessage,
  MAX_ID_BYTES,
  type QuarantineSink,
  type RowRule,
  type RuleTerms,
  scanMessage,
  valueMessage,
} from '../row-rules.ts';

/** How a file of a feed is read. */
export interface FeedOptions {
  readonly feed: Exclude<Feed, 'transactions'>;
  readonly mapping: FeedMapping;
  /** ISO 4217 code that the pipeline runs in. */
  readonly currency: string;
}

/** Counts of a file: rows = accepted + malformed + policy. */
export interface FeedCounts {
  readonly rows: number;
  readonly accepted: number;
  readonly malformed: number;
  readonly policy: number;
  /** The feed's columns that the file or the mapping's defaults have. */
  readonly columns: ReadonlySet<string>;
}

/** Why a record is refused: a rule, and the column it is about. */
export interface Fault {
  readonly rule: RowRule;
  readonly column: string;
}

/** The current record of a file, its values by the positions of the feed's columns. */
export class FeedRecord {
  /** Range of each column's value in `buffer`, shape [columns of the feed]; empty is null. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly #cursor: RecordCursor;
  readonly #layout: ColumnLayout;
  readonly #defaults: DefaultValues;
  readonly #columns: readonly string[];
  readonly #required: Uint8Array;

  constructor({ cursor, layout, defaults }: DropRecords, feed: Feed) {
    this.#cursor = cursor;
    this.#layout = layout;
    this.#defaults = defaults;
    this.#columns = FEED_COLUMNS[feed].columns;
    const required: readonly string[] = FEED_COLUMNS[feed].required;
    this.#required = Uint8Array.from(this.#columns, (name) => (required.includes(name) ? 1 : 0));
    this.starts = new Int32Array(this.#columns.length);
    this.ends = new Int32Array(this.#columns.length);
  }

  /** Holds every range. */
  get buffer(): Buffer {
    return this.#cursor.buffer;
  }

  /** Line of the record in its file, from 1. */
  get line(): number {
    return this.#cursor.line;
  }

  /** True when the record has no value for a column. */
  isEmpty(column: number): boolean {
    return this.starts[column] === this.ends[column];
  }

  /** Value of a column as text. */
  text(column: number): string {
    return this.buffer.toString('utf8', this.starts[column], this.ends[column]);
  }

  /** Takes blanks off both ends of a value. */
  trim(column: number): void {
    const { buffer } = this;
    let start = this.starts[column] as number;
    let end = this.ends[column] as number;
    while (start < end && isBlank(buffer[start] as number)) start++;
    while (end > start && isBlank(buffer[end - 1] as number)) end--;
    this.starts[column] = start;
    this.ends[column] = end;
  }

  /** Finds every value. @returns the first one that is missing although required, too long, or holds control characters */
  locate(): Fault | undefined {
    const { starts: fieldStarts, ends: fieldEnds, fieldCount } = this.#cursor;
    for (let column = 0; column < this.#columns.length; column++) {
      const position = this.#layout.positions[column] as number;
      const isThere = position >= 0 && position < fieldCount;
      let start = isThere ? (fieldStarts[position] as number) : 0;
      let end = isThere ? (fieldEnds[position] as number) : 0;
      if (start === end) {
        start = this.#defaults.starts[column] as number;
        end = this.#defaults.ends[column] as number;
      }
      this.starts[column] = start;
      this.ends[column] = end;
    }
    return this.#findFault();
  }

  #findFault(): Fault | undefined {
    for (let column = 0; column < this.#columns.length; column++) {
      const [start, end] = [this.starts[column] as number, this.ends[column] as number];
      const name = this.#columns[column] as string;
      if (start === end && this.#required[column] === 1) return { rule: 'MISSING_VALUE', column: name };
      if (end - start > MAX_ID_BYTES) return { rule: 'ID_TOO_LONG', column: name };
      if (this.#cursor.mayHaveControl && hasControl(this.buffer, start, end)) return { rule: 'CONTROL_CHARACTER', column: name };
    }
    return undefined;
  }
}

/**
 * Reads a file of a feed record by record: each is taken, or handed to `sink` with its rule.
 *
 * @param take appends the record, or says why it cannot be used
 * @throws InvalidDropError, ConfigError as `openRecords`
 */
export async function readFeed(
  source: DropSource,
  options: FeedOptions,
  take: (record: FeedRecord) => Fault | undefined,
  sink: QuarantineSink,
): Promise<FeedCounts> {
  const records = await openRecords(source, options);
  const { cursor, layout } = records;
  const record = new FeedRecord(records, options.feed);
  const bounded = boundedQuarantine(source.name, sink);
  const counts = { rows: 0, malformed: 0, policy: 0 };
  const refuse = (rule: RowRule, message: string) => {
    const row = quarantineRecord(cursor, source.name, rule, message);
    counts[row.kind]++;
    bounded.quarantine(row);
  };
  for await (const _ of records.batches()) {
    while (cursor.next()) {
      counts.rows++;
      if (cursor.issue !== undefined) refuse(cursor.issue, issueMessage(cursor, options));
      else if (cursor.fieldCount < layout.least || cursor.fieldCount > layout.most) {
        refuse('FIELD_COUNT', fieldCountMessage(cursor.fieldCount, layout.least, layout.most));
      } else {
        const fault = record.locate() ?? take(record);
        if (fault) refuse(fault.rule, faultMessage(fault, record, options));
      }
    }
  }
  const withDefault = FEED_COLUMNS[options.feed].columns.filter((name) => options.mapping.defaults[name]);
  const columns = new Set([...records.columns(), ...withDefault]);
  return { ...counts, accepted: counts.rows - counts.malformed - counts.policy, columns };
}

function issueMessage(cursor: RecordCursor, { feed }: FeedOptions): string {
  const shown = CONFIDENTIAL_FEEDS.includes(feed) ? { ...cursor, issueDetail: '(not shown)', raw: () => cursor.raw() } : cursor;
  return scanMessage(cursor.issue as NonNullable<RecordCursor['issue']>, shown);
}

function faultMessage({ rule, column }: Fault, record: FeedRecord, { feed, currency, mapping }: FeedOptions): string {
  const terms: RuleTerms = { currency, exponent: currencyExponent(currency), dateFormats: mapping.dateFormats };
  const at = (FEED_COLUMNS[feed].columns as readonly string[]).indexOf(column);
  if (!CONFIDENTIAL_FEEDS.includes(feed) || record.isEmpty(at)) return valueMessage(rule, column, record.text(at), terms);
  const bytes = (record.ends[at] as number) - (record.starts[at] as number);
  return valueMessage(rule, column, '', terms).replace(`${column} ""`, `${column} of ${bytes} bytes (not shown)`);
}

const isBlank = (byte: number) => byte === 32 || byte === 9;

function hasControl(buffer: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((buffer[at] as number) < 32 || buffer[at] === 127) return true;
  return false;
}
