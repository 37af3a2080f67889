import type { BusinessDate } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import { dropsUrlOf } from '../drops-place.ts';
import { listsOfRuns } from '../ledger-lists.ts';
import type { LedgerSource } from '../plan.ts';
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

/** Every file that a chain took, by knownOn, then as its list names them. @param chain newest first */
export async function chainSources(deps: RunDeps, chain: readonly RunRecord[]): Promise<ChainSource[]> {
  const replaced = await replacedUrls(deps, chain);
  const urlsOf = (run: RunRecord) => [...new Set([dropsUrlOf(deps, run), ...(run.rebuild ? replaced : [])])];
  const lists = await listsOfRuns(deps, chain.toReversed());
  return lists.flatMap(({ key: list, knownOn, run, sources }) =>
    sources.map((source) => ({ knownOn, list, source, dropsUrls: urlsOf(run) })),
  );
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
