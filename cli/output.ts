import { once } from 'node:events';
import { open, rename, rm, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { TableSpec } from '../lib/arrow/columns.ts';
import { appendTables, type TablePart } from '../lib/arrow/merge-tables.ts';
import { encodeParquet } from '../lib/arrow/parquet.ts';
import { encodeTable } from '../lib/arrow/table-file.ts';
import { tableRows } from '../lib/arrow/table-rows.ts';
import { UsageError } from '../lib/errors.ts';
import { csvRecord } from '../lib/export/csv.ts';

/** Forms in which tables are put out. */
export const FORMATS = ['csv', 'jsonl', 'parquet', 'arrow'] as const;

/** A form in which a table is put out. */
export type Format = (typeof FORMATS)[number];

/** Where and how a table is put out. */
export interface OutputOptions {
  /** Left out: csv. */
  readonly format?: Format;
  readonly out?: string;
}

/** Characters collected before a write. */
export const CHUNK = 65_536;

/**
 * Writes tables one after another as one file, to `out` or to standard output: data alone.
 *
 * @param parts pages of the table, at least one for its columns @throws UsageError for a binary form on a terminal
 */
export async function writeTables<S extends TableSpec>(
  spec: S,
  version: number,
  parts: AsyncIterable<TablePart<S>> | Iterable<TablePart<S>>,
  options: OutputOptions,
  words: Readonly<Record<string, readonly string[]>> = {},
): Promise<void> {
  const { format = 'csv', out } = options;
  if ((format === 'parquet' || format === 'arrow') && out === undefined && process.stdout.isTTY) {
    throw new UsageError(`Format ${format}: binary, expected a file. Add --out FILE, or redirect standard output.`);
  }
  await withOutput(out, async (write) => {
    if (format === 'csv' || format === 'jsonl') return writeText(spec, parts, format, words, write);
    const pages: TablePart<S>[] = [];
    for await (const part of parts) pages.push(part);
    const { rows, columns } = appendTables(spec, pages);
    const content = { rows, columns, schemaVersion: version, words };
    const chunks = format === 'parquet' ? await encodeParquet(spec, content) : encodeTable(spec, content);
    for (const chunk of chunks) await write(chunk);
  });
}

/** Writes a piece of what is put out, and waits where the reader is slower. */
export type Write = (chunk: string | Uint8Array) => Promise<void>;

/**
 * Lets `use` write to the file that --out names, or to standard output. A file has its name once it is whole, and what was there
 * stays until then; a pipe or a device is written as it is.
 *
 * @throws UsageError when the file cannot be written
 */
export async function withOutput(out: string | undefined, use: (write: Write) => Promise<void>): Promise<void> {
  if (out === undefined) return use(writeTo(process.stdout));
  const there = await stat(out).catch(() => undefined);
  const isFile = there?.isFile() ?? true;
  const path = isFile ? `${out}.part` : out;
  const sink = await open(path, 'w').then(
    (file) => file.createWriteStream(),
    (error: unknown) => {
      throw cannotWrite('--out', out, error);
    },
  );
  try {
    await use(writeTo(sink));
    sink.end();
    await finished(sink);
  } catch (error) {
    sink.destroy();
    if (isFile) await rm(path, { force: true });
    throw error;
  }
  if (isFile) await rename(path, out);
}

const writeTo =
  (sink: Writable): Write =>
  async (chunk) => {
    if (!sink.write(chunk)) await once(sink, 'drain');
  };

/** What is said of an option that names a file that cannot be opened for writing. */
export function cannotWrite(option: string, path: string, cause: unknown): UsageError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const seen = code === 'EISDIR' ? 'is a folder' : code === 'ENOENT' ? 'its folder is not there' : message;
  return new UsageError(`Option ${option}: ${path}: ${seen}, expected a file that can be written. Correct the path.`, { cause });
}

async function writeText<S extends TableSpec>(
  spec: S,
  parts: AsyncIterable<TablePart<S>> | Iterable<TablePart<S>>,
  format: 'csv' | 'jsonl',
  words: Readonly<Record<string, readonly string[]>>,
  write: Write,
): Promise<void> {
  const names = Object.keys(spec);
  let chunk = format === 'csv' ? csvRecord(names) : '';
  for await (const { rows, columns } of parts) {
    for (const values of tableRows(spec, rows, columns, words)) {
      if (format === 'csv') chunk += csvRecord(values);
      else chunk += `${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, values[i]])))}\n`;
      if (chunk.length > CHUNK) {
        await write(chunk);
        chunk = '';
      }
    }
  }
  if (chunk !== '') await write(chunk);
}
