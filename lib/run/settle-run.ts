import type { PerennialConfig } from '../config/config.ts';
import { configHash } from '../config/load.ts';
import { DropNotReadyError, UsageError } from '../errors.ts';
import type { ObjectStore } from '../store/objects.ts';
import { addDays, type BusinessDate, datesBetween, formatRange, parseBusinessDate } from '../time.ts';
import { judgeApproval } from './approve-run.ts';
import { type Opened, type RunRequest, runRequest } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { findMarker, listDropDates } from './drop-folder.ts';
import { dropsUrlOf, recordedDrops } from './drops-place.ts';
import { askRebuild, type RebuildRecord, refuseOtherGeneration } from './rebuild/ask-rebuild.ts';
import { askedConfig } from './rebuild/asked-config.ts';
import { type Current, findCurrent, type RunRecord, readRun } from './run-ledger.ts';
import { instantOfSchedule, nightOfStart } from './scheduled-night.ts';

/** What a run that is to be opened is about. */
export type NewRun = Pick<RunRecord, 'from' | 'to' | 'generation' | 'configSha256' | 'dropsUrl' | 'snapshots' | 'baseRunId'> &
  Partial<RebuildRecord>;

/**
 * Settles what a request opens: its dates, drops that are ready, generation. It reads only.
 *
 * @returns open-run's answer when there is nothing to open
 * @throws DropNotReadyError, UsageError, ConfigError
 */
export async function settleRun(
  request: RunRequest,
  deps: RunDeps,
  config: PerennialConfig,
): Promise<NewRun | Exclude<Opened, { decision: 'go' }>> {
  const current = await findCurrent(deps);
  const dropsUrl = recordedDrops(deps, request.dropsUrl);
  const drops = deps.openStore(dropsUrlOf(deps, { dropsUrl }));
  const done = { decision: 'done' as const, to: current?.dt as BusinessDate, runId: current?.runId as string };
  const asked = { configSha256: configHash(config), dropsUrl, snapshots: request.snapshots };
  if (request.rebuild) {
    const rebuild = await askRebuild(deps, request, config, current);
    return rebuild ? { ...asked, ...rebuild } : done;
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
  return { ...asked, ...range, generation, baseRunId: current?.runId ?? '' };
}

/**
 * Refuses beforehand what open-run would refuse, so that no execution is started, and nobody is alarmed, for a slip of the pen.
 * It reads only.
 *
 * @throws DropNotReadyError, UsageError, ConfigError as open-run
 */
export async function refuseUnopenable(asked: Partial<RunRequest>, deps: RunDeps): Promise<void> {
  const request = runRequest.parse(asked);
  if (request.approve) await judgeApproval(deps, request.approve);
  else await settleRun(request, deps, await askedConfig(deps, request.rebuild?.shards));
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
