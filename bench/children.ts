import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TimedReport } from './timed.ts';

/** A measured child process. */
export interface Measured extends TimedReport {
  /** From its start to its end, as seen from outside. */
  readonly wallMs: number;
}

/** True where a process can be held on one core. */
export const hasTaskset = spawnSync('taskset', ['-c', '0', process.execPath, '-e', '0']).status === 0;

/** Runs a command. @returns what it printed @throws Error when its exit code is not 0 */
export async function runCommand(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`Command ${command} ${args.join(' ')}: exit code ${String(code)}, expected 0. See above.`);
  return text;
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs `prepare.ts`, untimed. */
export async function prepare(...args: readonly string[]): Promise<void> {
  await runCommand(process.execPath, ['--max-old-space-size=8192', script('prepare.ts'), ...args]);
}

/** Runs a command that prints JSON as a whole process on one core. */
export async function measureCommand<R>(...command: readonly string[]): Promise<R & { readonly wallMs: number }> {
  const [head = '', ...rest] = hasTaskset ? ['taskset', '-c', '0', ...command] : command;
  const startedMs = performance.now();
  const text = await runCommand(head, rest);
  return { ...(JSON.parse(text) as R), wallMs: performance.now() - startedMs };
}

/** Runs `timed.ts` as a whole process on one core. */
export async function measure(...args: readonly string[]): Promise<Measured> {
  return measureCommand<TimedReport>(process.execPath, script('timed.ts'), ...args);
}

/** Middle value; the mean of two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
