import { closeRun } from './close-run.ts';
import type { RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { readPlan } from './plan.ts';
import { projectShard } from './project-shard.ts';
import {
  acquireLease,
  type Current,
  findCurrent,
  type RunRecord,
  readRun,
  releaseLease,
  renewLease,
  updateRun,
} from './run-ledger.ts';

/** False when profiles or `latest.json` may still show another run than CURRENT: a commit or a rollback was not finished. */
export function isFinished(current: Current, record: RunRecord): boolean {
  // A rollback commits a run that was CLOSED before: until it is taken up again, its fencing number is that of the former time.
  return record.state === 'CLOSED' && record.runSeq >= current.runSeq;
}

/**
 * Finishes the committed run when an earlier process left it open.
 *
 * @param execution ARN of the execution that does it; '' outside of the machine
 * @throws LockHeldError while that process is at work
 */
export async function finishEarlierCommit(deps: RunDeps, execution = ''): Promise<void> {
  const current = await findCurrent(deps);
  if (!current || isFinished(current, await readRun(deps, current.runId))) return;
  const run = { runId: current.runId, runSeq: await acquireLease(deps, current.runId) };
  try {
    await finishCommitted(deps, run, execution);
  } finally {
    await releaseLease(deps, run);
  }
}

/**
 * Does what is left after CURRENT moved: a run that was rolled back is SUPERSEDED, every shard is projected, the run is closed.
 * Redone from any point it ends the same. The caller holds the lease.
 */
export async function finishCommitted(deps: RunDeps, run: RunRef, execution = ''): Promise<void> {
  const rolledBack = (await findCurrent(deps))?.rolledBack;
  if (rolledBack !== undefined) await updateRun(deps, { ...run, runId: rolledBack }, { state: 'SUPERSEDED' });
  const { committedAt } = await readRun(deps, run.runId);
  await updateRun(deps, run, {
    state: 'COMMITTED',
    runSeq: run.runSeq,
    // With the number: a late event of the former execution must not end what another one finishes.
    execution,
    committedAt: committedAt || new Date(deps.now()).toISOString(),
  });
  const { shards } = await readPlan(deps, run.runId);
  for (let shard = 0; shard < shards; shard++) {
    await renewLease(deps, run);
    await projectShard({ ...run, shard }, deps);
  }
  await closeRun(run, deps);
}
