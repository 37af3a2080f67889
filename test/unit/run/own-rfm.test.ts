import { parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';
import { textAt } from '../../../lib/arrow/columns.ts';
import { TIERS } from '../../../lib/lifecycle/words.ts';
import { readScoresOf } from '../../../lib/run/read-results.ts';
import type { Item } from '../../../lib/store/tables.ts';
import { addDays, type BusinessDate, dayOf } from '../../../lib/time.ts';
import { drawnShop, SHOP_OPENS } from '../../support/drawn-shop.ts';
import { emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';

const LAST = addDays(SHOP_OPENS, 8);
const NEXT = addDays(LAST, 1);
const WINDOW = 4;
const words = { en: 'a', zh: 'b' };

/** A map of three segments by R and F alone, and a segment of those in the last of them. */
const configOf = (rare: string) => ({
  shards: 2,
  tiers: { vipShare: 0.1, minNights: 0 },
  rfm: {
    windowDays: WINDOW,
    cutPolicy: 'nightly',
    segmentMap: [
      { name: 'Gone quiet', r: [1, 2] },
      { name: 'Often', zh: '常客', r: [3, 5], f: [3, 5] },
      { name: rare, r: [3, 5], f: [1, 2] },
    ],
  },
  segments: [{ id: 'rare', name: words, play: words, where: { rfmSegment: [rare] } }],
  destinations: [{ id: 'generic_jsonl' }],
});

describe('runs with a window and a map of their own', { timeout: 30_000 }, () => {
  let places: MemoryPlaces;
  const runTo = (to: BusinessDate, config: object, from?: BusinessDate) =>
    runInMemory({ ...(from ? { from } : {}), to, dropsUrl: places.drops.url }, memoryDeps(places, config));
  const profiles = async () => {
    const items: Item[] = [];
    for await (const item of places.profiles.scan()) items.push(item);
    return items;
  };

  beforeAll(async () => {
    places = emptyPlaces(await drawnShop({ days: 10, customers: 60 }));
    await runTo(LAST, configOf('Rare'), SHOP_OPENS);
  });

  it('score what was bought in the window, and name segments as the map does', async () => {
    const { rows, columns: c, words: dictionaries } = await readScoresOf(memoryDeps(places), undefined);
    expect(dictionaries['rfm_segment']).toEqual(['Gone quiet', 'Often', 'Rare']);
    const seen = new Set<string>();
    for (let row = 0; row < rows; row++) {
      const name = dictionaries['rfm_segment']?.[c.rfm_segment[row] as number] ?? '';
      seen.add(name);
      if ((c.x[row] as number) < 0) continue;
      expect(name).toBe((c.r[row] as number) <= 2 ? 'Gone quiet' : (c.f[row] as number) >= 3 ? 'Often' : 'Rare');
      const [n, last] = [(c.x[row] as number) + 1, c.last_purchase_on[row] as number];
      expect(c.frequency[row]).toBeLessThanOrEqual(Math.min(n, WINDOW));
      expect((c.frequency[row] as number) > 0).toBe(last > dayOf(LAST) - WINDOW);
      // of those who began within it, everything counts
      if ((c.first_purchase_on[row] as number) > dayOf(LAST) - WINDOW) {
        expect([c.frequency[row], c.monetary_minor[row]]).toEqual([n, c.total_clv_minor[row]]);
      }
    }
    expect(seen.size).toBe(4);
    expect([...c.tier].filter((tier) => TIERS[tier] === 'vip').length).toBeGreaterThan(0);
  });

  it('carry the names into Parquet, profiles and exports', async () => {
    const { columns: c, rows } = await readScoresOf(memoryDeps(places), undefined);
    const ids = Array.from({ length: rows }, (_, row) => textAt(c.customer_id, row));
    const inFiles = new Map<string, unknown>();
    for (const key of places.lake.keys().filter((name) => /scores\/.*parquet$/.test(name) && name.includes(LAST))) {
      const bytes = places.lake.peek(key);
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
      for (const { customer_id: id, rfm_segment: name } of await parquetReadObjects({ file })) inFiles.set(id as string, name);
    }
    const shown = new Map((await profiles()).map((item) => [item['customer_id'] as string, item]));
    expect([...inFiles.keys()].sort()).toEqual([...ids].sort());
    for (const id of ids) {
      const { rfm_segment: name, segments } = shown.get(id) ?? {};
      expect(name).toEqual(inFiles.get(id));
      expect(segments).toEqual(name === 'Rare' ? ['rare'] : []);
    }
  });

  it('write the profiles anew when a segment of the map gets another name', async () => {
    await runTo(NEXT, configOf('Now and then'));
    const names = new Set((await profiles()).map((item) => item['rfm_segment']));
    names.delete(null);
    expect(names).toEqual(new Set(['Gone quiet', 'Now and then', 'Often']));
  });
});
