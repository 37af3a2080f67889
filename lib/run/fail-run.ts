import type { Failed, FailTask } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { endRun } from './end-run.ts';
import type { RunState } from './run-ledger.ts';
import { rememberTold } from './told-executions.ts';

/**
 * Ends a run that cannot go on: marks it, gives the lease back, tells subscribers. A run that was committed stays COMMITTED, to
 * be finished by the next open-run; a run that another holder took over is left to it.
 */
export async function failRun({ run, execution, error }: FailTask, deps: RunDeps): Promise<Failed> {
  const { name, message } = explainCaught(error);
  const end = { state: STATE_OF[name] ?? 'FAILED', error: `${name}: ${message}` };
  const state = run.runId === 'none' ? 'NONE' : await endRun(deps, run, end);
  const what = state === 'HELD' ? 'is held for approval' : `ended ${state}`;
  await deps.notifier.notify(`Perennial: run ${run.runId} ${what}`, `${name}: ${message}`);
  // Last of all: whoever dies before it is told of by the event of the dead execution, rather twice than never.
  await rememberTold(deps, execution);
  return { state, name, message };
}

const STATE_OF: Readonly<Record<string, RunState>> = {
  DataQualityGateError: 'HELD',
  RunSupersededError: 'SUPERSEDED',
};

/** Name and message of what Step Functions caught: Lambda puts them into the cause. */
export function explainCaught(error: FailTask['error']): { name: string; message: string } {
  try {
    const cause = JSON.parse(error.Cause) as { errorType?: string; errorMessage?: string };
    return { name: cause.errorType ?? error.Error, message: cause.errorMessage ?? error.Cause };
  } catch {
    return { name: error.Error, message: error.Cause };
  }
}
