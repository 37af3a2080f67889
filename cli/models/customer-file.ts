import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { InvalidDropError } from '../../lib/errors.ts';
import { cannotRead } from './json-file.ts';

/** A row of a file of customers. */
export interface CustomerRow {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Fields as they are in the file, in its order. */
  readonly fields: readonly string[];
}

/** A file of customers, being read. */
export interface CustomerFile {
  /** Names of the columns, as the header has them. */
  readonly header: readonly string[];
  /** Position of a column that is wanted, by the name that it was asked for with. */
  readonly at: (column: string) => number;
  readonly rows: AsyncIterable<CustomerRow>;
}

/** A decimal number, with or without an exponent. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Opens a CSV file with a header (RFC 4180, UTF-8, also with a byte order mark).
 *
 * @param file path, or `-` for standard input
 * @param columns names that the header must have, in any order, beside any others
 * @param otherNames what a column may be called where the header lacks its own name
 * @throws UsageError when there is no such file; InvalidDropError when it is no CSV, has no header, lacks a column or has one twice
 */
export async function openCustomerFile(
  file: string,
  columns: readonly string[],
  otherNames: Readonly<Record<string, string>> = {},
): Promise<CustomerFile> {
  const source = file === '-' ? process.stdin : createReadStream(file);
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, relax_column_count: true });
  source.once('error', (error: Error) => parser.destroy(error));
  source.pipe(parser);
  const records = readRecords(file, parser);
  const wanted = columns.map((name) => (name in otherNames ? `${name} (or ${otherNames[name]})` : name)).join(', ');
  const first = await records.next();
  if (first.done) throw new InvalidDropError(`File ${file}: empty, expected a header with ${wanted}. Correct the file.`);
  const header = first.value.fields.map((name) => name.trim());
  const nameOf = (column: string) => [column, otherNames[column]].find((name) => name && header.includes(name)) ?? column;
  const wrong = columns.map(nameOf).filter((name) => header.filter((one) => one === name).length !== 1);
  if (wrong.length > 0) {
    const seen = wrong.map((name) => `column ${name} ${header.includes(name) ? 'twice' : 'missing'}`).join(', ');
    throw new InvalidDropError(`File ${file}: ${seen} among ${header.join(', ')}, expected ${expectedOf(header, wanted)}`);
  }
  return { header, at: (column) => header.indexOf(nameOf(column)), rows: checkedRows(file, records, header.length) };
}

/** What is expected of a header that lacks columns, and what to do. */
function expectedOf(header: readonly string[], wanted: string): string {
  return header.some((name) => /[;\t]/.test(name))
    ? 'columns divided by commas, not by semicolons or tabs. Write the file as CSV with commas.'
    : `${wanted}, each once. Correct the header.`;
}

async function* readRecords(file: string, parser: AsyncIterable<{ record: string[]; info: { lines: number } }>) {
  try {
    for await (const { record, info } of parser) yield { line: info.lines, fields: record };
  } catch (cause) {
    const { errno, message } = cause as NodeJS.ErrnoException;
    if (errno !== undefined) throw cannotRead('--file', file, { expected: 'a CSV file', cause });
    throw new InvalidDropError(`File ${file}: ${message}, expected CSV, columns divided by commas. Correct the file.`, { cause });
  }
}

async function* checkedRows(file: string, records: AsyncIterable<CustomerRow>, width: number): AsyncGenerator<CustomerRow> {
  for await (const row of records) {
    if (row.fields.length !== width) {
      throw rowError(file, row.line, `${row.fields.length} fields`, `${width} as in the header`);
    }
    yield row;
  }
}

/** What is said of a row that cannot be used. */
export function rowError(file: string, line: number, seen: string, expected: string): InvalidDropError {
  return new InvalidDropError(`File ${file}, line ${line}: ${seen}, expected ${expected}. Correct the row.`);
}

/** The number of a field; undefined when it is none, or not finite. */
export function numberOf(text: string): number | undefined {
  const trimmed = text.trim();
  if (!NUMBER.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}
