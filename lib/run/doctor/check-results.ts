import { BOOK_TABLES, lakeKeys, type ShardPlace } from '../../keys.ts';
import { eachConcurrently } from '../../store/concurrently.ts';
import type { ObjectStore } from '../../store/objects.ts';
import { dayOf, formatDay } from '../../time.ts';
import { itemKey, type RunDeps } from '../deps.ts';
import { findReceipt } from '../receipts.ts';
import type { RunRecord } from '../run-ledger.ts';
import { rememberedMonths } from '../shard-input.ts';

/** Objects that are asked for at once. */
export const AT_ONCE = 16;

/** Newest nights of a run whose transitions are looked for: a first run may have years of them. */
const NIGHTS = 31;

/** Arrow tables of a shard from which the next night goes on. */
export const tablesOf = (place: ShardPlace): string[] => [
  ...BOOK_TABLES.map((table) => lakeKeys.book(place, table)),
  ...(['state', 'scores', 'membership'] as const).map((kind) => lakeKeys.result(kind, place)),
  lakeKeys.identifiers(place),
];

/** Copies of results for other programs. */
export const copiesOf = (place: ShardPlace): string[] => [lakeKeys.result('scores', place, 'parquet')];

/** Months of the index and transitions of a shard, as its receipts tell; none when they are no longer kept. */
export async function toldFilesOf(deps: RunDeps, run: RunRecord, shard: number): Promise<string[]> {
  const folded = await findReceipt(deps, run.runId, 'fold-shard', itemKey('fold-shard', { shard }));
  const scored = await findReceipt(deps, run.runId, 'score-shard', itemKey('score-shard', { shard }));
  const index = folded?.index ?? {};
  const nights = (scored?.kpis ?? []).filter(({ day, flows }) => day > dayOf(run.to) - NIGHTS && flows.length > 0);
  const dates = nights.map(({ day }) => ({ generation: run.generation, dt: formatDay(day), runId: run.runId, shard }));
  return [
    ...rememberedMonths(index, run.to).map((month) => index[month] as string),
    ...dates.flatMap((place) => [lakeKeys.result('transitions', place), lakeKeys.result('transitions', place, 'parquet')]),
  ];
}

/** Keys without an object, in order. */
export async function findMissing(store: ObjectStore, keys: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  await eachConcurrently(keys, AT_ONCE, async (key) => {
    if (!(await store.stat(key))) missing.push(key);
  });
  return missing.sort();
}
