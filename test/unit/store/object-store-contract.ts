import { describe, expect, it } from 'vitest';
import { ContractMismatchError, InvariantBrokenError, RunSupersededError } from '../../../lib/errors.ts';
import { type ObjectStore, openObjectStore } from '../../../lib/store/objects.ts';

const text = (value: string) => new TextEncoder().encode(value);

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** What every object store must do. `makeEmpty` gives an empty store, or its URL. */
export function describeObjectStore(name: string, makeEmpty: () => Promise<ObjectStore | string>): void {
  const fresh = async (): Promise<ObjectStore> => {
    const made = await makeEmpty();
    return typeof made === 'string' ? openObjectStore(made) : made;
  };

  describe(`object store on ${name}`, () => {
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
      expect(new TextDecoder().decode(await store.read('chunks'))).toBe('one,two');
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
      expect(new TextDecoder().decode(await store.read('k'))).toBe('abc');
    });

    it('lets one of many concurrent creators win; equal ones are told so, others fail', async () => {
      const store = await fresh();
      const results = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) => store.create('race', text(index % 2 ? 'odd' : 'even'))),
      );
      const winner = new TextDecoder().decode(await store.read('race'));
      for (const [index, result] of results.entries()) {
        if ((index % 2 ? 'odd' : 'even') !== winner) expect(result).toMatchObject({ reason: { name: 'InvariantBrokenError' } });
        else expect(result.status).toBe('fulfilled');
      }
      const created = results.filter((result) => result.status === 'fulfilled' && result.value === 'created');
      expect(created).toHaveLength(1);
    });

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

    it('streams a large object in chunks of 1 to 4 MiB and keeps every byte', async () => {
      const store = await fresh();
      const part = new Uint8Array(3_333_333).map((_, index) => (index * 31) % 251);
      expect(await store.create('large', [part, part, part, part, part, part])).toBe('created');
      expect(await store.create('large', [part, part, part, part, part, part])).toBe('same');
      await expect(store.create('large', [part, part, part, part, part, part.slice().reverse()])).rejects.toThrow(
        InvariantBrokenError,
      );
      const chunks = await collect(store.stream('large'));
      for (const chunk of chunks.slice(0, -1)) {
        expect(chunk.byteLength).toBeGreaterThanOrEqual(2 ** 20);
        expect(chunk.byteLength).toBeLessThanOrEqual(2 ** 22);
      }
      expect(Buffer.concat(chunks).equals(Buffer.concat([part, part, part, part, part, part]))).toBe(true);
      expect(Buffer.compare(await store.read('large'), Buffer.concat(chunks))).toBe(0);
    });

    it('reads ranges, and refuses one that the object does not have', async () => {
      const store = await fresh();
      const part = new Uint8Array(200_000).map((_, index) => (index * 31) % 251);
      await store.create('r', part);
      const middle = await store.readRange('r', 1000, 150_000);
      expect(middle.byteOffset).toBe(0);
      expect(Buffer.compare(middle, part.subarray(1000, 150_000))).toBe(0);
      expect(await store.readRange('r', 199_999, 200_000)).toEqual(part.slice(-1));
      await expect(store.readRange('r', 199_999, 200_001)).rejects.toThrow(
        `Object ${store.url}/r: ends early, expected at least 200001 bytes`,
      );
      await expect(store.readRange('r', 200_000, 200_001)).rejects.toThrow(ContractMismatchError);
      await expect(store.readRange('none', 0, 1)).rejects.toThrow(`${store.url}/none`);
    });

    it('lists what is below a folder, in byte order of whole keys', async () => {
      const store = await fresh();
      const keys = ['p/a', 'p/a-b', 'p/a.json', 'p/a=1/x', 'p/a/z', 'p/B', 'p2/q', 'p.x'];
      for (const key of keys) if (key !== 'p/a') await store.create(key, text(key));
      const listed = await collect(store.list('p'));
      expect(listed.map((info) => info.key)).toEqual(['p/B', 'p/a-b', 'p/a.json', 'p/a/z', 'p/a=1/x']);
      expect(listed[0]).toEqual(await store.stat('p/B'));
      expect((await collect(store.list(''))).map((info) => info.key)).toEqual(keys.filter((key) => key !== 'p/a').sort());
      expect(await collect(store.list('none'))).toEqual([]);
    });

    it('lists more objects than a page holds', async () => {
      const store = await fresh();
      const keys = Array.from({ length: 150 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
      await Promise.all(keys.map((key) => store.create(key, text(key))));
      expect((await collect(store.list('many'))).map((info) => info.key)).toEqual(keys);
    });

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
      expect(new TextDecoder().decode(await store.read('v/latest.json'))).toBe('{"n":2}');
      expect((await collect(store.list('v'))).map((info) => info.key)).toEqual(['v/latest.json']);
    });

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
      await expect(store.rewrite('w/k', cut(), etag)).rejects.toThrow();
      expect(new TextDecoder().decode(await store.read('w/k'))).toBe('before');
      const next = await store.rewrite('w/k', pieces('aft', '', 'er'), etag);
      expect(new TextDecoder().decode(await store.read('w/k'))).toBe('after');
      expect((await store.stat('w/k'))?.etag).toBe(next);
      await expect(store.rewrite('w/k', pieces('late'), etag)).rejects.toThrow(RunSupersededError);
      await expect(store.rewrite('w/none', pieces('x'), etag)).rejects.toThrow(RunSupersededError);
      expect(await store.create('w/k', text('after'))).toBe('same');
      await store.rewrite('w/k', pieces(), next);
      expect((await store.stat('w/k'))?.size).toBe(0);
      expect((await collect(store.list('w'))).map((info) => info.key)).toEqual(['w/k']);
    });

    it('rewrites more than one part of an upload', async () => {
      const store = await fresh();
      await store.create('large', text('small'));
      const part = new Uint8Array(3_333_333).map((_, index) => (index * 7) % 251);
      const parts = async function* () {
        for (let i = 0; i < 6; i++) yield part;
      };
      await store.rewrite('large', parts(), (await store.stat('large'))?.etag ?? '');
      expect(Buffer.compare(await store.read('large'), Buffer.concat([part, part, part, part, part, part]))).toBe(0);
    });

    it('loses no update when many replace at once', async () => {
      const store = await fresh();
      await store.replace('counter', text('0'), null);
      const increment = async (): Promise<void> => {
        for (;;) {
          const { etag } = (await store.stat('counter')) ?? { etag: null };
          const value = Number(new TextDecoder().decode(await store.read('counter')));
          try {
            await store.replace('counter', text(String(value + 1)), etag);
            return;
          } catch (error) {
            if (!(error instanceof RunSupersededError)) throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, increment));
      expect(new TextDecoder().decode(await store.read('counter'))).toBe('8');
    });

    it('forgets what is removed', async () => {
      const store = await fresh();
      await store.create('k', text('1'));
      await store.remove('k');
      expect(await store.get('k')).toBeUndefined();
      expect(await store.create('k', text('2'))).toBe('created');
    });

    it.each(['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/./b', 'a b', 'a\\b', 'a%2fb', 'ä', '.tmp-1', 'a/.lock-b'])(
      'refuses the key %j',
      async (key) => {
        const store = await fresh();
        await expect(store.create(key, text('x'))).rejects.toThrow(ContractMismatchError);
        await expect(store.get(key)).rejects.toThrow(ContractMismatchError);
        await expect(store.stat(key)).rejects.toThrow(ContractMismatchError);
        await expect(store.remove(key)).rejects.toThrow(ContractMismatchError);
        await expect(store.replace(key, text('x'), null)).rejects.toThrow(ContractMismatchError);
        await expect(collect(store.stream(key))).rejects.toThrow(ContractMismatchError);
        if (key !== '') await expect(collect(store.list(key))).rejects.toThrow(ContractMismatchError);
      },
    );
  });
}
