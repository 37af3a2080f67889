import { BOOK_VERSION } from '../../arrow/schemas.ts';
import { readHeader } from '../../arrow/table-file.ts';
import { UsageError } from '../../errors.ts';
import { lakeKeys } from '../../keys.ts';
import { type BusinessDate, datesBetween } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import { chainOf, findCurrent, type RunRecord } from '../run-ledger.ts';
import { nextGeneration } from './ask-rebuild.ts';
import { askedConfig, configOfRun } from './asked-config.ts';
import { type ChainSource, chainSources } from './chain-sources.ts';
import { type GenerationChange, generationChanges, type RebuildSource, rebuildSource } from './generation-change.ts';

/** What a rebuild would do, for people to look at before it is begun. Nothing is written. */
export interface RebuildOutline {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly dates: number;
  readonly replaces: string;
  readonly generation: { readonly before: number; readonly now: number };
  readonly changes: readonly GenerationChange[];
  /** Version of the book's schema; equal when it stays. */
  readonly bookSchema: { readonly before: number; readonly now: number };
  readonly source: RebuildSource;
  /** Why the drops are read again; empty when they are not. */
  readonly because: readonly string[];
  readonly files: number;
  readonly rows: number;
  readonly shards: number;
  /** Folders, or buckets, from which the drops were read: of interest when they are read again. */
  readonly dropsUrls: readonly string[];
}

/** What is asked of a rebuild. */
export interface RebuildWish {
  readonly shards?: number | undefined;
  readonly fromDrops: boolean;
}

/** Looks at the committed chain and at the configuration. @throws UsageError when nothing is committed */
export async function outlineRebuild(deps: RunDeps, { shards, fromDrops }: RebuildWish): Promise<RebuildOutline> {
  const current = await findCurrent(deps);
  if (!current) {
    throw new UsageError('Rebuild: no run is committed, expected one. There is nothing to rebuild; begin with put and run.');
  }
  const chain = await chainOf(deps, current.runId);
  const head = chain[0] as RunRecord;
  const from = (chain.at(-1) as RunRecord).from;
  const config = await askedConfig(deps, shards);
  const changes = generationChanges(await configOfRun(deps, head.runId), config);
  const source = rebuildSource(changes, fromDrops);
  const sources = await chainSources(deps, chain);
  const taken = sources.filter((one) => source === 'ledger' || one.source.feed !== 'erasures');
  return {
    from,
    to: head.to,
    dates: datesBetween(from, head.to).length,
    replaces: head.runId,
    generation: { before: head.generation, now: await nextGeneration(deps, config, current) },
    changes,
    bookSchema: { before: await bookVersionOf(deps, head), now: BOOK_VERSION },
    source,
    because: reasons(changes, fromDrops),
    files: sources.length,
    rows: sources.reduce((sum, one) => sum + one.source.rows, 0),
    shards: config.shards,
    dropsUrls: placesOf(taken),
  };
}

function reasons(changes: readonly GenerationChange[], fromDrops: boolean): string[] {
  const because = changes.filter(({ needsDrops }) => needsDrops).map(({ name }) => `${name} changed`);
  return fromDrops && because.length === 0 ? ['asked for'] : because;
}

const placesOf = (sources: readonly ChainSource[]) => [...new Set(sources.flatMap(({ dropsUrls }) => dropsUrls))].sort();

async function bookVersionOf(deps: RunDeps, { generation, to: dt, runId }: RunRecord): Promise<number> {
  const key = lakeKeys.book({ generation, dt, runId, shard: 0 }, 'customers');
  const bytes = await deps.lake.get(key);
  return bytes ? readHeader(bytes, key).schemaVersion : Number.NaN;
}
