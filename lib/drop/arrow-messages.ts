import { checkMessage, type MessageHead } from './arrow-message-check.ts';
import { ByteSource } from './byte-source.ts';
import { corruptFile } from './table-layout.ts';

/** One message of an Arrow stream, its metadata and its body together. */
export interface ArrowMessage {
  readonly kind: MessageHead['kind'];
  readonly bytes: Uint8Array;
}

const CONTINUATION = 0xffff_ffff;
const FILE_MAGIC = 'ARROW1';

/** Bytes of a message's metadata, and of its body, at the most (16 MiB, 512 MiB): a record batch is held in memory. */
const MAX_METADATA_BYTES = 16_777_216;
const MAX_BODY_BYTES = 536_870_912;

/** A message has more bytes of metadata: what stands there is the schema itself, without its length (Polars writes it so). */
const LEAST_METADATA_BYTES = 16;

/**
 * The messages of an Arrow IPC file or stream, in their order; the footer of a file is left alone. (Arrow columnar format, IPC)
 *
 * @param firstAt asked for where the first message with values begins (bytes, undefined when there is none), when a file does not
 * begin with a message; left out when nobody can tell
 * @throws InvalidDropError when the bytes are none, break off, or have a message that is too long
 */
export async function* readMessages(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  firstAt?: () => Promise<number | undefined>,
): AsyncGenerator<ArrowMessage> {
  const fail = (said: string) => corruptFile(file, 'Arrow IPC', said);
  const source = new ByteSource(chunks);
  let prefix = await source.read(8);
  const isFile = Buffer.from(prefix.subarray(0, 6)).toString('latin1') === FILE_MAGIC;
  let isEnded = false;
  if (isFile) {
    prefix = await source.read(8);
    if (firstAt && isBareSchema(prefix)) {
      const at = await firstAt();
      isEnded = at === undefined;
      if (at !== undefined) await pass(source, at - 2 * prefix.length);
      prefix = await source.read(isEnded ? 0 : 8);
    }
  }
  while (prefix.length === 8) {
    const view = new DataView(prefix.buffer);
    // Before version 0.15 the length stood alone.
    const isOld = view.getUint32(0, true) !== CONTINUATION;
    const size = view.getUint32(isOld ? 0 : 4, true);
    if (size === 0) {
      isEnded = true;
      break;
    }
    if (size > MAX_METADATA_BYTES) throw fail(`a message with ${size} bytes of metadata`);
    const metadata = await source.read(size - (isOld ? 4 : 0));
    if (metadata.length < size - (isOld ? 4 : 0)) throw fail('a message breaks off');
    const header = isOld ? joined(prefix.subarray(4), metadata) : metadata;
    const { kind, bodyBytes } = headOf(header, fail);
    if (!(bodyBytes >= 0 && bodyBytes <= MAX_BODY_BYTES)) throw fail(`a message with a body of ${bodyBytes} bytes`);
    const body = await source.read(bodyBytes);
    if (body.length < bodyBytes) throw fail('a record batch breaks off');
    yield { kind, bytes: joined(isOld ? prefix.subarray(0, 4) : prefix, header, body) };
    prefix = await source.read(8);
  }
  // Before version 0.15 a length of 0 alone was the end of a stream.
  if (prefix.length === 4 && prefix.every((byte) => byte === 0)) isEnded = true;
  if (isFile && !isEnded) throw fail('a file without its end');
  if (!isEnded && prefix.length > 0) throw fail('a message breaks off');
  // What is behind the end is the footer of a file; it is read so that the whole file is seen.
  while ((await source.some(65_536)) !== undefined);
}

function isBareSchema(prefix: Uint8Array): boolean {
  const size = prefix.length === 8 ? new DataView(prefix.buffer).getUint32(0, true) : 0;
  return size > 0 && size < LEAST_METADATA_BYTES;
}

/** Steps over bytes. */
async function pass(source: ByteSource, size: number): Promise<void> {
  for (let left = size; left > 0; ) {
    const part = await source.some(left);
    if (part === undefined) return;
    left -= part.length;
  }
}

/** @throws InvalidDropError when a message promises what it does not hold */
function headOf(bytes: Uint8Array, fail: (said: string) => Error): MessageHead {
  try {
    return checkMessage(bytes);
  } catch (error) {
    throw fail((error as Error).message);
  }
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
