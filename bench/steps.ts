import type { Planned, RunRef } from '../lib/run/contracts.ts';
import type { RunDeps } from '../lib/run/deps.ts';
import { openObjectStore } from '../lib/store/objects.ts';

/** A run that is opened and planned: all that a timed child needs. */
export interface PlannedRun {
  readonly run: RunRef;
  readonly planned: Planned;
}

const never = new AbortController().signal;

// Steps are imported when they are taken: the start of a process that reads a CSV does not pay for the models.

/** Reads the drops of a planned run into the ledger: the step ingest-drop, and the list that require-complete writes. */
export async function takeDrops(deps: RunDeps, { run, planned }: PlannedRun): Promise<void> {
  const [{ ingestDrop }, { requireComplete }] = await Promise.all([
    import('../lib/run/ingest-drop.ts'),
    import('../lib/run/require-complete.ts'),
  ]);
  for (const task of planned.batches) await ingestDrop(task, deps, never);
  await requireComplete({ ...run, step: 'ingest-drop' }, deps);
}

/** Folds, calibrates and scores every shard. @param timed called with the name and the milliseconds of each step */
export async function takeNight(
  deps: RunDeps,
  { run, planned }: PlannedRun,
  timed: (step: string, ms: number) => void,
): Promise<void> {
  const [{ foldShard }, { calibrate }, { scoreShard }] = await Promise.all([
    import('../lib/run/fold-shard.ts'),
    import('../lib/run/calibrate.ts'),
    import('../lib/run/score-shard.ts'),
  ]);
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

/** What the steps of a Map reach the world through: none of them asks a table. */
export function lakeDeps(lakeUrl: string): RunDeps {
  return { lake: openObjectStore(lakeUrl), openStore: openObjectStore } as unknown as RunDeps;
}
