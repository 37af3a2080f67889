import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, InvariantBrokenError, RunSupersededError, TransientDependencyError } from '../errors.ts';
import { chunksOf, sha256Of, sizeOf } from './object-content.ts';
import { assertObjectKey, missingObject, shortObject } from './object-key.ts';
import type { ObjectInfo, ObjectStore } from './objects.ts';
import { loadS3, type S3 } from './s3-client.ts';
import { type Download, download, isMissingKey } from './s3-download.ts';
import { backoffMs, fromSdk, statusOf } from './sdk-error.ts';

/** Above this size an object is uploaded in parts. */
const SINGLE_PUT_BYTES = 16 * 1024 * 1024;

/** Bytes of a part: 10,000 parts of 8 MiB are 80 GB, and 4 in flight are 32 MB of memory. */
const PART_BYTES = 8 * 1024 * 1024;

/** Bytes per chunk of `stream`, at least: the port promises 1 to 4 MiB. */
const CHUNK_BYTES = 1024 * 1024;

/** Tries of a write that S3 answers with 409 (another write of the key was under way). */
const CONFLICT_TRIES = 5;

/** A bucket, or a prefix of one, as an object store. @throws ConfigError unless the URL is `s3://bucket[/prefix]`. */
export function openS3Store(url: string): ObjectStore {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[^/]+)*)\/*$/.exec(url);
  if (!match?.[1]) {
    throw new ConfigError(`Store URL ${url}: not a bucket, expected s3://bucket or s3://bucket/prefix. Correct the URL.`);
  }
  return new S3Store(match[1], match[2] ? `${assertObjectKey(match[2].slice(1))}/` : '');
}

/**
 * create = PUT with `If-None-Match: *`; where the key is taken, the SHA-256 in the object's metadata is compared (or its
 * content, when somebody else wrote it). replace = PUT with `If-Match`. The role needs `s3:ListBucket`: without it S3
 * answers 403 for a missing key.
 */
class S3Store implements ObjectStore {
  readonly url: string;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(bucket: string, prefix: string) {
    this.url = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#guard('GetObject', key, async (s3, where) => {
      const found = await download(s3, where.Bucket, where.Key);
      return found && collect(found);
    });
  }

  readRange(key: string, start: number, end: number): Promise<Uint8Array> {
    return this.#guard('GetObject', key, async (s3, where) => {
      try {
        const found = await download(s3, where.Bucket, where.Key, { start, end });
        if (!found) throw missingObject(this.url, key);
        if (found.size === end - start) return await collect(found);
        throw shortObject(this.url, key, end);
      } catch (error) {
        // 416: not even the first byte is there.
        throw statusOf(error) === 416 ? shortObject(this.url, key, end) : error;
      }
    });
  }

  async read(key: string): Promise<Uint8Array> {
    const bytes = await this.get(key);
    if (!bytes) throw missingObject(this.url, key);
    return bytes;
  }

  async *stream(key: string): AsyncIterable<Uint8Array> {
    const found = await this.#guard('GetObject', key, (s3, where) => download(s3, where.Bucket, where.Key));
    if (!found) throw missingObject(this.url, key);
    let pending: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const piece of found.pieces) {
        pending.push(piece);
        size += piece.byteLength;
        if (size < CHUNK_BYTES) continue;
        yield Buffer.concat(pending, size);
        pending = [];
        size = 0;
      }
    } catch (error) {
      throw this.#failure(error, 'GetObject', key);
    }
    if (size > 0) yield Buffer.concat(pending, size);
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    return this.#guard('HeadObject', key, async (s3, where) => {
      try {
        const head = await s3.client.send(new s3.sdk.HeadObjectCommand(where));
        return { key, size: head.ContentLength ?? 0, etag: unquote(head.ETag) };
      } catch (error) {
        if (isMissingKey(error)) return undefined;
        throw error;
      }
    });
  }

  /** Folder markers (keys that end in a slash) are not objects. */
  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    const below = prefix === '' ? this.#prefix : `${this.#prefix}${assertObjectKey(prefix)}/`;
    let token: string | undefined;
    do {
      const page = await this.#attempt('ListObjectsV2', prefix, (s3) =>
        s3.client.send(
          new s3.sdk.ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: below,
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        ),
      );
      for (const { Key = '', Size = 0, ETag } of page.Contents ?? []) {
        if (Key.endsWith('/')) continue;
        yield { key: assertObjectKey(Key.slice(this.#prefix.length)), size: Size, etag: unquote(ETag) };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  create(key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'same'> {
    return this.#guard('PutObject', key, async (s3, where) => {
      const chunks = chunksOf(bytes);
      const size = sizeOf(chunks);
      const sha256 = sha256Of(chunks);
      const isLarge = size > SINGLE_PUT_BYTES;
      if (isLarge && (await this.#holdsSame(s3, key, size, sha256))) return 'same';
      const [only = new Uint8Array(0)] = chunks;
      const put = {
        ...where,
        IfNoneMatch: '*',
        Metadata: { sha256 },
        Body: chunks.length > 1 ? Buffer.concat(chunks, size) : only,
      };
      try {
        await this.#untilNoConflict(async () => {
          if (!isLarge) return s3.client.send(new s3.sdk.PutObjectCommand(put));
          const { Upload } = await import('@aws-sdk/lib-storage');
          return new Upload({ client: s3.client, params: put, partSize: PART_BYTES, queueSize: 4 }).done();
        });
        return 'created';
      } catch (error) {
        if (statusOf(error) !== 412) throw error;
        if (await this.#holdsSame(s3, key, size, sha256)) return 'same';
        throw error;
      }
    });
  }

  replace(key: string, bytes: Uint8Array, ifEtag: string | null): Promise<string> {
    return this.#guard('PutObject', key, async (s3, where) => {
      const condition = ifEtag === null ? { IfNoneMatch: '*' } : { IfMatch: `"${ifEtag}"` };
      const put = { ...where, ...condition, Metadata: { sha256: sha256Of([bytes]) }, Body: bytes };
      try {
        const answer = await this.#untilNoConflict(() => s3.client.send(new s3.sdk.PutObjectCommand(put)));
        return unquote(answer.ETag);
      } catch (error) {
        // 404 is the answer to If-Match on a missing key.
        if (statusOf(error) !== 412 && !(ifEtag !== null && isMissingKey(error))) throw error;
        throw new RunSupersededError(
          `Object ${this.url}/${key}: found another tag, expected ${ifEtag ?? 'none'}. Another run wrote it; read it again.`,
          { cause: error },
        );
      }
    });
  }

  rewrite(key: string, chunks: AsyncIterable<Uint8Array>, ifEtag: string): Promise<string> {
    return this.#guard('PutObject', key, async (s3, where) => {
      // Without the SHA-256 that other writes keep beside an object: it is known when the bytes are gone.
      const guarded = { ...where, IfMatch: `"${ifEtag}"` };
      try {
        const { head, rest } = await splitHead(chunks, SINGLE_PUT_BYTES);
        if (rest === undefined) {
          const put = { ...guarded, Body: Buffer.concat(head) };
          return unquote((await this.#untilNoConflict(() => s3.client.send(new s3.sdk.PutObjectCommand(put)))).ETag);
        }
        const { Upload } = await import('@aws-sdk/lib-storage');
        const params = { ...guarded, Body: Readable.from(rest, { objectMode: false }) };
        return unquote((await new Upload({ client: s3.client, params, partSize: PART_BYTES, queueSize: 4 }).done()).ETag);
      } catch (error) {
        if (statusOf(error) !== 412 && !isMissingKey(error)) throw error;
        throw new RunSupersededError(
          `Object ${this.url}/${key}: found another tag, expected ${ifEtag}. Another run wrote it; read it again.`,
          { cause: error },
        );
      }
    });
  }

  remove(key: string): Promise<void> {
    return this.#guard('DeleteObject', key, async (s3, where) => {
      await s3.client.send(new s3.sdk.DeleteObjectCommand(where));
    });
  }

  /** False when the key is free. @throws InvariantBrokenError when it holds other content. */
  async #holdsSame(s3: S3, key: string, size: number, sha256: string): Promise<boolean> {
    const where = { Bucket: this.#bucket, Key: `${this.#prefix}${key}` };
    let found: { size: number; sha256: string | undefined };
    try {
      const head = await s3.client.send(new s3.sdk.HeadObjectCommand(where));
      found = { size: head.ContentLength ?? 0, sha256: head.Metadata?.['sha256'] };
    } catch (error) {
      if (isMissingKey(error)) return false;
      throw error;
    }
    if (found.size === size) {
      const seen = found.sha256 ?? sha256Of([(await this.get(key)) ?? new Uint8Array(0)]);
      if (seen === sha256) return true;
    }
    throw new InvariantBrokenError(
      `Object ${this.url}/${key}: holds other content (${found.size} bytes), expected the ${size} bytes that were to be written. ` +
        'Write-once objects never change: report this as a bug.',
    );
  }

  async #untilNoConflict<T>(write: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await write();
      } catch (error) {
        if (statusOf(error) !== 409 || attempt === CONFLICT_TRIES) throw error;
        await sleep(backoffMs(attempt, 50, 1000));
      }
    }
  }

  async #guard<T>(
    operation: string,
    key: string,
    work: (s3: S3, where: { Bucket: string; Key: string }) => Promise<T>,
  ): Promise<T> {
    const where = { Bucket: this.#bucket, Key: `${this.#prefix}${assertObjectKey(key)}` };
    return this.#attempt(operation, key, (s3) => work(s3, where));
  }

  async #attempt<T>(operation: string, key: string, work: (s3: S3) => Promise<T>): Promise<T> {
    try {
      return await work(await loadS3());
    } catch (error) {
      throw this.#failure(error, operation, key);
    }
  }

  #failure(error: unknown, operation: string, key: string): Error {
    if (statusOf(error) === 412) {
      return new TransientDependencyError(
        `Object ${this.url}/${key}: changed while it was read or written, expected it to stay. Run the step again.`,
        { cause: error },
      );
    }
    return fromSdk(error, `Object ${this.url}/${key}`, operation);
  }
}

/** The pieces of a download in one buffer of its own. */
async function collect({ size, pieces }: Download): Promise<Uint8Array> {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  let length = 0;
  for await (const piece of pieces) {
    bytes.set(piece, length);
    length += piece.byteLength;
  }
  return bytes;
}

function unquote(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

/** The first chunks, and all of them when they come to more than `most` bytes. */
async function splitHead(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
): Promise<{ head: Uint8Array[]; rest: AsyncIterable<Uint8Array> | undefined }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  for (let size = 0; size <= most; ) {
    const next = await iterator.next();
    if (next.done === true) return { head, rest: undefined };
    head.push(next.value);
    size += next.value.byteLength;
  }
  const rest = async function* () {
    yield* head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { head, rest: rest() };
}
