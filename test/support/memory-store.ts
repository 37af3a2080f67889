import { ContractMismatchError, InvariantBrokenError, RunSupersededError } from '../../lib/errors.ts';
import { chunksOf, sizeOf } from '../../lib/store/object-content.ts';
import { assertObjectKey, missingObject, shortObject } from '../../lib/store/object-key.ts';
import type { ObjectInfo, ObjectStore } from '../../lib/store/objects.ts';

interface Stored {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Bytes per chunk of `stream`. */
const CHUNK_BYTES = 2 * 1024 * 1024;

let versions = 0;

/** Objects in memory, under the contract of every store (`test/unit/store/object-store-contract.ts`). */
export class MemoryStore implements ObjectStore {
  readonly url: string;
  readonly #objects: Map<string, Stored>;

  constructor(url: string, objects: ReadonlyMap<string, Stored> = new Map()) {
    this.url = url;
    this.#objects = new Map(objects);
  }

  /** A store of the same content that goes its own way from here. */
  copy(): MemoryStore {
    return new MemoryStore(this.url, this.#objects);
  }

  /** Every key, in byte order. */
  keys(): string[] {
    return [...this.#objects.keys()].sort();
  }

  /** The bytes of an object; not to be changed. @throws ContractMismatchError when it is missing */
  peek(key: string): Uint8Array {
    const stored = this.#objects.get(key);
    if (!stored) throw missingObject(this.url, key);
    return stored.bytes;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#objects.get(assertObjectKey(key))?.bytes.slice();
  }

  async read(key: string): Promise<Uint8Array> {
    const bytes = await this.get(key);
    if (!bytes) throw missingObject(this.url, key);
    return bytes;
  }

  async *stream(key: string): AsyncIterable<Uint8Array> {
    const bytes = await this.read(key);
    for (let from = 0; from < bytes.length; from += CHUNK_BYTES) yield bytes.subarray(from, from + CHUNK_BYTES);
  }

  async readRange(key: string, start: number, end: number): Promise<Uint8Array> {
    const bytes = await this.read(key);
    if (bytes.length < end) throw shortObject(this.url, key, end);
    return bytes.slice(start, end);
  }

  async stat(key: string): Promise<ObjectInfo | undefined> {
    const stored = this.#objects.get(assertObjectKey(key));
    return stored && { key, size: stored.bytes.length, etag: stored.etag };
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    const below = prefix === '' ? '' : `${assertObjectKey(prefix)}/`;
    for (const key of this.keys()) {
      const stored = key.startsWith(below) ? this.#objects.get(key) : undefined;
      if (stored) yield { key, size: stored.bytes.length, etag: stored.etag };
    }
  }

  async create(key: string, content: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'same'> {
    assertObjectKey(key);
    const bytes = joined(content);
    const present = this.#objects.get(key);
    if (!present) {
      this.#put(key, bytes);
      return 'created';
    }
    if (Buffer.compare(present.bytes, bytes) === 0) return 'same';
    throw new InvariantBrokenError(`Object ${this.url}/${key}: holds other content, expected what was to be written.`);
  }

  async replace(key: string, content: Uint8Array, ifEtag: string | null): Promise<string> {
    assertObjectKey(key);
    const found = this.#objects.get(key)?.etag ?? null;
    if (found !== ifEtag) {
      throw new RunSupersededError(`Object ${this.url}/${key}: found tag ${found}, expected ${ifEtag}. Read it again.`);
    }
    return this.#put(key, joined(content));
  }

  async rewrite(key: string, chunks: AsyncIterable<Uint8Array>, ifEtag: string): Promise<string> {
    const pieces: Uint8Array[] = [];
    for await (const chunk of chunks) pieces.push(chunk);
    return this.replace(key, joined(pieces), ifEtag);
  }

  async remove(key: string): Promise<void> {
    this.#objects.delete(assertObjectKey(key));
  }

  #put(key: string, bytes: Uint8Array): string {
    const etag = `v${++versions}`;
    this.#objects.set(key, { bytes, etag });
    return etag;
  }
}

/** The chunks one after another, in a buffer of their own. */
function joined(content: Uint8Array | readonly Uint8Array[]): Uint8Array {
  const chunks = chunksOf(content);
  const bytes = new Uint8Array(sizeOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * Stores by URL: the store of that very URL, or what lies below a folder of one.
 *
 * @throws ContractMismatchError for a URL of none
 */
export function storeOf(stores: readonly ObjectStore[], url: string): ObjectStore {
  for (const store of stores) {
    if (store.url === url) return store;
    if (url.startsWith(`${store.url}/`)) return below(store, url.slice(store.url.length + 1));
  }
  throw new ContractMismatchError(`Store ${url}: unknown, expected one of ${stores.map((store) => store.url).join(', ')}.`);
}

/** The part of a store below a folder, as a store of its own. */
function below(store: ObjectStore, folder: string): ObjectStore {
  const inner = (key: string) => `${folder}/${assertObjectKey(key)}`;
  const outer = <T extends ObjectInfo>(info: T): T => ({ ...info, key: info.key.slice(folder.length + 1) });
  return {
    url: `${store.url}/${folder}`,
    get: async (key) => store.get(inner(key)),
    read: async (key) => store.read(inner(key)),
    async *stream(key) {
      yield* store.stream(inner(key));
    },
    readRange: async (key, start, end) => store.readRange(inner(key), start, end),
    stat: async (key) => {
      const info = await store.stat(inner(key));
      return info && outer(info);
    },
    async *list(prefix) {
      for await (const info of store.list(prefix === '' ? folder : inner(prefix))) yield outer(info);
    },
    create: async (key, bytes) => store.create(inner(key), bytes),
    replace: async (key, bytes, ifEtag) => store.replace(inner(key), bytes, ifEtag),
    rewrite: async (key, chunks, ifEtag) => store.rewrite(inner(key), chunks, ifEtag),
    remove: async (key) => store.remove(inner(key)),
  };
}
