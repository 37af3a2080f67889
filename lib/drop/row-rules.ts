import { INTERACTION_KINDS } from '../arrow/schemas.ts';
import type { DateFormat } from '../config/mapping.ts';
import { formatMinor, isCurrency, MAX_MINOR } from '../money.ts';
import type { RecordCursor } from './record-cursor.ts';

/** Bytes of one record at the most (1 MiB): beyond, a quote is missing somewhere. */
export const MAX_RECORD_BYTES = 1_048_576;

/** Bytes of an id, a channel or any other text column at the most. */
export const MAX_ID_BYTES = 256;

/** First and last year of an event: outside, the unit or the format of the source is another one. */
export const YEARS = { first: 1900, last: 2199 } as const;

/**
 * Every rule by which a row alone is refused, with its kind: `malformed` rows count against the gate of unreadable rows,
 * `policy` rows are well formed and belong to somebody else.
 */
export const ROW_RULES = {
  UNCLOSED_QUOTE: 'malformed',
  STRAY_QUOTE: 'malformed',
  RECORD_TOO_LONG: 'malformed',
  INVALID_UTF8: 'malformed',
  INVALID_JSON: 'malformed',
  DUPLICATE_KEY: 'malformed',
  INVALID_VALUE: 'malformed',
  REPEATED_HEADER: 'malformed',
  FIELD_COUNT: 'malformed',
  MISSING_VALUE: 'malformed',
  ID_TOO_LONG: 'malformed',
  CONTROL_CHARACTER: 'malformed',
  UNKNOWN_CURRENCY: 'malformed',
  UNKNOWN_TYPE: 'malformed',
  INVALID_DATE: 'malformed',
  NO_SUCH_DATE: 'malformed',
  NO_SUCH_TIME: 'malformed',
  INVALID_AMOUNT: 'malformed',
  TOO_MANY_DECIMALS: 'malformed',
  AMOUNT_TOO_LARGE: 'malformed',
  NEGATIVE_AMOUNT: 'malformed',
  MISSING_ORIGINAL: 'malformed',
  UNKNOWN_KIND: 'malformed',
  INVALID_SCORE: 'malformed',
  INVALID_FLAG: 'malformed',
  UNKNOWN_COUNTRY: 'malformed',
  INVALID_RATE: 'malformed',
  RATE_OF_BASE: 'policy',
} as const satisfies Record<string, 'malformed' | 'policy'>;

/** Name of a rule by which a row alone is refused. */
export type RowRule = keyof typeof ROW_RULES;

/** Why a record cannot even be split into fields. */
export type ScanIssue =
  | 'UNCLOSED_QUOTE'
  | 'STRAY_QUOTE'
  | 'RECORD_TOO_LONG'
  | 'INVALID_UTF8'
  | 'INVALID_JSON'
  | 'DUPLICATE_KEY'
  | 'INVALID_VALUE'
  | 'REPEATED_HEADER';

/** Why a date or an amount cannot be read. */
export type ValueIssue =
  | 'INVALID_DATE'
  | 'NO_SUCH_DATE'
  | 'NO_SUCH_TIME'
  | 'INVALID_AMOUNT'
  | 'TOO_MANY_DECIMALS'
  | 'AMOUNT_TOO_LARGE'
  | 'NEGATIVE_AMOUNT';

/** A row that was refused, as it is written to the quarantine. */
export interface QuarantinedRow {
  /** Display name of the file. */
  readonly file: string;
  /** Physical line of the record's first byte, from 1. */
  readonly line: number;
  readonly rule: RowRule;
  readonly kind: 'malformed' | 'policy';
  /** Column, observed value and expected form, in one line. */
  readonly message: string;
  /** The exact text of the record without its line end. */
  readonly raw: string;
  /** `base64` when the record is not valid UTF-8. */
  readonly rawEncoding: 'utf8' | 'base64';
  /** True when the record was longer than `MAX_RECORD_BYTES`: `raw` is its beginning. */
  readonly rawTruncated: boolean;
}

/** Where refused rows go. */
export interface QuarantineSink {
  quarantine(row: QuarantinedRow): void;
}

/** What the messages need to know of the reader's options. */
export interface RuleTerms {
  /** ISO 4217 code that the pipeline runs in. */
  readonly currency: string;
  /** Decimals of that currency. */
  readonly exponent: number;
  readonly dateFormats: readonly DateFormat[];
}

const SHOWN_CHARACTERS = 80;

/** A value as messages show it: quoted, odd characters escaped, cut after 80 characters. */
function show(value: string): string {
  return JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value);
}

const example = (exponent: number) => formatMinor(exponent === 0 ? 1234 : 12_345 * 10 ** (exponent - 1), exponent);

const expectedDate = ({ dateFormats }: RuleTerms) =>
  dateFormats
    .map((format) => (format === 'iso' ? 'ISO 8601 such as 2024-03-05T14:30:00+08:00 or 2024-03-05' : format))
    .join(' or ');

/** The message of a record that cannot be split into fields. */
export function scanMessage(issue: ScanIssue, cursor: RecordCursor): string {
  switch (issue) {
    case 'INVALID_JSON':
      return `record: ${cursor.issueDetail}, expected one JSON object in one line`;
    case 'DUPLICATE_KEY':
      return `record: the key ${cursor.issueDetail} more than once, expected it once`;
    case 'INVALID_VALUE':
      return `record: ${cursor.issueDetail}, expected a text, a number or null`;
    case 'REPEATED_HEADER':
      return 'record: the header again, expected a row; two files may have been put together';
    case 'UNCLOSED_QUOTE':
      return 'record: a quote is opened and never closed, expected a closing quote; reading goes on at the next line';
    case 'STRAY_QUOTE':
      return 'record: text after a closing quote, expected a delimiter or the line end; a quote inside quotes is doubled';
    case 'RECORD_TOO_LONG':
      return `record: longer than ${MAX_RECORD_BYTES} bytes, expected a closing quote or a line end before; reading goes on at the next line`;
    case 'INVALID_UTF8':
      return `record: ${cursor.raw().length} bytes that are not valid UTF-8, expected UTF-8 text`;
  }
}

/** The message of a record with another number of fields than the header or the mapping asks for. */
export function fieldCountMessage(observed: number, least: number, most: number): string {
  const expected = observed < least ? (most > least ? `at least ${least}` : `${least}`) : `at most ${most}`;
  return `record: ${observed} ${observed === 1 ? 'field' : 'fields'}, expected ${expected}`;
}

/** The message of a value that is refused: column, observed value, expected form. */
export function valueMessage(rule: RowRule, column: string, value: string, terms: RuleTerms): string {
  const observed = `${column} ${show(value)}`;
  switch (rule) {
    case 'MISSING_VALUE':
      return `${column} "": expected a value, the column is required`;
    case 'MISSING_ORIGINAL':
      return `${column} "": expected the id of the transaction that the void cancels`;
    case 'ID_TOO_LONG':
      return `${observed}: expected at most ${MAX_ID_BYTES} bytes`;
    case 'CONTROL_CHARACTER':
      return `${observed}: expected text without control characters`;
    case 'UNKNOWN_CURRENCY':
      return isCurrency(value.toUpperCase())
        ? `${observed}: expected capital letters, write ${value.toUpperCase()}`
        : `${observed}: expected an ISO 4217 code such as ${terms.currency}`;
    case 'UNKNOWN_TYPE':
      return `${observed}: expected sale, refund or void`;
    case 'UNKNOWN_KIND':
      return `${observed}: expected ${INTERACTION_KINDS.join(', ')}`;
    case 'INVALID_SCORE':
      return `${observed}: expected a number such as 4.5`;
    case 'INVALID_FLAG':
      return `${observed}: expected true, false, 1 or 0`;
    case 'UNKNOWN_COUNTRY':
      return `${observed}: expected an ISO 3166-1 code of two letters such as DE`;
    case 'INVALID_RATE':
      return `${observed}: expected a decimal number above 0 such as 1.0825`;
    case 'RATE_OF_BASE':
      return `${observed}: expected another currency than ${terms.currency}, that of the configuration`;
    case 'INVALID_DATE':
      return `${observed}: expected ${expectedDate(terms)}`;
    case 'NO_SUCH_DATE':
      return `${observed}: expected a date that exists, in the years ${YEARS.first} to ${YEARS.last}`;
    case 'NO_SUCH_TIME':
      return `${observed}: expected a time from 00:00:00 to 23:59:59 and an offset up to 18:00`;
    case 'TOO_MANY_DECIMALS':
      return `${observed}: expected at most ${terms.exponent} decimals, those of the currency`;
    case 'AMOUNT_TOO_LARGE':
      return `${observed}: expected at most ${formatMinor(MAX_MINOR, terms.exponent)}`;
    case 'NEGATIVE_AMOUNT':
      return `${observed}: expected an amount of 0 or more, "type" tells the sign`;
    default:
      return `${observed}: expected a decimal number such as ${example(terms.exponent)}`;
  }
}
