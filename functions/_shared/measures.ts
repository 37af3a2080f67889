import type { Counts, Failed, Opened, OpenTask } from '../../lib/run/contracts.ts';
import type { Watched } from '../../lib/run/watch-night.ts';
import type { Measures } from './telemetry.ts';

const MS_PER_MINUTE = 60_000;

/** Of open-run: that a run goes on, or how late its drop is. A run that was asked for without a scheduled time is never late. */
export function openedMeasures({ request }: OpenTask, { decision }: Opened, nowMs: number): Measures {
  if (decision === 'go') return { RunOpened: 1 };
  if (decision === 'done' || request.scheduledTime === undefined) return {};
  return { DropLateMinutes: Math.max(0, (nowMs - Date.parse(request.scheduledTime)) / MS_PER_MINUTE) };
}

/** Of close-run. What failed or was held before is over with it: the alarms stand until they see these zeros. */
export function closedMeasures(counts: Counts): Measures {
  const { rows = 0, unreadable = 0, customers = 0, profilesWritten = 0, transitions = 0 } = counts;
  return {
    RunClosed: 1,
    RunFailed: 0,
    RunHeld: 0,
    RowsRead: rows,
    Customers: customers,
    ProfilesWritten: profilesWritten,
    Transitions: transitions,
    QuarantineShare: rows === 0 ? 0 : unreadable / rows,
  };
}

/** Of fail-run: a run that is held, or that failed. A superseded run is no incident, a closed one or one told of before is neither. */
export function failedMeasures({ state, name }: Failed): Measures {
  if (state === 'HELD') return { RunHeld: 1 };
  // NONE: no run was opened. COMMITTED: the night is there, and the next open-run has to finish it.
  const hasFailed = state === 'FAILED' || state === 'NONE' || state === 'COMMITTED';
  return hasFailed && name !== 'RunSupersededError' ? { RunFailed: 1 } : {};
}

/** Of watch-night. */
export function watchedMeasures({ isOverdue }: Watched): Measures {
  return { NightOverdue: isOverdue ? 1 : 0 };
}
