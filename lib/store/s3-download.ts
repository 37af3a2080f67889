import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { TransientDependencyError } from '../errors.ts';
import type { S3 } from './s3-client.ts';
import { backoffMs, statusOf } from './sdk-error.ts';

/** The SDK retries a request, not a body that breaks off: the rest is asked for this often. */
const RESUMES = 4;

/** An object whose download has begun. */
export interface Download {
  /** Bytes of the whole object, or of the part of it that is there. */
  readonly size: number;
  /** Pieces of any size, in order; a broken connection is resumed where it ended. To be read once. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** The bytes `[start, end)` of an object. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * Begins to read an object, or a part of it; undefined when it is missing. Throws the SDK's errors.
 *
 * What comes is checked: its length, and for a whole object its checksum, where S3 has one of the whole object. S3 sends none
 * with a part.
 */
export async function download(s3: S3, bucket: string, path: string, part?: Part): Promise<Download | undefined> {
  const where = { Bucket: bucket, Key: path };
  const { start, last } = part ? { start: part.start, last: part.end - 1 } : { start: 0, last: '' };
  try {
    const first = await s3.client.send(
      new s3.sdk.GetObjectCommand({ ...where, ...(part ? { Range: `bytes=${start}-${last}` } : { ChecksumMode: 'ENABLED' }) }),
    );
    const size = first.ContentLength ?? 0;
    // A checksum of checksums ends in the count of parts and tells nothing of the whole.
    const crc = part || first.ChecksumCRC32?.includes('-') ? undefined : first.ChecksumCRC32;
    const resume = async (offset: number) => {
      const range = { Range: `bytes=${start + offset}-${last}`, ...(first.ETag && { IfMatch: first.ETag }) };
      return (await s3.client.send(new s3.sdk.GetObjectCommand({ ...where, ...range }))).Body as Body;
    };
    return { size, pieces: piecesOf(first.Body as Body, { what: `s3://${bucket}/${path}`, size, crc }, resume) };
  } catch (error) {
    if (isMissingKey(error)) return undefined;
    throw error;
  }
}

/** True when an S3 error says that the key, not the bucket, is missing. */
export function isMissingKey(error: unknown): boolean {
  return statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket';
}

type Body = AsyncIterable<Uint8Array> | undefined;

interface Expected {
  /** For messages. */
  readonly what: string;
  readonly size: number;
  /** CRC-32 of all bytes as S3 spells it: base64, big end first. */
  readonly crc: string | undefined;
}

async function* piecesOf(first: Body, expected: Expected, resume: (offset: number) => Promise<Body>): AsyncIterable<Uint8Array> {
  let body = first;
  let offset = 0;
  let crc = 0;
  for (let attempt = 1; ; attempt++) {
    let cause: unknown;
    try {
      for await (const piece of body ?? []) {
        offset += piece.byteLength;
        if (offset > expected.size) throw tooLong(expected);
        // The SDK checks what one request brings; a download that was resumed came with several.
        if (expected.crc !== undefined) crc = crc32(piece, crc);
        yield piece;
      }
    } catch (error) {
      if (error instanceof TransientDependencyError) throw error;
      if (isChecksumMismatch(error)) throw otherBytes(expected, error);
      cause = error;
    }
    if (offset === expected.size) {
      if (expected.crc !== undefined && expected.crc !== base64Of(crc)) throw otherBytes(expected, cause);
      return;
    }
    if (attempt > RESUMES) {
      throw new TransientDependencyError(
        `Object ${expected.what}: broke off after ${offset} bytes, expected ${expected.size}. Run the step again.`,
        { cause },
      );
    }
    await sleep(backoffMs(attempt, 100, 2000));
    body = await resume(offset);
  }
}

/** The SDK has no class or name for it. */
const isChecksumMismatch = (error: unknown) => error instanceof Error && error.message.startsWith('Checksum mismatch');

function base64Of(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

const otherBytes = ({ what }: Expected, cause: unknown) =>
  new TransientDependencyError(
    `Object ${what}: its bytes do not have its checksum, expected what was written. Run the step again; restore the object if it stays so.`,
    { cause },
  );

const tooLong = ({ what, size }: Expected) =>
  new TransientDependencyError(`Object ${what}: more than its ${size} bytes came, expected these alone. Run the step again.`);
