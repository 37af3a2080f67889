import { randomUUID } from 'node:crypto';
import { LockHeldError, RunSupersededError } from '../errors.ts';
import type { BusinessDate } from '../time.ts';
import type { RunRef, RunRequest } from './contracts.ts';
import type { Owner, RunDeps } from './deps.ts';
import type { RebuildSource } from './rebuild/generation-change.ts';

/** States of a run (docs/runbook.md, Run states). */
export type RunState = 'OPEN' | 'HELD' | 'FAILED' | 'SUPERSEDED' | 'COMMITTED' | 'CLOSED';

/** A run in the ledger. Instants are ISO 8601 with Z. */
export interface RunRecord {
  readonly runId: string;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly state: RunState;
  readonly runSeq: number;
  readonly attempt: number;
  /** ARN of the Step Functions execution that took it last; '' on a laptop, left out by runs of earlier versions. */
  readonly execution?: string;
  readonly generation: number;
  /** The committed run that this one goes on from; '' for the first. */
  readonly baseRunId: string;
  /** Of a rebuild: the committed run whose chain it makes anew and whose place it takes. */
  readonly replacesRunId?: string;
  /** Of a rebuild: what it is made from. */
  readonly rebuild?: RebuildSource;
  /** Of a rebuild: version of the book's schema. */
  readonly bookVersion?: number;
  readonly configSha256: string;
  /** `lake:drops`, or the absolute URL of drops that are read in place. */
  readonly dropsUrl: string;
  readonly snapshots: RunRequest['snapshots'];
  readonly openedAt: string;
  readonly committedAt: string;
  readonly counts: Readonly<Record<string, number>>;
  /** Name and message of what ended the run; '' while none did. */
  readonly error: string;
  /** Earlier dates of the range that a held run held: the gates judge them again. */
  readonly heldDates?: readonly BusinessDate[];
  /** Gates that were waived by approvals, in their order of names. */
  readonly waived?: readonly string[];
  readonly approvals?: readonly Approval[];
}

/** That somebody took the data of a held run as they are. */
export interface Approval {
  readonly waive: readonly string[];
  readonly note: string;
  /** ISO 8601 with Z. */
  readonly at: string;
}

/** What is committed: the one item that outsiders' views are projections of. */
export interface Current {
  readonly runId: string;
  readonly dt: BusinessDate;
  readonly runSeq: number;
  readonly publication: string;
  /** The run that was taken back to get here; left out after a commit. */
  readonly rolledBack?: string;
}

const RUN = (runId: string) => ({ pk: 'RUN', sk: runId });
const LEASE = { pk: 'LEASE', sk: '-' };
const CURRENT = { pk: 'CURRENT', sk: '-' };

/** The run that is committed, if any. */
export async function findCurrent({ runs }: RunDeps): Promise<Current | undefined> {
  return (await runs.get(CURRENT)) as Current | undefined;
}

/** A run of the ledger. */
export async function findRun({ runs }: RunDeps, runId: string): Promise<RunRecord | undefined> {
  return (await runs.get(RUN(runId))) as RunRecord | undefined;
}

/** A run that must be there. @throws RunSupersededError */
export async function readRun(deps: RunDeps, runId: string): Promise<RunRecord> {
  const record = await findRun(deps, runId);
  if (!record) throw new RunSupersededError(`Run ${runId}: not in the run ledger, expected its record. Start a new run.`);
  return record;
}

/** Every run, oldest first. */
export async function listRuns({ runs }: RunDeps): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for await (const item of runs.query({ pk: 'RUN' })) records.push(item as unknown as RunRecord);
  return records.sort((a, b) => (a.openedAt === b.openedAt ? (a.runId < b.runId ? -1 : 1) : a.openedAt < b.openedAt ? -1 : 1));
}

/** The run that an execution works on: of several the last that it took, for it may have finished an earlier commit first. */
export async function findRunOf(deps: RunDeps, execution: string): Promise<RunRecord | undefined> {
  const own = (await listRuns(deps)).filter((run) => run.execution === execution);
  return own.sort((a, b) => b.runSeq - a.runSeq)[0];
}

/** The committed chain that ends in a run, newest first. */
export async function chainOf(deps: RunDeps, runId: string): Promise<RunRecord[]> {
  const byId = new Map((await listRuns(deps)).map((record) => [record.runId, record]));
  const chain: RunRecord[] = [];
  for (let id = runId; id !== ''; ) {
    const record = byId.get(id);
    if (!record)
      throw new RunSupersededError(`Run ${id}: not in the run ledger, expected the chain of ${runId}. Restore the runs table.`);
    chain.push(record);
    id = record.baseRunId;
  }
  return chain;
}

/** The committed run whose place a run takes: its base, or what it rebuilds; '' for the first. */
export function predecessorOf(run: Pick<RunRecord, 'baseRunId' | 'replacesRunId'>): string {
  return run.replacesRunId ?? run.baseRunId;
}

/** Puts a new run into the ledger. @throws RunSupersededError when its id is another run's */
export async function insertRun(deps: RunDeps, record: RunRecord): Promise<void> {
  const inserted = await deps.runs.put({ ...RUN(record.runId), ...record }, { expression: 'attribute_not_exists(pk)' });
  // A put whose answer was lost and that was sent again finds itself.
  if (!inserted && (await findRun(deps, record.runId))?.runSeq !== record.runSeq) throw superseded(record);
}

/** Changes fields of a run, unless a later holder of the lease took it over. @throws RunSupersededError */
export async function updateRun({ runs }: RunDeps, run: RunRef, changes: Partial<RunRecord>): Promise<void> {
  const updated = await runs.update(RUN(run.runId), changes, {
    condition: {
      expression: 'attribute_exists(pk) AND #seq <= :mine',
      names: { '#seq': 'runSeq' },
      values: { ':mine': run.runSeq },
    },
  });
  if (!updated) throw superseded(run);
}

/** Marks every other OPEN run SUPERSEDED: the holder of the lease knows that they are dead. */
export async function supersedeOpen(deps: RunDeps, { runId, runSeq }: RunRef): Promise<void> {
  for (const record of await listRuns(deps)) {
    if (record.state !== 'OPEN' || record.runId === runId) continue;
    await updateRun(deps, { runId: record.runId, runSeq }, { state: 'SUPERSEDED' });
  }
}

/**
 * Marks the held runs that can no longer be approved SUPERSEDED: those that do not go on from the committed run.
 *
 * @param run the holder of the lease @param base the committed run, '' before the first
 */
export async function supersedeHeld(deps: RunDeps, { runId, runSeq }: RunRef, base: string): Promise<void> {
  for (const record of await listRuns(deps)) {
    if (record.state !== 'HELD' || record.runId === runId || predecessorOf(record) === base) continue;
    await updateRun(deps, { runId: record.runId, runSeq }, { state: 'SUPERSEDED' });
  }
}

/** Moves `CURRENT` in one conditional update: only from the run's base, only forward. @throws RunSupersededError */
export async function moveCurrent(deps: RunDeps, next: Current, baseRunId: string): Promise<void> {
  const moved = await deps.runs.put(
    { ...CURRENT, ...next },
    baseRunId === ''
      ? { expression: 'attribute_not_exists(pk)' }
      : {
          expression: '#run = :base AND #seq < :mine',
          names: { '#run': 'runId', '#seq': 'runSeq' },
          values: { ':base': baseRunId, ':mine': next.runSeq },
        },
  );
  if (!moved && !(await isCurrent(deps, next))) {
    throw new RunSupersededError(
      `Run ${next.runId}: CURRENT is no longer ${baseRunId || 'empty'}, expected the base of the plan. Another run was committed; run again.`,
    );
  }
}

/** True when an own put, whose answer was lost and that was sent again, had moved CURRENT already. */
async function isCurrent(deps: RunDeps, next: Current): Promise<boolean> {
  const current = await findCurrent(deps);
  return current?.runId === next.runId && current.runSeq === next.runSeq;
}

/** Who holds the right to write. */
export interface Lease {
  /** '' when it is free. */
  readonly runId: string;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly until: number;
  readonly runSeq: number;
  readonly owner: Owner;
}

/** The lease; undefined before the first run. */
export async function findLease({ runs }: RunDeps): Promise<Lease | undefined> {
  return (await runs.get(LEASE)) as Lease | undefined;
}

/** Takes the lease for a run; the fencing number grows with every holder. @throws LockHeldError */
export async function acquireLease(deps: RunDeps, runId: string): Promise<number> {
  const now = deps.now();
  const held = await findLease(deps);
  if (held && held.runId !== '' && held.until > now && !isDeadOwner(deps, held.owner)) {
    const { host, pid, command } = held.owner;
    throw new LockHeldError(
      `Lease: held by run ${held.runId} (${command}, process ${pid} on ${host}) until ${new Date(held.until).toISOString()}, expected it free. Wait for that run to end.`,
    );
  }
  const runSeq = (held?.runSeq ?? 0) + 1;
  // Tells an own put, whose answer was lost and that was sent again, from another's.
  const token = randomUUID();
  const taken = await deps.runs.put(
    { ...LEASE, runId, until: now + deps.leaseMs, runSeq, owner: deps.owner, token },
    held
      ? { expression: '#seq = :seen', names: { '#seq': 'runSeq' }, values: { ':seen': held.runSeq } }
      : { expression: 'attribute_not_exists(pk)' },
  );
  if (!taken && (await deps.runs.get(LEASE))?.['token'] !== token)
    throw new LockHeldError('Lease: taken by another run at this moment, expected it free. Run again.');
  return runSeq;
}

function isDeadOwner(deps: RunDeps, owner: Owner): boolean {
  // Whoever held the home before is gone, also one of this process's id: in a container every process may have the same.
  if (deps.isExclusive) return true;
  if (owner.host !== deps.owner.host) return false;
  return owner.pid === deps.owner.pid ? false : deps.isDead(owner.pid);
}

/** Prolongs the lease. @throws RunSupersededError when it went to another holder */
export async function renewLease({ runs, now, leaseMs }: RunDeps, run: RunRef): Promise<void> {
  const renewed = await runs.update(
    LEASE,
    { until: now() + leaseMs },
    {
      condition: {
        expression: '#seq = :mine AND #run = :run',
        names: { '#seq': 'runSeq', '#run': 'runId' },
        values: { ':mine': run.runSeq, ':run': run.runId },
      },
    },
  );
  if (!renewed) throw superseded(run);
}

/** Gives the lease back; a lease that went to another holder is left alone. */
export async function releaseLease({ runs }: RunDeps, run: RunRef): Promise<void> {
  await runs.update(
    LEASE,
    { runId: '', until: 0 },
    { condition: { expression: '#seq = :mine', names: { '#seq': 'runSeq' }, values: { ':mine': run.runSeq } } },
  );
}

const superseded = (run: RunRef) =>
  new RunSupersededError(
    `Run ${run.runId}: fencing number ${run.runSeq} is out of date, expected the holder of the lease. Nothing was written; another run goes on.`,
  );

/** An error of a Map item, as the handler stack recorded it. */
export interface RecordedError {
  readonly step: string;
  readonly item: string;
  readonly name: string;
  readonly message: string;
}

/** Records an error of an item, for `require-complete`. */
export async function recordError({ runs }: RunDeps, runId: string, error: RecordedError): Promise<void> {
  await runs.put({ pk: `ERROR#${runId}`, sk: `${error.step}#${error.item}`, ...error });
}

/** The errors that items of a step recorded. */
export async function recordedErrors({ runs }: RunDeps, runId: string, step: string): Promise<RecordedError[]> {
  const errors: RecordedError[] = [];
  for await (const item of runs.query({ pk: `ERROR#${runId}` }, { begins: { sk: `${step}#` } })) {
    errors.push(item as unknown as RecordedError);
  }
  return errors;
}
