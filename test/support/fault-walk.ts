import { lakeKeys } from '../../lib/keys.ts';
import { compact } from '../../lib/run/compact/compact.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { rollback } from '../../lib/run/rollback.ts';
import { findCurrent, listRuns } from '../../lib/run/run-ledger.ts';
import { type Death, MortalPorts } from './mortal-ports.ts';
import { comparable, type PlacesState, readPlaces, shownOf } from './places-state.ts';
import { Crash, copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from './run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from './small-shop.ts';

/** What a process is started for; asked again after its death it must end as if it had not died. */
type Command = readonly [name: string, run: (deps: RunDeps) => Promise<unknown>];

const night = (date: string) => (deps: RunDeps) => runInMemory({ to: date, dropsUrl: 'memory:drops' }, deps);

/** A rollback that moved CURRENT is finished by whatever is started next; asked again it would go one run further. */
async function rollbackOnce(deps: RunDeps): Promise<unknown> {
  const isDone = (await findCurrent(deps))?.dt === '2025-01-06';
  return isDone ? night('2025-01-06')(deps) : rollback(deps);
}

/** A night that a check holds; held, it has ended as it should, and asked again it would be another run. */
async function heldNight(deps: RunDeps): Promise<void> {
  if ((await listRuns(deps)).some(({ state }) => state === 'HELD')) return;
  await expectHeld(night('2025-01-09')(deps));
}

async function expectHeld(run: Promise<unknown>): Promise<void> {
  const error = await run.then(
    () => new Error('Night: went on, expected it held.'),
    (thrown: unknown) => thrown as Error,
  );
  if (error.name !== 'DataQualityGateError') throw error;
}

/** Approves the held run; approved and ended, there is nothing left to approve. */
async function approveOnce(deps: RunDeps): Promise<unknown> {
  const held = (await listRuns(deps)).find(({ state, waived }) => state === 'HELD' || (state === 'OPEN' && waived !== undefined));
  return held
    ? runInMemory({ approve: { runId: held.runId, waive: [], note: '' }, dropsUrl: 'memory:drops' }, deps)
    : night('2025-01-09')(deps);
}

/** What the walk does, in order. */
export const COMMANDS: readonly Command[] = [
  ['the first run of a home', (deps) => runInMemory({ from: '2025-01-03', to: '2025-01-05', dropsUrl: 'memory:drops' }, deps)],
  ['a night', night('2025-01-06')],
  ['the night after it', night('2025-01-07')],
  ['a rollback', rollbackOnce],
  ['the night again', night('2025-01-07')],
  ['a night with erasures', night('2025-01-08')],
  ['a compaction', (deps) => compact(deps, { dryRun: false, progress: () => undefined })],
  ['a night that is held', heldNight],
  ['an approval', approveOnce],
  ['a rebuild with other shards', (deps) => runInMemory({ rebuild: { shards: 3, fromDrops: false } }, deps)],
];

/** A command with the places before it and after it. */
export interface Station {
  readonly name: string;
  readonly run: Command[1];
  readonly places: MemoryPlaces;
  readonly before: PlacesState;
  readonly after: PlacesState;
  readonly writes: readonly string[];
}

const depsOf = (places: MemoryPlaces, isExclusive: boolean) => memoryDeps(places, SMALL_SHOP_CONFIG, { isExclusive });

/** Runs every command to its end. @param isExclusive false with tables that several hosts reach, as in AWS: every write is guarded */
export async function walk(isExclusive: boolean): Promise<Station[]> {
  const stations: Station[] = [];
  let places = emptyPlaces(await smallShopDrops());
  // Else every walk would draw its own.
  await places.lake.create(
    lakeKeys.erasureSecret,
    Buffer.from(JSON.stringify({ algorithm: 'hmac-sha256', secret: '5a'.repeat(32) })),
  );
  for (const [name, run] of COMMANDS) {
    const before = copyPlaces(places);
    places = copyPlaces(places);
    const ports = new MortalPorts();
    await run(ports.wrap(depsOf(places, isExclusive)));
    const states = { before: await readPlaces(before), after: await readPlaces(places) };
    stations.push({ name, run, places: before, ...states, writes: ports.writes });
  }
  return stations;
}

/** What outsiders see, each item and file for itself, is of before; or, once CURRENT has moved, of before or of after. */
function strangeViews(found: PlacesState, { before, after }: Station): string[] {
  const [seen, was, willBe] = [found, before, after].map((state) => flat(shownOf(comparable(state)))) as [Views, Views, Views];
  const hasMoved = JSON.stringify(found.runs['CURRENT -']) !== JSON.stringify(before.runs['CURRENT -']);
  const keys = [...new Set([...Object.keys(seen), ...Object.keys(was), ...Object.keys(willBe)])];
  return keys.filter((key) => seen[key] !== was[key] && !(hasMoved && seen[key] === willBe[key]));
}

type Views = Record<string, string | undefined>;

function flat(views: Record<string, unknown>): Views {
  const { current, ...maps } = views;
  const entries = Object.entries(maps).flatMap(([kind, map]) =>
    Object.entries(map as object).map(([key, value]): [string, string] => [`${kind} ${key}`, JSON.stringify(value)]),
  );
  return Object.fromEntries([['current', JSON.stringify(current)], ...entries]);
}

/** Dies at every write, one after the other; each time the next start must end as if it had lived. @returns what is wrong */
export async function dieEverywhere(station: Station, when: Death['when'], isExclusive: boolean): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (let nth = 1; nth <= station.writes.length; nth++) {
    const found = await dieAndRepeat(station, { nth, when }, isExclusive);
    if (found.length > 0) wrong.push({ when, nth, write: station.writes[nth - 1], found: found.slice(0, 4) });
  }
  return wrong;
}

/** Dies at one write, is asked again, and must end as if it had lived. @returns what is wrong */
async function dieAndRepeat(station: Station, death: Death, isExclusive: boolean): Promise<string[]> {
  const places = copyPlaces(station.places);
  const ports = new MortalPorts(death);
  try {
    await station.run(ports.wrap(depsOf(places, isExclusive)));
  } catch (error) {
    if (!(error instanceof Crash)) return [`ended with ${String(error)}`];
  }
  if (!ports.isDead) return ['did not die'];
  const strange = strangeViews(await readPlaces(places), station).map((key) => `shows ${key} too early`);
  try {
    await station.run(depsOf(places, isExclusive));
  } catch (error) {
    return [...strange, `asked again: ${String(error)}`];
  }
  const [end, expected] = [comparable(await readPlaces(places)), comparable(station.after)];
  const kinds = ['files', 'profiles', 'transitions', 'runs'] as const;
  const others = kinds.flatMap((kind) => {
    const keys = [...new Set([...Object.keys(end[kind]), ...Object.keys(expected[kind])])];
    return keys
      .filter((key) => JSON.stringify(end[kind][key]) !== JSON.stringify(expected[kind][key]))
      .map((key) => `${kind} ${key}`);
  });
  return [...strange, ...others.map((key) => `other ${key}`)];
}
