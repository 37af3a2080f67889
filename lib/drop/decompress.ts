import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InvalidDropError } from '../errors.ts';

/** Endings of names of delimited texts, compressed or not. */
const TEXT_NAME = /\.(csv|txt|tsv)(\.gz)?$/i;

/** Bytes that gunzip hands out at once (256 KiB, one slice of the scanner). */
const OUTPUT_BYTES = 262_144;

/** True for a name that `openDropChunks` reads: `.csv`, `.txt`, `.tsv`, each also with `.gz`. */
export function isTextDrop(name: string): boolean {
  return TEXT_NAME.test(name);
}

/**
 * The bytes of a delimited text: as they are, or decompressed while they come when the name ends in `.gz`.
 *
 * @param name name of the file, for its ending and for messages
 * @throws InvalidDropError for another ending; while reading, for a gzip that ends early or is corrupt. Errors of `chunks`
 * itself pass through as they are.
 */
export function openDropChunks(name: string, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (!isTextDrop(name)) {
    throw new InvalidDropError(`File ${name}: unknown ending, expected .csv or .csv.gz. Deliver the file in this format.`);
  }
  return /\.gz$/i.test(name) ? gunzip(name, chunks) : chunks;
}

async function* gunzip(name: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const counted = async function* () {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  const unzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  pipeline(Readable.from(counted(), { objectMode: true }), unzip, () => undefined);
  try {
    for await (const chunk of unzip) yield chunk as Uint8Array;
  } catch (error) {
    throw gzipError(name, bytes, error);
  }
  if (bytes === 0) throw gzipError(name, 0, { code: 'Z_BUF_ERROR' });
}

/** An error of zlib as one of the taxonomy; another error as it is. */
function gzipError(name: string, bytes: number, cause: unknown): unknown {
  const { code, message } = cause as { code?: string; message?: string };
  if (code === undefined || !code.startsWith('Z_')) return cause;
  const observed =
    code === 'Z_BUF_ERROR'
      ? `gzip ends early, after ${bytes} bytes`
      : `gzip is corrupt (${message ?? code}), within ${bytes} bytes`;
  return new InvalidDropError(`File ${name}: ${observed}, expected a complete gzip file. Deliver the file again.`, { cause });
}
