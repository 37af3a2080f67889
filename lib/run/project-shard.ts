import { compareRows, textAt } from '../arrow/columns.ts';
import { RunSupersededError } from '../errors.ts';
import { type Condition, conditionalPuts, type Item, type Write } from '../store/tables.ts';
import type { Counts, ShardTask } from './contracts.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { profileItem, profilesDiffer } from './profile.ts';
import { projectTransitions } from './project-transitions.ts';
import { findReceipt, type ProjectReceipt, writeReceipt } from './receipts.ts';
import { findCurrent, type RunRecord, readRun } from './run-ledger.ts';
import { readScores, type ScoreFile } from './score-files.ts';

/** Guarded writes in flight. */
const CONCURRENCY = 32;

/** What the tables hold of a shard: the run that they show whole, and those whose projection was begun since. */
interface Marker {
  readonly settled: string;
  readonly begun: readonly string[];
}

/**
 * Makes profiles and transition items of a shard show the committed run. Only what differs from what the tables may hold is
 * written; redone from any point it ends the same.
 *
 * @throws RunSupersededError when the run is not the committed one, or was taken over by a later holder of the lease
 */
export async function projectShard(task: ShardTask, deps: RunDeps): Promise<Counts> {
  const [current, target] = await Promise.all([findCurrent(deps), readRun(deps, task.runId)]);
  if (current?.runId !== task.runId || target.runSeq > task.runSeq) throw superseded(task);
  const marker = await findMarker(deps, task);
  const item = itemKey('project-shard', task);
  const done = await findReceipt(deps, task.runId, 'project-shard', item);
  if (done && marker.settled === task.runId && marker.begun.length === 0) return { ...done };
  const begun = [...new Set([...marker.begun, task.runId])];
  await putMarker(deps, task, { settled: marker.settled, begun });
  const sources = [marker.settled, ...marker.begun].filter((runId) => runId !== '' && runId !== task.runId);
  const transitions = await projectTransitions(deps, target, task.shard, [marker.settled, ...begun]);
  const profiles = await projectProfiles(
    deps,
    target,
    task,
    [...new Set(sources)],
    marker.settled === '' && marker.begun.length === 0,
  );
  const receipt = { ...profiles, transitions };
  // Before the marker: what is settled can no longer tell how many profiles had to be written.
  if (!done) await writeReceipt(deps, task.runId, 'project-shard', item, receipt);
  await putMarker(deps, task, { settled: task.runId, begun: [] });
  return { ...receipt };
}

const markerKey = ({ shard }: ShardTask) => ({ pk: 'PROJECTION', sk: `shard=${shard}` });

async function findMarker({ runs }: RunDeps, task: ShardTask): Promise<Marker> {
  return ((await runs.get(markerKey(task))) as (Item & Marker) | undefined) ?? { settled: '', begun: [] };
}

async function putMarker({ runs }: RunDeps, task: ShardTask, marker: Marker): Promise<void> {
  const isPut = await runs.put({ ...markerKey(task), ...marker, runSeq: task.runSeq }, notLaterThan(task.runSeq));
  if (!isPut) throw superseded(task);
}

/** Holds for an item that no later holder of the lease wrote. */
const notLaterThan = (runSeq: number): Condition => ({
  expression: 'attribute_not_exists(#seq) OR #seq <= :mine',
  names: { '#seq': 'runSeq' },
  values: { ':mine': runSeq },
});

const superseded = ({ runId, runSeq, shard }: ShardTask) =>
  new RunSupersededError(
    `Run ${runId}: projection of shard ${shard} under fencing number ${runSeq}, expected the committed run and its latest number. Another run goes on.`,
  );

async function projectProfiles(
  deps: RunDeps,
  target: RunRecord,
  task: ShardTask,
  sources: readonly string[],
  isEmptyTable: boolean,
): Promise<Omit<ProjectReceipt, 'transitions'>> {
  const read = ({ generation, to, runId }: RunRecord) => readScores(deps, { generation, dt: to, runId, shard: task.shard });
  const now = await read(target);
  if (isEmptyTable) {
    const puts = function* (): Generator<Write> {
      for (let row = 0; row < now.rows; row++) yield { put: profileItem(now, row, task.runSeq) };
    };
    const written = await deps.profiles.writeBatch(puts());
    return { customers: now.rows, written, removed: 0 };
  }
  const shown = await Promise.all(sources.map(async (runId) => read(await readRun(deps, runId))));
  const isResumed = sources.length === 0;
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
