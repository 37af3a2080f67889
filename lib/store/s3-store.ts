import { randomUUID } from 'node:crypto';
import { ConfigError, InvariantBrokenError, RunSupersededError, TransientDependencyError } from '../errors.ts';
import { chunksOf, sha256Of, sizeOf, splitHead } from './object-content.ts';
import { assertObjectKey, missingObject, shortObject } from './object-key.ts';
import type { ObjectInfo, ObjectStore } from './objects.ts';
import { loadS3, type S3 } from './s3-client.ts';
import { type Download, download, isMissingKey } from './s3-download.ts';
import { encryptionOf, type PrefixKey } from './s3-encryption.ts';
import { SINGLE_PUT_BYTES, type UploadTarget, unquote, upload, uploadStream } from './s3-upload.ts';
import { fromSdk, statusOf } from './sdk-error.ts';

/** Bytes per chunk of `stream`, at least: the port promises 1 to 4 MiB. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * A bucket, or a prefix of one, as an object store.
 *
 * @param ownKey objects that are not encrypted by the bucket's default key
 * @throws ConfigError unless the URL is `s3://bucket[/prefix]`
 */
export function openS3Store(url: string, ownKey?: PrefixKey): ObjectStore {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[^/]+)*)\/*$/.exec(url);
  if (!match?.[1]) {
    throw new ConfigError(`Store URL ${url}: not a bucket, expected s3://bucket or s3://bucket/prefix. Correct the URL.`);
  }
  return new S3Store(match[1], match[2] ? `${assertObjectKey(match[2].slice(1))}/` : '', ownKey);
}

/**
 * create = PUT with `If-None-Match: *`; where the key is taken, the SHA-256 in the object's metadata is compared (or its
 * content, when somebody else wrote it). replace = PUT with `If-Match` (above 16 MiB parts instead of a PUT). The role needs `s3:ListBucket`: without it S3
 * answers 403 for a missing key.
 */
class S3Store implements ObjectStore {
  readonly url: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #ownKey: PrefixKey | undefined;

  constructor(bucket: string, prefix: string, ownKey: PrefixKey | undefined) {
    this.url = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#ownKey = ownKey;
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
      const head = await findHead(s3, where);
      return head && { key, size: head.ContentLength ?? 0, etag: unquote(head.ETag) };
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
      if (size > SINGLE_PUT_BYTES && (await this.#holdsSame(s3, key, size, sha256))) return 'same';
      const [only = new Uint8Array(0)] = chunks;
      const target = { ...where, ...encryptionOf(key, this.#ownKey), IfNoneMatch: '*', Metadata: { sha256 } };
      try {
        await upload(s3, target, chunks.length > 1 ? Buffer.concat(chunks, size) : only);
        return 'created';
      } catch (error) {
        // 404 is the answer to the end of an upload that was ended before, by a request whose answer was lost.
        if (statusOf(error) !== 412 && !isMissingKey(error)) throw error;
        if (await this.#holdsSame(s3, key, size, sha256)) return 'same';
        throw error;
      }
    });
  }

  replace(key: string, bytes: Uint8Array, ifEtag: string | null): Promise<string> {
    return this.#swap(key, ifEtag, { sha256: sha256Of([bytes]) }, (s3, target) => upload(s3, target, bytes));
  }

  rewrite(key: string, chunks: AsyncIterable<Uint8Array>, ifEtag: string): Promise<string> {
    // Without the SHA-256 that other writes keep beside an object: it is known when the bytes are gone.
    return this.#swap(key, ifEtag, {}, async (s3, target) => {
      const { head, rest } = await splitHead(chunks, SINGLE_PUT_BYTES);
      return rest ? uploadStream(s3, target, rest) : upload(s3, target, Buffer.concat(head));
    });
  }

  /** Writes where the tag is still the caller's; a mark in the metadata tells an own write whose answer was lost. */
  #swap(
    key: string,
    ifEtag: string | null,
    metadata: Record<string, string>,
    write: (s3: S3, target: UploadTarget) => Promise<string>,
  ): Promise<string> {
    return this.#guard('PutObject', key, async (s3, where) => {
      const condition = ifEtag === null ? { IfNoneMatch: '*' } : { IfMatch: `"${ifEtag}"` };
      const mark = randomUUID();
      const target = { ...where, ...encryptionOf(key, this.#ownKey), ...condition, Metadata: { ...metadata, write: mark } };
      try {
        return await write(s3, target);
      } catch (error) {
        // 404 is the answer to If-Match on a missing key, and to the end of an upload that was ended before.
        if (statusOf(error) !== 412 && !isMissingKey(error)) throw error;
        const found = await findHead(s3, where);
        if (found?.Metadata?.['write'] === mark) return unquote(found.ETag);
        throw new RunSupersededError(
          `Object ${this.url}/${key}: found another tag, expected ${ifEtag ?? 'none'}. Another run wrote it; read it again.`,
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
    const head = await findHead(s3, { Bucket: this.#bucket, Key: `${this.#prefix}${key}` });
    if (!head) return false;
    const found = head.ContentLength ?? 0;
    if (found === size) {
      const seen = head.Metadata?.['sha256'] ?? sha256Of([(await this.get(key)) ?? new Uint8Array(0)]);
      if (seen === sha256) return true;
    }
    throw new InvariantBrokenError(
      `Object ${this.url}/${key}: holds other content (${found} bytes), expected the ${size} bytes that were to be written. ` +
        'Write-once objects never change: report this as a bug.',
    );
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

/** What S3 knows of an object; undefined when it is missing. */
async function findHead(s3: S3, where: { Bucket: string; Key: string }) {
  try {
    return await s3.client.send(new s3.sdk.HeadObjectCommand(where));
  } catch (error) {
    if (isMissingKey(error)) return undefined;
    throw error;
  }
}
