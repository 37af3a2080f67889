/**
 * Runs commands (second argument: JSON, the arguments of each) one after another on the home of the first argument, in this
 * process, and prints how each ended as JSON.
 */

import { type CliContext, cliContext, type LocalHome } from '../../cli/context.ts';
import { runProgram } from '../../cli/program.ts';
import type { CommandResult } from './command-line.ts';

const [dir = '', commands = '[]'] = process.argv.slice(2);
let home: LocalHome | undefined;
const context: CliContext = {
  openDrops: (options) => cliContext.openDrops({ ...options, home: dir }),
  async openHome(options) {
    home ??= await cliContext.openHome({ ...options, home: dir }, 'create');
    return { ...home, close: async () => {} };
  },
};

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

const results: CommandResult[] = [];
for (const args of JSON.parse(commands) as string[][]) {
  const [endStdout, endStderr] = [capture(process.stdout), capture(process.stderr)];
  const code = await runProgram(args, context);
  results.push({ code, stdout: endStdout(), stderr: endStderr() });
}
await home?.close();
process.stdout.write(JSON.stringify(results));
