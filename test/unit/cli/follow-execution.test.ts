import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  type HistoryEventType,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { executionName, openExecutionRunner } from '../../../cli/deployed/execution-runner.ts';
import { followExecution, stepOfState } from '../../../cli/deployed/follow-execution.ts';
import type { Progress } from '../../../cli/progress.ts';
import { ConfigError, DataQualityGateError, DropNotReadyError, TransientDependencyError } from '../../../lib/errors.ts';
import { lakeKeys, STEPS } from '../../../lib/keys.ts';
import type { RunRequest } from '../../../lib/run/contracts.ts';
import type { RunDeps } from '../../../lib/run/deps.ts';
import { createJson } from '../../../lib/run/json-objects.ts';
import { writeReceipt } from '../../../lib/run/receipts.ts';
import { readExecutionEvents } from '../../../lib/store/executions.ts';
import { emptyPlaces, memoryDeps } from '../../support/run-in-memory.ts';

const ARN = 'arn:aws:states:eu-central-1:1:execution:m:cli';
const RUN = { runId: 'r000001-2025-01-04', runSeq: 1 };
const OPENED = { decision: 'go', run: RUN, from: '2025-01-01', to: '2025-01-04', resumed: false };
const places = { stackName: 'Shop', machineArn: 'arn:machine', region: 'eu-central-1' };
const aws = mockClient(SFNClient);

/** Events of a history, each a second after the one before. */
class History {
  readonly events: HistoryEvent[] = [];

  add(type: HistoryEventType, details: Partial<HistoryEvent> = {}): this {
    const id = this.events.length + 1;
    this.events.push({ id, type, timestamp: new Date(id * 1000), ...details });
    return this;
  }

  enter(name: string, type: HistoryEventType = 'TaskStateEntered'): this {
    return this.add(type, { stateEnteredEventDetails: { name } });
  }

  leave(name: string, output: unknown = {}, type: HistoryEventType = 'TaskStateExited'): this {
    return this.add(type, { stateExitedEventDetails: { name, output: JSON.stringify(output) } });
  }

  /** Answers as Step Functions does, in pages. */
  serve(page = 50): this {
    aws.on(GetExecutionHistoryCommand).callsFake(({ nextToken, includeExecutionData: withData }) => {
      const newest = this.events.toReversed();
      const from = Number(nextToken ?? 0);
      const shown = newest.slice(from, from + page).map((event) => (withData ? event : withoutData(event)));
      return { events: shown, ...(from + page < newest.length && { nextToken: String(from + page) }) };
    });
    return this;
  }
}

/** An event as it is told to those who do not ask for inputs and outputs. */
function withoutData(event: HistoryEvent): HistoryEvent {
  const { stateExitedEventDetails: left, ...rest } = event;
  return left ? { ...rest, stateExitedEventDetails: { name: left.name } } : rest;
}

/** Writes down what is told. */
function recorder(): { told: string[]; progress: Progress } {
  const told: string[] = [];
  const tell =
    (word: string) =>
    (...args: unknown[]) =>
      void told.push([word, ...args].join(' '));
  const { begin, reach, complete, note } = {
    begin: tell('begin'),
    reach: tell('reach'),
    complete: tell('complete'),
    note: tell('note'),
  };
  const plan: Progress['plan'] = (totals) => void told.push(`plan ${Object.values(totals).join(' ')}`);
  return {
    told,
    progress: { plan, begin: (step) => begin(step), end() {}, reach, complete, note, done: tell('done') },
  };
}

/** A lake with the plan of a run and two of four receipts of fold-shard. */
async function lakeOfRun(): Promise<RunDeps> {
  const deps = memoryDeps(emptyPlaces());
  const publications = [{ segment: 'a', destination: 'b' }];
  await createJson(deps.lake, lakeKeys.plan(RUN.runId), { ...RUN, shards: 4, batches: [{ files: [] }], publications });
  for (const shard of [0, 2]) await writeReceipt(deps, RUN.runId, 'fold-shard', `shard=${shard}`, {} as never);
  return deps;
}

const ends = (...states: object[]) => {
  const described = aws.on(DescribeExecutionCommand);
  for (const state of states.slice(0, -1)) described.resolvesOnce(state);
  described.resolves(states.at(-1) ?? {});
};

beforeEach(() => aws.reset());
afterAll(() => aws.restore());

describe('readExecutionEvents', () => {
  it('reads what is new, over pages, oldest first, and knows both kinds of task', async () => {
    const history = new History().enter('Begin', 'PassStateEntered').enter('OpenRun');
    history.add('LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: { error: 'LockHeldError', cause: 'c' } });
    history.add('TaskSucceeded', { taskSucceededEventDetails: { resource: 'r', resourceType: 'lambda', output: '{"a":1}' } });
    history.leave('OpenRun', { b: 2 }).serve(2);
    const events = await readExecutionEvents(ARN, 1, true);
    expect(events.map(({ id, kind, state, error, output }) => [id, kind, state || error, output])).toEqual([
      [2, 'entered', 'OpenRun', undefined],
      [3, 'failed', 'LockHeldError', undefined],
      [4, 'answered', '', { a: 1 }],
      [5, 'left', 'OpenRun', { b: 2 }],
    ]);
    const sent = aws.commandCalls(GetExecutionHistoryCommand).length;
    expect((await readExecutionEvents(ARN, 4, false)).map(({ id }) => id)).toEqual([5]);
    expect(aws.commandCalls(GetExecutionHistoryCommand).length - sent).toBe(1);
  });
});

describe('followExecution', () => {
  it('tells the steps with what is done of what is planned', async () => {
    const history = new History().enter('OpenRun').leave('OpenRun', { opened: OPENED });
    history.enter('PlanRun').leave('PlanRun').enter('FoldShards', 'MapStateEntered').serve();
    ends({ status: 'RUNNING' }, { status: 'SUCCEEDED', output: '{"opened":1}' });
    const { told, progress } = recorder();
    const deps = await lakeOfRun();
    const ended = followExecution(ARN, { deps, progress, signal: new AbortController().signal, lookMs: 1 });
    expect(await ended).toMatchObject({ status: 'SUCCEEDED', output: { opened: 1 }, failedAfter: 0 });
    expect(told).toEqual([
      'begin open-run',
      'complete open-run 1000',
      'begin plan-run',
      'complete plan-run 1000',
      'plan 1 4 4 1 4',
      'begin fold-shard',
      'reach fold-shard 2',
      'reach fold-shard 2',
    ]);
  });

  it('says once that the run waits for the lease', async () => {
    const cause = JSON.stringify({ errorMessage: 'Lease: held by run r1 until 05:00Z, expected it free.' });
    const history = new History().enter('OpenRun');
    const later = cause.replace('05:00Z', '05:01Z');
    for (const told of [cause, later]) {
      history.add('LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: { error: 'LockHeldError', cause: told } });
    }
    history.add('LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: { error: 'TransientDependencyError' } }).serve();
    ends({ status: 'ABORTED' });
    const { told, progress } = recorder();
    const deps = await lakeOfRun();
    await followExecution(ARN, { deps, progress, signal: new AbortController().signal });
    expect(told.filter((line) => line.startsWith('note'))).toEqual([
      'note note: Lease: held by run r1 until 05:00Z, expected it free. It is asked again every minute, for an hour.',
    ]);
  });

  it('outlives looks that fail for a while, and ends at the signal', async () => {
    new History().enter('OpenRun').serve();
    const stop = new AbortController();
    let looks = 0;
    aws.on(DescribeExecutionCommand).callsFake(() => {
      if (++looks < 3) throw new Error('socket hang up');
      stop.abort();
      return { status: 'RUNNING' };
    });
    const deps = await lakeOfRun();
    expect(await followExecution(ARN, { deps, progress: recorder().progress, signal: stop.signal, lookMs: 1 })).toBeUndefined();
    expect(looks).toBe(3);
  });
});

describe('openExecutionRunner', () => {
  const withDrop = async () => {
    const deps = memoryDeps(emptyPlaces());
    await deps.lake.create('drops/dt=2025-01-04/_SUCCESS', new Uint8Array());
    return deps;
  };
  const run = async (deps?: RunDeps, wait = true, request: Partial<RunRequest> = { to: '2025-01-04', snapshots: 'last' }) => {
    aws.on(StartExecutionCommand).resolves({ executionArn: ARN });
    const runner = openExecutionRunner({ places, deps: deps ?? (await withDrop()) }, wait);
    return runner.run(request, recorder().progress).catch((error: unknown) => error);
  };

  it('starts nothing, and alarms nobody, for what open-run would refuse', async () => {
    const refused: [Partial<RunRequest>, string][] = [
      [{ from: '2025-01-04', to: '2025-01-01' }, 'ends before it begins'],
      [{ to: '2025-01-05' }, 'dt=2025-01-05'],
      [{ approve: { runId: 'r9', waive: [], note: '' } }, 'not in the run ledger'],
      [{ approve: { runId: 'r1', waive: [], note: '' } }, 'Run r1: FAILED, expected HELD'],
      [{ rebuild: { fromDrops: false } }, 'no run is committed'],
    ];
    const deps = await withDrop();
    await deps.runs.put({ pk: 'RUN', sk: 'r1', runId: 'r1', runSeq: 1, state: 'FAILED', openedAt: '' });
    for (const [request, says] of refused) expect(String(await run(deps, false, request))).toContain(says);
    expect(aws.commandCalls(StartExecutionCommand)).toEqual([]);
  });

  it('leaves to the execution what these credentials may not read, and says so', async () => {
    const deps = await withDrop();
    const denied = new ConfigError('Stack Shop: denied.', { cause: new Error('AccessDenied') });
    const { told, progress } = recorder();
    aws.on(StartExecutionCommand).resolves({ executionArn: ARN });
    const blind: RunDeps = {
      ...deps,
      configText: '',
      get deployedConfigText(): string {
        throw denied;
      },
    };
    const outcome = await openExecutionRunner({ places, deps: blind }, false).run({}, progress);
    expect(outcome).toEqual({ kind: 'started', execution: ARN });
    expect(told).toEqual(['note Not checked before the start: Stack Shop: denied.']);
  });

  it('starts the machine with the request, and gives its outcome', async () => {
    new History().serve();
    ends({ status: 'SUCCEEDED', output: JSON.stringify({ opened: { ...OPENED, decision: 'done', runId: 'r' } }) });
    expect(await run()).toEqual({ kind: 'already done', to: '2025-01-04' });
    const [{ input } = { input: undefined }] = aws.commandCalls(StartExecutionCommand).map((call) => call.args[0]);
    expect(input).toMatchObject({ stateMachineArn: 'arn:machine', input: '{"to":"2025-01-04","snapshots":"last"}' });
    ends({ status: 'SUCCEEDED', output: JSON.stringify({ opened: OPENED }) });
    expect(await run()).toEqual({ kind: 'closed', runId: RUN.runId, from: '2025-01-01', to: '2025-01-04' });
    expect(await run(undefined, false)).toEqual({ kind: 'started', execution: ARN });
  });

  it('throws what fail-run answered, else what it wrote, else what Step Functions tells', async () => {
    const failing = { status: 'FAILED', error: 'RunFailed', cause: 'A step failed' };
    ends(failing);
    const answer = { state: 'NONE', name: 'DropNotReadyError', message: 'Drop: missing.' };
    new History()
      .enter('FailRun')
      .add('LambdaFunctionSucceeded', { lambdaFunctionSucceededEventDetails: { output: JSON.stringify(answer) } })
      .serve();
    const told = await run();
    expect(told).toBeInstanceOf(DropNotReadyError);
    expect((told as Error).message).toBe('Drop: missing.');
    new History().serve();
    const deps = await withDrop();
    await deps.runs.put({
      pk: 'RUN',
      sk: 'r1',
      runId: 'r1',
      openedAt: '',
      execution: ARN,
      error: 'DataQualityGateError: Held: why.',
    });
    const held = await run(deps);
    expect(held).toBeInstanceOf(DataQualityGateError);
    expect((held as Error).message).toBe('Held: why.');
    expect(String(await run())).toContain('RunFailed: A step failed');
  });

  it('says where to look when the machine itself died, or nobody can look any more', async () => {
    new History().serve();
    ends({ status: 'TIMED_OUT', error: 'States.Timeout' });
    const died = await run();
    expect(died).toBeInstanceOf(TransientDependencyError);
    expect((died as Error).message).toMatch(
      /TIMED_OUT \(States.Timeout\), expected SUCCEEDED.* see it at https:\/\/eu-central-1\.console/,
    );
    aws.on(DescribeExecutionCommand).rejects(Object.assign(new Error('expired'), { name: 'ExpiredTokenException' }));
    const blind = await run();
    expect(blind).toBeInstanceOf(ConfigError);
    expect((blind as Error).message).toMatch(
      /The run goes on .* runs --stack Shop or aws stepfunctions describe-execution --region/,
    );
  });
});

describe('executionName', () => {
  it('is legal, to be read, and no other', () => {
    const now = new Date('2026-11-22T05:01:00.123Z');
    expect(executionName({}, now)).toMatch(/^cli-2026-11-22T05-01-00Z-run-[0-9a-f]{4}$/);
    expect(executionName({ approve: { runId: 'r', waive: [], note: '' } }, now)).toContain('Z-approve-');
    expect(executionName({ rebuild: { fromDrops: false } }, now)).toContain('Z-rebuild-');
    const names = Array.from({ length: 20 }, () => executionName({}, now));
    expect(new Set(names).size).toBeGreaterThan(15);
    expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
});

describe('stepOfState', () => {
  it('knows the step of every state of the machine', () => {
    const camel = (step: string) => step.replaceAll(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
    for (const step of STEPS) expect(stepOfState(step === 'require-complete' ? 'RequireFold' : camel(step))).toBe(step);
    expect(['IngestDrops', 'FoldShards', 'ScoreShards', 'PublishSegments', 'ProjectShards'].map(stepOfState)).toEqual([
      'ingest-drop',
      'fold-shard',
      'score-shard',
      'publish-segments',
      'project-shard',
    ]);
    expect(['Begin', 'OpenDecision', 'WaitForDrop', 'Done', 'FoldShardItemEnds'].map(stepOfState)).toEqual(
      Array(5).fill(undefined),
    );
  });
});
