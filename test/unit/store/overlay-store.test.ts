import { describe, expect, it } from 'vitest';
import { ContractMismatchError, InvariantBrokenError } from '../../../lib/errors.ts';
import { overlayStore } from '../../../lib/store/overlay-store.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined) => content && new TextDecoder().decode(content);

/** `a` and `c/x` lie below, `b` and another `c/x` above. */
async function stores() {
  const [above, below] = [new MemoryStore('memory:above'), new MemoryStore('memory:below')];
  for (const [store, key, content] of [
    [below, 'a', 'low a'],
    [below, 'c/x', 'low'],
    [below, 'c/y', 'low y'],
    [above, 'b', 'high b'],
    [above, 'c/x', 'high x'],
    [above, 'd', 'high d'],
  ] as const) {
    await store.create(key, bytes(content));
  }
  return { above, below, both: overlayStore(above, below) };
}

async function keysOf(listing: AsyncIterable<{ key: string; size: number }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, size } of listing) keys.push(`${key} ${size}`);
  return keys;
}

describe('overlayStore', () => {
  it('reads what lies above, and what is not there from below', async () => {
    const { both } = await stores();
    expect([text(await both.get('a')), text(await both.read('b')), text(await both.get('c/x'))]).toEqual([
      'low a',
      'high b',
      'high x',
    ]);
    expect([await both.get('none'), await both.stat('none')]).toEqual([undefined, undefined]);
    expect([(await both.stat('c/x'))?.size, (await both.stat('c/y'))?.size]).toEqual([6, 5]);
    expect([text(await both.readRange('c/x', 0, 4)), text(await both.readRange('a', 4, 5))]).toEqual(['high', 'a']);
    const pieces: string[] = [];
    for (const key of ['c/x', 'c/y']) for await (const piece of both.stream(key)) pieces.push(text(piece) as string);
    expect(pieces).toEqual(['high x', 'low y']);
    await expect(both.read('none')).rejects.toThrow(ContractMismatchError);
    await expect(both.read('none')).rejects.toThrow('memory:below/none');
  });

  it('lists both in byte order, each key once', async () => {
    const { both } = await stores();
    expect(await keysOf(both.list(''))).toEqual(['a 5', 'b 6', 'c/x 6', 'c/y 5', 'd 6']);
    expect(await keysOf(both.list('c'))).toEqual(['c/x 6', 'c/y 5']);
    expect(await keysOf(both.list('none'))).toEqual([]);
  });

  it('writes above alone, and each key once over both', async () => {
    const { above, below, both } = await stores();
    const kept = below.keys();
    expect([await both.create('new', bytes('1')), await both.create('new', [bytes('1')])]).toEqual(['created', 'same']);
    expect([await both.create('a', bytes('low a')), await both.create('c/x', bytes('high x'))]).toEqual(['same', 'same']);
    for (const [key, content] of [
      ['a', 'low b'],
      ['a', 'longer than it'],
      ['c/x', 'low'],
      ['new', '2'],
    ] as const) {
      await expect(both.create(key, bytes(content))).rejects.toThrow(InvariantBrokenError);
    }
    expect([above.keys(), below.keys()]).toEqual([['b', 'c/x', 'd', 'new'], kept]);
  });

  it('refuses to change or remove anything', async () => {
    const { both, above } = await stores();
    const chunks = async function* () {};
    await expect(both.replace('a', bytes('x'), null)).rejects.toThrow(InvariantBrokenError);
    await expect(both.rewrite('b', chunks(), 'v1')).rejects.toThrow(InvariantBrokenError);
    await expect(both.remove('b')).rejects.toThrow('memory:below/b: removed through an overlay');
    expect(above.keys()).toEqual(['b', 'c/x', 'd']);
  });
});
