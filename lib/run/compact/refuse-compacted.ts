import { UsageError } from '../../errors.ts';
import type { RunDeps } from '../deps.ts';
import type { RunRecord } from '../run-ledger.ts';
import { readCompactions } from './compaction-log.ts';

/** @throws UsageError when `compact` took away what the run knew of customers who were erased after it */
export async function refuseCompacted(deps: RunDeps, run: RunRecord): Promise<void> {
  for (const { id, customers } of await readCompactions(deps)) {
    const since = customers.map(({ knownOn }) => knownOn).find((knownOn) => knownOn > run.to);
    if (since === undefined) continue;
    throw new UsageError(
      `Rollback: ${run.runId} (up to ${run.to}) still knew customers who were erased on ${since}, and compaction ${id} removed its files, expected a run of ${since} or later. There is no way back before an erasure that was compacted; correct the drops and go on with run.`,
    );
  }
}
