import { InvariantBrokenError } from '../../errors.ts';
import { intoBatches } from '../batches.ts';
import type { RunDeps } from '../deps.ts';
import { dropsUrlOf } from '../drops-place.ts';
import { type PinnedFile, planFrame, type RunPlan, readConfig } from '../plan.ts';
import { chainOf, type RunRecord } from '../run-ledger.ts';
import { type ChainSource, chainSources } from './chain-sources.ts';
import { pinAgain } from './drops-again.ts';

/** Bytes that a row of a ledger counts for when batches are made. */
const ROW_BYTES = 56;

/**
 * Fixes what a rebuild reads: the files that the replaced chain took, as facts of its ledger or read again, each under the knownOn
 * that it had. Nothing else is taken, also when it lies in the folders. Tombstones are always those of the chain: who was erased
 * stays so, also when the drops still have the rows.
 *
 * @throws InvalidDropError for a drop that is missing or changed
 */
export async function planRebuild(record: RunRecord, deps: RunDeps): Promise<RunPlan> {
  const config = await readConfig(deps, record.configSha256);
  const chain = await chainOf(deps, record.replacesRunId ?? '');
  const replaced = chain[0];
  if (!replaced) throw new InvariantBrokenError(`Rebuild ${record.runId}: replaces nothing, expected a run. Report this bug.`);
  const sources = await chainSources(deps, chain);
  const dropsUrl = dropsUrlOf(deps, record);
  const isReadAgain = ({ source }: ChainSource) => record.rebuild === 'drops' && source.feed !== 'erasures';
  const again = await pinAgain(deps, dropsUrl, sources.filter(isReadAgain));
  const fromLedger = sources.filter((taken) => !isReadAgain(taken)).map((taken) => pinFacts(taken, deps));
  const files = [...fromLedger, ...again].sort((a, b) => (a.knownOn < b.knownOn ? -1 : a.knownOn > b.knownOn ? 1 : 0));
  return {
    ...planFrame(record, config, dropsUrl),
    base: null,
    replaces: { runId: replaced.runId, dt: replaced.to },
    batches: intoBatches(files),
    skipped: [],
    notes: [],
    unlisted: 0,
  };
}

function pinFacts({ knownOn, list, source }: ChainSource, deps: RunDeps): PinnedFile {
  const { feed, key, sha256, rows } = source;
  return {
    feed,
    url: `${deps.lake.url}/${list}`,
    key,
    etag: '',
    sizeBytes: Math.max(1, rows) * ROW_BYTES,
    sha256,
    knownOn,
    promisedRows: null,
    ledgerList: list,
  };
}
