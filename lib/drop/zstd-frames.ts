import { ByteSource } from './byte-source.ts';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const RAW = 0;
const RLE = 1;
const COMPRESSED = 2;

/** Bytes of a dictionary id and of a content size by their flags (RFC 8878, 3.1.1.1). */
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_BYTES = [0, 2, 4, 8] as const;

/**
 * Splits a zstd file into its frames, without decompressing; skippable frames are left out. (RFC 8878, 3.1)
 *
 * Each frame is to be read to its end before the next is asked for. @throws an error with a code of zlib when the file ends early
 * or holds no frame where one should begin
 */
export async function* zstdFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AsyncIterable<Uint8Array>> {
  const source = new ByteSource(chunks);
  for (;;) {
    const magic = await source.read(4);
    if (magic.length === 0) return;
    const number = littleEndian(magic);
    if (magic.length === 4 && (number & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      for await (const _ of bytesOf(source, littleEndian(await exactly(source, 4))));
    } else if (magic.length === 4 && number === FRAME_MAGIC) {
      yield frameBytes(source, magic);
    } else {
      throw fault('ZSTD_error_prefix_unknown', 'no zstd frame');
    }
  }
}

async function* frameBytes(source: ByteSource, magic: Uint8Array): AsyncGenerator<Uint8Array> {
  yield magic;
  const descriptor = await exactly(source, 1);
  yield descriptor;
  const flags = descriptor[0] as number;
  const isSingle = (flags & 32) !== 0;
  const contentBytes = flags >> 6 === 0 && isSingle ? 1 : (CONTENT_BYTES[flags >> 6] as number);
  yield* bytesOf(source, (isSingle ? 0 : 1) + (DICTIONARY_BYTES[flags & 3] as number) + contentBytes);
  for (let isLast = false; !isLast; ) {
    const header = await exactly(source, 3);
    yield header;
    const number = littleEndian(header);
    isLast = (number & 1) === 1;
    const type = (number >> 1) & 3;
    if (type !== RAW && type !== RLE && type !== COMPRESSED) throw fault('ZSTD_error_corruption_detected', 'unknown block');
    yield* bytesOf(source, type === RLE ? 1 : number >> 3);
  }
  if ((flags & 4) !== 0) yield* bytesOf(source, 4);
}

/** The next `size` bytes as they come. */
async function* bytesOf(source: ByteSource, size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; ) {
    const part = await source.some(left);
    if (part === undefined) throw fault('Z_BUF_ERROR', 'unexpected end of file');
    left -= part.length;
    yield part;
  }
}

async function exactly(source: ByteSource, size: number): Promise<Uint8Array> {
  const bytes = await source.read(size);
  if (bytes.length < size) throw fault('Z_BUF_ERROR', 'unexpected end of file');
  return bytes;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((number, byte) => number * 256 + byte, 0);
}

function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
