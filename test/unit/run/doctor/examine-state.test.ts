import { beforeAll, describe, expect, it } from 'vitest';
import { exportKeys, lakeKeys } from '../../../../lib/keys.ts';
import type { RunDeps } from '../../../../lib/run/deps.ts';
import { examineState } from '../../../../lib/run/doctor/examine-state.ts';
import { putConfig } from '../../../../lib/run/put-config.ts';
import { rollback } from '../../../../lib/run/rollback.ts';
import { findCurrent, readRun } from '../../../../lib/run/run-ledger.ts';
import { readPlaces } from '../../../support/places-state.ts';
import { Crash, copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../../support/run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from '../../../support/small-shop.ts';

const NIGHT = { dropsUrl: 'memory:drops' };
const NONE = { configText: '', deployedConfigText: JSON.stringify(SMALL_SHOP_CONFIG) };

/** What is not ok, as `level check: found`, and that looking changed nothing. */
async function faultsOf(places: MemoryPlaces, changes: Partial<RunDeps> = {}): Promise<string[]> {
  const before = await readPlaces(places);
  const findings = await examineState(memoryDeps(places, {}, { ...NONE, ...changes }));
  expect(await readPlaces(places)).toEqual(before);
  return findings.filter(({ level }) => level !== 'ok').map(({ level, check, found }) => `${level} ${check}: ${found}`);
}

describe('examineState', () => {
  /** Committed up to 2025-01-05. */
  let healthy: MemoryPlaces;
  let runId = '';
  const place = () => ({ generation: 1, dt: '2025-01-05' as never, runId, shard: 1 });
  const overwrite = async (store: RunDeps['lake'], key: string, text: string) =>
    store.replace(key, Buffer.from(text), (await store.stat(key))?.etag ?? null);

  const removeBelow = async (store: RunDeps['lake'], prefix: string, end = '') => {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) if (key.endsWith(end)) keys.push(key);
    expect(keys).not.toEqual([]);
    for (const key of keys) await store.remove(key);
  };
  const runOf = (places: MemoryPlaces) => readRun(memoryDeps(places), runId);

  beforeAll(async () => {
    healthy = emptyPlaces(await smallShopDrops());
    for (let night = 0; night < 3; night++) await runInMemory(NIGHT, memoryDeps(healthy, {}, NONE));
    runId = (await findCurrent(memoryDeps(healthy)))?.runId ?? '';
  });

  it('finds nothing wrong before the first run and after some nights', async () => {
    expect(await faultsOf(emptyPlaces())).toEqual([]);
    expect(await faultsOf(healthy)).toEqual([]);
    const findings = await examineState(memoryDeps(healthy, {}, NONE));
    expect(findings.map(({ check }) => check)).toEqual(
      'configuration,committed,generation,chain,ledger,commit,newest run,lease,next drop,run files,books,exports,profiles,erasures'.split(
        ',',
      ),
    );
  });

  it('names files of the committed run that are gone, cut off or of another hash', async () => {
    const broken: [string, (places: MemoryPlaces) => Promise<unknown>][] = [
      ['problem run files: runs/RUN/plan.json is missing', ({ lake }) => lake.remove(lakeKeys.plan(runId))],
      ['problem run files: runs/RUN/verdict.json is missing', ({ lake }) => lake.remove(lakeKeys.verdict(runId))],
      [
        'problem run files: 1 file of 7 missing, the first runs/RUN/summaries/score-shard/shard=0.json',
        ({ lake }) => lake.remove(lakeKeys.receipt(runId, 'score-shard', 'shard=0')),
      ],
      ['problem run files: Object runs/RUN/plan.json: not JSON', ({ lake }) => overwrite(lake, lakeKeys.plan(runId), '{"r')],
      [
        'problem books: 1 file of 24 missing, the first g=1/books/dt=2025-01-05/run=RUN/shard=1/days.arrow',
        ({ lake }) => lake.remove(lakeKeys.book(place(), 'days')),
      ],
      ['first g=1/books/dt=2025-01-05/run=RUN/shard=1/rates.arrow', ({ lake }) => lake.remove(lakeKeys.book(place(), 'rates'))],
      ['first g=1/membership/', ({ lake }) => lake.remove(lakeKeys.result('membership', place()))],
      ['first g=1/state/', ({ lake }) => lake.remove(lakeKeys.result('state', place()))],
      ['first pii/g=1/snapshots/', ({ lake }) => lake.remove(lakeKeys.identifiers(place()))],
      ['of 24 missing, the first g=1/index/month=', ({ lake }) => removeBelow(lake, 'g=1/index')],
      [
        'warning books: 1 file of 4 missing, the first g=1/scores/',
        ({ lake }) => lake.remove(lakeKeys.result('scores', place(), 'parquet')),
      ],
      [
        'problem ledger: 1 list of 3 missing, the first g=1/ledger/known=2025-01-04/run=',
        ({ lake }) => removeBelow(lake, 'g=1/ledger/known=2025-01-04', '.json'),
      ],
      [
        'missing, the first g=1/ledger/known=2025-01-04/shard=0/',
        ({ lake }) => removeBelow(lake, 'g=1/ledger/known=2025-01-04/shard=0'),
      ],
      [
        'problem run configuration: Object memory:lake/config/',
        async ({ lake }) => lake.remove(lakeKeys.config((await runOf(healthy)).configSha256)),
      ],
      [
        'full-00001.csv.gz has no bytes',
        ({ exports }) =>
          exports.remove(`${exportKeys.publication('newcomers', 'generic_csv', place().dt, runId)}/full-00001.csv.gz`),
      ],
      [
        'problem exports: v1/segment=newcomers/destination=generic_csv/latest.json or its manifest is not JSON',
        ({ exports }) => overwrite(exports, exportKeys.latest('newcomers', 'generic_csv'), '{"ru'),
      ],
      [
        'problem books: 1 file cut off or no Arrow file, the first g=1/scores/',
        ({ lake }) => overwrite(lake, lakeKeys.result('scores', place()), 'ARROW1 but no end'),
      ],
      [
        'problem exports: v1/segment=newcomers/destination=generic_csv/latest.json is missing',
        ({ exports }) => exports.remove(exportKeys.latest('newcomers', 'generic_csv')),
      ],
      [
        'manifest.json has another hash than',
        ({ exports }) =>
          overwrite(
            exports,
            `${exportKeys.publication('newcomers', 'generic_csv', place().dt, runId)}/manifest.json`,
            '{"files":[]}',
          ),
      ],
    ];
    for (const [expected, breakIt] of broken) {
      const places = copyPlaces(healthy);
      await breakIt(places);
      const faults = await faultsOf(places);
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain(expected.replaceAll('RUN', runId));
    }
  });

  it('misses transitions of every night of a range that had some, and no others', async () => {
    const places = emptyPlaces(await smallShopDrops());
    const deps = memoryDeps(places, {}, NONE);
    await runInMemory({ ...NIGHT, to: '2025-01-08' as never }, deps);
    const all = async () => (await examineState(deps)).filter(({ level }) => level === 'problem').map(({ found }) => found);
    expect(await all()).toEqual([]);
    await removeBelow(places.lake, 'g=1/transitions');
    expect(await all()).toEqual([expect.stringMatching(/ missing, the first g=1\/transitions\/dt=2025-01-0/)]);
  });

  it('says of a damaged pointer to what was put what to do, also where a file is stronger', async () => {
    const places = copyPlaces(healthy);
    await overwrite(places.lake, lakeKeys.configPointer, '{bad');
    const expected = expect.stringContaining('`config put FILE`');
    const found = async (changes: Partial<RunDeps>, file = '') =>
      (await examineState(memoryDeps(places, {}, { ...NONE, ...changes }), file)).filter(({ level }) => level !== 'ok');
    expect(await found({})).toEqual([expect.objectContaining({ check: 'configuration', next: expected })]);
    const file = { configText: JSON.stringify(SMALL_SHOP_CONFIG) };
    expect(await found(file)).toEqual([expect.objectContaining({ check: 'put configuration', next: expected })]);
    const [inForce] = await examineState(memoryDeps(places, {}, { ...NONE, ...file }), 'shop.json');
    expect(inForce?.found).toMatch(/^the file shop\.json, hash /);
  });

  it('knows a drop that is not there yet from one that is late', async () => {
    const places = copyPlaces(healthy);
    await removeBelow(places.drops, 'dt=2025-01-06');
    const nextDrop = async (changes: Partial<RunDeps>) =>
      (await examineState(memoryDeps(places, {}, { ...NONE, ...changes }))).find(({ check }) => check === 'next drop');
    const at = (text: string) => ({ isExclusive: false, now: () => Date.parse(text) });
    expect(await nextDrop({})).toMatchObject({ level: 'ok', found: '2025-01-06 is not there yet' });
    expect(await nextDrop(at('2025-01-06T12:00:00Z'))).toMatchObject({ level: 'ok', found: '2025-01-06 is not over yet' });
    expect(await nextDrop(at('2025-01-07T12:00:00Z'))).toMatchObject({ level: 'ok', found: '2025-01-06 is not there yet' });
    expect(await nextDrop(at('2025-01-08T12:00:00Z'))).toMatchObject({ level: 'warning' });
  });

  it('tells what is wrong with the run ledger, the lease, the markers and the configuration', async () => {
    const places = copyPlaces(healthy);
    await places.runs.remove({ pk: 'RUN', sk: runId });
    expect(await faultsOf(places)).toContainEqual(`problem committed: ${runId}, which the run ledger does not have`);
    const emptied = { ...copyPlaces(healthy), runs: emptyPlaces().runs };
    expect((await faultsOf(emptied))[0]).toMatch(
      /^problem committed: nothing, and the run ledger is empty, but the lake has runs/,
    );
    const other = copyPlaces(healthy);
    await other.runs.update({ pk: 'PROJECTION', sk: 'shard=1' }, { settled: 'r000001-2025-01-03' });
    await other.runs.update({ pk: 'LEASE', sk: '-' }, { runId, until: 5 });
    await putConfig(memoryDeps(other, {}, NONE), JSON.stringify({ ...SMALL_SHOP_CONFIG, shards: 3 }), 'a.json');
    expect(await faultsOf(other)).toEqual([
      'problem generation: shards 2 → 3: nights are refused',
      `warning lease: held by ${runId} (test, process 1 on memory); that process is gone`,
      `problem profiles: 1 shard of 2 may show another run than ${runId}: shard 1 r000001-2025-01-03`,
    ]);
    // On a stack a lease may be alive, and files of old runs are not kept.
    const stack = { isExclusive: false, now: () => Date.parse('2031-01-01T00:00:00Z') };
    expect((await faultsOf(other, stack))[1]).toContain('ran out at 1970-01-01T00:00:00.005Z');
    await other.runs.update({ pk: 'LEASE', sk: '-' }, { until: stack.now() + 1 });
    await other.lake.remove(lakeKeys.plan(runId));
    expect((await faultsOf(other, stack)).map((fault) => fault.split(':')[0])).toEqual([
      'problem generation',
      'problem profiles',
    ]);
    expect((await faultsOf(healthy, { configText: '{"shard":2}' }))[0]).toMatch(/^problem configuration: .*"shard"/);
  });

  it('says of a night that died, was held or failed how to go on, and of a commit that it was not finished', async () => {
    const died = copyPlaces(healthy);
    const deps = memoryDeps(died, {}, NONE);
    const crashBefore = (at: string) => ({
      before: (step: string) => {
        if (step === at) throw new Crash(at);
      },
    });
    await expect(runInMemory(NIGHT, deps, crashBefore('score-shard'))).rejects.toThrow(Crash);
    expect((await faultsOf(died))[0]).toMatch(/^warning newest run: r\S+ of 2025-01-06 is OPEN: it died$/);
    expect(await examineState(deps)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ next: 'Go on with it: `run --from 2025-01-06 --to 2025-01-06`, with --data memory:drops.' }),
        expect.objectContaining({ check: 'next drop', found: '2025-01-06 is ready in memory:drops' }),
      ]),
    );
    await expect(runInMemory(NIGHT, deps, crashBefore('project-shard'))).rejects.toThrow(Crash);
    expect((await faultsOf(died)).map((fault) => fault.split(':')[0])).toEqual([
      'warning commit',
      'warning lease',
      'warning exports',
      'warning profiles',
    ]);
    for (let night = 0; night < 2; night++) await runInMemory(NIGHT, deps);
    await expect(runInMemory(NIGHT, deps)).rejects.toThrow();
    expect((await faultsOf(died))[0]).toMatch(/^warning newest run: r\S+ of 2025-01-09 is HELD: /);
    await died.drops.create('dt=2025-01-09/transactions/b.csv', Buffer.from('not a header\n1\n'));
    await expect(runInMemory(NIGHT, deps)).rejects.toThrow();
    expect((await faultsOf(died))[0]).toMatch(/^problem newest run: r\S+ of 2025-01-09 is FAILED: /);
    await rollback(deps);
    await died.drops.remove('dt=2025-01-08/_SUCCESS');
    expect((await faultsOf(died)).some((fault) => fault.startsWith('warning next drop: Drop 2025-01-08: no marker'))).toBe(true);
    await died.lake.remove(lakeKeys.erasureSecret);
    expect((await faultsOf(died)).at(-1)).toMatch(/^problem erasures: 1 file, but no secret/);
  });

  it('goes on when a store does not answer', async () => {
    const fails = () => Promise.reject(new Error('socket hang up'));
    const deps = memoryDeps(copyPlaces(healthy), {}, NONE);
    const lake = { ...deps.lake, url: 'memory:lake', get: fails, stat: fails, read: fails } as unknown as RunDeps['lake'];
    const faults = (await examineState({ ...deps, lake })).filter(({ level }) => level === 'problem');
    expect(faults.map(({ check }) => check)).toContain('configuration');
    expect(faults.map(({ check }) => check)).toEqual(expect.arrayContaining(['run configuration', 'ledger', 'erasures']));
    const runs = { ...deps.runs, get: fails } as unknown as RunDeps['runs'];
    expect((await examineState({ ...deps, runs })).at(-1)).toMatchObject({
      level: 'problem',
      check: 'run ledger',
      found: 'socket hang up',
    });
  });
});
