import { fileURLToPath } from 'node:url';
import { NODE_COMPILE_CACHE } from '../support/command-line.ts';
import { type ChildResult, runChild, runWell } from './child.ts';
import type { Limits } from './limits.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** The command line, as an operator has it: a process for each command. */
export interface Perennial {
  /** Whatever its exit code. */
  run(args: readonly string[]): Promise<ChildResult>;
  /** @throws Error with what it said when its exit code is not 0 */
  well(args: readonly string[]): Promise<ChildResult>;
}

/** Where and how commands run. */
export interface CommandPlace {
  /** Without a perennial.config.json, so that every default holds, as in the deployed stack. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly limits: Limits;
}

export function perennialIn({ folder, env, limits }: CommandPlace): Perennial {
  const child = (args: readonly string[]) => ({
    command: process.execPath,
    args: [MAIN, ...args],
    cwd: folder,
    env: { ...env, NODE_COMPILE_CACHE },
    limitMs: limits.commandMs,
  });
  return { run: (args) => runChild(child(args)), well: (args) => runWell(child(args)) };
}
