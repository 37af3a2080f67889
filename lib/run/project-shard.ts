import { compareRows, textAt } from '../arrow/columns.ts';
import { RunSupersededError } from '../errors.ts';
import { conditionalPuts, type Item, type Write } from '../store/tables.ts';
import type { Counts, ShardTask } from './contracts.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { profileItem, profilesDiffer } from './profile.ts';
import { projectTransitions, removeErasedTransitions } from './project-transitions.ts';
import { projectTransitionsAcross } from './rebuild/project-transitions-across.ts';
import {
  findMarker,
  type MarkerPlace,
  notLaterThan,
  putMarker,
  runsOfOtherGenerations,
  superseded,
} from './rebuild/projection-markers.ts';
import { readScoresOfShard } from './rebuild/rows-of-shard.ts';
import { findReceipt, type ProjectReceipt, writeReceipt } from './receipts.ts';
import { findCurrent, type RunRecord, readRun } from './run-ledger.ts';
import { readScores, type ScoreFile } from './score-files.ts';
import { shardsOf } from './transition-files.ts';

/** Guarded writes in flight. */
const CONCURRENCY = 32;

/**
 * Makes profiles and transition items of a shard show the committed run. Only what differs from what the tables may hold is
 * written; redone from any point it ends the same.
 *
 * @throws RunSupersededError when the run is not the committed one, or was taken over by a later holder of the lease
 */
export async function projectShard(task: ShardTask, deps: RunDeps): Promise<Counts> {
  const [current, target] = await Promise.all([findCurrent(deps), readRun(deps, task.runId)]);
  if (current?.runId !== task.runId || target.runSeq > task.runSeq) throw superseded(task, task.shard);
  const shards = (await shardsOf(deps, target)).length;
  const place = { generation: target.generation, shard: task.shard, shards };
  const marker = await findMarker(deps, place);
  const others = await runsOfOtherGenerations(deps, place);
  const item = itemKey('project-shard', task);
  const done = await findReceipt(deps, task.runId, 'project-shard', item);
  const isNew = marker.settled === '' && marker.begun.length === 0 && others.length === 0;
  const isShown = marker.settled === task.runId && marker.begun.length === 0 && others.length === 0;
  if (done && isShown) return { ...done };
  const begun = [...new Set([...marker.begun, task.runId])];
  await putMarker(deps, place, task, { settled: marker.settled, begun });
  const own = [...new Set([marker.settled, ...marker.begun])].filter((runId) => runId !== '' && runId !== task.runId);
  const shown = [...(await Promise.all(own.map((runId) => readRun(deps, runId)))), ...others];
  const transitions =
    others.length > 0
      ? await projectTransitionsAcross(deps, target, place, shown)
      : await projectTransitions(deps, target, task.shard, [marker.settled, ...begun]);
  const profiles = await projectProfiles(deps, target, task, { place, runs: shown, isNew });
  const receipt = { ...profiles, transitions };
  // Before the marker: what is settled can no longer tell how many profiles had to be written.
  if (!done) await writeReceipt(deps, task.runId, 'project-shard', item, receipt);
  await putMarker(deps, place, task, { settled: task.runId, begun: [] });
  return { ...receipt };
}

/** What the profiles of a shard may show. */
interface Shown {
  readonly place: MarkerPlace;
  readonly runs: readonly RunRecord[];
  /** True when they show nothing. */
  readonly isNew: boolean;
}

async function projectProfiles(
  deps: RunDeps,
  target: RunRecord,
  task: ShardTask,
  { place, runs, isNew }: Shown,
): Promise<Omit<ProjectReceipt, 'transitions'>> {
  const read = (run: RunRecord) =>
    run.generation === place.generation
      ? readScores(deps, { generation: run.generation, dt: run.to, runId: run.runId, shard: task.shard })
      : readScoresOfShard(deps, run, place);
  const now = await read(target);
  if (isNew) {
    const puts = function* (): Generator<Write> {
      for (let row = 0; row < now.rows; row++) yield { put: profileItem(now, row, task.runSeq) };
    };
    const written = await deps.profiles.writeBatch(puts());
    return { customers: now.rows, written, removed: 0 };
  }
  const shown = await Promise.all(runs.map(read));
  await removeErasedTransitions(
    deps,
    shown.map((scores, i) => ({ scores, to: (runs[i] as RunRecord).to })),
  );
  const isResumed = runs.length === 0;
  const { changed, gone } = compareProfiles(now, shown, isResumed);
  const guard = notLaterThan(task.runSeq);
  const items = function* (): Generator<Item> {
    for (const row of changed) yield profileItem(now, row, task.runSeq);
  };
  const ids = function* (): Generator<Item> {
    for (const customerId of gone) yield { customer_id: customerId };
  };
  if (deps.isExclusive) {
    const puts = await deps.profiles.writeBatch(mapWrites(items(), (put) => ({ put })));
    await deps.profiles.writeBatch(mapWrites(ids(), (remove) => ({ remove })));
    return { customers: now.rows, written: puts, removed: gone.size };
  }
  const { written, refused } = await conditionalPuts(deps.profiles, items(), guard, { concurrency: CONCURRENCY });
  if (refused > 0) {
    throw new RunSupersededError(
      `Run ${task.runId}: ${refused} profiles of shard ${task.shard} were written by a later run, expected none. Another run goes on.`,
    );
  }
  for (const key of ids()) await deps.profiles.remove(key, guard);
  return { customers: now.rows, written, removed: gone.size };
}

function* mapWrites(items: Iterable<Item>, write: (item: Item) => Write): Generator<Write> {
  for (const item of items) yield write(item);
}

/** Rows of now whose profile may not be shown yet, and ids that may be shown but are no more. */
function compareProfiles(now: ScoreFile, shown: readonly ScoreFile[], all: boolean): { changed: number[]; gone: Set<string> } {
  const changed: number[] = [];
  const gone = new Set<string>();
  const cursors = shown.map(() => 0);
  for (let row = 0; row <= now.rows; row++) {
    let differs = all;
    for (const [i, file] of shown.entries()) {
      let at = cursors[i] as number;
      while (
        at < file.rows &&
        (row === now.rows || compareRows(file.columns.customer_id, at, now.columns.customer_id, row) < 0)
      ) {
        gone.add(textAt(file.columns.customer_id, at++));
      }
      const isSame =
        row < now.rows && at < file.rows && compareRows(file.columns.customer_id, at, now.columns.customer_id, row) === 0;
      if (!isSame || profilesDiffer(now, row, file, at)) differs = true;
      cursors[i] = isSame ? at + 1 : at;
    }
    if (row < now.rows && differs) changed.push(row);
  }
  return { changed, gone };
}
