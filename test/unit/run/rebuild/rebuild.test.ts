import { beforeAll, describe, expect, it } from 'vitest';
import { lakeKeys } from '../../../../lib/keys.ts';
import { compact } from '../../../../lib/run/compact/compact.ts';
import { outlineRebuild } from '../../../../lib/run/rebuild/outline-rebuild.ts';
import { rollback } from '../../../../lib/run/rollback.ts';
import { findCurrent, listRuns, type RunRecord } from '../../../../lib/run/run-ledger.ts';
import { addDays, type BusinessDate } from '../../../../lib/time.ts';
import { drawnShop, SHOP_OPENS } from '../../../support/drawn-shop.ts';
import { copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../../support/run-in-memory.ts';
import { readShown, type ShownPlaces } from '../../../support/shown-places.ts';

/** Days of the base run, and of the nights after it. The first model is fitted on the second Monday. */
const BASE_DAYS = 11;
const HEAD_DAY = 13;
const DROPS = 'memory:drops';
const CONFIG = {
  shards: 3,
  epochs: { minHistoryDays: 10, minRepeatCustomers: 20 },
  destinations: [{ id: 'generic_jsonl' }],
};

const date = (day: number): BusinessDate => addDays(SHOP_OPENS, day);
const night = (places: MemoryPlaces, day: number, config: object = CONFIG) =>
  runInMemory({ to: date(day), dropsUrl: DROPS }, memoryDeps(places, config));
const rebuild = (places: MemoryPlaces, config: object = CONFIG, wish: { shards?: number; fromDrops?: boolean } = {}) =>
  runInMemory({ rebuild: { fromDrops: false, ...wish }, dropsUrl: DROPS }, memoryDeps(places, config));
const runs = (places: MemoryPlaces) => listRuns(memoryDeps(places));
const last = async (places: MemoryPlaces) => (await runs(places)).at(-1) as RunRecord;

let base: MemoryPlaces;
let shown: ShownPlaces;

beforeAll(async () => {
  base = emptyPlaces(await drawnShop({ days: HEAD_DAY + 3, customers: 60 }));
  await runInMemory({ from: date(0), to: date(BASE_DAYS), dropsUrl: DROPS }, memoryDeps(base, CONFIG));
  for (let day = BASE_DAYS + 1; day <= HEAD_DAY; day++) await night(base, day);
  shown = await readShown(base);
}, 60_000);

describe('rebuild with the same shards', { timeout: 60_000 }, () => {
  let places: MemoryPlaces;
  let record: RunRecord;

  beforeAll(async () => {
    places = copyPlaces(base);
    await rebuild(places);
    record = await last(places);
  });

  it('is one run over all dates in a generation of its own, in place of the committed one', async () => {
    const replaced = (await runs(places)).at(-2) as RunRecord;
    expect(record).toMatchObject({
      from: date(0),
      to: date(HEAD_DAY),
      state: 'CLOSED',
      generation: 2,
      baseRunId: '',
      replacesRunId: replaced.runId,
      rebuild: 'ledger',
    });
    expect(replaced).toMatchObject({ state: 'CLOSED', generation: 1 });
  });

  it('is the full recompute of the nights: the same bytes, with no trace of run or generation', () => {
    const ofHead = new RegExp(`^(pii/)?g=1/(books|state|scores|membership|kpi|snapshots)/dt=${date(HEAD_DAY)}/`);
    const ofAnyDate = /^g=1\/(transitions|calibrations|kpi)\/dt=/;
    // What was published belongs to a run, not to a date: a rebuild publishes once.
    const isOfRun = (key: string) => key.includes('.exports.');
    const keys = places.lake.keys().filter((key) => (ofHead.test(key) || ofAnyDate.test(key)) && !isOfRun(key));
    for (const kind of ['g=1/books/', 'pii/g=1/snapshots/', 'g=1/transitions/']) {
      expect(keys.filter((key) => key.startsWith(kind)).length).toBeGreaterThanOrEqual(CONFIG.shards);
    }
    const twin = (key: string) => key.replace('g=1/', 'g=2/').replace(/run=[^/.]+/, `run=${record.runId}`);
    expect(keys.filter((key) => Buffer.compare(places.lake.peek(key), places.lake.peek(twin(key))) !== 0)).toEqual([]);
  });

  it('shows the same, and writes no profile and no transition item', async () => {
    expect({ ...(await readShown(places)), lists: {} }).toEqual({ ...shown, lists: {} });
    expect(record.counts).toMatchObject({ profiles: Object.keys(shown.profiles).length, profilesWritten: 0 });
  });

  it('publishes full lists anew, with nobody entered or exited since the list of the same date', async () => {
    const { lists } = await readShown(places);
    for (const [name, text] of Object.entries(lists)) {
      expect({ name, text }).toEqual({ name, text: name.endsWith(' full') ? shown.lists[name] : '' });
    }
  });

  it('asked again does nothing', async () => {
    const before = places.lake.keys();
    expect(await rebuild(places)).toMatchObject({ decision: 'done', runId: record.runId });
    expect(places.lake.keys()).toEqual(before);
  });

  it('the next night goes on in the new generation, as it would have in the old one', async () => {
    const [old, next] = [copyPlaces(base), copyPlaces(places)];
    for (const one of [old, next]) await night(one, HEAD_DAY + 1);
    expect(await last(next)).toMatchObject({ generation: 2, baseRunId: record.runId });
    expect(await readShown(next)).toEqual(await readShown(old));
  });

  it('knows the contents that the old generation took', async () => {
    const next = copyPlaces(places);
    const known = next.drops.peek(`dt=${date(HEAD_DAY)}/transactions/part-0.csv`);
    await next.drops.create(`dt=${date(HEAD_DAY - 1)}/transactions/copy.csv`, known);
    await night(next, HEAD_DAY + 1);
    const plan = JSON.parse(Buffer.from(next.lake.peek(`runs/${(await last(next)).runId}/plan.json`)).toString('utf8'));
    const taken = plan.batches.flatMap((batch: { files: { key: string }[] }) => batch.files.map(({ key }) => key));
    expect(taken).toHaveLength(4);
    expect(taken.filter((key: string) => !key.startsWith(`dt=${date(HEAD_DAY + 1)}/`))).toEqual([]);
  });

  it('rollback shows the old generation again; a later rebuild is the third', async () => {
    const back = copyPlaces(places);
    await rollback(memoryDeps(back, CONFIG));
    expect(await readShown(back)).toEqual(shown);
    expect((await runs(back)).at(-1)).toMatchObject({ state: 'SUPERSEDED', generation: 2 });
    await rebuild(back);
    expect(await last(back)).toMatchObject({ state: 'CLOSED', generation: 3 });
  });
});

describe('rebuild with other shards', { timeout: 60_000 }, () => {
  it('3 -> 1 -> 7 -> 4 shards: scores, transitions, profiles and full lists stay', async () => {
    const places = copyPlaces(base);
    for (const [i, shards] of [1, 7, 4].entries()) {
      await rebuild(places, CONFIG, { shards });
      const now = await readShown(places);
      expect({ ...now, lists: {} }).toEqual({ ...shown, lists: {} });
      for (const name of Object.keys(now.lists).filter((key) => key.endsWith(' full'))) {
        expect(now.lists[name]).toBe(shown.lists[name]);
      }
      expect(await last(places)).toMatchObject({ generation: i + 2, counts: { profilesWritten: 0 } });
    }
    // Markers of former generations are forgotten.
    const markers: unknown[] = [];
    for await (const { sk } of places.runs.query({ pk: 'PROJECTION' })) markers.push(sk);
    expect(markers).toEqual([0, 1, 2, 3].map((shard) => `g=4/shard=${shard}`));
  });

  it('holds for the nights after it where the configuration does not tell the number', async () => {
    const { shards: _, ...untold } = CONFIG;
    const places = copyPlaces(base);
    await rebuild(places, untold, { shards: 5 });
    await night(places, HEAD_DAY + 1, untold);
    const old = copyPlaces(base);
    await night(old, HEAD_DAY + 1);
    expect(await readShown(places)).toEqual(await readShown(old));
    await rollback(memoryDeps(places, untold));
    await rollback(memoryDeps(places, untold));
    expect(await readShown(places)).toEqual(shown);
    await night(places, HEAD_DAY + 1, untold);
    expect(await readShown(places)).toEqual(await readShown(old));
  });

  it('a night with other shards is refused and told to rebuild', async () => {
    const other = { ...CONFIG, shards: 5 };
    await expect(night(copyPlaces(base), HEAD_DAY + 1, other)).rejects.toThrow(
      'Configuration shards: 5, expected 3, with which all state was made. Set it back, or run `rebuild`',
    );
  });

  it('rollback of it asks for the old configuration', async () => {
    const other = { ...CONFIG, shards: 5 };
    const places = copyPlaces(base);
    await rebuild(places, other);
    await expect(rollback(memoryDeps(places, other))).rejects.toThrow('Configuration shards: 5, expected 3');
    await rollback(memoryDeps(places, CONFIG));
    expect(await readShown(places)).toEqual(shown);
  });
});

describe('rebuild from the drops', { timeout: 60_000 }, () => {
  const CHANGED = { ...CONFIG, timeZone: 'Asia/Shanghai', shards: 2 };

  it('a changed time zone: as if it had been so from the first night; tables and lists follow', async () => {
    const fresh = emptyPlaces(base.drops.copy());
    await runInMemory({ from: date(0), to: date(HEAD_DAY), dropsUrl: DROPS }, memoryDeps(fresh, CHANGED));
    const expected = await readShown(fresh);
    expect(expected.transitions).not.toEqual(shown.transitions);
    const places = copyPlaces(base);
    await rebuild(places, CHANGED);
    const found = await readShown(places);
    expect(await last(places)).toMatchObject({ rebuild: 'drops', generation: 2 });
    expect({ ...found, lists: {} }).toEqual({ ...expected, lists: {} });
    const ids = (lists: ShownPlaces['lists'], name: string) =>
      [...(lists[name] ?? '').matchAll(/"customer_id":"([^"]+)"/g)].map(([, id]) => id as string);
    for (const name of Object.keys(found.lists).filter((key) => key.endsWith(' full'))) {
      expect(found.lists[name]).toBe(expected.lists[name]);
      const [now, before] = [ids(found.lists, name), ids(shown.lists, name)];
      const listed = (role: string) => ids(found.lists, name.replace(/full$/, role));
      expect(listed('entered')).toEqual(now.filter((id) => !before.includes(id)));
      expect(listed('exited')).toEqual(before.filter((id) => !now.includes(id)));
    }
    await rollback(memoryDeps(places, CONFIG));
    expect(await readShown(places)).toEqual(shown);
  });

  it('a late file keeps the night on which it became known', async () => {
    const places = copyPlaces(base);
    const late =
      'transaction_id,customer_id,occurred_at,amount,currency,type\nlate-1,late-comer,2025-01-10T10:00:00Z,9.00,USD,sale\n';
    await places.drops.create(`dt=${date(9)}/transactions/late.csv`, Buffer.from(late));
    await night(places, HEAD_DAY + 1);
    const before = await readShown(places);
    await rebuild(places, CONFIG, { fromDrops: true });
    expect({ ...(await readShown(places)), lists: {} }).toEqual({ ...before, lists: {} });
    expect(JSON.stringify(before.transitions)).toContain('late-comer');
  });

  it('a drop that is gone or changed is named, and nothing is shown', async () => {
    const gone = copyPlaces(base);
    const without = { ...gone, drops: await drawnShop({ days: 4, customers: 60 }) };
    await expect(rebuild(without, CHANGED)).rejects.toThrow(
      /^Rebuild from the drops: dt=2025-01-05\/customers\/part-0\.csv is missing \(looked in memory:drops\).* and \d+ more, expected every file/,
    );
    expect(await readShown(gone)).toEqual(shown);
    const changed = { ...copyPlaces(base), drops: await drawnShop({ days: HEAD_DAY + 1, customers: 64 }) };
    await expect(rebuild(changed, CHANGED)).rejects.toThrow(
      'dt=2025-01-01/transactions/part-0.csv holds other content than was taken',
    );
  });
});

it('is refused where nothing is committed, and with dates', async () => {
  await expect(rebuild(emptyPlaces())).rejects.toThrow('no run is committed');
  const deps = memoryDeps(copyPlaces(base), CONFIG);
  await expect(runInMemory({ rebuild: { fromDrops: false }, to: date(3) }, deps)).rejects.toThrow('dates given, expected none');
});

describe('a committed chain of which a ledger list is missing', { timeout: 60_000 }, () => {
  it('is refused by rebuilds, nights and compact, naming the list, before anything is committed', async () => {
    const places = copyPlaces(base);
    const [first] = await runs(places);
    const key = lakeKeys.ledgerList(1, date(3), first?.runId ?? '');
    await places.lake.remove(key);
    const refused = `Ledger list ${key}: missing`;
    const deps = memoryDeps(places, CONFIG);
    const before = await findCurrent(deps);
    await expect(outlineRebuild(deps, { fromDrops: false })).rejects.toThrow(refused);
    for (const fromDrops of [false, true]) await expect(rebuild(places, CONFIG, { fromDrops })).rejects.toThrow(refused);
    await expect(night(places, HEAD_DAY + 1)).rejects.toThrow(refused);
    for (const { runId, state } of await runs(places)) {
      if (state === 'OPEN') await places.runs.update({ pk: 'RUN', sk: runId }, { state: 'SUPERSEDED' });
    }
    await expect(compact(deps, { dryRun: true, progress: () => {} })).rejects.toThrow(refused);
    expect(await findCurrent(deps)).toEqual(before);
  });
});
