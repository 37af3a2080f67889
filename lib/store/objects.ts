import { ConfigError } from '../errors.ts';
import { openFileStore } from './file-store.ts';
import type { PrefixKey } from './s3-encryption.ts';
import { openS3Store } from './s3-store.ts';

/** What a store knows about an object without handing out its content. */
export interface ObjectInfo {
  /** Key below the store's URL. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Opaque version tag: another one after every change of content; comparable within one store only. */
  readonly etag: string;
}

/**
 * Objects by key, reached by URL: a folder of plain files or an S3 bucket, with the same behaviour.
 *
 * Every method throws ContractMismatchError for a key with an odd part, ConfigError when access is refused, and
 * TransientDependencyError (with `cause`) when the store fails after its own retries.
 */
export interface ObjectStore {
  /** `file:///folder` or `s3://bucket[/prefix]`, without a slash at the end. */
  readonly url: string;
  /** The whole object, starting at offset 0 of its own ArrayBuffer; undefined when it is missing. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The whole object. @throws ContractMismatchError naming URL and key when it is missing. */
  read(key: string): Promise<Uint8Array>;
  /** The object in chunks of 1 to 4 MiB (the last may be smaller). @throws ContractMismatchError when it is missing. */
  stream(key: string): AsyncIterable<Uint8Array>;
  /**
   * The bytes `[start, end)`, `end > start`, at offset 0 of their own ArrayBuffer.
   *
   * @throws ContractMismatchError when the object is missing or has fewer than `end` bytes
   */
  readRange(key: string, start: number, end: number): Promise<Uint8Array>;
  /** Size and tag; undefined when the object is missing. */
  stat(key: string): Promise<ObjectInfo | undefined>;
  /** Every object below `prefix/` (the whole store for ''), in byte order of keys; unfinished writes are not seen. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /**
   * Writes an object once; it appears whole or not at all. Chunks are written one after another, without a copy on disk.
   *
   * @returns 'same' when an object with equal content was already there
   * @throws InvariantBrokenError when the key holds other content
   */
  create(key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'same'>;
  /**
   * Compare and swap of a small object.
   *
   * @param ifEtag tag that the caller read; null = the object must not exist
   * @returns the new tag
   * @throws RunSupersededError when another tag is found
   */
  replace(key: string, bytes: Uint8Array, ifEtag: string | null): Promise<string>;
  /**
   * Puts other content in the place of an object, whole or not at all, in bounded memory. The one exception to write-once is the
   * erasure of a customer (docs/adr/0014): nothing but `compact`, and what puts its work right again, may call it.
   *
   * @param chunks an error of theirs leaves the object as it was @param ifEtag tag that the caller read
   * @returns the new tag
   * @throws RunSupersededError when another tag is found, or none
   */
  rewrite(key: string, chunks: AsyncIterable<Uint8Array>, ifEtag: string): Promise<string>;
  /** Removes an object; a missing one is no error. */
  remove(key: string): Promise<void>;
}

/**
 * The store behind a URL; nothing is read or created yet.
 *
 * @param ownKey of a bucket: objects with an encryption key of their own
 * @throws ConfigError for another scheme or a broken URL
 */
export function openObjectStore(url: string, ownKey?: PrefixKey): ObjectStore {
  if (url.startsWith('file:')) return openFileStore(url);
  if (url.startsWith('s3:')) return openS3Store(url, ownKey);
  throw new ConfigError(`Store URL ${url}: unknown scheme, expected file:///folder or s3://bucket. Correct the URL.`);
}

/** The store of a folder that ends with this process: what is written need not survive a loss of power. @throws ConfigError */
export function openScratchStore(url: string): ObjectStore {
  return openFileStore(url, false);
}
