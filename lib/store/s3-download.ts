import { setTimeout as sleep } from 'node:timers/promises';
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

/** Begins to read an object, or a part of it; undefined when it is missing. Throws the SDK's errors. */
export async function download(s3: S3, bucket: string, path: string, part?: Part): Promise<Download | undefined> {
  const where = { Bucket: bucket, Key: path };
  const { start, last } = part ? { start: part.start, last: part.end - 1 } : { start: 0, last: '' };
  try {
    const first = await s3.client.send(
      new s3.sdk.GetObjectCommand({ ...where, ...(part && { Range: `bytes=${start}-${last}` }) }),
    );
    const size = first.ContentLength ?? 0;
    const resume = async (offset: number) => {
      const range = { Range: `bytes=${start + offset}-${last}`, ...(first.ETag && { IfMatch: first.ETag }) };
      return (await s3.client.send(new s3.sdk.GetObjectCommand({ ...where, ...range }))).Body as Body;
    };
    return { size, pieces: piecesOf(first.Body as Body, size, resume, `s3://${bucket}/${path}`) };
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

async function* piecesOf(
  first: Body,
  size: number,
  resume: (offset: number) => Promise<Body>,
  what: string,
): AsyncIterable<Uint8Array> {
  let body = first;
  let offset = 0;
  for (let attempt = 1; ; attempt++) {
    let cause: unknown;
    try {
      for await (const piece of body ?? []) {
        offset += piece.byteLength;
        yield piece;
      }
    } catch (error) {
      cause = error;
    }
    if (offset === size) return;
    if (attempt > RESUMES) {
      throw new TransientDependencyError(
        `Object ${what}: broke off after ${offset} bytes, expected ${size}. Run the step again.`,
        { cause },
      );
    }
    await sleep(backoffMs(attempt, 100, 2000));
    body = await resume(offset);
  }
}
