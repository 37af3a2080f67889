import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { NODE_COMPILE_CACHE } from './command-line.ts';
import type { KillPoint } from './kill-at.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const KILL_AT = new URL('./kill-at.ts', import.meta.url).href;

/** How a process ended: with a code, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `perennial` with these arguments in a process of its own, which dies at `killAt` where one is given.
 *
 * @param cwd folder in which it runs, so that no perennial.config.json is found by chance
 */
export async function runProcess(args: readonly string[], cwd: string, killAt?: KillPoint): Promise<Ending> {
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_COMPILE_CACHE };
  if (killAt) Object.assign(env, { NODE_OPTIONS: `--import=${KILL_AT}`, KILL_AT: JSON.stringify(killAt) });
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<Pick<Ending, 'code' | 'signal'>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const [how, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { ...how, stdout, stderr };
}
