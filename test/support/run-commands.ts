/** Runs commands (second argument: JSON, the arguments of each) one after another on the home of the first argument. */

import { Command } from 'commander';
import { registerResults } from '../../cli/commands/results.ts';
import { registerRun } from '../../cli/commands/run.ts';
import { type CliContext, cliContext, type LocalHome } from '../../cli/context.ts';

const [dir = '', commands = '[]'] = process.argv.slice(2);
let home: LocalHome | undefined;
const context: CliContext = {
  ...cliContext,
  async openHome(options) {
    home ??= await cliContext.openHome({ ...options, home: dir });
    return { ...home, close: async () => {} };
  },
};

for (const args of JSON.parse(commands) as string[][]) {
  const program = new Command();
  registerRun(program, context);
  registerResults(program, context);
  await program.parseAsync(args, { from: 'user' });
}
await home?.close();
