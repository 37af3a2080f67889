import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { S3 } from './s3-client.ts';
import { backoffMs, statusOf } from './sdk-error.ts';

/** Above this size an object is uploaded in parts. */
export const SINGLE_PUT_BYTES = 16 * 1024 * 1024;

/** Bytes of a part: 10,000 parts of 8 MiB are 80 GB, and 4 in flight are 32 MB of memory. */
const PART_BYTES = 8 * 1024 * 1024;

/** Tries of a write that S3 answers with 409 (another write of the key was under way). */
const CONFLICT_TRIES = 5;

/** Where and under which conditions an object is written. */
export type UploadTarget = Omit<PutObjectCommandInput, 'Body'>;

/** Writes an object in one request, or in parts above 16 MiB. @returns its tag; throws the SDK's errors */
export function upload(s3: S3, target: UploadTarget, bytes: Uint8Array): Promise<string> {
  return untilNoConflict(async () => {
    if (bytes.byteLength > SINGLE_PUT_BYTES) return uploadParts(s3, target, bytes);
    return unquote((await s3.client.send(new s3.sdk.PutObjectCommand({ ...target, Body: bytes }))).ETag);
  });
}

/** As `upload`, in parts as they come; the chunks can be read once, so that a 409 is not tried again. */
export function uploadStream(s3: S3, target: UploadTarget, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return uploadParts(s3, target, Readable.from(chunks, { objectMode: false }));
}

/** The tag of an answer without its quotation marks. */
export function unquote(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

/** With one checksum of the whole object: without it S3 keeps one of the parts' checksums, which no reader can check. */
async function uploadParts(s3: S3, target: UploadTarget, content: Uint8Array | Readable): Promise<string> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  const checksum = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
  const params = { ...target, ...checksum, Body: content };
  return unquote((await new Upload({ client: s3.client, params, partSize: PART_BYTES, queueSize: 4 }).done()).ETag);
}

async function untilNoConflict<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (statusOf(error) !== 409 || attempt === CONFLICT_TRIES) throw error;
      await sleep(backoffMs(attempt, 50, 1000));
    }
  }
}
