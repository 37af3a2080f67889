import { closeRun } from './close-run.ts';
import type { RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { readPlan } from './plan.ts';
import { projectShard } from './project-shard.ts';
import { updateRun } from './run-ledger.ts';

/** Finishes what an earlier commit left open: every shard's projection, then the close. The caller holds the lease. */
export async function finishCommitted(deps: RunDeps, run: RunRef): Promise<void> {
  await updateRun(deps, run, { state: 'COMMITTED', runSeq: run.runSeq });
  const { shards } = await readPlan(deps, run.runId);
  for (let shard = 0; shard < shards; shard++) await projectShard({ ...run, shard }, deps);
  await closeRun(run, deps);
}
