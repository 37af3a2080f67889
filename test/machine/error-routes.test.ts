import { describe, expect, it } from 'vitest';
import { loadDefinition, runMachine, type StepHandlers } from '../../cli/local/machine.ts';
import { errorOfName } from '../../lib/errors.ts';
import { isMapStep, lakeKeys, STEPS, type Step } from '../../lib/keys.ts';
import type { CompleteTask, FailTask, RunRef } from '../../lib/run/contracts.ts';
import { itemKey, type RunDeps } from '../../lib/run/deps.ts';
import { failRun } from '../../lib/run/fail-run.ts';
import { createJson } from '../../lib/run/json-objects.ts';
import { requireComplete } from '../../lib/run/require-complete.ts';
import { acquireLease, findRun, insertRun, moveCurrent, type RunRecord, recordError } from '../../lib/run/run-ledger.ts';
import {
  BUG_ROUTES,
  type Expected,
  expectedRoute,
  OWN_ROUTES,
  SILENT_ROUTES,
  TASKS,
  type TaskName,
} from '../support/error-routes.ts';
import { findTasks } from '../support/machine-states.ts';
import { emptyPlaces, memoryDeps } from '../support/run-in-memory.ts';

const definition = await loadDefinition();
const NIGHT = { runId: 'r000001-2026-03-01', from: '2026-03-01', to: '2026-03-01', generation: 1 };
const SHARDS = 2;

/** What a failing machine came to. */
interface Ended {
  /** Calls by task: `FoldShard shard=0`, or `RequireFold`. */
  readonly calls: Readonly<Record<string, number>>;
  readonly told: readonly string[];
  readonly state: string | undefined;
  readonly notices: number;
  readonly isLeaseFree: boolean;
  readonly outcome: Awaited<ReturnType<typeof runMachine>>;
}

const tasks = findTasks(definition);

/** The state that a call of a step comes from. */
function taskOf(step: Step, payload: unknown): string {
  if (step !== 'require-complete') return tasks.find((task) => task.step === step)?.name ?? step;
  const { step: map } = payload as CompleteTask;
  const named = { 'ingest-drop': 'Ingest', 'fold-shard': 'Fold', 'score-shard': 'Score', 'publish-segments': 'Publish' };
  return `Require${map === 'project-shard' ? 'Project' : named[map]}`;
}

/**
 * Runs the real definition. The steps do nothing but what leads on: open-run opens, plan-run plans, an item leaves its receipt or
 * its error, commit-run commits. require-complete and fail-run are the real ones.
 */
async function runFailing(faults: Readonly<Record<string, string>>): Promise<Ended> {
  const calls: Record<string, number> = {};
  const told: string[] = [];
  let notices = 0;
  const deps = memoryDeps(
    emptyPlaces(),
    {},
    {
      isExclusive: false,
      isDead: () => false,
      leaseMs: 86_400_000,
      notifier: { notify: async () => void notices++ },
    },
  );
  const call = async (step: Step, payload: unknown) => {
    const task = taskOf(step, payload);
    const item = isMapStep(step) ? itemKey(step, payload as object) : '';
    const key = `${task} ${item}`.trim();
    calls[key] = (calls[key] ?? 0) + 1;
    if (step === 'fail-run') told.push((payload as FailTask).error.Error);
    const fault = faults[task];
    if (fault === undefined) return answer(step, payload, deps);
    if (isMapStep(step) && !(fault in SILENT_ROUTES)) {
      await recordError(deps, NIGHT.runId, { step, item, name: fault, message: 'no' });
    }
    throw fault in OWN_ROUTES ? errorOfName(fault, 'no') : Object.assign(new Error('no'), { name: fault });
  };
  const handlers = Object.fromEntries(STEPS.map((step) => [step, (payload: unknown) => call(step, payload)]));
  const outcome = await runMachine(definition, {}, handlers as unknown as StepHandlers, { retrySecondsOverride: 0 });
  const record = await findRun(deps, NIGHT.runId);
  const isLeaseFree = await acquireLease(deps, 'next').then(
    () => true,
    () => false,
  );
  return { calls, told, state: record?.state, notices, isLeaseFree, outcome };
}

async function answer(step: Step, payload: unknown, deps: RunDeps): Promise<unknown> {
  const run = payload as RunRef;
  if (isMapStep(step))
    return createJson(deps.lake, lakeKeys.receipt(run.runId, step, itemKey(step, run as object)), { sources: [] });
  if (step === 'require-complete') return requireComplete(payload as CompleteTask, deps);
  if (step === 'fail-run') return failRun(payload as FailTask, deps);
  if (step === 'open-run') return open(deps);
  if (step === 'plan-run') return plan(run, deps);
  if (step === 'commit-run') await moveCurrent(deps, { ...run, dt: NIGHT.to, publication: '' } as never, '');
  return {};
}

async function open(deps: RunDeps): Promise<unknown> {
  const { runId, from, to } = NIGHT;
  const run = { runId, runSeq: await acquireLease(deps, runId) };
  await insertRun(deps, { ...NIGHT, ...run, state: 'OPEN', baseRunId: '', error: '' } as unknown as RunRecord);
  return { decision: 'go', run, from, to, resumed: false };
}

async function plan(run: RunRef, deps: RunDeps): Promise<unknown> {
  const publications = [{ segment: 'loyal', destination: 'generic_csv' }];
  await createJson(deps.lake, lakeKeys.plan(run.runId), { ...NIGHT, shards: SHARDS, batches: [{ files: [] }], publications });
  const shards = Array.from({ length: SHARDS }, (_, shard) => ({ ...run, shard }));
  return { batches: [{ ...run, batch: 0 }], shards, publications: publications.map((it) => ({ ...run, ...it })) };
}

/** The same of what happened as `expectedRoute` tells. */
function routeOf(task: TaskName, { calls, told, state }: Ended, { check }: Expected): Expected {
  const own = Object.entries(calls).filter(([key]) => key.split(' ')[0] === task);
  return {
    calls: Math.max(...own.map(([, times]) => times)),
    ...(check ? { check: { task: check.task, calls: calls[check.task] ?? 0 } } : {}),
    caught: told.at(-1) ?? '',
    state: state as Expected['state'],
  };
}

/** Every class from every task; what a handler knows nothing of from every kind of item, and from one task on the whole run. */
function namesFor(task: TaskName): string[] {
  const isSilentToo = 'check' in expectedRoute(task, 'TypeError') || task === 'Calibrate';
  return [OWN_ROUTES, BUG_ROUTES, ...(isSilentToo ? [SILENT_ROUTES] : [])].flatMap((routes) => Object.keys(routes));
}

describe('every error from every task', () => {
  it('is tried for every task of the machine', () => {
    expect(tasks.map(({ name }) => name).toSorted()).toEqual([...Object.keys(TASKS), 'FailRun'].toSorted());
  });

  it.each(Object.keys(TASKS) as TaskName[])(
    '%s: is tried again as often as it should, and ends the run as it should',
    async (task) => {
      const found: Record<string, unknown> = {};
      const expected: Record<string, unknown> = {};
      const once = { told: 1, notices: 1, isLeaseFree: true, status: 'failed' };
      const tryOut = async (name: string) => {
        const route = expectedRoute(task, name);
        const ended = await runFailing({ [task]: name });
        expected[name] = { ...route, ...once };
        const { told, notices, isLeaseFree, outcome } = ended;
        found[name] = { ...routeOf(task, ended, route), told: told.length, notices, isLeaseFree, status: outcome.status };
      };
      await Promise.all(namesFor(task).map(tryOut));
      expect(found).toEqual(expected);
    },
  );

  it('is tried again in fail-run too, and then ends the machine with both errors', async () => {
    for (const [name, { again }] of Object.entries({ ...OWN_ROUTES, ...SILENT_ROUTES })) {
      const { calls, state, outcome } = await runFailing({ Calibrate: 'ConfigError', FailRun: name });
      expect([name, calls['FailRun'], state]).toEqual([name, 1 + again, 'OPEN']);
      expect(outcome).toMatchObject({ error: { name: 'ConfigError', failRun: { name } } });
    }
  });
});
