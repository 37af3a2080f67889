import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { InvalidDropError, UsageError } from '../../lib/errors.ts';

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
  /** Position of a column that is wanted. */
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
 * @throws UsageError when there is no such file; InvalidDropError when it is no CSV, has no header, lacks a column or has one twice
 */
export async function openCustomerFile(file: string, columns: readonly string[]): Promise<CustomerFile> {
  const source = file === '-' ? process.stdin : createReadStream(file);
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, relax_column_count: true });
  source.once('error', (error: Error) => parser.destroy(error));
  source.pipe(parser);
  const records = readRecords(file, parser);
  const first = await records.next();
  if (first.done)
    throw new InvalidDropError(`File ${file}: empty, expected a header with ${columns.join(', ')}. Correct the file.`);
  const header = first.value.fields.map((name) => name.trim());
  const wrong = columns.filter((name) => header.filter((one) => one === name).length !== 1);
  if (wrong.length > 0) {
    throw new InvalidDropError(
      `File ${file}: ${wrong.map((name) => `column ${name} ${header.includes(name) ? 'twice' : 'missing'}`).join(', ')} among ${header.join(', ')}, expected ${columns.join(', ')}, each once. Correct the header.`,
    );
  }
  return { header, at: (column) => header.indexOf(column), rows: checkedRows(file, records, header.length) };
}

async function* readRecords(file: string, parser: AsyncIterable<{ record: string[]; info: { lines: number } }>) {
  try {
    for await (const { record, info } of parser) yield { line: info.lines, fields: record };
  } catch (cause) {
    const { code, errno, message } = cause as NodeJS.ErrnoException;
    if (errno === undefined) throw new InvalidDropError(`File ${file}: ${message}, expected CSV. Correct the file.`, { cause });
    const seen = code === 'ENOENT' ? 'there is none' : code === 'EISDIR' ? 'is a folder' : message;
    throw new UsageError(`Option --file: ${file}: ${seen}, expected a CSV file. Correct the path.`, { cause });
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
