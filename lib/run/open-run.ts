import type { PerennialConfig } from '../config/config.ts';
import { canonicalJson } from '../config/load.ts';
import { lakeKeys } from '../keys.ts';
import type { BusinessDate } from '../time.ts';
import { openApproved } from './approve-run.ts';
import type { Opened, OpenTask } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { finishEarlierCommit } from './finish-committed.ts';
import { askedConfig } from './rebuild/asked-config.ts';
import {
  acquireLease,
  insertRun,
  listRuns,
  predecessorOf,
  type RunRecord,
  releaseLease,
  supersedeOpen,
  updateRun,
} from './run-ledger.ts';
import { type NewRun, settleRun } from './settle-run.ts';

/**
 * Opens a run: finishes what an earlier commit left unprojected, settles the dates, checks that their drops are ready, takes the
 * lease and writes the record (docs/architecture.md, Steps).
 *
 * @throws DropNotReadyError, LockHeldError, UsageError, ConfigError
 */
export async function openRun({ request, execution }: OpenTask, deps: RunDeps): Promise<Opened> {
  const config = await askedConfig(deps, request.rebuild?.shards);
  await finishEarlierCommit(deps, execution);
  if (request.approve) return openApproved(deps, request.approve, execution);
  const settled = await settleRun(request, deps, config);
  return 'decision' in settled ? settled : openRecord(deps, settled, { config, execution });
}

interface Opening {
  readonly config: PerennialConfig;
  readonly execution: string;
}

/** Resumes a dead run of the same request, or opens a new one; other dead runs are superseded. */
async function openRecord(deps: RunDeps, wanted: NewRun, { config, execution }: Opening): Promise<Opened> {
  await deps.lake.create(lakeKeys.config(wanted.configSha256), new TextEncoder().encode(canonicalJson(config)));
  const runs = await listRuns(deps);
  const same = runs
    .filter(({ state }) => state === 'OPEN')
    .find((record) => (Object.keys(wanted) as (keyof NewRun)[]).every((name) => record[name] === wanted[name]));
  const suffix = same ? undefined : (await nextNumber(deps)).toString().padStart(6, '0');
  const runId = same?.runId ?? `r${suffix}-${wanted.to}`;
  const runSeq = await acquireLease(deps, runId);
  const run = { runId, runSeq };
  try {
    await supersedeOpen(deps, run);
    // Its former execution may be ending it at this moment.
    if (same) await updateRun(deps, run, { state: 'OPEN', runSeq, attempt: same.attempt + 1, execution, error: '' });
    else await insertRun(deps, { ...newRecord(deps, run, wanted), ...gatesOf(runs, wanted), execution });
  } catch (error) {
    // Nobody learns of this holder: a retry would wait for the lease to run out.
    await releaseLease(deps, run).catch(() => undefined);
    throw error;
  }
  return { decision: 'go', run, from: wanted.from, to: wanted.to, resumed: same !== undefined };
}

/** What the gates judge of a new run, and what they waive: the same facts again are taken as they were. */
function gatesOf(runs: readonly RunRecord[], wanted: NewRun): Pick<RunRecord, 'heldDates' | 'waived'> {
  if (wanted.rebuild !== 'ledger') return { heldDates: wanted.rebuild ? [] : heldDates(runs, wanted) };
  return { heldDates: [], waived: runs.find(({ runId }) => runId === wanted.replacesRunId)?.waived ?? [] };
}

/** Dates that held runs on the same base held, and that the new run covers before its last one. */
function heldDates(runs: readonly RunRecord[], { from, to, baseRunId }: NewRun): BusinessDate[] {
  const held = runs.filter((run) => run.state === 'HELD' && predecessorOf(run) === baseRunId);
  const dates = held.flatMap((run) => [...(run.heldDates ?? []), run.to]);
  return [...new Set(dates)].filter((date) => date >= from && date < to).sort();
}

async function nextNumber(deps: RunDeps): Promise<number> {
  const counter = await deps.runs.update({ pk: 'RUN-NUMBER', sk: '-' }, {}, { add: { last: 1 } });
  return Number(counter?.['last']);
}

function newRecord(deps: RunDeps, run: { runId: string; runSeq: number }, wanted: NewRun): RunRecord {
  return {
    ...run,
    ...wanted,
    state: 'OPEN',
    attempt: 1,
    openedAt: new Date(deps.now()).toISOString(),
    committedAt: '',
    counts: {},
    error: '',
  };
}
