import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { withHome } from '../options.ts';
import { runAndTell, type TellOptions, withWorkers } from '../run-and-tell.ts';

type Options = TellOptions & { readonly gate?: readonly string[]; readonly note?: string };

const HELP = `
A run that a check of data quality held goes on: the same plan, the same files; what was done is not done again. Gates are waived by
name, or all that failed when none is named. A gate that failed and is not named holds the run again. Broken conservation cannot be
approved. When the drop is wrong, correct it and run again instead: the new run takes the place of the held one.

Examples:
  npm run -s perennial -- runs                                     which run is HELD
  npm run -s perennial -- runs show r000042-2025-08-08             why
  npm run -s perennial -- approve r000042-2025-08-08 --gate zero_rows --note "shop was closed, asked Li"

Exit codes: 0 done, 1 failed, 2 the run cannot be approved, 3 held again.
`;

/** Adds `approve`. */
export function registerApprove(program: Command, context: CliContext): void {
  const command = withHome(program.command('approve'))
    .summary('go on with a held run, its data taken as they are')
    .description('Approves a held run.')
    .argument('<run>', 'id of the run, as `runs` lists it')
    .option('--gate <name>', 'gate to waive; may be given again (default: all that failed)', collect)
    .option('--note <text>', 'why, kept in the run record');
  withWorkers(command)
    .option('--json', 'print the run as JSON')
    .addHelpText('after', HELP)
    .action((runId: string, options: Options) => {
      const approve = { runId, waive: [...(options.gate ?? [])], note: options.note ?? '' };
      return runAndTell(context, { approve }, options, 'existing');
    });
}

const collect = (name: string, names: readonly string[] = []): string[] => [...names, name];
