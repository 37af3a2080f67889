import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { copyDrop, leftInLake } from '../../../cli/copy-drops.ts';
import { InvalidDropError } from '../../../lib/errors.ts';
import type { ObjectStore } from '../../../lib/store/objects.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const FOLDER = 'dt=2025-03-07';
const KEY = `${FOLDER}/transactions/a.csv`;
const bytes = (text: string) => new TextEncoder().encode(text);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const text = async (store: ObjectStore, key: string) => new TextDecoder().decode(await store.read(key));

describe('copyDrop', () => {
  const target = (more: object = {}) => ({ lake, mayReplace: false, compacted: [], replaceCommand: 'REPLACE', ...more });
  let source: ObjectStore;
  let lake: ObjectStore;
  beforeEach(async () => {
    [source, lake] = [new MemoryStore('memory:source'), new MemoryStore('memory:lake')];
    await source.create(KEY, bytes('all'));
  });

  it('copies once, and refuses or replaces other content', async () => {
    expect(await copyDrop(source, KEY, target())).toBe('created');
    expect(await copyDrop(source, KEY, target())).toBe('same');
    await source.replace(KEY, bytes('mended'), (await source.stat(KEY))?.etag ?? null);
    await expect(copyDrop(source, KEY, target())).rejects.toThrow(InvalidDropError);
    await expect(copyDrop(source, KEY, target())).rejects.toThrow('place: REPLACE;');
    expect(await copyDrop(source, KEY, target({ mayReplace: true }))).toBe('replaced');
    expect(await text(lake, `drops/${KEY}`)).toBe('mended');
  });

  it('leaves what a compaction changed as it is, unless the source changed too or the lake has it no more', async () => {
    const compacted = [{ key: KEY, before: sha256('all'), compaction: 'c000001' }];
    await lake.create(`drops/${KEY}`, bytes('all but one'));
    for (const mayReplace of [false, true]) {
      expect(await copyDrop(source, KEY, target({ compacted, mayReplace }))).toEqual({ compaction: 'c000001' });
    }
    expect(await text(lake, `drops/${KEY}`)).toBe('all but one');
    await source.replace(KEY, bytes('mended'), (await source.stat(KEY))?.etag ?? null);
    expect(await copyDrop(source, KEY, target({ compacted, mayReplace: true }))).toBe('replaced');
    await source.replace(KEY, bytes('all'), (await source.stat(KEY))?.etag ?? null);
    await lake.remove(`drops/${KEY}`);
    expect(await copyDrop(source, KEY, target({ compacted }))).toBe('created');
  });
});

describe('leftInLake', () => {
  it('names what the source does not have, but not what commands wrote', async () => {
    const lake = new MemoryStore('memory:lake');
    for (const name of ['manifest.json', 'transactions/a.csv', 'transactions/b.csv', 'erasures/forget-0a1b.csv'])
      await lake.create(`drops/${FOLDER}/${name}`, bytes(name));
    await lake.create(`drops/${FOLDER}/transactions/retry-0a1b.jsonl`, bytes('x'));
    expect(await leftInLake(lake, FOLDER, new Set([KEY]))).toEqual([`${FOLDER}/manifest.json`, `${FOLDER}/transactions/b.csv`]);
  });
});
