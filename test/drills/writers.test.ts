import { beforeAll, describe, expect, it } from 'vitest';
import { ThrottledWriteError } from '../../lib/errors.ts';
import { lakeKeys } from '../../lib/keys.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { findCurrent, readRun } from '../../lib/run/run-ledger.ts';
import { scoreShard } from '../../lib/run/score-shard.ts';
import type { Table } from '../../lib/store/tables.ts';
import { MortalPorts } from '../support/mortal-ports.ts';
import { comparable, type PlacesState, readPlaces, shownOf } from '../support/places-state.ts';
import { Crash, copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../support/run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from '../support/small-shop.ts';

const NIGHT = { to: '2025-01-06', dropsUrl: 'memory:drops' };

/** As on AWS: several hosts reach the tables. */
const depsOf = (places: MemoryPlaces): RunDeps => memoryDeps(places, SMALL_SHOP_CONFIG, { isExclusive: false });

describe('writers that fail midway', () => {
  let base: MemoryPlaces;
  let before: PlacesState;
  let after: PlacesState;

  beforeAll(async () => {
    base = emptyPlaces(await smallShopDrops());
    await runInMemory({ from: '2025-01-03', to: '2025-01-05', dropsUrl: 'memory:drops' }, depsOf(base));
    before = await readPlaces(base);
    const unharmed = copyPlaces(base);
    await runInMemory(NIGHT, depsOf(unharmed));
    after = await readPlaces(unharmed);
  });

  it('drill 1: a shard scored again after its objects were written finds them the same, and writes one result', async () => {
    const places = copyPlaces(base);
    const deps = depsOf(places);
    let again = 0;
    await runInMemory(NIGHT, deps, {
      before: async (step) => {
        if (step !== 'verify-run') return;
        const run = { runId: 'r000002-2025-01-06', runSeq: 2 };
        // The function died before its receipt and is retried: what it wrote is there.
        await places.lake.remove(lakeKeys.receipt(run.runId, 'score-shard', 'shard=0'));
        const ports = new MortalPorts();
        await scoreShard({ ...run, shard: 0 }, ports.wrap(deps), new AbortController().signal);
        again = ports.writes.length;
      },
    });
    expect(again).toBeGreaterThan(5);
    expect(comparable(await readPlaces(places))).toEqual(comparable(after));
  });

  it('drill 4: writes that stay unprocessed leave the run COMMITTED; the next start writes the rest alone', async () => {
    const places = copyPlaces(base);
    const deps = depsOf(places);
    let left = 2;
    const put: Table['put'] = async (item, condition) => {
      if (left-- <= 0) throw new ThrottledWriteError('Table profiles: writes left, expected none. Run the step again.');
      return places.profiles.put(item, condition);
    };
    const profiles = new Proxy(places.profiles, {
      get: (table, name) => (name === 'put' ? put : (Reflect.get(table, name) as () => unknown).bind(table)),
    });
    await expect(runInMemory(NIGHT, { ...deps, profiles })).rejects.toThrow(ThrottledWriteError);
    const current = await findCurrent(deps);
    expect(await readRun(deps, current?.runId ?? '')).toMatchObject({ to: '2025-01-06', state: 'COMMITTED' });
    const ports = new MortalPorts();
    expect(await runInMemory(NIGHT, ports.wrap(deps))).toMatchObject({ decision: 'done' });
    const settled = ports.writes.filter((write) => write.startsWith('lake create') && write.includes('/scores/'));
    expect(settled).toEqual([]);
    const end = await readPlaces(places);
    expect(shownOf(comparable(end))['profiles']).toEqual(shownOf(comparable(after))['profiles']);
    expect(end.transitions).toEqual(after.transitions);
    expect(await readRun(deps, current?.runId ?? '')).toMatchObject({ state: 'CLOSED' });
  });

  it('drill 7: a publication that dies between data and manifest leaves consumers yesterday, whole', async () => {
    const places = copyPlaces(base);
    const watched = new MortalPorts();
    await runInMemory(NIGHT, watched.wrap(depsOf(copyPlaces(base))));
    const manifest = watched.writes.findIndex((write) => /^exports create .*\/manifest\.json$/.test(write)) + 1;
    expect(watched.writes[manifest - 2]).toMatch(/^exports create .*\/exited-/);
    const ports = new MortalPorts({ nth: manifest, when: 'before' });
    await expect(runInMemory(NIGHT, ports.wrap(depsOf(places)))).rejects.toThrow(Crash);
    expect(shownOf(await readPlaces(places))).toEqual(shownOf(before));
    for (const key of places.exports.keys().filter((name) => name.endsWith('/latest.json'))) {
      const { manifestKey } = JSON.parse(Buffer.from(places.exports.peek(key)).toString()) as { manifestKey: string };
      const { files } = JSON.parse(Buffer.from(places.exports.peek(manifestKey)).toString()) as { files: { key: string }[] };
      for (const file of files) expect(places.exports.peek(file.key).length).toBeGreaterThan(0);
    }
    await runInMemory(NIGHT, depsOf(places));
    expect(comparable(await readPlaces(places))).toEqual(comparable(after));
  });
});
