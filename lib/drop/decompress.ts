import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { InvalidDropError } from '../errors.ts';
import type { FileFormat } from './file-format.ts';
import { zstdFrames } from './zstd-frames.ts';

/** Endings of names of delimited texts, compressed or not: the files of a history. */
const TEXT_NAME = /\.(csv|txt|tsv)(?:\.(gz|zst))?$/i;

/** Bytes that a decompressor hands out at once (256 KiB, one slice of the scanner). */
const OUTPUT_BYTES = 262_144;

/** Memory of one zstd frame at the most: a window of 2^27 bytes (128 MiB), zstd's own limit for untrusted files. */
const ZSTD_WINDOW_LOG = 27;

/**
 * Bytes that a compressed byte may become, and the size from which on it is asked. gzip cannot pass 1,032, rows of a shop stay
 * below 100; zstd can pass any number, so that a small file might be read for days.
 */
const MAX_EXPANSION = { ratio: 1100, from: 268_435_456 } as const;

/** True for a name that `openDropChunks` reads: `.csv`, `.txt`, `.tsv`, each also with `.gz` or `.zst`. */
export function isTextDrop(name: string): boolean {
  return TEXT_NAME.test(name);
}

/**
 * The bytes of a delimited text: as they are, or decompressed while they come when the name ends in `.gz` or `.zst`.
 *
 * @throws InvalidDropError for another ending; otherwise as `decompress`
 */
export function openDropChunks(name: string, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const ending = TEXT_NAME.exec(name);
  if (ending === null) {
    throw new InvalidDropError(
      `File ${name}: unknown ending, expected .csv, .csv.gz or .csv.zst. Deliver the file in this format.`,
    );
  }
  const compression = { gz: 'gzip', zst: 'zstd' }[ending[2]?.toLowerCase() ?? ''] as 'gzip' | 'zstd' | undefined;
  return decompress(name, compression ?? 'none', chunks);
}

/**
 * The decompressed bytes of a file, in bounded memory.
 *
 * @param name name of the file, for messages
 * @throws InvalidDropError while reading, when the file ends early, is corrupt, holds something behind its end, or expands beyond
 * all measure. Errors of `chunks` itself pass through as they are.
 */
export function decompress(
  name: string,
  compression: FileFormat['compression'],
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  if (compression === 'none') return chunks;
  return bounded(name, compression, chunks);
}

async function* bounded(
  name: string,
  compression: 'gzip' | 'zstd',
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  const counted = async function* () {
    for await (const chunk of chunks) {
      read += chunk.length;
      yield chunk;
    }
  };
  let written = 0;
  try {
    for await (const chunk of compression === 'gzip'
      ? through(createGunzip({ chunkSize: OUTPUT_BYTES }), counted())
      : unzstd(counted())) {
      written += chunk.length;
      if (written > MAX_EXPANSION.from && written > MAX_EXPANSION.ratio * read) {
        throw new InvalidDropError(
          `File ${name}: ${read} bytes of ${compression} become more than ${written}, expected at most ${MAX_EXPANSION.ratio} times as many. Deliver a file with rows.`,
        );
      }
      yield chunk;
    }
    if (read === 0) throw cut();
  } catch (error) {
    throw invalidFile(name, compression, read, error);
  }
}

/** One decompressor per frame: node's own stops after the first. */
async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const frame of zstdFrames(chunks)) {
    const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
    yield* through(createZstdDecompress({ chunkSize: OUTPUT_BYTES, params }), frame);
  }
}

async function* through(transform: Transform, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 1 }), transform, () => undefined);
  for await (const chunk of transform) yield chunk as Uint8Array;
}

function cut(): Error {
  return Object.assign(new Error('unexpected end of file'), { code: 'Z_BUF_ERROR' });
}

/** An error of zlib as one of the taxonomy; another error as it is. */
function invalidFile(name: string, compression: 'gzip' | 'zstd', bytes: number, cause: unknown): unknown {
  const { code, message } = cause as { code?: string; message?: string };
  if (code === undefined || !/^(Z_|ZSTD_error_)/.test(code)) return cause;
  const observed =
    code === 'Z_BUF_ERROR'
      ? `${compression} ends early, after ${bytes} bytes`
      : `${compression} is corrupt (${message ?? code}), within ${bytes} bytes`;
  return new InvalidDropError(`File ${name}: ${observed}, expected a complete ${compression} file. Deliver the file again.`, {
    cause,
  });
}
