import { type ParquetParsers, parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { KeptRows } from './kept-rows.ts';
import { decompressPage } from './parquet-codecs.ts';

const raw = (value: unknown): unknown => value;

/** Dates and instants stay the numbers that the file holds: nothing is rounded on the way. */
const PARSERS = {
  timestampFromMilliseconds: raw,
  timestampFromMicroseconds: raw,
  timestampFromNanoseconds: raw,
  dateFromDays: raw,
} as unknown as ParquetParsers;

const COMPRESSORS = {
  GZIP: (bytes: Uint8Array, size: number) => decompressPage('GZIP', bytes, size),
  ZSTD: (bytes: Uint8Array, size: number) => decompressPage('ZSTD', bytes, size),
  BROTLI: (bytes: Uint8Array, size: number) => decompressPage('BROTLI', bytes, size),
};

/** A Parquet file without the rows that go: same schema and metadata, Snappy pages. Flat columns, as feeds have; an INT96 becomes a timestamp. */
export async function keepParquet(bytes: Uint8Array, { dropped, blanked }: KeptRows, referrer: string): Promise<Uint8Array> {
  const file = new Uint8Array(bytes).buffer;
  const metadata = parquetMetadata(file);
  const rows = await parquetReadObjects({ file, metadata, parsers: PARSERS, compressors: COMPRESSORS });
  const kept = rows.map((_, row) => row).filter((row) => !dropped.has(row));
  const names = metadata.schema.slice(1).map(({ name }) => name);
  const columnData = names.map((name) => ({
    name,
    data: kept.map((row) => (name === referrer && blanked.has(row) ? null : (rows[row] as Record<string, unknown>)[name])),
  }));
  const { key_value_metadata: kvMetadata } = metadata;
  return new Uint8Array(
    parquetWriteBuffer({ columnData, schema: metadata.schema.map(writable), ...(kvMetadata ? { kvMetadata } : {}) }),
  );
}

/** INT96 is read, as nanoseconds, and written by nobody any more. */
function writable(element: SchemaElement): SchemaElement {
  if (element.type !== 'INT96') return element;
  return { ...element, type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } };
}
