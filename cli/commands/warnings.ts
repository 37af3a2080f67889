import type { Command } from 'commander';
import { tableRows } from '../../lib/arrow/table-rows.ts';
import { readWarningsOf, WARNINGS, WARNINGS_VERSION, type WarnedCustomers } from '../../lib/run/read-warnings.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { countingLine } from '../counting-line.ts';
import { dateOption, withForms, withHome } from '../options.ts';
import { type OutputOptions, withOutput, writeTables } from '../output.ts';
import { warningsText } from '../views/warnings.ts';

interface Options extends HomeOptions, OutputOptions {
  readonly date?: BusinessDate;
  readonly alerts?: true;
  readonly json?: true;
}

const HELP = `
For a person: how many customers at each level, the first twenty with their reasons, and what to do. With --format, --out
or --json: all of them. An episode begins when a customer leaves the level none; it gives one alert, and another for each higher level.

Examples:
  npm run -s perennial -- warnings
  npm run -s perennial -- warnings --alerts --format csv --out calls.csv      whom to call this morning
  npm run -s perennial -- warnings --date 2025-08-08 --json
`;

/** Adds `warnings`: the customers of whom the early warning warns. */
export function registerWarnings(program: Command, context: CliContext): void {
  withForms(withHome(program.command('warnings')))
    .summary('customers at risk, most valuable first')
    .description(
      'The customers at a level of the early warning on a committed date, highest value at risk first. Columns: docs/data-contract.md.',
    )
    .addOption(dateOption())
    .option('--alerts', 'those alone for whom the date gave an alert')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const home = await context.openHome(options);
      const line = countingLine('warnings');
      try {
        const onlyAlerts = options.alerts === true;
        const warned = await readWarningsOf(home.deps, { date: options.date, onlyAlerts }, (done, of) =>
          line.show('shards read:', done, of),
        );
        line.end();
        await tell(warned, options);
      } finally {
        line.end();
        await home.close();
      }
    });
}

async function tell(warned: WarnedCustomers, options: Options): Promise<void> {
  const { alerts, format, json, out } = options;
  if (json) return withOutput(out, (write) => write(`${JSON.stringify(objectsOf(warned), undefined, 1)}\n`));
  if (format !== undefined || out !== undefined) return writeTables(WARNINGS, WARNINGS_VERSION, [warned], options);
  process.stdout.write(warningsText(warned, alerts === true));
}

function objectsOf({ rows, columns }: WarnedCustomers): object[] {
  const names = Object.keys(WARNINGS);
  return Array.from(tableRows(WARNINGS, rows, columns), (values) =>
    Object.fromEntries(names.map((name, i) => [name, values[i]])),
  );
}
