import { compareRows, textAt } from '../arrow/columns.ts';
import { RunSupersededError } from '../errors.ts';
import { conditionalPuts, type Item, type Write } from '../store/tables.ts';
import type { Counts, ShardTask } from './contracts.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { profileItem, profilesDiffer } from './profile.ts';
import { projectTransitions } from './project-transitions.ts';
import { findReceipt, type ProjectReceipt, writeReceipt } from './receipts.ts';
import { readRun, type RunRecord } from './run-ledger.ts';
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
 */
export async function projectShard(task: ShardTask, deps: RunDeps): Promise<Counts> {
  const target = await readRun(deps, task.runId);
  const markerKey = { pk: 'PROJECTION', sk: `shard=${task.shard}` };
  const found = (await deps.runs.get(markerKey)) as (Item & Marker) | undefined;
  const marker: Marker = found ?? { settled: '', begun: [] };
  const item = itemKey('project-shard', task);
  if (marker.settled === task.runId && marker.begun.length === 0) {
    const done = await findReceipt(deps, task.runId, 'project-shard', item);
    if (done) return { ...done };
  }
  const begun = [...new Set([...marker.begun, task.runId])];
  await deps.runs.put({ ...markerKey, settled: marker.settled, begun });
  const sources = [marker.settled, ...marker.begun].filter((runId) => runId !== '' && runId !== task.runId);
  const transitions = await projectTransitions(deps, target, task.shard, [marker.settled, ...begun]);
  const profiles = await projectProfiles(deps, target, task, [...new Set(sources)], marker.settled === '' && marker.begun.length === 0);
  await deps.runs.put({ ...markerKey, settled: task.runId, begun: [] });
  const receipt = { ...profiles, transitions };
  const known = await findReceipt(deps, task.runId, 'project-shard', item);
  if (!known) await writeReceipt(deps, task.runId, 'project-shard', item, receipt);
  return { ...receipt };
}

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
  const guard = {
    expression: 'attribute_not_exists(#seq) OR #seq <= :mine',
    names: { '#seq': 'runSeq' },
    values: { ':mine': task.runSeq },
  };
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
      while (at < file.rows && (row === now.rows || compareRows(file.columns.customer_id, at, now.columns.customer_id, row) < 0)) {
        gone.add(textAt(file.columns.customer_id, at++));
      }
      const isSame = row < now.rows && at < file.rows && compareRows(file.columns.customer_id, at, now.columns.customer_id, row) === 0;
      if (!isSame || profilesDiffer(now, row, file, at)) differs = true;
      cursors[i] = isSame ? at + 1 : at;
    }
    if (row < now.rows && differs) changed.push(row);
  }
  return { changed, gone };
}
