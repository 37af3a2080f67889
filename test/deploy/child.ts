import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { killGroup, ownGroup } from '../support/emulators/process-group.ts';

/** A command of a stage. */
export interface Child {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** It and everything that it started is ended after this time. */
  readonly limitMs: number;
}

/** How a command ended. */
export interface ChildResult {
  /** Exit code; null when it was ended from outside. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Lines of standard output and standard error that a failure shows. */
const SHOWN_LINES = 30;

/** Runs a command in a process group of its own. @throws Error when it cannot be started or takes too long */
export async function runChild({ command, args, cwd, env, limitMs }: Child): Promise<ChildResult> {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  ownGroup(child);
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    killGroup(child);
  }, limitMs);
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  try {
    const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (isLate) throw failure({ command, args }, `not done after ${limitMs / 1000} s`, { code, stdout, stderr });
    return { code, stdout, stderr };
  } finally {
    clearTimeout(limit);
  }
}

/** As `runChild`. @throws Error with the end of what it said also when its exit code is not 0 */
export async function runWell(child: Child): Promise<ChildResult> {
  const result = await runChild(child);
  if (result.code !== 0) throw failure(child, `exit code ${result.code}`, result);
  return result;
}

function failure({ command, args }: Pick<Child, 'command' | 'args'>, what: string, { stdout, stderr }: ChildResult): Error {
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-SHOWN_LINES).join('\n');
  return new Error(`${command} ${args.join(' ')}: ${what}. It said:\n${said}`);
}
