import { type CliContext, cliContext, type OpenHome } from '../../cli/context.ts';
import { runProgram } from '../../cli/program.ts';
import { forgetDeps } from '../../functions/_shared/process-deps.ts';
import type { CommandResult } from './command-line.ts';

/** Runs commands one after another on one home, in this process. */
export async function runCommands(dir: string, commands: readonly (readonly string[])[]): Promise<CommandResult[]> {
  let home: OpenHome | undefined;
  const context: CliContext = {
    openDrops: (options) => cliContext.openDrops({ ...options, home: dir }),
    async openHome(options) {
      home ??= await cliContext.openHome({ ...options, home: dir }, 'create');
      return { ...home, close: async () => {} };
    },
  };
  const results: CommandResult[] = [];
  try {
    for (const args of commands) {
      const [endStdout, endStderr] = [capture(process.stdout), capture(process.stderr)];
      let code: number;
      let [stdout, stderr] = ['', ''];
      try {
        code = await runProgram(args, context);
      } finally {
        [stdout, stderr] = [endStdout(), endStderr()];
      }
      results.push({ code, stdout, stderr });
    }
  } finally {
    await home?.close();
    // The next session may be of another home.
    forgetDeps();
  }
  return results;
}

/**
 * As `perennialSession`, in the process of the test itself: where nothing is said of processes, this saves the start of Node and the
 * compilation of its modules. The environment and the folder of this process are as before afterwards.
 *
 * @param cwd folder in which the commands run
 */
export async function sessionHere(home: string, commands: readonly (readonly string[])[], cwd: string): Promise<CommandResult[]> {
  const [env, folder] = [{ ...process.env }, process.cwd()];
  process.chdir(cwd);
  try {
    return await runCommands(home, commands);
  } finally {
    process.chdir(folder);
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
  }
}

/** As `sessionHere`. @throws Error with what was said on standard error when a command fails */
export async function successfulHere(home: string, commands: readonly (readonly string[])[], cwd: string): Promise<void> {
  for (const [i, { code, stderr }] of (await sessionHere(home, commands, cwd)).entries()) {
    if (code !== 0) throw new Error(`perennial ${commands[i]?.join(' ')}: exit code ${code}\n${stderr}`);
  }
}

/** Takes what is written to a stream from now on. @returns what was written, and ends it */
function capture(stream: NodeJS.WriteStream): () => string {
  const write = stream.write;
  let text = '';
  stream.write = (chunk: string | Uint8Array) => {
    text += chunk;
    return true;
  };
  return () => {
    stream.write = write;
    return text;
  };
}
