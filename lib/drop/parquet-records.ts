import { type FileMetaData, parquetMetadata, type RowGroup, type SchemaElement } from 'hyparquet';
import { InvalidDropError } from '../errors.ts';
import { CellTexts } from './cell-text.ts';
import { defaultValues } from './column-layout.ts';
import type { DropRecords, DropSource, RecordsOptions } from './open-records.ts';
import { UnknownCodecError } from './parquet-codecs.ts';
import { ParquetColumn } from './parquet-column.ts';
import { cellKindOf } from './parquet-types.ts';
import { TableCursor } from './table-cursor.ts';
import { corruptFile, pickColumns, unsupportedType } from './table-layout.ts';
import { checkThrift } from './thrift-check.ts';

/** Bytes read from the end of a file at first: most footers are shorter. */
const TAIL_BYTES = 65_536;

/** Bytes of a footer at the most: 16 MiB describe tens of thousands of row groups of our columns. */
const MAX_FOOTER_BYTES = 16_777_216;

/** Bytes of the columns of a row group that are read, as they lie in the file: they are held in memory together. */
const MAX_GROUP_BYTES = 268_435_456;

/** Rows that are made texts at once. */
const BATCH_ROWS = 8192;

const MAGIC = 'PAR1';

/** A top-level column of the schema. */
interface FileColumn {
  readonly element: SchemaElement;
  /** Position among the leaves, which is that in every row group; -1 for a column with columns of its own. */
  readonly leaf: number;
}

/**
 * Opens a Parquet file: footer first, then row group by row group, only the columns that are needed.
 *
 * Memory: the columns of one row group as they lie in the file, one page of each in full, and texts of 8,192 rows.
 *
 * @throws InvalidDropError for a file that is no Parquet, lacks a required column, has a needed column of a type without text; while
 * reading, for one that is corrupt. Errors of the source pass through as they are.
 */
export async function openParquet(source: DropSource, options: RecordsOptions): Promise<DropRecords> {
  const file = source.name;
  const metadata = await readFooter(source);
  const columns = guarded(file, () => columnsOf(metadata));
  const names = columns.map(({ element }) => String(element.name ?? ''));
  const { layout, picked, flags, columns: found } = pickColumns(names, options, file);
  const wanted = picked.map((at) => columns[at] as FileColumn);
  const kinds = wanted.map(({ element, leaf }, at) => {
    const kind = cellKindOf(element);
    if (leaf < 0 || element.repetition_type === 'REPEATED') throw unsupportedType(file, element.name, 'list or struct');
    if (typeof kind === 'string' || (kind.kind === 'flag' && !flags[at])) {
      throw unsupportedType(file, element.name, typeof kind === 'string' ? kind : 'BOOLEAN');
    }
    return kind;
  });
  const defaults = defaultValues(options.feed, options.mapping);
  const texts = new CellTexts(defaults.bytes);
  const cursor = new TableCursor(
    texts,
    wanted.map(({ element }) => element.name),
  );
  async function* batches(): AsyncGenerator<void> {
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      // Some writers make a row group for no rows, whose columns have no pages and lie nowhere.
      if (rows === 0) continue;
      texts.length = defaults.bytes.length;
      const readers: ParquetColumn[] = [];
      let bytes = 0;
      for (const [at, { element, leaf }] of wanted.entries()) {
        const { start, end, codec, values } = guarded(file, () => placeOf(group, leaf, source.size));
        bytes += end - start;
        if (bytes > MAX_GROUP_BYTES) throw largeGroup(file, rows);
        if (values !== rows)
          throw corruptFile(file, 'Parquet', `column ${element.name} has ${values} values in a row group of ${rows}`);
        const chunk = end > start ? await source.readRange(start, end) : new Uint8Array(0);
        const kind = kinds[at] as (typeof kinds)[number];
        const reader = new ParquetColumn({ chunk, codec, element, kind, texts, rows });
        guarded(file, () => reader.readDictionary());
        readers.push(reader);
      }
      const base = texts.length;
      for (let row = 0; row < rows; row += BATCH_ROWS) {
        const count = Math.min(BATCH_ROWS, rows - row);
        texts.length = base;
        cursor.load(
          guarded(file, () => readers.map((reader) => reader.take(count))),
          count,
        );
        yield;
      }
    }
  }
  return { cursor, layout, defaults, batches, columns: () => found };
}

const unknownCodec = (file: string, cause: UnknownCodecError): InvalidDropError =>
  new InvalidDropError(`File ${file}: Parquet ${cause.message}. Write it with one of these compressions.`, { cause });

/** Errors of a reader of bytes become one of the taxonomy. */
function guarded<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownCodecError) throw unknownCodec(file, error);
    throw error instanceof InvalidDropError ? error : corruptFile(file, 'Parquet', error);
  }
}

function largeGroup(file: string, rows: number): InvalidDropError {
  return new InvalidDropError(
    `File ${file}: a row group of ${rows} rows has more than ${MAX_GROUP_BYTES} bytes in the columns that are read, expected less. Write the file with smaller row groups.`,
  );
}

async function readFooter(source: DropSource): Promise<FileMetaData> {
  const { name, size } = source;
  if (size < 12) throw corruptFile(name, 'Parquet', `${size} bytes`);
  let tail = await source.readRange(Math.max(0, size - TAIL_BYTES), size);
  if (Buffer.from(tail.subarray(-4)).toString('latin1') !== MAGIC) throw corruptFile(name, 'Parquet', 'no PAR1 at its end');
  const length = new DataView(tail.buffer, tail.byteOffset + tail.byteLength - 8).getUint32(0, true);
  if (length > Math.min(MAX_FOOTER_BYTES, size - 8)) throw corruptFile(name, 'Parquet', `a footer of ${length} bytes`);
  if (length + 8 > tail.byteLength) tail = await source.readRange(size - length - 8, size);
  const bytes = Uint8Array.from(tail);
  return guarded(name, () => {
    checkThrift(bytes, bytes.length - 8 - length);
    return parquetMetadata(bytes.buffer, { geoparquet: false });
  });
}

function columnsOf({ schema }: FileMetaData): FileColumn[] {
  const columns: FileColumn[] = [];
  let leaf = 0;
  let at = 1;
  /** Steps over an element and all below it. */
  const pass = (depth: number): void => {
    const element = schema[at++];
    if (element === undefined || depth > 32) throw new Error('the schema breaks off');
    if (element.num_children === undefined || element.num_children === 0) leaf++;
    for (let child = 0; child < (element.num_children ?? 0); child++) pass(depth + 1);
  };
  while (at < schema.length) {
    const element = schema[at] as SchemaElement;
    columns.push({ element, leaf: element.num_children ? -1 : leaf });
    pass(0);
  }
  return columns;
}

function placeOf(group: RowGroup, leaf: number, size: number) {
  const meta = group.columns[leaf]?.meta_data;
  if (meta === undefined) throw new Error('a row group lacks a column');
  const first =
    meta.dictionary_page_offset === undefined
      ? meta.data_page_offset
      : BigInt(Math.min(Number(meta.dictionary_page_offset) || Number(meta.data_page_offset), Number(meta.data_page_offset)));
  const start = Number(first);
  const end = start + Number(meta.total_compressed_size);
  if (!(start >= 4 && end >= start && end <= size))
    throw new Error(`a column lies at ${start} to ${end} in a file of ${size} bytes`);
  return { start, end, codec: meta.codec, values: Number(meta.num_values) };
}
