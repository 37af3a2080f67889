import type { RunDeps } from './deps.ts';

/** Item of the runs table: subscribers were told how an execution ended. */
const TOLD = (end: string) => ({ pk: 'TOLD', sk: end });

/** True when subscribers were told of the end of an execution. */
export async function isTold({ runs }: RunDeps, end: string): Promise<boolean> {
  return (await runs.get(TOLD(end))) !== undefined;
}

/**
 * Remembers that subscribers were told of the end of an execution.
 *
 * @param end ARN of the execution, and which of its ends where it had several; '' on a laptop, where nothing else tells of it
 */
export async function rememberTold({ runs, now }: RunDeps, end: string): Promise<void> {
  if (end !== '') await runs.put({ ...TOLD(end), at: new Date(now()).toISOString() });
}
