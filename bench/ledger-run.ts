import { pathToFileURL } from 'node:url';
import { commitRun } from '../lib/run/commit-run.ts';
import type { RunDeps } from '../lib/run/deps.ts';
import { openRun } from '../lib/run/open-run.ts';
import { planRun } from '../lib/run/plan-run.ts';
import { releaseLease, updateRun } from '../lib/run/run-ledger.ts';
import { verifyRun } from '../lib/run/verify-run.ts';
import { type PlannedRun, takeDrops, takeNight } from './steps.ts';

/** Opens and plans a run of the ledger over the drops of a folder. */
export async function openPlanned(deps: RunDeps, from: string, to: string, drops: string): Promise<PlannedRun> {
  const request = { from, to, waitForDrop: false, snapshots: 'last', dropsUrl: pathToFileURL(drops).href } as const;
  const opened = await openRun({ request, execution: '' }, deps);
  if (opened.decision !== 'go') throw new Error(`Run ${from} to ${to}: ${opened.decision}, expected go.`);
  return { run: opened.run, planned: await planRun(opened.run, deps) };
}

/** Takes a planned run to its end, all but exports and the projection into DynamoDB, which no later run reads. */
export async function finishRun(deps: RunDeps, planned: PlannedRun): Promise<void> {
  await takeDrops(deps, planned);
  await takeNight(deps, planned, () => undefined);
  await verifyRun(planned.run, deps);
  await closeRun(deps, planned);
}

/** Commits a run whose results are written, and closes it. */
export async function closeRun(deps: RunDeps, planned: PlannedRun): Promise<void> {
  await commitRun(planned.run, deps);
  await updateRun(deps, planned.run, { state: 'CLOSED' });
  await releaseLease(deps, planned.run);
}
