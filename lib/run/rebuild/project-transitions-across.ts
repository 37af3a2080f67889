import { TRANSITIONS } from '../../arrow/schemas.ts';
import type { Item, Write } from '../../store/tables.ts';
import { type BusinessDate, datesBetween } from '../../time.ts';
import { type CommittedErasures, readCommittedErasures } from '../committed-erasures.ts';
import type { RunDeps } from '../deps.ts';
import { transitionItems } from '../project-transitions.ts';
import { chainOf, type RunRecord } from '../run-ledger.ts';
import { findTransitions, shardsOf } from '../transition-files.ts';
import type { MarkerPlace } from './projection-markers.ts';
import { rowsOfShard } from './rows-of-shard.ts';
import { sharingShards } from './shard-overlap.ts';

/** A chain whose items the table may show. */
interface ShownChain {
  readonly runs: readonly RunRecord[];
  /** Shards of its generation in which customers of the shard can lie. */
  readonly shards: readonly number[];
}

/**
 * Makes the transition items of a shard those of the committed chain where the table shows those of another generation, or of
 * several: date by date, items that the committed chain does not have are removed, those that differ are put. Redone from any point
 * it ends the same.
 *
 * @param shown runs that the table may show, of any generation @returns number of items put
 */
export async function projectTransitionsAcross(
  deps: RunDeps,
  target: RunRecord,
  place: MarkerPlace,
  shown: readonly RunRecord[],
): Promise<number> {
  const wanted = { runs: await chainOf(deps, target.runId), shards: [place.shard] };
  const chains: ShownChain[] = [];
  for (const run of shown) {
    const shards = sharingShards((await shardsOf(deps, run)).length, place);
    chains.push({ runs: await chainOf(deps, run.runId), shards });
  }
  const erased = await readCommittedErasures(deps);
  let put = 0;
  for (const date of datesOf([wanted, ...chains])) {
    const now = await itemsOf(deps, wanted, date, place, erased);
    const before = await Promise.all(chains.map((chain) => itemsOf(deps, chain, date, place)));
    const gone = new Map(before.flatMap((items) => [...items]).filter(([key]) => !now.has(key)));
    await deps.transitions.writeBatch(
      mapWrites(gone.values(), ({ customer_id, happened }) => ({ remove: { customer_id, happened } })),
    );
    const changed = [...now].filter(([key, item]) => !before.every((items) => isSame(items.get(key), item)));
    put += await deps.transitions.writeBatch(mapWrites(changed, ([, item]) => ({ put: item })));
  }
  return put;
}

function* mapWrites<T>(items: Iterable<T>, write: (item: T) => Write): Generator<Write> {
  for (const item of items) yield write(item);
}

function datesOf(chains: readonly ShownChain[]): BusinessDate[] {
  const dates = new Set(chains.flatMap(({ runs }) => runs.flatMap(({ from, to }) => datesBetween(from, to))));
  return [...dates].sort();
}

/** The items of a chain of one date and a shard, by customer and order of happening. */
async function itemsOf(
  deps: RunDeps,
  { runs, shards }: ShownChain,
  date: BusinessDate,
  place: MarkerPlace,
  erased?: CommittedErasures,
): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  const run = runs.find(({ from, to }) => from <= date && date <= to);
  for (const shard of run ? shards : []) {
    const table = await findTransitions(deps, run as RunRecord, date, shard);
    if (!table) continue;
    const own = rowsOfShard(TRANSITIONS, table, place);
    const kept = erased?.without(TRANSITIONS, own, own.columns.customer_id, date) ?? own;
    for (const item of transitionItems(kept, date)) items.set(`${item['happened']} ${item['customer_id']}`, item);
  }
  return items;
}

function isSame(shown: Item | undefined, wanted: Item): boolean {
  return shown !== undefined && Object.entries(wanted).every(([name, value]) => shown[name] === value);
}
