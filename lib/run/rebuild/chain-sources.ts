import { lakeKeys } from '../../keys.ts';
import { type BusinessDate, datesBetween } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import { dropsUrlOf } from '../drops-place.ts';
import { findJson } from '../json-objects.ts';
import { completeLedgerList, type LedgerList, type LedgerSource } from '../plan.ts';
import { chainOf, type RunRecord } from '../run-ledger.ts';

/** A file that a chain took. */
export interface ChainSource {
  readonly knownOn: BusinessDate;
  /** Key of the ledger list that names it. */
  readonly list: string;
  readonly source: LedgerSource;
  /** Where the run that took it read its drops, newest first: several where that run is a rebuild. */
  readonly dropsUrls: readonly string[];
}

/** Lists that are read together. */
const READ_AT_ONCE = 16;

/** Every file that a chain took, by knownOn, then as its list names them. @param chain newest first */
export async function chainSources(deps: RunDeps, chain: readonly RunRecord[]): Promise<ChainSource[]> {
  const replaced = await replacedUrls(deps, chain);
  const lists = [...chain].reverse().flatMap((run) =>
    datesBetween(run.from, run.to).map((knownOn) => ({
      knownOn,
      dropsUrls: [...new Set([dropsUrlOf(deps, run), ...(run.rebuild ? replaced : [])])],
      list: lakeKeys.ledgerList(run.generation, knownOn, run.runId),
    })),
  );
  const found: ChainSource[][] = [];
  const read = async (first: number) => {
    for (let i = first; i < lists.length; i += READ_AT_ONCE) {
      const place = lists[i] as (typeof lists)[number];
      const list = await findJson<LedgerList>(deps.lake, place.list);
      found[i] = list ? completeLedgerList(list).sources.map((source) => ({ ...place, source })) : [];
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, (_, first) => read(first)));
  return found.flat();
}

/** Where the runs read their drops that rebuilds of a chain replaced, newest first. */
async function replacedUrls(deps: RunDeps, chain: readonly RunRecord[]): Promise<string[]> {
  const urls: string[] = [];
  let next = chain.at(-1)?.replacesRunId;
  while (next !== undefined) {
    const former = await chainOf(deps, next);
    urls.push(...former.map((run) => dropsUrlOf(deps, run)));
    next = former.at(-1)?.replacesRunId;
  }
  return [...new Set(urls)];
}
