import type { Counts, RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { readPlan } from './plan.ts';
import { findCurrent, moveCurrent, renewLease, updateRun } from './run-ledger.ts';

/**
 * Moves `CURRENT` to the run in one conditional update: the only moment at which anything changes for outsiders.
 *
 * @throws RunSupersededError when another run was committed since the plan was made, or holds the lease
 */
export async function commitRun(run: RunRef, deps: RunDeps): Promise<Counts> {
  const plan = await readPlan(deps, run.runId);
  // CURRENT alone cannot tell a former holder of a resumed run: for as long as a lease lives, nobody else has a higher number.
  await renewLease(deps, run);
  const current = await findCurrent(deps);
  if (current?.runId !== run.runId) {
    const next = { runId: run.runId, dt: plan.to, runSeq: run.runSeq, publication: `dt=${plan.to}/run=${run.runId}` };
    await moveCurrent(deps, next, (plan.base ?? plan.replaces)?.runId ?? '');
  }
  await updateRun(deps, run, { state: 'COMMITTED', committedAt: new Date(deps.now()).toISOString() });
  return { committed: 1 };
}
