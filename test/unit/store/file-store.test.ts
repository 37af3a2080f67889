import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, ContractMismatchError } from '../../../lib/errors.ts';
import { type ObjectStore, openObjectStore } from '../../../lib/store/objects.ts';
import { describeObjectStore, HEAVY } from './object-store-contract.ts';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'perennial-store-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const freshFolder = () => mkdtemp(join(base, 'store-'));

/** Without the wait for the disk of every `create`. */
async function plant(store: ObjectStore, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    const path = join(fileURLToPath(store.url), key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, key);
  }
}

describeObjectStore('file://', { ...HEAVY, stops: 10, plant }, async () => pathToFileURL(await freshFolder()).href);

const keysOf = async (url: string, prefix = '') => {
  const keys: string[] = [];
  for await (const { key } of openObjectStore(url).list(prefix)) keys.push(key);
  return keys;
};

describe('openObjectStore', () => {
  it.each(['http://x', '/folder', 'file://host/x', 's3://', 's3://UPPER', 's3://bucket//x', ''])('refuses the URL %j', (url) => {
    expect(() => openObjectStore(url)).toThrow(ConfigError);
  });

  it('ignores a slash at the end of the URL', () => {
    expect(openObjectStore('file:///a/b/').url).toBe('file:///a/b');
    expect(openObjectStore('s3://bucket/p/').url).toBe('s3://bucket/p');
  });
});

describe('file store', () => {
  it('ignores the torn temporary files of dead writers and leaves none of its own', async () => {
    const folder = await freshFolder();
    const { href } = pathToFileURL(folder);
    await mkdir(join(folder, 'a'));
    await writeFile(join(folder, 'a', '.tmp-99999-abc'), 'torn');
    const store = openObjectStore(href);
    await store.create('a/x', new Uint8Array([1]));
    await store.create('a/x', new Uint8Array([1]));
    await expect(store.create('a/x', new Uint8Array([2]))).rejects.toThrow('holds other content');
    await store.replace('a/y', new Uint8Array([1]), null);
    expect(await keysOf(href, 'a')).toEqual(['a/x', 'a/y']);
    expect((await readdir(join(folder, 'a'))).sort()).toEqual(['.tmp-99999-abc', 'x', 'y']);
  });

  it('writes thousands of chunks of any size in order', async () => {
    const store = openObjectStore(pathToFileURL(await freshFolder()).href);
    const chunks = Array.from({ length: 2500 }, (_, index) => new Uint8Array(index % 7).fill(index % 256));
    await store.create('chunks', chunks);
    expect(Buffer.compare(await store.read('chunks'), Buffer.concat(chunks))).toBe(0);
  });

  it('changes the tag of a large file that was written again', async () => {
    const folder = await freshFolder();
    const store = openObjectStore(pathToFileURL(folder).href);
    await writeFile(join(folder, 'drop.csv'), Buffer.alloc(100_000, 1));
    const before = await store.stat('drop.csv');
    await writeFile(join(folder, 'drop.csv'), Buffer.alloc(100_000, 2));
    await utimes(join(folder, 'drop.csv'), 1, 1);
    expect((await store.stat('drop.csv'))?.etag).not.toBe(before?.etag);
  });

  it('follows linked folders and refuses to list a file with an odd name', async () => {
    const [folder, elsewhere] = [await freshFolder(), await freshFolder()];
    const { href } = pathToFileURL(folder);
    await writeFile(join(elsewhere, 'x.csv'), 'x');
    await symlink(elsewhere, join(folder, 'drops'));
    expect(await keysOf(href, 'drops')).toEqual(['drops/x.csv']);
    await writeFile(join(elsewhere, 'my file.csv'), 'x');
    await expect(keysOf(href, 'drops')).rejects.toThrow(ContractMismatchError);
  });

  it('breaks the lock of a dead process and of a process that died before it wrote its name', async () => {
    const folder = await freshFolder();
    const store = openObjectStore(pathToFileURL(folder).href);
    const dead = spawnSync(process.execPath, ['-e', 'console.log(JSON.stringify({pid: process.pid, host: os.hostname()}))']);
    await writeFile(join(folder, '.lock-a'), String(dead.stdout).trim());
    await store.replace('a', new Uint8Array([1]), null);
    await writeFile(join(folder, '.lock-b'), '');
    await utimes(join(folder, '.lock-b'), 1, 1);
    await store.replace('b', new Uint8Array([1]), null);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
  });

  it('waits for the lock of a live process', async () => {
    const folder = await freshFolder();
    const store = openObjectStore(pathToFileURL(folder).href);
    const lock = join(folder, '.lock-a');
    await writeFile(lock, '');
    let isFree = false;
    setTimeout(() => {
      isFree = true;
      void rm(lock);
    }, 50);
    await store.replace('a', new Uint8Array([1]), null);
    expect(isFree).toBe(true);
  });

  it.skipIf(process.getuid?.() === 0)('asks the operator when access is refused', async () => {
    const folder = await freshFolder();
    await chmod(folder, 0o500);
    const store = openObjectStore(pathToFileURL(folder).href);
    await expect(store.create('a', new Uint8Array([1]))).rejects.toThrow(ConfigError);
  });

  it('asks the operator when a file stands where a folder is needed', async () => {
    const store = openObjectStore(pathToFileURL(await freshFolder()).href);
    await store.create('a', new Uint8Array([1]));
    await expect(store.create('a/b', new Uint8Array([1]))).rejects.toThrow(ConfigError);
  });
});
