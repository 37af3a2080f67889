import { UsageError } from '../errors.ts';
import type { BusinessDate } from '../time.ts';
import { refuseCompacted } from './compact/refuse-compacted.ts';
import type { RunDeps } from './deps.ts';
import { finishCommitted, finishEarlierCommit, isFinished } from './finish-committed.ts';
import { refuseOtherGeneration } from './rebuild/ask-rebuild.ts';
import { askedConfigAfter } from './rebuild/asked-config.ts';
import { acquireLease, findCurrent, moveCurrent, predecessorOf, readRun, releaseLease } from './run-ledger.ts';

/** What a rollback did. */
export interface Rollback {
  readonly rolledBack: string;
  readonly runId: string;
  readonly dt: BusinessDate;
}

/**
 * Takes back the committed run: its base is committed again with a new fencing number, profiles, transition items and
 * `latest.json` show the base. The run leaves the chain; its dates can be run again. A rebuild is taken back to the run that it
 * replaced, in the generation before. A rollback that died midway is finished when it is asked again, and goes no run further back.
 *
 * @throws UsageError when there is no run, no run before it, or one from before an erasure that `compact` carried out
 * @throws ConfigError when the configuration is not that of the generation to go back to
 */
export async function rollback(deps: RunDeps): Promise<Rollback> {
  const current = await findCurrent(deps);
  if (!current) throw new UsageError('Rollback: no run is committed, expected one. There is nothing to take back.');
  const record = await readRun(deps, current.runId);
  if (current.rolledBack !== undefined && !isFinished(current, record)) {
    await finishEarlierCommit(deps);
    return { rolledBack: current.rolledBack, runId: record.runId, dt: record.to };
  }
  const former = predecessorOf(record);
  if (former === '') {
    throw new UsageError(
      `Rollback: ${record.runId} (${record.from} to ${record.to}) is the first run, expected one before it. Remove the home, or the stack's data, to begin anew.`,
    );
  }
  const base = await readRun(deps, former);
  if (base.generation !== record.generation) {
    await refuseOtherGeneration(deps, base.runId, await askedConfigAfter(deps, base.runId), 'Set it back, then roll back');
  }
  await refuseCompacted(deps, base);
  const runSeq = await acquireLease(deps, base.runId);
  const run = { runId: base.runId, runSeq };
  try {
    const publication = `dt=${base.to}/run=${base.runId}`;
    await moveCurrent(deps, { runId: base.runId, dt: base.to, runSeq, publication, rolledBack: record.runId }, record.runId);
    await finishCommitted(deps, run);
  } finally {
    await releaseLease(deps, run);
  }
  return { rolledBack: record.runId, runId: base.runId, dt: base.to };
}
