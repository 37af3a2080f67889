import { TRANSITIONS, TRANSITIONS_VERSION } from '../arrow/schemas.ts';
import { decodeTable, type StoredTable } from '../arrow/table-file.ts';
import { lakeKeys } from '../keys.ts';
import type { BusinessDate } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { readConfig } from './plan.ts';
import type { RunRecord } from './run-ledger.ts';

/** The shards of a run, from its configuration: what lies in `runs/` is not kept for ever. */
export async function shardsOf(deps: RunDeps, run: Pick<RunRecord, 'configSha256'>): Promise<number[]> {
  const { shards } = await readConfig(deps, run.configSha256);
  return Array.from({ length: shards }, (_, shard) => shard);
}

/** The stage changes of a run, date and shard; undefined when there were none. */
export async function findTransitions(
  deps: RunDeps,
  { generation, runId }: RunRecord,
  dt: BusinessDate,
  shard: number,
): Promise<StoredTable<typeof TRANSITIONS> | undefined> {
  const key = lakeKeys.result('transitions', { generation, dt, runId, shard });
  const bytes = await deps.lake.get(key);
  return bytes ? decodeTable(TRANSITIONS, bytes, key, TRANSITIONS_VERSION) : undefined;
}
