import type { PerennialConfig } from '../config/config.ts';
import { canonicalJson, configHash } from '../config/load.ts';
import { DropNotReadyError, UsageError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import type { ObjectStore } from '../store/objects.ts';
import { addDays, type BusinessDate, datesBetween, formatRange, parseBusinessDate } from '../time.ts';
import { openApproved } from './approve-run.ts';
import type { Opened, OpenTask, RunRequest } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { findMarker, listDropDates } from './drop-folder.ts';
import { dropsUrlOf, recordedDrops } from './drops-place.ts';
import { finishEarlierCommit } from './finish-committed.ts';
import { askRebuild, type RebuildRecord, refuseOtherGeneration } from './rebuild/ask-rebuild.ts';
import { askedConfig } from './rebuild/asked-config.ts';
import {
  acquireLease,
  type Current,
  findCurrent,
  insertRun,
  listRuns,
  predecessorOf,
  type RunRecord,
  readRun,
  releaseLease,
  supersedeOpen,
  updateRun,
} from './run-ledger.ts';
import { instantOfSchedule, nightOfStart } from './scheduled-night.ts';

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
  const current = await findCurrent(deps);
  const dropsUrl = recordedDrops(deps, request.dropsUrl);
  const drops = deps.openStore(dropsUrlOf(deps, { dropsUrl }));
  const done: Opened = { decision: 'done', to: current?.dt as BusinessDate, runId: current?.runId as string };
  const configSha256 = configHash(config);
  const asked = { configSha256, dropsUrl, snapshots: request.snapshots };
  const open = (wanted: NewRun) => openRecord(deps, wanted, { config, execution });
  if (request.rebuild) {
    const rebuild = await askRebuild(deps, request, config, current);
    return rebuild ? open({ ...asked, ...rebuild }) : done;
  }
  const range = await settleRange(request, current, drops, config);
  if (!range) return done;
  if (current) await refuseOtherGeneration(deps, current.runId, config);
  for (const date of datesBetween(range.from, range.to)) {
    const { ready, problem } = await findMarker(drops, date);
    if (ready) continue;
    if (request.waitForDrop) return { decision: 'wait', missing: problem };
    throw new DropNotReadyError(problem);
  }
  const generation = current ? (await readRun(deps, current.runId)).generation : 1;
  return open({ ...asked, ...range, generation, baseRunId: current?.runId ?? '' });
}

/** The dates to run, or undefined when they are all committed. */
async function settleRange(
  request: RunRequest,
  current: Current | undefined,
  drops: ObjectStore,
  config: PerennialConfig,
): Promise<{ from: BusinessDate; to: BusinessDate } | undefined> {
  const head = current?.dt;
  const scheduled = request.scheduledTime;
  const asked = request.to ?? (scheduled === undefined ? undefined : nightOfStart(instantOfSchedule(scheduled), config.timeZone));
  const to = asked ? parseBusinessDate(asked, 'Date') : head ? addDays(head, 1) : await oldestDrop(drops);
  const from = request.from ? parseBusinessDate(request.from, 'Date') : head ? addDays(head, 1) : to;
  if (request.from && from > to) throw new UsageError(`Range ${from} to ${to}: ends before it begins. Exchange the dates.`);
  if (!head) return { from, to };
  if (to <= head) return undefined;
  const next = addDays(head, 1);
  if (from > next) {
    throw new UsageError(
      `Range ${formatRange(from, to)}: ${formatRange(next, addDays(from, -1))} would be left out, since ${head} is the last committed date. Begin at ${next}.`,
    );
  }
  return { from: next, to };
}

async function oldestDrop(drops: ObjectStore): Promise<BusinessDate> {
  const oldest = (await listDropDates(drops))[0];
  if (!oldest) {
    throw new DropNotReadyError(
      `Drops ${drops.url}: none found, expected folders dt=YYYY-MM-DD. Deliver one with put, or name --data.`,
    );
  }
  return oldest;
}

type NewRun = Pick<RunRecord, 'from' | 'to' | 'generation' | 'configSha256' | 'dropsUrl' | 'snapshots' | 'baseRunId'> &
  Partial<RebuildRecord>;

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
