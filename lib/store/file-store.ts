import { createReadStream } from 'node:fs';
import { link, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, InvariantBrokenError, RunSupersededError, TransientDependencyError } from '../errors.ts';
import { codeOf, fileInfo, isMissing, readPart, readWhole, streamTemp, writeTemp } from './file-io.ts';
import { withFileLock } from './file-lock.ts';
import { chunksOf, sameContent, sizeOf } from './object-content.ts';
import { assertObjectKey, isReservedName, LOCK_PREFIX, missingObject, shortObject } from './object-key.ts';
import type { ObjectInfo, ObjectStore } from './objects.ts';

/** Bytes per chunk of `stream`: the port promises 1 to 4 MiB. */
const CHUNK_BYTES = 2 * 1024 * 1024;

/** Files of a folder that are looked at together while listing. */
const LISTED_AT_ONCE = 64;

/** Codes that no retry can help. */
const OPERATOR_CODES = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENOTSUP', 'ENAMETOOLONG', 'ENOTEMPTY'];

/**
 * A folder of plain files as an object store.
 *
 * @param isLasting false for a folder that ends with this process: nothing waits for the disk
 * @throws ConfigError unless the URL is `file:///folder`
 */
export function openFileStore(url: string, isLasting = true): ObjectStore {
  try {
    return new FileStore(url.replace(/\/+$/, ''), fileURLToPath(url), isLasting);
  } catch (cause) {
    throw new ConfigError(`Store URL ${url}: not a local folder, expected file:///folder. Correct the URL.`, { cause });
  }
}

/**
 * create = temporary file + fdatasync + `link`, which fails when the name is taken; replace = lock file + tag check + rename.
 * So a reader, or a process killed at any instant, never sees half an object. File systems without hard links are refused.
 */
class FileStore implements ObjectStore {
  readonly url: string;
  readonly #root: string;
  readonly #isLasting: boolean;

  constructor(url: string, root: string, isLasting: boolean) {
    this.url = url;
    this.#root = root;
    this.#isLasting = isLasting;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#guard('read', key, readWhole);
  }

  async read(key: string): Promise<Uint8Array> {
    const bytes = await this.get(key);
    if (!bytes) throw missingObject(this.url, key);
    return bytes;
  }

  async *stream(key: string): AsyncIterable<Uint8Array> {
    const path = join(this.#root, assertObjectKey(key));
    try {
      if ((await stat(path)).size <= CHUNK_BYTES) {
        // A stream's buffer is CHUNK_BYTES long, however small the file.
        const whole = await readWhole(path);
        if (whole) {
          if (whole.length > 0) yield whole;
          return;
        }
      }
      for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) yield chunk as Buffer;
    } catch (error) {
      if (isMissing(error)) throw missingObject(this.url, key);
      throw this.#failure('read', key, error);
    }
  }

  readRange(key: string, start: number, end: number): Promise<Uint8Array> {
    return this.#guard('read', key, async (path) => {
      const bytes = await readPart(path, start, end);
      if (!bytes) throw missingObject(this.url, key);
      if (bytes.byteLength !== end - start) throw shortObject(this.url, key, end);
      return bytes;
    });
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    return this.#guard('look at', key, async (path) => {
      const info = await fileInfo(path);
      return info && { key, ...info };
    });
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    if (prefix !== '') assertObjectKey(prefix);
    yield* this.#walk(prefix);
  }

  create(key: string, bytes: Uint8Array | readonly Uint8Array[]): Promise<'created' | 'same'> {
    return this.#guard('create', key, async (path) => {
      const chunks = chunksOf(bytes);
      if (await this.#holdsSame(key, path, chunks)) return 'same';
      const temp = await writeTemp(dirname(path), chunks, this.#isLasting);
      try {
        await link(temp, path);
        return 'created';
      } catch (error) {
        if (codeOf(error) !== 'EEXIST' || !(await this.#holdsSame(key, path, chunks))) throw error;
        return 'same';
      } finally {
        await unlink(temp);
      }
    });
  }

  replace(key: string, bytes: Uint8Array, ifEtag: string | null): Promise<string> {
    return this.#guard('replace', key, (path) => this.#swap(key, path, ifEtag, () => writeTemp(dirname(path), chunksOf(bytes))));
  }

  rewrite(key: string, chunks: AsyncIterable<Uint8Array>, ifEtag: string): Promise<string> {
    return this.#guard('rewrite', key, async (path) => {
      const temp = await streamTemp(dirname(path), chunks);
      try {
        return await this.#swap(key, path, ifEtag, () => Promise.resolve(temp));
      } finally {
        await rm(temp, { force: true });
      }
    });
  }

  /** Renames a temporary file to the object's name while nobody else does. */
  #swap(key: string, path: string, ifEtag: string | null, makeTemp: () => Promise<string>): Promise<string> {
    return withFileLock(join(dirname(path), `${LOCK_PREFIX}${basename(path)}`), async () => {
      const found = (await fileInfo(path))?.etag ?? null;
      if (found !== ifEtag) {
        throw new RunSupersededError(
          `Object ${this.url}/${key}: found tag ${found ?? 'none'}, expected ${ifEtag ?? 'none'}. Another run wrote it; read it again.`,
        );
      }
      await rename(await makeTemp(), path);
      const info = await fileInfo(path);
      if (!info) throw missingObject(this.url, key);
      return info.etag;
    });
  }

  remove(key: string): Promise<void> {
    return this.#guard('remove', key, async (path) => {
      try {
        await unlink(path);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }

  /** False when the name is free. @throws InvariantBrokenError when it holds other content. */
  async #holdsSame(key: string, path: string, chunks: readonly Uint8Array[]): Promise<boolean> {
    let size: number;
    try {
      size = (await stat(path)).size;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    const expected = sizeOf(chunks);
    if (size === expected && (await sameContent(chunks, createReadStream(path, { highWaterMark: CHUNK_BYTES })))) return true;
    throw new InvariantBrokenError(
      `Object ${this.url}/${key}: holds other content (${size} bytes), expected the ${expected} bytes that were to be written. ` +
        'Write-once objects never change: report this as a bug.',
    );
  }

  /** A folder sorts as `name/` among the files beside it: byte order of whole keys. */
  async *#walk(folder: string): AsyncIterable<ObjectInfo> {
    const entries: { key: string; isFolder: boolean }[] = [];
    try {
      for (const entry of await readdir(join(this.#root, folder), { withFileTypes: true })) {
        if (isReservedName(entry.name)) continue;
        const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
        const target = entry.isSymbolicLink() ? await stat(join(this.#root, key)) : entry;
        entries.push({ key, isFolder: target.isDirectory() });
      }
    } catch (error) {
      if (isMissing(error)) return;
      throw this.#failure('list', folder, error);
    }
    const order = (entry: { key: string; isFolder: boolean }) => (entry.isFolder ? `${entry.key}/` : entry.key);
    entries.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    for (let start = 0; start < entries.length; start += LISTED_AT_ONCE) {
      const slice = entries.slice(start, start + LISTED_AT_ONCE);
      const infos = await Promise.all(slice.map(async ({ key, isFolder }) => (isFolder ? undefined : this.stat(key))));
      for (const [index, { key, isFolder }] of slice.entries()) {
        if (isFolder) yield* this.#walk(key);
        const info = infos[index];
        if (info) yield info;
      }
    }
  }

  async #guard<T>(operation: string, key: string, work: (path: string) => Promise<T>): Promise<T> {
    const path = join(this.#root, assertObjectKey(key));
    try {
      return await work(path);
    } catch (error) {
      throw this.#failure(operation, key, error);
    }
  }

  /** Errors of the file system become errors of the taxonomy; others pass. */
  #failure(operation: string, key: string, cause: unknown): unknown {
    const code = codeOf(cause);
    if (code === undefined) return cause;
    const what = `Object ${this.url}/${key}: cannot ${operation} it (${code}), expected a folder with hard links and access.`;
    return OPERATOR_CODES.includes(code)
      ? new ConfigError(`${what} Correct the folder or its permissions.`, { cause })
      : new TransientDependencyError(`${what} Free the disk and run again.`, { cause });
  }
}
