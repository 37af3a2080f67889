import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Forms of a drop file that ingest is measured with. */
export const FORMS = ['csv', 'csv.gz', 'jsonl.gz', 'parquet'] as const;

/** A form of a drop file, the end of its name. */
export type Form = (typeof FORMS)[number];

/** Types of the columns, as DuckDB knows them. */
const COLUMNS = `{'transaction_id': 'VARCHAR', 'customer_id': 'VARCHAR', 'occurred_at': 'TIMESTAMPTZ', 'amount': 'DECIMAL(18,2)',
  'currency': 'VARCHAR', 'type': 'VARCHAR', 'channel': 'VARCHAR'}`;

/** The call by which DuckDB reads a file of a form with given types. */
export function readerOf(file: string, form: Form): string {
  if (form === 'parquet') return `read_parquet('${file}')`;
  if (form === 'jsonl.gz') return `read_json('${file}', format = 'newline_delimited', columns = ${COLUMNS})`;
  return `read_csv('${file}', header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = ${COLUMNS})`;
}

/** Writes the rows of a CSV in another form: gzip of level 6, JSON with amounts as numbers, Parquet (snappy) with typed columns. */
export async function convertCsv(csv: string, file: string, form: Form): Promise<void> {
  if (form === 'csv') return copyFile(csv, file);
  if (form === 'csv.gz') return pipeline(createReadStream(csv), createGzip(), createWriteStream(file));
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const rows = readerOf(csv, 'csv');
  // An instant as text, since JSON has none.
  const json = rows.replace("'occurred_at': 'TIMESTAMPTZ'", "'occurred_at': 'VARCHAR'");
  await connection.run(
    form === 'parquet'
      ? `COPY (SELECT * FROM ${rows}) TO '${file}' (FORMAT parquet)`
      : `COPY (SELECT * FROM ${json}) TO '${file}' (FORMAT json, COMPRESSION gzip)`,
  );
  connection.closeSync();
}
