import { GATE_NAMES } from '../config/gates.ts';
import { UsageError } from '../errors.ts';
import { formatRange } from '../time.ts';
import type { Opened, RunRequest } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { readJson } from './json-objects.ts';
import { breachesOf, waivableOf } from './quality/held-message.ts';
import {
  acquireLease,
  findCurrent,
  findRun,
  predecessorOf,
  type RunRecord,
  releaseLease,
  supersedeOpen,
  updateRun,
} from './run-ledger.ts';
import { type Verdict, verdictKey } from './verify-run.ts';

type Approve = NonNullable<RunRequest['approve']>;

/** What is to be done with a run that is approved. */
interface Judged {
  readonly record: RunRecord;
  /** It was approved before and is committed. */
  readonly isDone: boolean;
  /** It was approved before, and that process died. */
  readonly isAgain: boolean;
  /** Gates, in the order of names. */
  readonly waive: readonly string[];
}

/**
 * Judges whether a run can be approved. It reads only.
 *
 * @throws UsageError when the run is not held, when another run was committed since, when a named gate did not fail, or when
 * conservation is broken
 */
export async function judgeApproval(deps: RunDeps, approve: Approve): Promise<Judged> {
  const record = await findRun(deps, approve.runId);
  if (!record) {
    throw new UsageError(`Run ${approve.runId}: not in the run ledger, expected an id that \`runs\` lists. Correct the id.`);
  }
  const isApproved = (record.approvals?.length ?? 0) > 0;
  const isAgain = record.state === 'OPEN' && isApproved;
  const isDone = isApproved && (await findCurrent(deps))?.runId === record.runId;
  if (isDone) return { record, isDone, isAgain, waive: [] };
  if (record.state !== 'HELD' && !isAgain) {
    throw new UsageError(`Run ${record.runId}: ${record.state}, expected HELD. Only a held run is approved; see \`runs\`.`);
  }
  await refuseOutdated(deps, record);
  return { record, isDone, isAgain, waive: isAgain ? [] : await gatesToWaive(deps, record, approve.waive) };
}

/**
 * Opens a held run again: the same plan under a new fencing number, some gates waived. What was done is kept, so only the checks
 * and what follows them are run.
 *
 * Asked again after its process died, it goes on; once it is committed, it is done.
 *
 * @throws UsageError as `judgeApproval`
 */
export async function openApproved(deps: RunDeps, approve: Approve, execution: string): Promise<Opened> {
  const { record, isDone, isAgain, waive } = await judgeApproval(deps, approve);
  if (isDone) return { decision: 'done', to: record.to, runId: record.runId };
  const runSeq = await acquireLease(deps, record.runId);
  const run = { runId: record.runId, runSeq };
  try {
    await supersedeOpen(deps, run);
    await updateRun(deps, run, {
      state: 'OPEN',
      runSeq,
      attempt: record.attempt + 1,
      execution,
      error: '',
      ...(isAgain ? {} : approved(deps, record, waive, approve.note)),
    });
  } catch (error) {
    // Nobody learns of this holder: a retry would wait for the lease to run out.
    await releaseLease(deps, run).catch(() => undefined);
    throw error;
  }
  return { decision: 'go', run, from: record.from, to: record.to, resumed: true };
}

function approved(deps: RunDeps, record: RunRecord, waive: readonly string[], note: string): Partial<RunRecord> {
  return {
    waived: [...new Set([...(record.waived ?? []), ...waive])].sort(),
    approvals: [...(record.approvals ?? []), { waive, note, at: new Date(deps.now()).toISOString() }],
  };
}

/** @throws UsageError when CURRENT is not the run from which the held one goes on */
async function refuseOutdated(deps: RunDeps, record: RunRecord): Promise<void> {
  const { runId, from, to } = record;
  const before = predecessorOf(record);
  const current = await findCurrent(deps);
  if ((current?.runId ?? '') === before) return;
  throw new UsageError(
    `Run ${runId}: goes on from ${before || 'nothing'}, but ${current?.runId ?? 'nothing'} is committed. Run ${formatRange(from, to)} again.`,
  );
}

/** The gates to waive, in the order of names. @throws UsageError for one that did not fail, and for conservation */
async function gatesToWaive(deps: RunDeps, record: RunRecord, named: readonly string[]): Promise<string[]> {
  const { checks } = await readJson<Verdict>(deps.lake, verdictKey(record));
  const breaches = breachesOf(checks);
  const failed = waivableOf(breaches);
  const lost = breaches.find(({ name }) => !failed.includes(name));
  if (lost) {
    throw new UsageError(
      `Run ${record.runId}: check ${lost.name} found ${lost.observed}, expected ${lost.expected}. What was lost or made up cannot be approved; report it.`,
    );
  }
  const unknown = named.find((name) => !failed.includes(name));
  if (unknown !== undefined) {
    const kind = (GATE_NAMES as readonly string[]).includes(unknown) ? 'did not fail' : 'is no gate';
    throw new UsageError(
      `Gate ${unknown}: ${kind} in run ${record.runId}, expected one of ${failed.join(', ')}. Name one of these, or none.`,
    );
  }
  return (named.length === 0 ? failed : [...new Set(named)]).toSorted();
}
