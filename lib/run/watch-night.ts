import * as z from 'zod';
import { type BusinessDate, businessClock, isTimeZone } from '../time.ts';
import { configInForce } from './config-in-force.ts';
import type { RunDeps } from './deps.ts';
import { type Current, findCurrent, listRuns, type RunRecord } from './run-ledger.ts';
import { instantOfSchedule, nightOfStart } from './scheduled-night.ts';

/**
 * Watches for what does not happen: a night without a run raises no error anywhere (docs/adr/0018).
 */

const MS_PER_MINUTE = 60_000;

/** What the watch is asked: the nightly start that it watches over, and the scheduler's time. */
export const watchTask = z.strictObject({
  /** The scheduler's time of this look, ISO 8601. */
  scheduledTime: z.string(),
  /** The nightly start, on the wall clock of `timeZone`. */
  start: z.strictObject({
    hour: z.int().min(0).max(23),
    minute: z.int().min(0).max(59),
    timeZone: z.string().refine(isTimeZone, 'unknown time zone, expected an IANA name such as Asia/Shanghai'),
  }),
  /** Minutes after the start by which a run must be open. */
  deadlineMinutes: z.int().min(1).max(1380),
});

/** What the watch is asked. */
export type WatchTask = z.infer<typeof watchTask>;

/** What the watch saw. Instants are ISO 8601 with Z. */
export const watched = z.strictObject({
  /** The last night whose deadline has passed. */
  night: z.iso.date(),
  startAt: z.string(),
  deadlineAt: z.string(),
  /** True while no run that covers the night was ever opened. */
  isOverdue: z.boolean(),
  /** The run that covers the night; '' while there is none. */
  runId: z.string(),
});

/** What the watch saw. */
export type Watched = z.infer<typeof watched>;

/**
 * Looks whether the last night whose deadline has passed has a run.
 *
 * @throws ConfigError for a scheduled time that was not filled in, or a configuration that is not valid
 */
export async function watchNight(task: WatchTask, deps: RunDeps): Promise<Watched> {
  const startMs = lastDueStart(task);
  const { config } = await configInForce(deps);
  const night = nightOfStart(startMs, config.timeZone);
  const current = await findCurrent(deps);
  // Every run of the ledger is read only when CURRENT does not answer: this is asked many times a day.
  const runId = runOfNight(night, current, []) ?? runOfNight(night, current, await listRuns(deps));
  return {
    night,
    startAt: new Date(startMs).toISOString(),
    deadlineAt: new Date(startMs + task.deadlineMinutes * MS_PER_MINUTE).toISOString(),
    isOverdue: runId === undefined,
    runId: runId ?? '',
  };
}

/**
 * The last nightly start whose deadline is not after the time of the look, milliseconds since 1970-01-01T00:00Z. A start that the
 * clocks skip counts: nobody started that night.
 *
 * @throws ConfigError for a scheduled time that was not filled in
 */
function lastDueStart({ scheduledTime, start, deadlineMinutes }: WatchTask): number {
  const now = instantOfSchedule(scheduledTime);
  const clock = businessClock(start.timeZone);
  const msOfDay = (start.hour * 60 + start.minute) * MS_PER_MINUTE;
  let day = clock.dayOfInstant(now);
  let startMs = clock.instantOfLocal(day, msOfDay);
  while (startMs + deadlineMinutes * MS_PER_MINUTE > now) startMs = clock.instantOfLocal(--day, msOfDay);
  return startMs;
}

/**
 * The run that covers a night, in whatever state: a failed or a held run has an alarm of its own, a superseded one was replaced or
 * taken back.
 *
 * @returns its id, undefined when there is none
 */
function runOfNight(night: BusinessDate, current: Current | undefined, runs: readonly RunRecord[]): string | undefined {
  if (current && current.dt >= night) return current.runId;
  return runs.findLast(({ from, to }) => from <= night && night <= to)?.runId;
}
