import { RunSupersededError } from '../errors.ts';
import type { Failed, FailTask } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import {
  findCurrent,
  findRun,
  listRuns,
  predecessorOf,
  type RunRecord,
  type RunState,
  releaseLease,
  updateRun,
} from './run-ledger.ts';

/**
 * Ends a run that cannot go on: marks it, gives the lease back, tells subscribers. A run that was committed stays COMMITTED, to
 * be finished by the next open-run; a run that another holder took over is left to it.
 */
export async function failRun({ run, error }: FailTask, deps: RunDeps): Promise<Failed> {
  const { name, message } = explain(error);
  const state = run.runId === 'none' ? 'NONE' : await markRun({ run, error }, deps, name, message);
  const what = state === 'HELD' ? 'is held for approval' : `ended ${state}`;
  await deps.notifier.notify(`Perennial: run ${run.runId} ${what}`, `${name}: ${message}`);
  return { state, name, message };
}

async function markRun({ run }: FailTask, deps: RunDeps, name: string, message: string): Promise<RunState> {
  const current = await findCurrent(deps);
  const record = await findRun(deps, run.runId);
  const isCommitted = current?.runId === run.runId;
  if (record?.state === 'CLOSED') {
    await releaseLease(deps, run);
    return 'CLOSED';
  }
  const state: RunState = isCommitted ? 'COMMITTED' : (STATE_OF[name] ?? 'FAILED');
  try {
    await updateRun(deps, run, { state, error: `${name}: ${message}` });
  } catch (error) {
    if (!(error instanceof RunSupersededError)) throw error;
    return 'SUPERSEDED';
  }
  if (state === 'HELD' && record) await supersedeCovered(deps, run, record);
  await releaseLease(deps, run);
  return state;
}

/** Older held runs on the same base whose dates the held run covers: of two that say the same the newer is approved. */
async function supersedeCovered(deps: RunDeps, { runSeq }: FailTask['run'], held: RunRecord): Promise<void> {
  for (const run of await listRuns(deps)) {
    const { runId, state, from, to } = run;
    if (state !== 'HELD' || runId === held.runId || predecessorOf(run) !== predecessorOf(held)) continue;
    if (from < held.from || to > held.to) continue;
    await updateRun(deps, { runId, runSeq }, { state: 'SUPERSEDED' });
  }
}

const STATE_OF: Readonly<Record<string, RunState>> = {
  DataQualityGateError: 'HELD',
  RunSupersededError: 'SUPERSEDED',
};

/** Name and message of what Step Functions caught: Lambda puts them into the cause. */
function explain(error: FailTask['error']): { name: string; message: string } {
  try {
    const cause = JSON.parse(error.Cause) as { errorType?: string; errorMessage?: string };
    return { name: cause.errorType ?? error.Error, message: cause.errorMessage ?? error.Cause };
  } catch {
    return { name: error.Error, message: error.Cause };
  }
}
