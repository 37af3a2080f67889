import type { Command } from 'commander';
import { rollback } from '../../lib/run/rollback.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { withHome } from '../options.ts';

const HELP = `
The run before the committed one becomes the committed one again, with a new fencing number: profiles, transition items and every
latest.json go back to it. The drops stay; the dates can be run again. A rebuild is taken back to the generation before; its time
zone, currency and shards must stand in the configuration again.

Examples:
  npm run -s perennial -- rollback
  npm run -s perennial -- rollback --home shop --json
`;

/** Adds `rollback`. */
export function registerRollback(program: Command, context: CliContext): void {
  withHome(program.command('rollback'))
    .summary('take back the last committed run')
    .description('Takes back the committed run.')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: HomeOptions & { json?: true }) => {
      const home = await context.openHome(options);
      try {
        const done = await rollback(home.deps);
        process.stdout.write(
          options.json
            ? `${JSON.stringify(done)}\n`
            : `Rolled back ${done.rolledBack}. Committed again: ${done.runId}, up to ${done.dt}.\n`,
        );
      } finally {
        await home.close();
      }
    });
}
