import { RunSupersededError } from '../../errors.ts';
import type { Condition, Item } from '../../store/tables.ts';
import type { RunRef } from '../contracts.ts';
import type { RunDeps } from '../deps.ts';
import { type RunRecord, readRun } from '../run-ledger.ts';
import { shardsOf } from '../transition-files.ts';
import { mayShare, type ShardOf } from './shard-overlap.ts';

/** What the tables hold of a shard: the run that they show whole, and those whose projection was begun since. */
export interface Marker {
  readonly settled: string;
  readonly begun: readonly string[];
}

/** Whose marker: a shard of a generation. */
export interface MarkerPlace extends ShardOf {
  readonly generation: number;
}

const PARTITION = { pk: 'PROJECTION' };

const keyOf = ({ generation, shard }: MarkerPlace) => ({
  ...PARTITION,
  sk: generation === 1 ? `shard=${shard}` : `g=${generation}/shard=${shard}`,
});

/** Holds for an item that no later holder of the lease wrote. */
export const notLaterThan = (runSeq: number): Condition => ({
  expression: 'attribute_not_exists(#seq) OR #seq <= :mine',
  names: { '#seq': 'runSeq' },
  values: { ':mine': runSeq },
});

/** What was told of a shard; of a shard that nothing was told of, that it shows nothing. */
export async function findMarker({ runs }: RunDeps, place: MarkerPlace): Promise<Marker> {
  return ((await runs.get(keyOf(place))) as (Item & Marker) | undefined) ?? { settled: '', begun: [] };
}

/** @throws RunSupersededError when a later holder of the lease told something of it */
export async function putMarker({ runs }: RunDeps, place: MarkerPlace, run: RunRef, marker: Marker): Promise<void> {
  const { generation, shards } = place;
  const isPut = await runs.put({ ...keyOf(place), ...marker, generation, shards, runSeq: run.runSeq }, notLaterThan(run.runSeq));
  if (!isPut) throw superseded(run, place.shard);
}

/** What a projection throws that a later one overtook. */
export const superseded = ({ runId, runSeq }: RunRef, shard: number): RunSupersededError =>
  new RunSupersededError(
    `Run ${runId}: projection of shard ${shard} under fencing number ${runSeq}, expected the committed run and its latest number. Another run goes on.`,
  );

/** Runs of other generations that the tables may still show of customers of a shard. */
export async function runsOfOtherGenerations(deps: RunDeps, place: MarkerPlace): Promise<RunRecord[]> {
  const found = new Set<string>();
  for await (const item of deps.runs.query(PARTITION)) {
    const { settled, begun } = item as Item & Marker;
    const runIds = [settled, ...begun].filter((runId) => runId !== '');
    const other = placeOf(item);
    if (runIds.length === 0 || other.generation === place.generation) continue;
    // Markers of the first version do not tell how many shards there were.
    const shards = other.shards ?? (await shardsOf(deps, await readRun(deps, runIds[0] as string))).length;
    if (mayShare({ ...other, shards }, place)) for (const runId of runIds) found.add(runId);
  }
  return Promise.all([...found].map((runId) => readRun(deps, runId)));
}

function placeOf(item: Item): { generation: number; shard: number; shards: number | undefined } {
  const [, generation = '1', shard = '0'] = /^(?:g=(\d+)\/)?shard=(\d+)$/.exec(String(item['sk'])) ?? [];
  const shards = item['shards'];
  return { generation: Number(generation), shard: Number(shard), shards: typeof shards === 'number' ? shards : undefined };
}

/**
 * Forgets what was told of the shards of other generations, when every shard of the committed one is projected: nothing of them is
 * shown any more.
 */
export async function forgetOtherGenerations(deps: RunDeps, run: RunRef, generation: number): Promise<void> {
  const keys: Item[] = [];
  for await (const item of deps.runs.query(PARTITION)) {
    if (placeOf(item).generation !== generation) keys.push({ pk: item['pk'], sk: item['sk'] });
  }
  for (const key of keys) await deps.runs.remove(key, notLaterThan(run.runSeq));
}
