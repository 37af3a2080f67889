import { lakeKeys, MAP_STEPS, type Step } from '../../lib/keys.ts';
import { compact } from '../../lib/run/compact/compact.ts';
import type { RunRequest } from '../../lib/run/contracts.ts';
import { failExecution } from '../../lib/run/fail-execution.ts';
import { rollback } from '../../lib/run/rollback.ts';
import { unreadableShare } from '../../lib/run/unreadable-share.ts';
import { watchNight } from '../../lib/run/watch-night.ts';
import { type Access, RightsRecorder } from './recorded-rights.ts';
import { Crash, copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from './run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from './small-shop.ts';

/** The gates as they are by default: the last night of the small shop is held. */
const GATED = { ...SMALL_SHOP_CONFIG, gates: {} };

const EXECUTION = 'arn:aws:states:eu-central-1:111122223333:execution:machine:night';

/** Gates that the last night passes. */
const LOOSE = { ...SMALL_SHOP_CONFIG, gates: { maxMalformedShare: 0.9 } };

/** What a recorded run differs in. */
interface Circumstances {
  readonly config?: object;
  /** The process ends when this step begins. */
  readonly crash?: Step;
  /** The step throws when it begins. */
  readonly failing?: Step;
}

/**
 * Everything that the steps ask of stores, tables and topic in the life of a pipeline: its first run, nights with all feeds, items
 * that fail, a failed run, an erasure, a compaction, a night that is held and approved, rebuilds from the ledger and from the
 * drops, commits that open-run has to finish, drops that are missing, executions that died, and the watch over the deadline.
 */
export async function recordNights(): Promise<Access[]> {
  const recorder = new RightsRecorder();
  const places = await shopPlaces();
  const run = (request: Partial<RunRequest>, expected: string, circumstances: Circumstances = {}, at = places) =>
    expectRun(recorder, at, request, { expected, ...circumstances });
  /** On a copy: the process ends after the commit, and the next one finishes what it left. */
  const leftToOpenRun = async (request: Partial<RunRequest>, crash: Step, config = GATED) => {
    const copy = copyPlaces(places);
    await run(request, 'Crash', { crash, config }, copy);
    await run({ waitForDrop: true, to: '2025-02-01' }, 'wait', { config }, copy);
  };

  await leftToOpenRun({}, 'project-shard', SMALL_SHOP_CONFIG);
  await run({}, 'go');
  for (const failing of MAP_STEPS) await run({ to: '2025-01-04' }, 'ShardFailedError', { failing });
  await run({ to: '2025-01-06' }, 'go');
  await run({ to: '2025-01-07' }, 'Error', { failing: 'report' });
  await run({ to: '2025-01-07' }, 'go');
  await leftToOpenRun({ to: '2025-01-08' }, 'project-shard', SMALL_SHOP_CONFIG);
  await run({ to: '2025-01-08' }, 'go');
  await compact(memoryDeps(places, GATED), { dryRun: false, progress: () => undefined });
  await run({ to: '2025-01-09' }, 'DataQualityGateError', { config: GATED });
  const held = (await itemsOf(places)).find(({ state }) => state === 'HELD');
  const approve = { runId: String(held?.['runId']), waive: [], note: '' };
  await besideTheMachine(recorder, copyPlaces(places), approve.runId);
  await leftToOpenRun({ approve }, 'project-shard');
  await run({ approve }, 'go', { config: GATED });
  const rebuild = { ...LOOSE, shards: 3 };
  await leftToOpenRun({ rebuild: { fromDrops: false } }, 'close-run', rebuild);
  await run({ rebuild: { fromDrops: false } }, 'go', { config: rebuild });
  await run({ rebuild: { fromDrops: true } }, 'go', { config: { ...rebuild, timeZone: 'Asia/Shanghai' } });
  await takenBack(recorder);
  return recorder.accesses;
}

/** Drops in place: a late row of an erased customer is compacted away, and its night is taken back and run again. */
async function takenBack(recorder: RightsRecorder): Promise<void> {
  const places = emptyPlaces(await smallShopDrops());
  const [header] = Buffer.from(places.drops.peek('dt=2025-01-09/transactions/a.csv')).toString().split('\n');
  const late = `${header}\nt99,ada,2025-01-03T09:00:00Z,3.00,USD,sale,\n`;
  await places.drops.create('dt=2025-01-09/transactions/late.csv', Buffer.from(late));
  const night = (to: string) =>
    expectRun(recorder, places, { to, dropsUrl: places.drops.url }, { expected: 'go', config: LOOSE });
  for (const to of ['2025-01-03', '2025-01-08', '2025-01-09']) await night(to);
  await compact(memoryDeps(places, LOOSE), { dryRun: false, progress: () => undefined });
  await rollback(memoryDeps(places, LOOSE));
  await night('2025-01-09');
  const tomorrow = { to: '2025-01-10', waitForDrop: true, dropsUrl: places.drops.url };
  await expectRun(recorder, places, tomorrow, { expected: 'wait', config: LOOSE });
}

/** Ports as a function has them: tables are written with guards, and the configuration comes from the deployment. */
const deployedDeps = (places: MemoryPlaces, config: object) =>
  memoryDeps(places, {}, { isExclusive: false, configText: '', deployedConfigText: JSON.stringify(config) });

/** What is called beside the machine: the rule on executions that died, the watch over the deadline, the measure of a held run. */
async function besideTheMachine(recorder: RightsRecorder, places: MemoryPlaces, held: string): Promise<void> {
  const deps = recorder.wrap(deployedDeps(places, GATED));
  recorder.enter('verify-run');
  await unreadableShare({ runId: held, runSeq: 0 }, deps);
  recorder.enter('fail-run');
  for (const executionArn of [EXECUTION, `${EXECUTION}-of-another-run`]) {
    await failExecution({ source: 'aws.states', detail: { executionArn, status: 'TIMED_OUT' } }, deps);
  }
  recorder.enter('watch-night');
  const start = { hour: 4, minute: 30, timeZone: 'UTC' };
  const look = () => watchNight({ scheduledTime: '2025-02-02T12:00:00Z', start, deadlineMinutes: 120 }, deps);
  await look();
  const [sha256] = places.lake.keys().flatMap((key) => /^config\/(\w{64})\.json$/.exec(key)?.slice(1) ?? []);
  const pointer = JSON.stringify({ sha256, putAt: '2025-01-01T00:00:00Z' });
  await places.lake.replace(lakeKeys.configPointer, Buffer.from(pointer), null);
  await look();
}

/** Empty places, the drops of the small shop in the lake's own folder. */
async function shopPlaces(): Promise<MemoryPlaces> {
  const drops = await smallShopDrops();
  const places = emptyPlaces();
  for (const key of drops.keys()) await places.lake.create(`${lakeKeys.dropsPrefix}/${key}`, drops.peek(key));
  return places;
}

async function itemsOf({ runs }: MemoryPlaces): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  for await (const item of runs.query({ pk: 'RUN' })) items.push(item);
  return items;
}

/** Runs, recorded. @throws Error when it does not end as expected: then it recorded something else than it was to */
async function expectRun(
  recorder: RightsRecorder,
  places: MemoryPlaces,
  request: Partial<RunRequest>,
  { expected, config = SMALL_SHOP_CONFIG, crash, failing }: Circumstances & { readonly expected: string },
): Promise<void> {
  const before = (step: Step) => {
    recorder.enter(step);
    if (step === crash) throw new Crash();
    if (step === failing) throw new Error('Stopped.');
  };
  const deps = recorder.wrap(deployedDeps(places, config));
  const outcome = await runInMemory(request, deps, { before, execution: EXECUTION }).then(
    ({ decision }) => decision,
    (error: Error) => error,
  );
  const name = typeof outcome === 'string' ? outcome : outcome.name;
  if (name !== expected) throw new Error(`Run ${JSON.stringify(request)}: ${String(outcome)}, expected ${expected}.`);
}
