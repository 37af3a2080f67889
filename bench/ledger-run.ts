import { pathToFileURL } from 'node:url';
import { calibrate } from '../lib/run/calibrate.ts';
import { commitRun } from '../lib/run/commit-run.ts';
import type { Planned, RunRef } from '../lib/run/contracts.ts';
import type { RunDeps } from '../lib/run/deps.ts';
import { foldShard } from '../lib/run/fold-shard.ts';
import { ingestDrop } from '../lib/run/ingest-drop.ts';
import { openRun } from '../lib/run/open-run.ts';
import { planRun } from '../lib/run/plan-run.ts';
import { requireComplete } from '../lib/run/require-complete.ts';
import { releaseLease, updateRun } from '../lib/run/run-ledger.ts';
import { scoreShard } from '../lib/run/score-shard.ts';
import { verifyRun } from '../lib/run/verify-run.ts';
import { openObjectStore } from '../lib/store/objects.ts';

/** A run that is opened and planned: all that a timed child needs. */
export interface PlannedRun {
  readonly run: RunRef;
  readonly planned: Planned;
}

const never = new AbortController().signal;

/** Opens and plans a run of the ledger over the drops of a folder. */
export async function openPlanned(deps: RunDeps, from: string, to: string, drops: string): Promise<PlannedRun> {
  const opened = await openRun({ from, to, waitForDrop: false, snapshots: 'last', dropsUrl: pathToFileURL(drops).href }, deps);
  if (opened.decision !== 'go') throw new Error(`Run ${from} to ${to}: ${opened.decision}, expected go.`);
  return { run: opened.run, planned: await planRun(opened.run, deps) };
}

/** Reads the drops of a planned run into the ledger: the step ingest-drop, and the list that require-complete writes. */
export async function takeDrops(deps: RunDeps, { run, planned }: PlannedRun): Promise<void> {
  for (const task of planned.batches) await ingestDrop(task, deps, never);
  await requireComplete({ ...run, step: 'ingest-drop' }, deps);
}

/** Folds, calibrates and scores every shard. @param timed called with the name and the milliseconds of each step */
export async function takeNight(
  deps: RunDeps,
  { run, planned }: PlannedRun,
  timed: (step: string, ms: number) => void,
): Promise<void> {
  const steps = {
    fold: async () => {
      for (const task of planned.shards) await foldShard(task, deps, never);
    },
    calibrate: () => calibrate(run, deps, never),
    score: async () => {
      for (const task of planned.shards) await scoreShard(task, deps, never);
    },
  };
  for (const [name, work] of Object.entries(steps)) {
    const startedMs = performance.now();
    await work();
    timed(name, performance.now() - startedMs);
  }
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

/** What the steps of a Map reach the world through: none of them asks a table. */
export function lakeDeps(lakeUrl: string): RunDeps {
  return { lake: openObjectStore(lakeUrl), openStore: openObjectStore } as unknown as RunDeps;
}
