import type { Context } from 'aws-lambda';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { handler } from '../../../functions/fail-run/handler.ts';
import type { OpenTask } from '../../../lib/run/contracts.ts';
import type { RunDeps } from '../../../lib/run/deps.ts';
import { openRun } from '../../../lib/run/open-run.ts';
import { findCurrent, findLease, findRun } from '../../../lib/run/run-ledger.ts';
import type { Table } from '../../../lib/store/tables.ts';
import { MortalPorts } from '../../support/mortal-ports.ts';
import { Crash, copyPlaces, emptyPlaces, type MemoryPlaces, memoryDeps, runInMemory } from '../../support/run-in-memory.ts';
import { SMALL_SHOP_CONFIG, smallShopDrops } from '../../support/small-shop.ts';

/** The stores that the handler opens: those of the test. */
const opened = vi.hoisted(() => {
  const names = ['LAKE_URL', 'EXPORTS_URL', 'PROFILES_TABLE', 'TRANSITIONS_TABLE', 'RUNS_TABLE'];
  Object.assign(process.env, Object.fromEntries(names.map((name) => [name, 'of the test'])), { POWERTOOLS_LOG_LEVEL: 'SILENT' });
  return { deps: {} as unknown };
});
vi.mock('../../../lib/run/open-deps.ts', () => ({
  openDeps: () => new Proxy({}, { get: (_, name) => Reflect.get(opened.deps as object, name) }),
}));

const MACHINE = 'arn:aws:states:us-east-2:111122223333:stateMachine:Perennial';
const NIGHT: OpenTask['request'] = { to: '2025-01-06', dropsUrl: 'memory:drops', waitForDrop: false, snapshots: 'last' };
const RUN = 'r000002-2025-01-06';
const execution = (name: string) => `${MACHINE.replace('stateMachine', 'execution')}:${name}`;

/** As Step Functions sends it; an execution that timed out has no error. */
const recordedEvent = (name: string, detail: object = {}) => ({
  version: '0',
  id: '315c1398-40ff-a850-213b-158f73e60175',
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  account: '111122223333',
  time: '2025-01-08T03:30:00Z',
  region: 'us-east-2',
  resources: [execution(name)],
  detail: {
    executionArn: execution(name),
    stateMachineArn: MACHINE,
    name,
    status: 'TIMED_OUT',
    startDate: 1736220600000,
    stopDate: 1736303400000,
    input: '{"waitForDrop":true,"scheduledTime":"2025-01-07T04:30:00Z"}',
    output: null,
    inputDetails: { included: true },
    outputDetails: null,
    error: null,
    cause: null,
    redriveCount: 0,
    redriveDate: null,
    ...detail,
  },
});

describe('the rule on executions that died', () => {
  let base: MemoryPlaces;
  let places: MemoryPlaces;
  let ports: MortalPorts;
  let notices: string[];

  beforeAll(async () => {
    base = emptyPlaces(await smallShopDrops());
    await runInMemory({ from: '2025-01-03', to: '2025-01-05', dropsUrl: 'memory:drops' }, memoryDeps(base, SMALL_SHOP_CONFIG));
  });
  beforeEach(() => {
    places = copyPlaces(base);
    ports = new MortalPorts();
    notices = [];
    opened.deps = ports.wrap(deps('fail-run'));
  });

  /** As on AWS: several hosts reach the tables, a lease of 20 minutes runs out and nothing else ends it. */
  const deps = (host: string, changes: Partial<RunDeps> = {}): RunDeps =>
    memoryDeps(places, SMALL_SHOP_CONFIG, {
      isExclusive: false,
      isDead: () => false,
      leaseMs: 20 * 60_000,
      owner: { host, pid: 1, command: `run on ${host}` },
      notifier: { notify: async (subject, message) => void notices.push(`${subject}\n${message}`) },
      ...changes,
    });
  const deliver = (event: unknown) => handler(event, { functionName: 'fail-run' } as Context);
  /** The night until it dies before a step, as a machine does that is stopped there. */
  const dieBefore = (step: string, name = 'one') =>
    expect(
      runInMemory(NIGHT, deps(name), {
        execution: execution(name),
        before: (at) => {
          if (at === step) throw new Crash();
        },
      }),
    ).rejects.toThrow(Crash);
  const open = (name: string, own: RunDeps = deps(name)) => openRun({ request: NIGHT, execution: execution(name) }, own);

  it('fails the run that timed out, gives its lease back and tells of it once, however often the event comes', async () => {
    await dieBefore('score-shard');
    expect(await findRun(deps('a'), RUN)).toMatchObject({ state: 'OPEN', execution: execution('one') });
    await expect(open('two')).rejects.toMatchObject({ name: 'LockHeldError' });

    expect(await deliver(recordedEvent('one'))).toMatchObject({ state: 'FAILED', name: 'States.Timeout' });
    const why = `States.Timeout: Execution ${execution('one')}: timed out, expected it to end its run itself. Look at its history, then run again.`;
    expect(await findRun(deps('a'), RUN)).toMatchObject({ state: 'FAILED', error: why });
    expect(notices).toEqual([`Perennial: run ${RUN} ended FAILED\n${why}`]);

    const written = ports.writes.length;
    expect(await deliver(recordedEvent('one'))).toMatchObject({ state: 'TOLD' });
    expect(ports.writes.length).toBe(written);
    expect(await open('two')).toMatchObject({ decision: 'go', resumed: false });
  });

  it('says why it was stopped, and how an end after somebody made it go on again came about', async () => {
    await dieBefore('calibrate');
    await deliver(recordedEvent('one', { status: 'ABORTED', error: 'Stopped', cause: 'wrong drop' }));
    expect(notices[0]).toContain(`Stopped: Execution ${execution('one')}: was stopped (wrong drop), expected`);
    await deliver(
      recordedEvent('one', { status: 'FAILED', error: 'States.DataLimitExceeded', cause: 'too long', redriveCount: 1 }),
    );
    expect(notices[1]).toContain('States.DataLimitExceeded: ');
    expect(notices[1]).toContain('Before that: Stopped: ');
    expect(notices).toHaveLength(2);
  });

  it('tells of an execution that waited for its drop until it timed out, though it has no run', async () => {
    for (const _ of ['once', 'again']) await deliver(recordedEvent('waiting'));
    expect(notices).toEqual([
      expect.stringMatching(/^Perennial: an execution ended without a run\nStates.Timeout: Execution .*waiting/),
    ]);
  });

  it.each([
    ['a run', NIGHT, RUN],
    ['nothing', { ...NIGHT, to: '2025-02-01' }, 'none'],
  ])('says nothing when the machine failed %s itself', async (_, request, runId) => {
    const before = (step: string) => {
      if (step === 'fold-shard') throw Object.assign(new Error('full'), { name: 'ConfigError' });
    };
    await expect(runInMemory(request, deps('one'), { execution: execution('one'), before })).rejects.toThrow();
    expect(notices).toEqual([expect.stringContaining(`Perennial: run ${runId} ended`)]);
    const failed = { status: 'FAILED', error: 'RunFailed', cause: 'A step failed' };
    expect(await deliver(recordedEvent('one', failed))).toMatchObject({ state: 'TOLD' });
    expect([ports.writes, notices.length]).toEqual([[], 1]);
  });

  it('says nothing of an item of a Map, which is an execution of its own', async () => {
    await dieBefore('score-shard');
    expect(
      await deliver(recordedEvent('x', { executionArn: `${execution('x')}/FoldShards:7`, status: 'ABORTED' })),
    ).toMatchObject({
      state: 'TOLD',
    });
    expect(ports.writes).toEqual([]);
  });

  it('keeps a run held whose fail-run could not tell it, and tells it', async () => {
    const own = deps('one', { notifier: { notify: () => Promise.reject(new Error('SNS is out of reach')) } });
    const before = (step: string) => {
      if (step === 'verify-run') throw Object.assign(new Error('quarantine_share'), { name: 'DataQualityGateError' });
    };
    await expect(runInMemory(NIGHT, own, { execution: execution('one'), before })).rejects.toThrow('SNS');
    await deliver(recordedEvent('one', { status: 'FAILED', error: 'TransientDependencyError', cause: 'SNS is out of reach' }));
    expect(await findRun(own, RUN)).toMatchObject({ state: 'HELD', error: 'DataQualityGateError: quarantine_share' });
    expect(notices).toEqual([expect.stringMatching(/ended HELD\n.*Before that: DataQualityGateError: quarantine_share$/)]);
  });

  it('leaves a committed run COMMITTED, for the next open-run to finish', async () => {
    await dieBefore('project-shard');
    expect(await deliver(recordedEvent('one', { status: 'ABORTED' }))).toMatchObject({ state: 'COMMITTED' });
    expect(await findRun(deps('a'), RUN)).toMatchObject({ state: 'COMMITTED' });
    expect(await open('two')).toMatchObject({ decision: 'done', runId: RUN });
    expect(await findRun(deps('a'), RUN)).toMatchObject({ state: 'CLOSED' });
    expect((await findCurrent(deps('a')))?.runId).toBe(RUN);
  });

  it('leaves a committed run alone that another execution finishes', async () => {
    await dieBefore('project-shard');
    const leases: unknown[] = [];
    const notify = async () => {
      await deliver(recordedEvent('one'));
      leases.push((await findLease(deps('a')))?.runId);
    };
    const own = deps('two', { now: () => Date.parse('2031-01-01T00:00:00Z'), notifier: { notify } });
    expect(await open('two', own)).toMatchObject({ decision: 'done', runId: RUN });
    expect(leases).toEqual([RUN]);
    expect(await findRun(own, RUN)).toMatchObject({ state: 'CLOSED', execution: execution('two'), error: '' });
  });

  it('ends the run that an execution opened, not the one that it finished before', async () => {
    await dieBefore('project-shard');
    await deliver(recordedEvent('one'));
    const next = { ...NIGHT, to: '2025-01-07' };
    const taken = await openRun({ request: next, execution: execution('two') }, deps('two'));
    expect(taken).toMatchObject({ decision: 'go', run: { runId: 'r000003-2025-01-07' } });
    expect(await deliver(recordedEvent('two'))).toMatchObject({ state: 'FAILED' });
    expect(await findRun(deps('a'), 'r000003-2025-01-07')).toMatchObject({ state: 'FAILED' });
    expect(await findRun(deps('a'), RUN)).toMatchObject({ state: 'CLOSED' });
  });

  it('leaves a run alone that another execution took over', async () => {
    await dieBefore('score-shard');
    const taken = await open('two', deps('two', { now: () => Date.parse('2031-01-01T00:00:00Z') }));
    expect(taken).toMatchObject({ decision: 'go', resumed: true });
    const before = await findRun(deps('a'), RUN);
    await deliver(recordedEvent('one'));
    expect(await findRun(deps('a'), RUN)).toEqual(before);
    expect(ports.writes.filter((write) => !/TOLD|notify/.test(write))).toEqual([]);
  });

  it('leaves a run alone that another execution takes over at this moment', async () => {
    await dieBefore('score-shard');
    const own = deps('two', { now: () => Date.parse('2031-01-01T00:00:00Z') });
    // The event comes when the lease is taken and the record not yet.
    const update: Table['update'] = async (key, set, options) => {
      if (key['pk'] === 'RUN' && notices.length === 0) await deliver(recordedEvent('one'));
      return own.runs.update(key, set, options);
    };
    const runs = new Proxy(own.runs, {
      get: (table, name) => (name === 'update' ? update : Reflect.get(table, name).bind(table)),
    });
    expect(await open('two', { ...own, runs })).toMatchObject({ decision: 'go', resumed: true });
    expect(notices).toHaveLength(1);
    expect(await findRun(own, RUN)).toMatchObject({ state: 'OPEN', execution: execution('two'), error: '' });
    await expect(open('three')).rejects.toMatchObject({ name: 'LockHeldError' });
  });
});
