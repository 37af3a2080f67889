import { InvariantBrokenError } from '../errors.ts';
import { chunksOf, sameContent, sizeOf } from './object-content.ts';
import { missingObject } from './object-key.ts';
import type { ObjectInfo, ObjectStore } from './objects.ts';

/**
 * Two stores as one: what is written goes to `above`, what is not there is read from `below`, which is never written to.
 *
 * An object of `above` hides that of `below` with the same key. `create` alone writes: it keeps the promise of write-once for the
 * objects of both. `replace`, `rewrite` and `remove` are refused, for they would have to change `below`.
 *
 * @throws InvariantBrokenError at a call of one of these three
 */
export function overlayStore(above: ObjectStore, below: ObjectStore): ObjectStore {
  const refuse = (operation: string) => (key: string) =>
    Promise.reject(
      new InvariantBrokenError(
        `Object ${below.url}/${key}: ${operation} through an overlay, expected that nothing below it changes.`,
      ),
    );
  const holder = async (key: string) => ((await above.stat(key)) ? above : below);
  const get = async (key: string) => (await above.get(key)) ?? below.get(key);
  return {
    url: below.url,
    get,
    async read(key) {
      const bytes = await get(key);
      if (!bytes) throw missingObject(below.url, key);
      return bytes;
    },
    async *stream(key) {
      yield* (await holder(key)).stream(key);
    },
    readRange: async (key, start, end) => (await holder(key)).readRange(key, start, end),
    stat: async (key) => (await above.stat(key)) ?? below.stat(key),
    list: (prefix) => merged(above.list(prefix), below.list(prefix)),
    async create(key, bytes) {
      const kept = await below.stat(key);
      if (!kept || (await above.stat(key))) return above.create(key, bytes);
      const chunks = chunksOf(bytes);
      if (kept.size === sizeOf(chunks) && (await sameContent(chunks, below.stream(key)))) return 'same';
      throw new InvariantBrokenError(
        `Object ${below.url}/${key}: holds other content (${kept.size} bytes), expected the ${sizeOf(chunks)} bytes that were to be written over it. Report this bug.`,
      );
    },
    replace: refuse('replaced'),
    rewrite: refuse('rewritten'),
    remove: refuse('removed'),
  };
}

/** Two listings in byte order as one; of equal keys the first listing's. Keys are ASCII, so texts compare as bytes. */
async function* merged(first: AsyncIterable<ObjectInfo>, second: AsyncIterable<ObjectInfo>): AsyncIterable<ObjectInfo> {
  const [a, b] = [first[Symbol.asyncIterator](), second[Symbol.asyncIterator]()];
  try {
    let [x, y] = await Promise.all([a.next(), b.next()]);
    while (!x.done || !y.done) {
      if (y.done || (!x.done && x.value.key <= y.value.key)) {
        const { value } = x as IteratorYieldResult<ObjectInfo>;
        yield value;
        if (!y.done && y.value.key === value.key) y = await b.next();
        x = await a.next();
      } else {
        yield y.value;
        y = await b.next();
      }
    }
  } finally {
    await Promise.all([a.return?.(), b.return?.()]);
  }
}
