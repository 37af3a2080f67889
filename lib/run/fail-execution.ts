import type { ExecutionEvent, Failed } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { endRun } from './end-run.ts';
import { explainCaught } from './fail-run.ts';
import { findRunOf, type RunRecord, releaseLease } from './run-ledger.ts';
import { isTold, rememberTold } from './told-executions.ts';

type Execution = ExecutionEvent['detail'];

/** Name of an end for which Step Functions gives no error. */
const NAMES = { FAILED: 'ExecutionFailed', TIMED_OUT: 'States.Timeout', ABORTED: 'ExecutionAborted' } as const;
const WORDS = { FAILED: 'failed', TIMED_OUT: 'timed out', ABORTED: 'was stopped' } as const;

/**
 * Ends the run of an execution that died with no way to do it itself: it ran out of time, somebody stopped it, it broke a limit
 * of Step Functions, or its own fail-run failed. Marks the run, gives the lease back, tells subscribers.
 *
 * EventBridge may deliver an event twice, and sends one too when the machine's own fail-run has done all this: the end of an
 * execution is told once. A run that another execution took over is left to it.
 *
 * @returns the state of the run now; NONE when the execution has no run, TOLD when there was nothing left to do
 */
export async function failExecution({ detail }: ExecutionEvent, deps: RunDeps): Promise<Failed> {
  const end = endOf(detail);
  const { name, message } = explain(detail);
  if (isItem(detail) || (await isTold(deps, end))) return { state: 'TOLD', name, message };
  const record = await findRunOf(deps, detail.executionArn);
  const state = record ? await endRecord(deps, record, `${name}: ${message}`) : 'NONE';
  const subject = record ? `Perennial: run ${record.runId} ended ${state}` : 'Perennial: an execution ended without a run';
  await deps.notifier.notify(subject, `${name}: ${message}${record?.error ? ` Before that: ${record.error}` : ''}`);
  await rememberTold(deps, end);
  return { state, name, message };
}

/** An execution that was made to go on ends again, under the same ARN. */
function endOf({ executionArn, redriveCount }: Execution): string {
  return redriveCount ? `${executionArn}#${redriveCount}` : executionArn;
}

/** Items of a distributed Map are executions of their own, `<machine>/<label>:<id>`; their machine tells of them. */
function isItem({ executionArn }: Execution): boolean {
  return executionArn.includes('/');
}

function explain({ executionArn, status, error, cause }: Execution): { name: string; message: string } {
  const caught = explainCaught({ Error: error ?? NAMES[status], Cause: cause ?? '' });
  const why = caught.message === '' ? '' : ` (${caught.message})`;
  return {
    name: caught.name,
    message: `Execution ${executionArn}: ${WORDS[status]}${why}, expected it to end its run itself. Look at its history, then run again.`,
  };
}

/** Ends the run of a record, under the fencing number of its last holder. One that has ended only gives its lease back. */
async function endRecord(deps: RunDeps, record: RunRecord, error: string): Promise<string> {
  if (record.state === 'OPEN' || record.state === 'COMMITTED') return endRun(deps, record, { state: 'FAILED', error });
  await releaseLease(deps, record);
  return record.state;
}
