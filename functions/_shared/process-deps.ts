import { hostname } from 'node:os';
import type { RunRef } from '../../lib/run/contracts.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { openDeps } from '../../lib/run/open-deps.ts';
import { renewLease } from '../../lib/run/run-ledger.ts';
import { parseEnv } from './env.ts';

/** Milliseconds between two renewals of the lease by a running handler. */
const RENEW_MS = 30_000;

let deps: RunDeps | undefined;

/** The stores of this process, opened once. */
export function sharedDeps(): RunDeps {
  if (deps) return deps;
  const env = parseEnv();
  const functionName = env.AWS_LAMBDA_FUNCTION_NAME;
  const owner = { host: functionName || hostname(), pid: process.pid, command: functionName || process.argv.slice(2).join(' ') };
  // Sandboxes of one function share its name, and an id of another sandbox tells nothing here: there a lease only runs out.
  deps = openDeps(env, owner, functionName ? () => false : isDead);
  return deps;
}

/** Lets the stores of this process go: the next step opens what the environment names then. For a process that opens several homes. */
export function forgetDeps(): void {
  deps = undefined;
}

function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Renews the lease now and every 30 s. @returns the timer of the renewals @throws RunSupersededError when it is lost */
export async function holdLease(run: RunRef): Promise<NodeJS.Timeout> {
  const held = sharedDeps();
  await renewLease(held, run);
  const timer = setInterval(() => {
    // A renewal that fails is not an error yet: the next conditional write of the run tells.
    renewLease(held, run).catch(() => undefined);
  }, RENEW_MS);
  return timer.unref();
}
