import { readCommittedErasures } from '../committed-erasures.ts';
import type { RunDeps } from '../deps.ts';
import { listsOfRuns } from '../ledger-lists.ts';
import { readConfig } from '../plan.ts';
import { type Current, chainOf, findCurrent, type RunRecord } from '../run-ledger.ts';
import type { CompactContext } from './change.ts';

/** What every rewriter is to know, as of CURRENT, which must be there. */
export async function readContext(deps: RunDeps): Promise<CompactContext> {
  const { runId } = (await findCurrent(deps)) as Current;
  const chain = await wholeChain(deps, runId);
  const hashes = [...new Set(chain.map(({ configSha256 }) => configSha256))];
  return {
    deps,
    erased: await readCommittedErasures(deps),
    current: chain[0] as RunRecord,
    chain: new Map(chain.map((run) => [run.runId, run])),
    configs: await Promise.all(hashes.map((sha256) => readConfig(deps, sha256))),
    listed: await listedFiles(deps, chain),
    customerHashes: new Map(),
  };
}

/** The committed chain and those that rebuilds replaced: a generation that is kept is kept whole. Newest first. */
async function wholeChain(deps: RunDeps, runId: string): Promise<RunRecord[]> {
  const whole: RunRecord[] = [];
  for (let next: string | undefined = runId; next; next = whole.at(-1)?.replacesRunId) whole.push(...(await chainOf(deps, next)));
  return whole;
}

/** Ledger and quarantine files that the lists of a chain name. */
async function listedFiles(deps: RunDeps, chain: readonly RunRecord[]): Promise<Set<string>> {
  const listed = new Set<string>();
  for (const { sources } of await listsOfRuns(deps, chain)) {
    for (const { files, identifiers, shared, quarantine } of sources) {
      for (const { key } of [...files, ...identifiers]) listed.add(key);
      listed.add(shared).add(quarantine);
    }
  }
  return listed;
}
