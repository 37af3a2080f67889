import { beforeAll, describe, expect, it } from 'vitest';
import { compact } from '../../../../lib/run/compact/compact.ts';
import { listRuns, type RunRecord } from '../../../../lib/run/run-ledger.ts';
import { addDays, type BusinessDate } from '../../../../lib/time.ts';
import { drawnShop, SHOP_OPENS } from '../../../support/drawn-shop.ts';
import { copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../../support/run-in-memory.ts';
import { readShown } from '../../../support/shown-places.ts';

const HEAD_DAY = 9;
const CONFIG = { shards: 2, destinations: [{ id: 'generic_jsonl' }] };
/** Customers whose erasure was asked for on day 5 and on day 8. */
const ERASED = [8, 19, 30, 11, 22, 33].map((who) => `customer-${who}`);

const date = (day: number): BusinessDate => addDays(SHOP_OPENS, day);
const last = async (places: MemoryPlaces) => (await listRuns(memoryDeps(places))).at(-1) as RunRecord;
const silent = { dryRun: false, progress: () => {} };

/** A shop whose drops lie in the lake, so that compact may rewrite them. */
async function shopInLake(): Promise<MemoryPlaces> {
  const places = emptyPlaces();
  const drops = await drawnShop({ days: HEAD_DAY + 2, customers: 40 });
  for (const key of drops.keys()) await places.lake.create(`drops/${key}`, drops.peek(key));
  return places;
}

/** What the profiles and transition items tell of the erased customers. */
async function tracesOf(places: MemoryPlaces): Promise<string[]> {
  const { profiles, transitions } = await readShown(places);
  return [...Object.keys(profiles), ...Object.keys(transitions)].filter((key) => ERASED.includes(key.split(' ')[0] as string));
}

describe('a rebuild after erasures', () => {
  let base: MemoryPlaces;
  let traces: string[];

  beforeAll(async () => {
    base = await shopInLake();
    await runInMemory({ from: date(0), to: date(6) }, memoryDeps(base, CONFIG));
    for (let day = 7; day <= HEAD_DAY; day++) await runInMemory({ to: date(day) }, memoryDeps(base, CONFIG));
    traces = await tracesOf(base);
  }, 60_000);

  it.each([
    ['the ledger', { fromDrops: false, shards: 3 }, false],
    ['the drops, which still have them', { fromDrops: true }, false],
    ['the ledger, after compact', { fromDrops: false, shards: 3 }, true],
    ['the drops that compact rewrote', { fromDrops: true }, true],
  ])('from %s: who was erased stays so', { timeout: 60_000 }, async (_, rebuild, isCompacted) => {
    const places = copyPlaces(base);
    if (isCompacted) expect((await compact(memoryDeps(places, CONFIG), silent)).log.rewritten.length).toBeGreaterThan(0);
    await runInMemory({ rebuild }, memoryDeps(places, CONFIG));
    const record = await last(places);
    expect(record).toMatchObject({ state: 'CLOSED', generation: 2 });
    expect(await tracesOf(places)).toEqual(traces);
    const { shards: _shards, ...untold } = CONFIG;
    await runInMemory({ to: date(HEAD_DAY + 1) }, memoryDeps(places, untold));
    const next = await last(places);
    expect(next).toMatchObject({ state: 'CLOSED', generation: 2, baseRunId: record.runId });
    expect(next.counts['files']).toBe(4);
  });
});
