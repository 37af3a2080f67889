import type { ChildProcess } from 'node:child_process';

/** Ended when this process ends, however it does (but for SIGKILL). */
const owned = new Set<ChildProcess>();
let watches = false;

/**
 * Ties a child that was started `detached`, so that it leads a process group, to this process: the group ends with it, at its end
 * and at SIGINT, SIGTERM and SIGHUP.
 */
export function ownGroup(child: ChildProcess): void {
  owned.add(child);
  if (watches) return;
  watches = true;
  process.once('exit', () => owned.forEach(killGroup));
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
}

/** From now on the group lives on when this process ends. */
export function disownGroup(child: ChildProcess): void {
  owned.delete(child);
}

/** Ends the child and everything that it started; none left is no error. */
export function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
