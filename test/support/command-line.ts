import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Folder of the repository. */
export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** What `cli/main.ts` uses itself; scripts of the tests load the same modules. */
export const NODE_COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/perennial/compiled', import.meta.url));

/** How a command ended. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The lines of a text, without the empty one after its last line end. */
export const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n');

/**
 * Runs `perennial` with these arguments in a process of its own.
 *
 * @param cwd folder in which it runs; a folder of the test, so that no perennial.config.json is found by chance
 */
export function perennial(args: readonly string[], cwd: string): Promise<CommandResult> {
  return start([fileURLToPath(new URL('../../cli/main.ts', import.meta.url)), ...args], cwd);
}

/**
 * Runs several commands one after another in one process that holds one home: the same code as `perennial`, without a start of
 * Node for each.
 *
 * @param commands arguments of each command, without --home; later ones are run whatever the code of those before
 * @throws Error when the process itself fails
 */
export async function perennialSession(
  home: string,
  commands: readonly (readonly string[])[],
  cwd: string,
): Promise<CommandResult[]> {
  const script = fileURLToPath(new URL('./run-commands.ts', import.meta.url));
  const { code, stdout, stderr } = await start([script, home, JSON.stringify(commands)], cwd);
  if (code !== 0) throw new Error(`Session in ${home}: exit code ${code}\n${stderr}`);
  return JSON.parse(stdout) as CommandResult[];
}

/** As `perennialSession`. @throws Error with what was said on standard error when a command fails */
export async function successfulSession(home: string, commands: readonly (readonly string[])[], cwd: string): Promise<void> {
  const results = await perennialSession(home, commands, cwd);
  for (const [i, { code, stderr }] of results.entries()) {
    if (code !== 0) throw new Error(`perennial ${commands[i]?.join(' ')}: exit code ${code}\n${stderr}`);
  }
}

function start(args: readonly string[], cwd: string): Promise<CommandResult> {
  const env = { ...process.env, NODE_COMPILE_CACHE };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const collect = async (stream: NodeJS.ReadableStream) => {
    let text = '';
    stream.setEncoding('utf8');
    for await (const chunk of stream) text += chunk;
    return text;
  };
  const code = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return Promise.all([code, collect(child.stdout), collect(child.stderr)]).then(([ended, stdout, stderr]) => ({
    code: ended,
    stdout,
    stderr,
  }));
}
