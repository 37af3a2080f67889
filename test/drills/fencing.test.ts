import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LockHeldError, RunSupersededError, TransientDependencyError } from '../../lib/errors.ts';
import { closeRun } from '../../lib/run/close-run.ts';
import { commitRun } from '../../lib/run/commit-run.ts';
import type { OpenTask } from '../../lib/run/contracts.ts';
import type { Owner, RunDeps } from '../../lib/run/deps.ts';
import { openRun } from '../../lib/run/open-run.ts';
import { projectShard } from '../../lib/run/project-shard.ts';
import { releaseLease, renewLease, updateRun } from '../../lib/run/run-ledger.ts';
import type { Table } from '../../lib/store/tables.ts';
import { type HomeState, readTables, withHome } from '../support/home-state.ts';
import { type MortalNight, prepareNight } from '../support/mortal-night.ts';
import { withoutStarts } from '../support/same-state.ts';

/** The drills on tables that several processes reach, as in AWS. */
describe('fencing', () => {
  let night: MortalNight;
  let asked: OpenTask;
  let before: HomeState;

  beforeAll(async () => {
    night = await prepareNight();
    before = await night.read(await night.copyBase());
    const dropsUrl = pathToFileURL(night.drops).href;
    asked = { request: { to: '2025-01-06', dropsUrl, waitForDrop: false, snapshots: 'last' }, execution: '' };
  });
  afterAll(() => night.remove());

  const LATE = { runId: 'r000002-2025-01-06', runSeq: 2 };
  const NOW = { ...LATE, runSeq: 3 };
  const sharedBy = (deps: RunDeps, host: string, pid = 1): RunDeps => {
    const owner: Owner = { host, pid, command: `run on ${host}` };
    return { ...deps, isExclusive: false, owner, isDead: () => false };
  };

  it('refuses every write of a late writer, before the commit of its successor and after, and changes nothing', async () => {
    const [home, unkilled] = [await night.copyBase(), await night.copyBase()];
    await night.mustRun(unkilled, night.commandOf(1));
    const after = await night.read(unkilled);
    const command = [...night.commandOf(1)];
    await night.mustDie(home, command, { on: 'send', match: '^PutItemCommand .*"pk":\\{"S":"CURRENT"\\}', when: 'before' });
    await withHome(home, night.config, async ({ deps: own }) => {
      const deps = { ...sharedBy(own, 'b'), now: () => Date.now() + own.leaseMs };
      const opened = await openRun(asked, deps);
      expect(opened).toMatchObject({ decision: 'go', run: NOW, resumed: true });
      const refuses = async (...writes: (() => Promise<unknown>)[]) => {
        const stood = await readTables(deps);
        for (const write of writes) await expect(write()).rejects.toThrow(RunSupersededError);
        expect(await readTables(deps)).toEqual(stood);
      };
      await refuses(
        () => renewLease(deps, LATE),
        () => updateRun(deps, LATE, { state: 'FAILED' }),
        () => commitRun(LATE, deps),
        () => projectShard({ ...LATE, shard: 0 }, deps),
        () => projectShard({ ...NOW, shard: 0 }, deps),
        () => closeRun(NOW, deps),
      );
      await commitRun(NOW, deps);
      await refuses(
        () => commitRun(LATE, deps),
        () => projectShard({ ...LATE, shard: 0 }, deps),
      );
      await projectShard({ ...NOW, shard: 0 }, deps);
      await projectShard({ ...NOW, shard: 1 }, deps);
      await refuses(
        () => projectShard({ ...LATE, shard: 0 }, deps),
        () => updateRun(deps, LATE, { state: 'CLOSED' }),
      );
      await closeRun(NOW, deps);
      const end = await readTables(deps);
      expect(withoutStarts(end.profiles)).toEqual(withoutStarts(after.profiles));
      expect(end.transitions).toEqual(after.transitions);
      expect(withoutStarts(end.runs)).toEqual(withoutStarts(after.runs));
    });
  });

  it('leaves a profile alone that a later run wrote', async () => {
    const home = await night.copyBase();
    await night.mustDie(home, night.commandOf(1), { on: 'send', match: '"PROJECTION"', when: 'before' });
    await withHome(home, night.config, async ({ deps: own }) => {
      const deps = sharedBy(own, 'a');
      const ids = Object.keys(before.profiles);
      const later = ids.map((customer_id) => ({ put: { customer_id, runSeq: 9 } }));
      await deps.profiles.writeBatch(later);
      await expect(projectShard({ ...LATE, shard: 0 }, deps)).rejects.toThrow(RunSupersededError);
      const { profiles } = await readTables(deps);
      expect(ids.map((id) => profiles[id])).toEqual(later.map(({ put }) => put));
    });
  });

  it('lets one of two starts of the same night through while its owner lives', async () => {
    const home = await night.copyBase();
    await withHome(home, night.config, async ({ deps: own }) => {
      const [first, second] = [sharedBy(own, 'a'), sharedBy(own, 'b', 2)];
      const starts = await Promise.allSettled([openRun(asked, first), openRun(asked, second)]);
      expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(starts.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(LockHeldError) });
      const isFirst = starts[0]?.status === 'fulfilled';
      const [winner, loser] = isFirst ? [first, second] : [second, first];
      const { runs } = await readTables(own);
      const refused = openRun(asked, loser);
      await expect(refused).rejects.toThrow(LockHeldError);
      await expect(refused).rejects.toThrow(`run on ${winner.owner.host}, process ${winner.owner.pid} on ${winner.owner.host}`);
      await expect(openRun(asked, { ...winner, owner: { ...winner.owner, pid: 77 } })).rejects.toThrow(LockHeldError);
      await expect(openRun({ ...asked, request: { ...asked.request, to: '2025-01-07' } }, loser)).rejects.toThrow(LockHeldError);
      const stood = (await readTables(own)).runs;
      expect({ ...stood, 'RUN-NUMBER -': null }).toEqual({ ...runs, 'RUN-NUMBER -': null });
    });
  });

  it('hands the night to the next start when the owner is dead, or has not renewed its lease', async () => {
    const home = await night.copyBase();
    await withHome(home, night.config, async ({ deps: own }) => {
      const first = sharedBy(own, 'a', 11);
      const second = { ...sharedBy(own, 'a', 12), isDead: (pid: number) => pid === 11 };
      const late = (deps: RunDeps) => ({ ...deps, now: () => Date.now() + 2 * deps.leaseMs });
      expect(await openRun(asked, first)).toMatchObject({ run: LATE, resumed: false });
      expect(await openRun(asked, second)).toMatchObject({ run: NOW, resumed: true });
      await expect(openRun(asked, sharedBy(own, 'c'))).rejects.toThrow(LockHeldError);
      const third = late(sharedBy(own, 'c'));
      expect(await openRun(asked, third)).toMatchObject({ run: { ...NOW, runSeq: 4 }, resumed: true });
      await expect(renewLease(second, NOW)).rejects.toThrow(RunSupersededError);
      await releaseLease(second, NOW);
      await renewLease(third, { ...NOW, runSeq: 4 });
      const { runs } = await readTables(own);
      expect(runs[`RUN ${NOW.runId}`]).toMatchObject({ attempt: 3, runSeq: 4, state: 'OPEN' });
    });
  });

  it('takes over at once what was held in a home of this process alone, whatever its process id', async () => {
    const home = await night.copyBase();
    await withHome(home, night.config, async ({ deps }) => {
      expect(await openRun(asked, deps)).toMatchObject({ run: LATE });
      expect(await openRun(asked, deps)).toMatchObject({ run: NOW, resumed: true });
    });
  });

  it('gives the lease back when the record cannot be written', async () => {
    const home = await night.copyBase();
    await withHome(home, night.config, async ({ deps: own }) => {
      const deps = sharedBy(own, 'a');
      const put: Table['put'] = async (item, condition) => {
        if (item['pk'] === 'RUN') throw new TransientDependencyError('Table runs: out of reach.');
        return own.runs.put(item, condition);
      };
      const runs = new Proxy(own.runs, { get: (table, name) => (name === 'put' ? put : Reflect.get(table, name).bind(table)) });
      await expect(openRun(asked, { ...deps, runs })).rejects.toThrow(TransientDependencyError);
      expect(await openRun(asked, sharedBy(own, 'b'))).toMatchObject({ decision: 'go', resumed: false });
    });
  });
});
