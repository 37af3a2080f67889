import { type Data, RecordBatchReader, type Schema } from 'apache-arrow';
import { InvalidDropError } from '../errors.ts';
import { ArrowColumn } from './arrow-column.ts';
import { type ArrowFooter, readFooter } from './arrow-footer.ts';
import { readMessages } from './arrow-messages.ts';
import { arrowKindOf } from './arrow-types.ts';
import { CellTexts } from './cell-text.ts';
import { defaultValues } from './column-layout.ts';
import type { DropRecords, DropSource, RecordsOptions } from './open-records.ts';
import { TableCursor } from './table-cursor.ts';
import { corruptFile, pickColumns, unsupportedType } from './table-layout.ts';

/** The bytes of an Arrow file, decompressed. */
export interface ArrowBytes {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly isCompressed: boolean;
}

/** Rows that are made texts at once. */
const BATCH_ROWS = 8192;

/**
 * Opens Arrow IPC, the file as well as the stream, record batch by record batch.
 *
 * A file is read as the stream that it holds: front to back; its footer is asked only for a schema that does not stand at its
 * start. Memory: the dictionaries, one record batch, and texts of 8,192 rows.
 *
 * @throws InvalidDropError for bytes that are no Arrow, a missing required column, a needed column of a type without text; while
 * reading, for a file that is cut or corrupt. Errors of the source pass through as they are.
 */
export async function openArrow(
  source: DropSource,
  { chunks, isCompressed }: ArrowBytes,
  options: RecordsOptions,
): Promise<DropRecords> {
  const file = source.name;
  let known: ArrowFooter | undefined;
  const footer = async () => (known ??= await readFooter(source));
  const messages = readMessages(file, chunks, isCompressed ? undefined : async () => (await footer()).firstAt);
  const held: Uint8Array[] = [];
  const first = await messages.next();
  if (first.done !== true && first.value.kind === 'schema') held.push(first.value.bytes);
  else if (isCompressed) throw corruptFile(file, 'Arrow IPC', 'no schema at its start');
  else held.push((await footer()).schema);
  const reader = guarded(file, () => RecordBatchReader.from(handOut(held)).open());
  const schema: Schema = reader.schema;
  const names = schema.fields.map(({ name }) => String(name ?? ''));
  const { layout, picked, flags, columns } = pickColumns(names, options, file);
  const kinds = guarded(file, () =>
    picked.map((at, field) => {
      const { name, type } = schema.fields[at] as Schema['fields'][number];
      const kind = arrowKindOf(type);
      if (kind === undefined || (kind.kind === 'flag' && !flags[field])) throw unsupportedType(file, name, String(type));
      return kind;
    }),
  );
  const defaults = defaultValues(options.feed, options.mapping);
  const texts = new CellTexts(defaults.bytes);
  const cursor = new TableCursor(
    texts,
    picked.map((at) => names[at] as string),
  );
  async function* all() {
    if (first.done !== true && first.value.kind !== 'schema') yield first.value;
    yield* messages;
  }
  async function* batches(): AsyncGenerator<void> {
    for await (const { kind, bytes } of all()) {
      if (kind === 'schema') throw corruptFile(file, 'Arrow IPC', 'a second schema');
      held.push(bytes);
      if (kind !== 'batch') continue;
      texts.length = defaults.bytes.length;
      const batch = guarded(file, () => reader.next());
      if (batch.done === true) throw corruptFile(file, 'Arrow IPC', 'a record batch without rows');
      const rows = batch.value.numRows;
      const readers = guarded(file, () =>
        picked.map((at, field) => {
          const column = new ArrowColumn(batch.value.data.children[at] as Data, kinds[field] as (typeof kinds)[number], texts);
          column.readDictionary();
          if (column.rows < rows) throw new Error(`column ${names[at]} has ${column.rows} rows of ${rows}`);
          return column;
        }),
      );
      const base = texts.length;
      for (let row = 0; row < rows; row += BATCH_ROWS) {
        const count = Math.min(BATCH_ROWS, rows - row);
        texts.length = base;
        cursor.load(
          guarded(file, () => readers.map((column) => column.take(row, count))),
          count,
        );
        yield;
      }
    }
  }
  return { cursor, layout, defaults, batches, columns: () => columns };
}

/**
 * Hands the bytes that are held to Arrow's reader, which asks once more than it needs: nothing is then an empty chunk, since the end
 * would be for ever.
 */
function* handOut(held: Uint8Array[]): Generator<Uint8Array> {
  for (let empty = 0; empty < 3; empty++) {
    const next = held.shift();
    if (next !== undefined) empty = -1;
    yield next ?? NOTHING;
  }
}

function compressedBuffers(file: string): InvalidDropError {
  return new InvalidDropError(
    `File ${file}: buffers compressed by LZ4 or zstd within the Arrow file, expected uncompressed ones. Write the file without compression; as a whole it may be .arrow.gz or .arrow.zst.`,
  );
}

const NOTHING = new Uint8Array(0);

function guarded<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidDropError) throw error;
    if (/compressed but codec not found/.test((error as Error).message)) throw compressedBuffers(file);
    throw corruptFile(file, 'Arrow IPC', error);
  }
}
