import type { Command } from 'commander';
import { SCORES, SCORES_VERSION, TRANSITIONS, TRANSITIONS_VERSION } from '../../lib/arrow/schemas.ts';
import { readScoresOf, readTransitionsOf } from '../../lib/run/read-results.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, HomeOptions, OpenHome } from '../context.ts';
import { dateOption, parseDate, withFormat, withHome } from '../options.ts';
import { type OutputOptions, writeTables } from '../output.ts';

type Dated = HomeOptions & { readonly date?: BusinessDate };

/** Adds `scores` and `transitions`: committed data out. */
export function registerResults(program: Command, context: CliContext): void {
  const use = async (options: HomeOptions, action: (home: OpenHome) => Promise<void>) => {
    const home = await context.openHome(options);
    try {
      await action(home);
    } finally {
      await home.close();
    }
  };
  withFormat(withHome(program.command('scores')))
    .summary('scores of a date')
    .description('The scores of every customer on a committed date, ordered by customer_id. Columns: docs/data-contract.md.')
    .addOption(dateOption())
    .addHelpText(
      'after',
      '\nExample:\n  npm run -s perennial -- scores --date 2025-08-08 --format parquet --out scores.parquet\n',
    )
    .action((options: Dated & OutputOptions) =>
      use(options, async ({ deps }) => {
        const { words, ...table } = await readScoresOf(deps, options.date);
        await writeTables(SCORES, SCORES_VERSION, [table], options, words);
      }),
    );
  withFormat(withHome(program.command('transitions')))
    .summary('stage changes of a range of dates')
    .description('Every stage change between two committed dates, ordered by as_of, customer_id, order of happening.')
    .option('--from <date>', 'first date (default: the first committed one)', parseDate)
    .option('--to <date>', 'last date (default: the last committed one)', parseDate)
    .addHelpText('after', '\nExample:\n  npm run -s perennial -- transitions --from 2025-08-01 --to 2025-08-08 --format jsonl\n')
    .action((options: HomeOptions & OutputOptions & { from?: BusinessDate; to?: BusinessDate }) =>
      use(options, async ({ deps }) => {
        const { from, to } = options;
        await writeTables(TRANSITIONS, TRANSITIONS_VERSION, readTransitionsOf(deps, from, to), options);
      }),
    );
}
