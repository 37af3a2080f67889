import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';

/** Rows of texts by column; null and '' are no value. */
export interface TextRows {
  readonly names: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

const quoted = (value: string) => (/[",\r\n]/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value);

/** Rows as a CSV with a header. */
export function toCsv({ names, rows }: TextRows): Buffer {
  return Buffer.from([names, ...rows].map((row) => `${row.map((value) => quoted(value ?? '')).join(',')}\n`).join(''));
}

/** Rows as JSON Lines of texts. */
export function toJsonLines({ names, rows }: TextRows): Buffer {
  const line = (row: readonly (string | null)[]) => JSON.stringify(Object.fromEntries(names.map((name, at) => [name, row[at]])));
  return Buffer.from(rows.map((row) => `${line(row)}\n`).join(''));
}

/** Rows as Arrow IPC. */
export function toArrow({ names, rows }: TextRows, form: 'file' | 'stream' = 'file'): Uint8Array {
  const columns = names.map(
    (name, at) =>
      [
        name,
        vectorFromArray(
          rows.map((row) => row[at] ?? null),
          new Utf8(),
        ),
      ] as const,
  );
  return tableToIPC(new Table(Object.fromEntries(columns)), form);
}

/** Writes Parquet with DuckDB: the answer of a query as a file. */
export async function parquetOf(query: string, options = ''): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'perennial-parquet-'));
  try {
    const path = join(folder, 'a.parquet');
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    await connection.run(
      `SET TimeZone = 'UTC'; COPY (${query}) TO '${path}' (FORMAT parquet${options === '' ? '' : `, ${options}`})`,
    );
    connection.closeSync();
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rows as Parquet of texts. */
export function toParquet({ names, rows }: TextRows, options = ''): Promise<Buffer> {
  const literal = (value: string | null) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
  const list = names.map((name) => `"${name}"`).join(', ');
  const values = rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ');
  return parquetOf(`SELECT * FROM (VALUES ${values}) AS t(${list})`, options);
}

/** Rows in every form, by the ending of the name. */
export async function allForms(rows: TextRows): Promise<Map<string, Uint8Array>> {
  const [csv, jsonl] = [toCsv(rows), toJsonLines(rows)];
  return new Map<string, Uint8Array>([
    ['csv', csv],
    ['csv.gz', gzipSync(csv)],
    ['csv.zst', zstdCompressSync(csv)],
    ['jsonl', jsonl],
    ['jsonl.gz', gzipSync(jsonl)],
    ['jsonl.zst', zstdCompressSync(jsonl)],
    ['parquet', await toParquet(rows)],
    ['arrow', toArrow(rows)],
    ['arrow.gz', gzipSync(toArrow(rows, 'stream'))],
  ]);
}
