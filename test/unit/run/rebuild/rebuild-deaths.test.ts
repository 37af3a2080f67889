import { beforeAll, describe, expect, it } from 'vitest';
import { rollback } from '../../../../lib/run/rollback.ts';
import { listRuns } from '../../../../lib/run/run-ledger.ts';
import { addDays, type BusinessDate } from '../../../../lib/time.ts';
import { drawnShop, SHOP_OPENS } from '../../../support/drawn-shop.ts';
import { type Death, MortalPorts } from '../../../support/mortal-ports.ts';
import { comparable, type PlacesState, readPlaces, shownOf } from '../../../support/places-state.ts';
import { Crash, copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../../support/run-in-memory.ts';
import { withoutStarts } from '../../../support/same-state.ts';

/** Days of the base run, which one night follows. */
const BASE_DAYS = 7;
const DROPS = 'memory:drops';
const OLD = { shards: 2, destinations: [{ id: 'generic_csv' }] };
/** Other shards, and other content: evenings fall on the next day. */
const NEW = { ...OLD, shards: 3, timeZone: 'Asia/Shanghai' };

const date = (day: number): BusinessDate => addDays(SHOP_OPENS, day);
const ask = (places: MemoryPlaces, ports = new MortalPorts()) =>
  runInMemory({ rebuild: { fromDrops: false }, dropsUrl: DROPS }, ports.wrap(memoryDeps(places, NEW)));

/** Lets a process die. @returns false when it ended before its death */
async function dies(act: (ports: MortalPorts) => Promise<unknown>, death: Death): Promise<boolean> {
  const ports = new MortalPorts(death);
  await act(ports).catch((error: unknown) => {
    if (!ports.isDead) throw error;
  });
  return ports.isDead;
}

let base: MemoryPlaces;
let before: PlacesState;
/** Everything is there, nothing is committed. */
let ready: MemoryPlaces;
let rebuilt: MemoryPlaces;
let after: PlacesState;

beforeAll(async () => {
  base = emptyPlaces(await drawnShop({ days: BASE_DAYS + 3, customers: 24 }));
  await runInMemory({ from: date(0), to: date(BASE_DAYS), dropsUrl: DROPS }, memoryDeps(base, OLD));
  await runInMemory({ to: date(BASE_DAYS + 1), dropsUrl: DROPS }, memoryDeps(base, OLD));
  before = await readPlaces(base);
  rebuilt = copyPlaces(base);
  const stop = (step: string) => {
    if (step !== 'commit-run') return;
    ready = copyPlaces(rebuilt);
  };
  await runInMemory({ rebuild: { fromDrops: false }, dropsUrl: DROPS }, memoryDeps(rebuilt, NEW), { before: stop });
  after = await readPlaces(rebuilt);
  expect(shownOf(after)['transitions']).not.toEqual(shownOf(before)['transitions']);
}, 60_000);

/** Items of tables that are neither as before nor as after. */
function strangers(found: PlacesState): string[] {
  const sides = [before, after].map(({ profiles, transitions }) => ({ profiles: withoutStarts(profiles), transitions }));
  return (['profiles', 'transitions'] as const).flatMap((table) => {
    const items = withoutStarts(found[table]);
    return Object.keys(items).filter((key) => {
      const text = JSON.stringify(items[key]);
      return !sides.some((side) => JSON.stringify(side[table][key]) === text);
    });
  });
}

describe('a rebuild that dies', { timeout: 60_000 }, () => {
  it('before the commit: nobody sees anything, and asked again it goes on to the same state', async () => {
    const total = await countWrites((ports) => ask(copyPlaces(base), ports));
    expect(total).toBeGreaterThan(80);
    for (const nth of [5, 60]) {
      const places = copyPlaces(base);
      expect(await dies((ports) => ask(places, ports), { nth, when: 'after' })).toBe(true);
      expect(shownOf(await readPlaces(places))).toEqual(shownOf(before));
      await ask(places);
      expect(comparable(await readPlaces(places))).toEqual(comparable(after));
    }
  });

  it('at any write from the commit on: asked again it ends in the same state', { timeout: 60_000 }, async () => {
    const total = await countWrites((ports) => ask(copyPlaces(ready), ports));
    expect(total).toBeGreaterThan(60);
    for (const nth of pointsOf(total)) {
      const places = copyPlaces(ready);
      expect(await dies((ports) => ask(places, ports), { nth, when: 'before' })).toBe(true);
      expect({ nth, strangers: strangers(await readPlaces(places)) }).toEqual({ nth, strangers: [] });
      await ask(places);
      expect({ nth, ...comparable(await readPlaces(places)) }).toEqual({ nth, ...comparable(after) });
    }
  });

  it('in the middle of the profiles and is rolled back: the old generation is shown whole', { timeout: 60_000 }, async () => {
    const ports = new MortalPorts();
    await ask(copyPlaces(ready), ports);
    const profiles = ports.writes.flatMap((what, i) => (/^(profiles|transitions) /.test(what) ? [i + 1] : []));
    for (const nth of [profiles[0], profiles[Math.floor(profiles.length / 2)], profiles.at(-1)]) {
      const places = copyPlaces(ready);
      expect(await dies((mortal) => ask(places, mortal), { nth: nth as number, when: 'after' })).toBe(true);
      await rollback(memoryDeps(places, OLD));
      const found = await readPlaces(places);
      expect(withoutStarts(found.profiles)).toEqual(withoutStarts(before.profiles));
      expect(found.transitions).toEqual(before.transitions);
      expect(shownOf(found)['latest']).toEqual(shownOf(before)['latest']);
    }
  });

  it('and a night is asked for: the rebuild is superseded, the night goes on in the old generation', async () => {
    const places = copyPlaces(base);
    expect(await dies((ports) => ask(places, ports), { nth: 30, when: 'after' })).toBe(true);
    await runInMemory({ to: date(BASE_DAYS + 2), dropsUrl: DROPS }, memoryDeps(places, OLD));
    const records = await listRuns(memoryDeps(places));
    expect(records.slice(-2).map(({ state, generation }) => ({ state, generation }))).toEqual([
      { state: 'SUPERSEDED', generation: 2 },
      { state: 'CLOSED', generation: 1 },
    ]);
  });
});

it('a rollback of a rebuild that dies at any write is finished when it is asked again', { timeout: 60_000 }, async () => {
  const total = await countWrites((ports) => rollback(ports.wrap(memoryDeps(copyPlaces(rebuilt), OLD))));
  for (const nth of pointsOf(total).slice(1)) {
    const places = copyPlaces(rebuilt);
    expect(await dies((ports) => rollback(ports.wrap(memoryDeps(places, OLD))), { nth, when: 'before' })).toBe(true);
    if ((await currentOf(places)) === (await currentOf(rebuilt))) await rollback(memoryDeps(places, OLD));
    else await runInMemory({ to: date(BASE_DAYS + 1), dropsUrl: DROPS }, memoryDeps(places, OLD));
    const found = await readPlaces(places);
    expect(withoutStarts(found.profiles)).toEqual(withoutStarts(before.profiles));
    expect({ nth, items: found.transitions }).toEqual({ nth, items: before.transitions });
    expect(shownOf(found)['latest']).toEqual(shownOf(before)['latest']);
  }
});

/** The first and last writes, and some between; all of them with PERENNIAL_EVERY_DEATH=1. */
function pointsOf(total: number): number[] {
  const all = Array.from({ length: total }, (_, i) => i + 1);
  if (process.env['PERENNIAL_EVERY_DEATH']) return all;
  return all.filter((nth) => nth <= 3 || nth > total - 3 || nth % 19 === 0);
}

async function countWrites(act: (ports: MortalPorts) => Promise<unknown>): Promise<number> {
  const ports = new MortalPorts();
  await act(ports).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error;
  });
  return ports.writes.length;
}

async function currentOf(places: MemoryPlaces): Promise<unknown> {
  return (await places.runs.get({ pk: 'CURRENT', sk: '-' }))?.['runId'];
}
