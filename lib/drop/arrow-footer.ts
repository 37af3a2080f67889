import { RecordBatchReader, type Schema, Table, tableToIPC } from 'apache-arrow';
import { checkFooter } from './arrow-message-check.ts';
import { readMessages } from './arrow-messages.ts';
import type { DropSource } from './open-records.ts';
import { corruptFile } from './table-layout.ts';

/** Bytes of a dictionary at the most (256 MiB), and of a footer (16 MiB). */
const MAX_READ_BYTES = 268_435_456;
const MAX_FOOTER_BYTES = 16_777_216;

const MAGIC = 'ARROW1';
/** A footer is followed by its length and the magic. */
const TAIL_BYTES = 4 + MAGIC.length;

/** What the footer of an Arrow IPC file tells. */
export interface ArrowFooter {
  /** The schema as the message that some writers leave out at the start of the file. */
  readonly schema: Uint8Array;
  /** Where the first message with values begins, bytes; undefined in a file without rows. */
  readonly firstAt: number | undefined;
}

/**
 * Reads the footer of an Arrow IPC file.
 *
 * @throws InvalidDropError when there is none. Errors of the source pass through as they are.
 */
export async function readFooter(source: DropSource): Promise<ArrowFooter> {
  const { schema, firstAt } = await parseFooter(source);
  const empty = emptyStream(source.name, schema);
  async function* whole() {
    yield empty;
  }
  const first = await readMessages(source.name, whole()).next();
  if (first.done === true) throw corruptFile(source.name, 'Arrow IPC', 'no schema');
  return { schema: first.value.bytes, firstAt };
}

/** A stream of the schema alone. @throws InvalidDropError for one that cannot be written again: a field without type */
function emptyStream(file: string, schema: Schema): Uint8Array {
  try {
    return tableToIPC(new Table(schema), 'stream');
  } catch (error) {
    throw corruptFile(file, 'Arrow IPC', error);
  }
}

async function parseFooter(source: DropSource): Promise<{ schema: Schema; firstAt: number | undefined }> {
  const { name, size } = source;
  const tail = Buffer.from(await source.readRange(Math.max(0, size - TAIL_BYTES), size));
  const length = tail.length === TAIL_BYTES ? tail.readInt32LE(0) : 0;
  if (tail.toString('latin1', 4) !== MAGIC || length <= 0 || length > Math.min(size - TAIL_BYTES, MAX_FOOTER_BYTES)) {
    throw corruptFile(name, 'Arrow IPC', 'no schema at its start, no footer at its end');
  }
  const footer = await source.readRange(size - TAIL_BYTES - length, size - TAIL_BYTES);
  let failure: unknown;
  const handle = {
    fd: 0,
    stat: async () => ({ size }),
    read: async (buffer: Uint8Array, offset: number, length: number, position: number) => {
      if (length > MAX_READ_BYTES) throw new Error(`a footer or dictionary of ${length} bytes`);
      const bytes = await source.readRange(position, position + length).catch((error: unknown) => {
        failure = error;
        throw error;
      });
      buffer.set(bytes, offset);
      return { bytesRead: length, buffer };
    },
    close: async () => undefined,
  };
  try {
    const firstAt = checkFooter(footer);
    const reader = await RecordBatchReader.from(handle as never as AsyncIterable<Uint8Array>);
    await reader.open();
    return { schema: reader.schema as Schema, firstAt };
  } catch (error) {
    throw failure instanceof Error ? failure : corruptFile(name, 'Arrow IPC', error);
  }
}
