import { RunSupersededError } from '../errors.ts';
import type { RunRef } from './contracts.ts';
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

/** How a run ends before its close, and why. */
export interface RunEnd {
  readonly state: RunState;
  /** Name and message of what ended it. */
  readonly error: string;
}

/**
 * Marks a run that cannot go on and gives its lease back. A run that was committed stays COMMITTED, to be finished by the next
 * open-run; a run that another holder took over is left to it.
 *
 * @returns the state of the run now
 */
export async function endRun(deps: RunDeps, run: RunRef, end: RunEnd): Promise<RunState> {
  const current = await findCurrent(deps);
  const record = await findRun(deps, run.runId);
  if (record?.state === 'CLOSED') {
    await releaseLease(deps, run);
    return 'CLOSED';
  }
  const state: RunState = current?.runId === run.runId ? 'COMMITTED' : end.state;
  try {
    await updateRun(deps, run, { state, error: end.error });
  } catch (error) {
    if (!(error instanceof RunSupersededError)) throw error;
    return 'SUPERSEDED';
  }
  if (state === 'HELD' && record) await supersedeCovered(deps, run, record);
  await releaseLease(deps, run);
  return state;
}

/** Older held runs on the same base whose dates the held run covers: of two that say the same the newer is approved. */
async function supersedeCovered(deps: RunDeps, { runSeq }: RunRef, held: RunRecord): Promise<void> {
  for (const run of await listRuns(deps)) {
    const { runId, state, from, to } = run;
    if (state !== 'HELD' || runId === held.runId || predecessorOf(run) !== predecessorOf(held)) continue;
    if (from < held.from || to > held.to) continue;
    await updateRun(deps, { runId, runSeq }, { state: 'SUPERSEDED' });
  }
}
