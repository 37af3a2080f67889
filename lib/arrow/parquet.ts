import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import type { ColumnSpec, Columns, TableSpec } from './columns.ts';
import { type ColumnPage, type ColumnValues, encodePage } from './parquet-pages.ts';

/** What a Parquet file is written from; as `TableContent`, but for versions. */
export interface ParquetContent<S extends TableSpec> {
  readonly rows: number;
  readonly columns: Columns<S>;
  readonly words?: Readonly<Record<string, readonly string[]>>;
}

/** Rows of a row group, which is one page per column: about 1 MB of doubles. */
const GROUP_ROWS = 131_072;

const PARQUET_TYPE = {
  utf8: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  code: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  int32: { type: 'INT32' },
  uint8: { type: 'INT32' },
  uint32: { type: 'INT64' },
  date: { type: 'INT32', converted_type: 'DATE' },
  int64: { type: 'INT64' },
  float64: { type: 'DOUBLE' },
} as const;

type FileMetadata = Parameters<typeof writeMetadata>[1];
type RowGroup = FileMetadata['row_groups'][number];
type ColumnChunk = RowGroup['columns'][number];

/**
 * A table as a Parquet file, for Athena, DuckDB and pandas: the columns of the Arrow file. Words and integers of few kinds lie in
 * dictionaries, long texts are snappy-compressed, the rest is plain.
 *
 * Equal content gives equal bytes. After each row group the event loop gets a turn, so that files that were written before go to
 * the disk meanwhile. The columns may not change until it is done. @returns chunks in file order, some of which are views of the columns; together they are the file
 */
export async function encodeParquet<S extends TableSpec>(spec: S, content: ParquetContent<S>): Promise<Uint8Array[]> {
  const schema: SchemaElement[] = [
    { name: 'root', num_children: Object.keys(spec).length },
    ...Object.entries(spec).map(([name, column]) => ({
      name,
      ...PARQUET_TYPE[column.kind],
      repetition_type: column.nullable ? ('OPTIONAL' as const) : ('REQUIRED' as const),
    })),
  ];
  const file = new ParquetFile();
  const groups: RowGroup[] = [];
  for (let begin = 0; begin < content.rows; begin += GROUP_ROWS) {
    const range = [begin, Math.min(begin + GROUP_ROWS, content.rows)] as const;
    const columns = Object.entries(spec).map(([name, column]) => {
      const words = content.words?.[name] ?? column.words ?? [];
      return file.appendColumn(
        name,
        column,
        encodePage(column, content.columns[name as keyof S] as ColumnValues, range, words),
        range,
      );
    });
    const total = columns.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n);
    await nextTurn();
    groups.push({ columns, total_byte_size: total, num_rows: BigInt(range[1] - range[0]) });
  }
  const footer = { version: 2, created_by: 'perennial', schema, num_rows: BigInt(content.rows), row_groups: groups };
  return file.finish(footer as unknown as FileMetadata);
}

const MAGIC = new TextEncoder().encode('PAR1');

/** The chunks of a file and how far it is. */
class ParquetFile {
  readonly #chunks: Uint8Array[] = [MAGIC];
  #length = MAGIC.length;

  /** Appends a page of a column, its dictionary before it. @returns where it lies, for the footer */
  appendColumn(name: string, { kind }: ColumnSpec, page: ColumnPage, [begin, end]: readonly [number, number]): ColumnChunk {
    const start = this.#length;
    let plainSize = 0;
    if (page.dictionary) {
      const { bytes, count } = page.dictionary;
      const header = { uncompressed_page_size: bytes.length, compressed_page_size: bytes.length };
      plainSize += bytes.length;
      plainSize += this.#header({
        type: 'DICTIONARY_PAGE',
        ...header,
        dictionary_page_header: { num_values: count, encoding: 'PLAIN' },
      });
      this.#append(bytes);
    }
    const dataAt = this.#length;
    plainSize += page.levels.length + page.plainSize;
    plainSize += this.#header({
      type: 'DATA_PAGE_V2',
      uncompressed_page_size: page.levels.length + page.plainSize,
      compressed_page_size: page.levels.length + page.values.length,
      data_page_header_v2: {
        num_values: end - begin,
        num_nulls: page.nullCount,
        num_rows: end - begin,
        encoding: page.encoding,
        definition_levels_byte_length: page.levels.length,
        repetition_levels_byte_length: 0,
        is_compressed: page.codec !== 'UNCOMPRESSED',
      },
    });
    this.#append(page.levels);
    this.#append(page.values);
    return {
      file_offset: BigInt(start),
      meta_data: {
        type: PARQUET_TYPE[kind].type,
        encodings: page.dictionary ? ['PLAIN', 'RLE', 'RLE_DICTIONARY'] : ['PLAIN', 'RLE'],
        path_in_schema: [name],
        codec: page.codec,
        num_values: BigInt(end - begin),
        total_compressed_size: BigInt(this.#length - start),
        total_uncompressed_size: BigInt(plainSize),
        data_page_offset: BigInt(dataAt),
        ...(page.dictionary ? { dictionary_page_offset: BigInt(start) } : {}),
        statistics: {
          null_count: BigInt(page.nullCount),
          ...(page.min === undefined ? {} : { min_value: page.min }),
          ...(page.max === undefined ? {} : { max_value: page.max }),
        },
      },
    };
  }

  finish(metadata: FileMetadata): Uint8Array[] {
    const writer = new ByteWriter();
    writeMetadata(writer, metadata);
    this.#append(writer.getBytes());
    this.#append(MAGIC);
    return this.#chunks;
  }

  #header(header: Parameters<typeof writePageHeader>[1]): number {
    const writer = new ByteWriter(64);
    writePageHeader(writer, header);
    this.#append(writer.getBytes());
    return writer.offset;
  }

  #append(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }
}
