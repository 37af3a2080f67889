import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ContractMismatchError, InvariantBrokenError, RunSupersededError } from '../../../lib/errors.ts';
import { type ObjectStore, openObjectStore } from '../../../lib/store/objects.ts';

const MIB = 2 ** 20;

const text = (value: string) => new TextEncoder().encode(value);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Bytes without a pattern, the same at every call: a misplaced piece changes the hash. */
function bytesOf(size: number, seed = 0): Uint8Array {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(size));
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const keysOf = async (store: ObjectStore, prefix: string) => (await collect(store.list(prefix))).map(({ key }) => key);

/** How much the heavy cases take on. */
interface Load {
  /** Objects of the longest listing. */
  readonly keys: number;
  /** Bytes of the largest object, above 16 MiB: S3 takes it in parts. */
  readonly largeBytes: number;
  /** Streams whose reader stops early. */
  readonly stops: number;
  /** Makes the objects of the longest listing, each with its key as content; `create` unless told. */
  readonly plant?: (store: ObjectStore, keys: readonly string[]) => Promise<void>;
}

/** Three pages of a server, twelve parts of an upload, and more streams than one client has connections (64). */
export const HEAVY: Load = { keys: 2500, largeBytes: 100_000_000, stops: 80 };

/** Two pages of the fake, and three parts. */
export const LIGHT: Load = { keys: 150, largeBytes: 17_000_000, stops: 2 };

/** What every object store must do. `makeEmpty` gives an empty store, or its URL. */
export function describeObjectStore(name: string, load: Load, makeEmpty: () => Promise<ObjectStore | string>): void {
  const fresh = async (): Promise<ObjectStore> => {
    const made = await makeEmpty();
    return typeof made === 'string' ? openObjectStore(made) : made;
  };

  describe(`object store on ${name}`, () => {
    describeCreate(fresh);
    describeReads(fresh, load.stops);
    describeLarge(fresh, load.largeBytes);
    describeList(fresh, load);
    describeReplace(fresh);
    describeRewrite(fresh);
    describeKeys(fresh);
  });
}

/** Its last part and the lock beside it are the longest names of a file. */
const LONGEST = ['p', 'q', 'r', 's'].map((letter) => letter.repeat(249)).join('/');
const TOO_LONG = ['p'.repeat(250), `${'p/'.repeat(512)}p`];

type Fresh = () => Promise<ObjectStore>;

function describeCreate(fresh: Fresh): void {
  it('gives back what was created, aligned for 8-byte values', async () => {
    const store = await fresh();
    const values = new Float64Array([1.5, -2, Number.MAX_VALUE]);
    expect(await store.create('a/b=1/c.arrow', new Uint8Array(values.buffer))).toBe('created');
    const bytes = await store.read('a/b=1/c.arrow');
    expect(bytes.byteOffset % 8).toBe(0);
    expect([...new Float64Array(bytes.buffer, bytes.byteOffset, 3)]).toEqual([...values]);
  });

  it('stores chunks one after another, empty ones and an empty object included', async () => {
    const store = await fresh();
    await store.create('chunks', [text('one,'), text(''), text('two')]);
    await store.create('empty', []);
    expect(textOf(await store.read('chunks'))).toBe('one,two');
    expect(await store.create('chunks', text('one,two'))).toBe('same');
    expect((await store.read('empty')).byteLength).toBe(0);
    expect((await store.stat('empty'))?.size).toBe(0);
    expect(await collect(store.stream('empty'))).toEqual([]);
  });

  it('accepts equal content again and refuses other content of the same or another size', async () => {
    const store = await fresh();
    await store.create('k', text('abc'));
    expect(await store.create('k', text('abc'))).toBe('same');
    expect(await store.create('k', [text('a'), text('bc')])).toBe('same');
    await expect(store.create('k', text('abd'))).rejects.toThrow(InvariantBrokenError);
    await expect(store.create('k', text('abcd'))).rejects.toThrow(`${store.url}/k`);
    expect(textOf(await store.read('k'))).toBe('abc');
  });

  it('lets one of 16 creators of different content win and fails the others', async () => {
    const store = await fresh();
    const contents = Array.from({ length: 16 }, (_, index) => `content ${index}`);
    const results = await Promise.allSettled(contents.map((content) => store.create('race', text(content))));
    const winners = contents.filter((_, index) => results[index]?.status === 'fulfilled');
    expect(winners).toEqual([textOf(await store.read('race'))]);
    for (const result of results) {
      if (result.status === 'fulfilled') expect(result.value).toBe('created');
      else expect(result.reason).toMatchObject({ name: 'InvariantBrokenError' });
    }
    expect(await keysOf(store, '')).toEqual(['race']);
  });

  it('lets all of 16 creators of equal content succeed and tells one that it created the object', async () => {
    const store = await fresh();
    const told = await Promise.all(Array.from({ length: 16 }, () => store.create('race', text('equal'))));
    expect(told.sort()).toEqual(['created', ...Array(15).fill('same')]);
    expect(textOf(await store.read('race'))).toBe('equal');
    expect(await keysOf(store, '')).toEqual(['race']);
  });

  it('forgets what is removed', async () => {
    const store = await fresh();
    await store.create('k', text('1'));
    await store.remove('k');
    expect(await store.get('k')).toBeUndefined();
    expect(await store.create('k', text('2'))).toBe('created');
  });
}

function describeReads(fresh: Fresh, stops: number): void {
  it('tells a missing object from a failure', async () => {
    const store = await fresh();
    await store.create('folder/x', text('x'));
    expect(await store.get('none')).toBeUndefined();
    expect(await store.stat('folder')).toBeUndefined();
    expect(await store.get('folder')).toBeUndefined();
    expect(await store.get('folder/x/y')).toBeUndefined();
    await expect(store.read('none')).rejects.toThrow(ContractMismatchError);
    await expect(store.read('none')).rejects.toThrow(`${store.url}/none`);
    await expect(collect(store.stream('none'))).rejects.toThrow(ContractMismatchError);
    await store.remove('none');
  });

  it('reads ranges, and refuses one that the object does not have', async () => {
    const store = await fresh();
    const all = bytesOf(200_000);
    await store.create('r', all);
    for (const [start, end] of [
      [1000, 150_000],
      [0, 1],
      [199_999, 200_000],
      [0, 200_000],
    ] as const) {
      const part = await store.readRange('r', start, end);
      expect(part.byteOffset).toBe(0);
      expect(Buffer.compare(part, all.subarray(start, end))).toBe(0);
    }
    const early = `Object ${store.url}/r: ends early, expected at least`;
    await expect(store.readRange('r', 199_999, 200_001)).rejects.toThrow(`${early} 200001 bytes`);
    await expect(store.readRange('r', 0, 200_001)).rejects.toThrow(ContractMismatchError);
    await expect(store.readRange('r', 200_000, 200_001)).rejects.toThrow(`${early} 200001 bytes`);
    await expect(store.readRange('none', 0, 1)).rejects.toThrow(`${store.url}/none`);
  });

  it('frees what a stream holds when its reader stops early', async () => {
    const store = await fresh();
    await store.create('k', bytesOf(5 * MIB));
    // Connections that were not freed would make a later one wait for ever.
    for (let time = 0; time < stops; time++) {
      for await (const chunk of store.stream('k')) {
        expect(chunk.byteLength).toBeLessThan(5 * MIB);
        break;
      }
    }
    expect((await store.read('k')).byteLength).toBe(5 * MIB);
  });
}

function describeLarge(fresh: Fresh, largeBytes: number): void {
  it('keeps every byte of a large object, and streams it in chunks of 1 to 4 MiB', async () => {
    const store = await fresh();
    const large = bytesOf(largeBytes);
    const cut = Math.floor(largeBytes / 3);
    expect(await store.create('large', [large.subarray(0, cut), large.subarray(cut)])).toBe('created');
    const hash = createHash('sha256');
    let rest = largeBytes;
    for await (const chunk of store.stream('large')) {
      hash.update(chunk);
      rest -= chunk.byteLength;
      expect(chunk.byteLength).toBeLessThanOrEqual(4 * MIB);
      if (rest > 0) expect(chunk.byteLength).toBeGreaterThanOrEqual(MIB);
    }
    expect(rest).toBe(0);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(large).digest('hex'));
    expect(Buffer.compare(await store.read('large'), large)).toBe(0);
    expect(await store.create('large', large)).toBe('same');
    const end = await store.readRange('large', largeBytes - 1000, largeBytes);
    expect(Buffer.compare(end, large.subarray(-1000))).toBe(0);
    large.set([1 + (large[0] ?? 0)]);
    await expect(store.create('large', large)).rejects.toThrow(InvariantBrokenError);
    expect(await keysOf(store, '')).toEqual(['large']);
  });

  it('rewrites more than one part of an upload', async () => {
    const store = await fresh();
    await store.create('large', text('small'));
    const all = bytesOf(LIGHT.largeBytes);
    const parts = async function* () {
      for (let from = 0; from < all.length; from += 3_333_333) yield all.subarray(from, from + 3_333_333);
    };
    const seen = (await store.stat('large'))?.etag ?? '';
    const etag = await store.rewrite('large', parts(), seen);
    expect(await store.stat('large')).toEqual({ key: 'large', size: LIGHT.largeBytes, etag });
    expect(Buffer.compare(await store.read('large'), all)).toBe(0);
    await expect(store.rewrite('large', parts(), seen)).rejects.toThrow(RunSupersededError);
    expect((await store.stat('large'))?.etag).toBe(etag);
  });
}

function describeList(fresh: Fresh, { keys: count, plant = create }: Load): void {
  it('lists what is below a folder, in byte order of whole keys', async () => {
    const store = await fresh();
    const keys = ['p/a-b', 'p/a.json', 'p/a=1/x', 'p/a/z', 'p/B', 'p2/q', 'p.x', 'p-/p/a', 'q/p/a'];
    for (const key of keys) await store.create(key, text(key));
    const listed = await collect(store.list('p'));
    expect(listed.map((info) => info.key)).toEqual(['p/B', 'p/a-b', 'p/a.json', 'p/a/z', 'p/a=1/x']);
    expect(listed[0]).toEqual(await store.stat('p/B'));
    expect(await keysOf(store, 'p/a')).toEqual(['p/a/z']);
    expect(await keysOf(store, '')).toEqual(keys.sort(byBytes));
    expect(await collect(store.list('none'))).toEqual([]);
  });

  it('lists more objects than a page holds, each once and in byte order', async () => {
    const store = await fresh();
    // 10 is before 9, and what is below `3` is between `3` and `30`.
    const keys = Array.from({ length: count }, (_, index) => `many/${index % 3 === 0 ? `${index}/x` : index}`);
    await plant(store, keys);
    await store.create('many-more', text('x'));
    const listed = await collect(store.list('many'));
    expect(listed.map(({ key }) => key)).toEqual([...keys].sort(byBytes));
    expect(listed.map(({ size }) => size)).toEqual(listed.map(({ key }) => key.length));
    expect(await keysOf(store, 'many/3')).toEqual(['many/3/x']);
    let first: string | undefined;
    for await (const { key } of store.list('many')) {
      first = key;
      break;
    }
    expect(first).toBe('many/0/x');
  });
}

/** Creates objects, 16 at once. */
async function create(store: ObjectStore, keys: readonly string[]): Promise<void> {
  const left = [...keys];
  const work = async () => {
    for (let key = left.pop(); key !== undefined; key = left.pop()) await store.create(key, text(key));
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

function describeReplace(fresh: Fresh): void {
  it('replaces only what the caller has seen', async () => {
    const store = await fresh();
    const first = await store.replace('v/latest.json', text('{"n":1}'), null);
    expect((await store.stat('v/latest.json'))?.etag).toBe(first);
    await expect(store.replace('v/latest.json', text('{"n":2}'), null)).rejects.toThrow(RunSupersededError);
    await expect(store.replace('v/latest.json', text('{"n":2}'), 'abc')).rejects.toThrow(RunSupersededError);
    await expect(store.replace('v/none.json', text('{}'), first)).rejects.toThrow(RunSupersededError);
    const second = await store.replace('v/latest.json', text('{"n":2}'), first);
    expect(second).not.toBe(first);
    await expect(store.replace('v/latest.json', text('{"n":3}'), first)).rejects.toThrow(RunSupersededError);
    expect(textOf(await store.read('v/latest.json'))).toBe('{"n":2}');
    expect(await keysOf(store, 'v')).toEqual(['v/latest.json']);
  });

  it.each([
    ['different', (index: number) => `content ${index}`],
    ['equal', () => 'content'],
  ])('lets one of 16 that put %s content in the place of one version win', async (_, contentOf) => {
    const store = await fresh();
    for (const seen of [null, 'read']) {
      const ifEtag = seen && ((await store.stat('race'))?.etag ?? '');
      const contents = Array.from({ length: 16 }, (_, index) => `${seen} ${contentOf(index)}`);
      const results = await Promise.allSettled(contents.map((content) => store.replace('race', text(content), ifEtag)));
      const winners = results.flatMap((result, index) => (result.status === 'fulfilled' ? [contents[index]] : []));
      expect(winners).toEqual([textOf(await store.read('race'))]);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'RunSupersededError' });
        else expect(result.value).toBe((await store.stat('race'))?.etag);
      }
    }
  });

  it('loses no update when many replace at once', async () => {
    const store = await fresh();
    await store.replace('counter', text('0'), null);
    const increment = async (): Promise<void> => {
      for (;;) {
        const { etag } = (await store.stat('counter')) ?? { etag: null };
        const value = Number(textOf(await store.read('counter')));
        try {
          await store.replace('counter', text(String(value + 1)), etag);
          return;
        } catch (error) {
          if (!(error instanceof RunSupersededError)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, increment));
    expect(textOf(await store.read('counter'))).toBe('8');
  });
}

function describeRewrite(fresh: Fresh): void {
  it('rewrites from chunks what the caller has seen, whole or not at all', async () => {
    const store = await fresh();
    const pieces = async function* (...values: string[]) {
      for (const value of values) yield text(value);
    };
    const cut = async function* () {
      yield text('half');
      throw new ContractMismatchError('cut');
    };
    await store.create('w/k', text('before'));
    const etag = (await store.stat('w/k'))?.etag ?? '';
    await expect(store.rewrite('w/k', cut(), etag)).rejects.toThrow('cut');
    expect(textOf(await store.read('w/k'))).toBe('before');
    const next = await store.rewrite('w/k', pieces('aft', '', 'er'), etag);
    expect(textOf(await store.read('w/k'))).toBe('after');
    expect((await store.stat('w/k'))?.etag).toBe(next);
    await expect(store.rewrite('w/k', pieces('late'), etag)).rejects.toThrow(RunSupersededError);
    await expect(store.rewrite('w/none', pieces('x'), etag)).rejects.toThrow(RunSupersededError);
    expect(await store.create('w/k', text('after'))).toBe('same');
    await store.rewrite('w/k', pieces(), next);
    expect((await store.stat('w/k'))?.size).toBe(0);
    expect(await keysOf(store, 'w')).toEqual(['w/k']);
  });
}

function describeKeys(fresh: Fresh): void {
  it('keeps odd and long keys apart and lists them as they are', async () => {
    const store = await fresh();
    const keys = ['=._-', '=', '-', '_SUCCESS', '.hidden', '...', '..a/b..', 'a=b=c/.x', 'a-', 'A-', 'tmp-1', 'lock-1', LONGEST];
    for (const key of keys) await store.create(key, text(key));
    for (const key of keys) expect(textOf(await store.read(key))).toBe(key);
    expect(await keysOf(store, '')).toEqual(keys.sort(byBytes));
    await store.replace(LONGEST, text('x'), (await store.stat(LONGEST))?.etag ?? null);
    expect(textOf(await store.read(LONGEST))).toBe('x');
    for (const key of keys) await store.remove(key);
    expect(await keysOf(store, '')).toEqual([]);
  });

  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '../a',
    'a/../b',
    'a/./b',
    'a b',
    'a\\b',
    'a%2fb',
    'ä',
    'a\n',
    '.tmp-1',
    'a/.lock-b',
    ...TOO_LONG,
  ])('refuses the key %j', async (key) => {
    const store = await fresh();
    await expect(store.create(key, text('x'))).rejects.toThrow(ContractMismatchError);
    await expect(store.get(key)).rejects.toThrow(ContractMismatchError);
    await expect(store.readRange(key, 0, 1)).rejects.toThrow(ContractMismatchError);
    await expect(store.stat(key)).rejects.toThrow(ContractMismatchError);
    await expect(store.remove(key)).rejects.toThrow(ContractMismatchError);
    await expect(store.replace(key, text('x'), null)).rejects.toThrow(ContractMismatchError);
    await expect(collect(store.stream(key))).rejects.toThrow(ContractMismatchError);
    if (key !== '') await expect(collect(store.list(key))).rejects.toThrow(ContractMismatchError);
  });
}
