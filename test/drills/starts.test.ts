import { beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, LockHeldError } from '../../lib/errors.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { openRun } from '../../lib/run/open-run.ts';
import { findCurrent, listRuns, readRun } from '../../lib/run/run-ledger.ts';
import type { ObjectStore } from '../../lib/store/objects.ts';
import { addDays, type BusinessDate, datesBetween } from '../../lib/time.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { MortalPorts } from '../support/mortal-ports.ts';
import { comparable, readPlaces } from '../support/places-state.ts';
import { Crash, copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../support/run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from '../support/small-shop.ts';

const NIGHT = { to: '2025-01-06', dropsUrl: 'memory:drops', waitForDrop: false, snapshots: 'last' } as const;
const DAY_MS = 86_400_000;

/** As on AWS: several hosts reach the tables, a lease of 20 minutes runs out and nothing else ends it. */
const sharedDeps = (places: MemoryPlaces, host = 'a', changes: Partial<RunDeps> = {}): RunDeps =>
  memoryDeps(places, SMALL_SHOP_CONFIG, {
    isExclusive: false,
    isDead: () => false,
    leaseMs: 20 * 60_000,
    owner: { host, pid: 1, command: `run on ${host}` },
    ...changes,
  });

describe('starts of nights', () => {
  let base: MemoryPlaces;
  beforeAll(async () => {
    base = emptyPlaces(await smallShopDrops());
    await runInMemory({ from: '2025-01-03', to: '2025-01-05', dropsUrl: 'memory:drops' }, sharedDeps(base));
  });

  it('drill 2: the same night started twice is one run; the second waits for the lease, then finds it done and writes nothing', async () => {
    const places = copyPlaces(base);
    const [first, second] = [sharedDeps(places, 'a'), sharedDeps(places, 'b')];
    const refused: unknown[] = [];
    await runInMemory(NIGHT, first, {
      before: async (step) => {
        if (step !== 'open-run')
          await openRun({ request: NIGHT, execution: '' }, second).catch((error: unknown) => refused.push(error));
      },
    });
    expect(refused.length).toBeGreaterThan(10);
    for (const error of refused) expect(error).toBeInstanceOf(LockHeldError);
    const ports = new MortalPorts();
    expect(await openRun({ request: NIGHT, execution: '' }, ports.wrap(second))).toMatchObject({
      decision: 'done',
      to: NIGHT.to,
    });
    expect(ports.writes).toEqual([]);
    expect((await listRuns(second)).filter(({ to }) => to === NIGHT.to)).toHaveLength(1);
  });

  it('drill 8: a night that starts while a range holds the lease fails fast; the range ends, then the night does, and nothing is lost', async () => {
    const [places, alone] = [copyPlaces(base), copyPlaces(base)];
    const range = { to: '2025-01-06', dropsUrl: 'memory:drops' };
    const next = { to: '2025-01-07', dropsUrl: 'memory:drops' };
    let refusals = 0;
    await runInMemory(range, sharedDeps(places, 'range'), {
      before: async (step) => {
        if (step === 'open-run') return;
        await expect(runInMemory(next, sharedDeps(places, 'night'))).rejects.toThrow(LockHeldError);
        refusals++;
      },
    });
    expect(refusals).toBeGreaterThan(10);
    await runInMemory(next, sharedDeps(places, 'night'));
    for (const request of [range, next]) await runInMemory(request, sharedDeps(alone));
    const [found, expected] = [comparable(await readPlaces(places)), comparable(await readPlaces(alone))];
    // Refused starts have used up numbers of runs, and nothing else.
    const { 'RUN-NUMBER -': _used, ...runs } = found.runs;
    const { 'RUN-NUMBER -': _number, ...others } = expected.runs;
    expect({ ...found, runs }).toEqual({ ...expected, runs: others });
  });

  it('drill 10: a refused permission fails the run by name; started again once it is given, the night ends as if it had been', async () => {
    const [places, alone] = [copyPlaces(base), copyPlaces(base)];
    await runInMemory(NIGHT, sharedDeps(alone));
    const refusing = (store: ObjectStore) =>
      new Proxy(store, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return (key: string, ...rest: unknown[]) => {
            if (name === 'create' && /\/books\/.*shard=1\//.test(key)) throw new ConfigError('Bucket lake: access denied.');
            return (value as (...args: unknown[]) => unknown).call(target, key, ...rest);
          };
        },
      });
    const deps = sharedDeps(places);
    const denied = runInMemory(NIGHT, { ...deps, lake: refusing(deps.lake) });
    await expect(denied).rejects.toThrow(ConfigError);
    expect(await readRun(deps, 'r000002-2025-01-06')).toMatchObject({
      state: 'FAILED',
      error: expect.stringContaining('access denied'),
    });
    await runInMemory(NIGHT, deps);
    expect((await findCurrent(deps))?.runId).toBe('r000003-2025-01-06');
    expect((await readPlaces(places)).transitions).toEqual((await readPlaces(alone)).transitions);
  });

  it('drill 10: a run that died is resumed at the shards that are missing; so too on day 15', async () => {
    for (const days of [0, 15]) {
      const places = copyPlaces(base);
      const watched = new MortalPorts();
      await runInMemory(NIGHT, watched.wrap(sharedDeps(copyPlaces(base))));
      const nth = watched.writes.findIndex((write) => /^lake create .*\/books\/.*shard=1\//.test(write)) + 1;
      const mortal = new MortalPorts({ nth, when: 'before' });
      await expect(runInMemory(NIGHT, mortal.wrap(sharedDeps(places)))).rejects.toThrow(Crash);
      const later = sharedDeps(places, 'b', { now: () => Date.parse('2031-01-01T00:00:00Z') + days * DAY_MS });
      const ports = new MortalPorts();
      expect(await runInMemory(NIGHT, ports.wrap(later))).toMatchObject({ decision: 'go', resumed: true });
      expect(ports.writes.some((write) => /\/books\/.*shard=1\//.test(write))).toBe(true);
      expect(ports.writes.filter((write) => /\/ledger\/|\/books\/.*shard=0\//.test(write) && !write.includes('/run='))).toEqual(
        [],
      );
      expect(await readRun(later, 'r000002-2025-01-06')).toMatchObject({ attempt: 2, state: 'CLOSED' });
    }
  });
});

describe('drill 11: the calendar', () => {
  /** Drops with one sale a day, the last minute of each business day in New York. */
  async function shopOf(from: string, to: string): Promise<MemoryPlaces> {
    const drops = new MemoryStore('memory:drops');
    for (const date of datesBetween(from as BusinessDate, to as BusinessDate)) {
      const rows = `t-${date},ada,${date}T23:59:00,5.00,USD,sale\n`;
      await drops.create(
        `dt=${date}/transactions/a.csv`,
        Buffer.from(`transaction_id,customer_id,occurred_at,amount,currency,type\n${rows}`),
      );
      await drops.create(`dt=${date}/_SUCCESS`, new Uint8Array(0));
    }
    return emptyPlaces(drops);
  }

  const depsOf = (places: MemoryPlaces, timeZone: string) => memoryDeps(places, { ...SMALL_SHOP_CONFIG, timeZone });

  it.each([
    // 04:30 in New York, before and after each change of the clocks, and on the days of the changes.
    ['America/New_York', '2026-03-07', '2026-03-08T08:30:00Z'],
    ['America/New_York', '2026-03-08', '2026-03-09T08:30:00Z'],
    ['America/New_York', '2026-10-31', '2026-11-01T09:30:00Z'],
    ['America/New_York', '2026-11-01', '2026-11-02T09:30:00Z'],
    ['Asia/Shanghai', '2024-02-28', '2024-02-28T20:30:00Z'],
    ['Asia/Shanghai', '2024-02-29', '2024-02-29T20:30:00Z'],
    ['Asia/Shanghai', '2025-12-31', '2025-12-31T20:30:00Z'],
  ])('in %s the night of %s starts at %s', async (timeZone, date, scheduledTime) => {
    const places = await shopOf(date, addDays(date as BusinessDate, 1));
    const opened = await runInMemory({ scheduledTime, waitForDrop: true, dropsUrl: 'memory:drops' }, depsOf(places, timeZone));
    expect(opened).toMatchObject({ decision: 'go', from: date, to: date });
  });

  it('nights that were missed are caught up by the next, and end as if they had been run', async () => {
    const [from, to] = ['2026-03-05', '2026-03-12'];
    const [missed, every] = [await shopOf(from, to), await shopOf(from, to)];
    const start = (places: MemoryPlaces, scheduledTime: string) =>
      runInMemory({ scheduledTime, waitForDrop: true, dropsUrl: 'memory:drops' }, depsOf(places, 'America/New_York'));
    for (const date of datesBetween(from as BusinessDate, to as BusinessDate)) {
      await start(every, `${addDays(date, 1)}T08:30:00Z`);
      if (date < '2026-03-07' || date > '2026-03-10') await start(missed, `${addDays(date, 1)}T08:30:00Z`);
    }
    const runs = await listRuns(memoryDeps(missed));
    expect(runs.map((run) => `${run.from} ${run.to} ${run.state}`)).toContain('2026-03-07 2026-03-11 CLOSED');
    const [found, expected] = [await readPlaces(missed), await readPlaces(every)];
    expect(found.transitions).toEqual(expected.transitions);
    const scoresOf = ({ files }: typeof found) =>
      Object.entries(files).flatMap(([key, text]) => (key.includes(`/scores/dt=${to}/`) ? [text] : []));
    expect(scoresOf(found)).toEqual(scoresOf(expected));
  });

  it('a night without a drop waits where the scheduler asked, and writes nothing', async () => {
    const places = await shopOf('2026-03-05', '2026-03-05');
    const ports = new MortalPorts();
    const deps = ports.wrap(depsOf(places, 'America/New_York'));
    await runInMemory({ to: '2026-03-05', dropsUrl: 'memory:drops' }, depsOf(places, 'America/New_York'));
    const request = { scheduledTime: '2026-03-07T09:30:00Z', waitForDrop: true, dropsUrl: 'memory:drops' };
    expect(await runInMemory(request, deps)).toMatchObject({ decision: 'wait', missing: expect.stringContaining('2026-03-06') });
    expect(ports.writes).toEqual([]);
  });
});
