import { type Command, Option } from 'commander';
import { tableRows } from '../../lib/arrow/table-rows.ts';
import { readWarningsOf, WARNINGS, WARNINGS_VERSION, type WarnedCustomers } from '../../lib/run/read-warnings.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { parseDate, withHome } from '../options.ts';
import { FORMATS, type Format, withOutput, writeTables } from '../output.ts';
import { warningsText } from '../views/warnings.ts';

interface Options extends HomeOptions {
  readonly date?: BusinessDate;
  readonly alerts?: true;
  readonly format?: Format;
  readonly out?: string;
  readonly json?: true;
}

const HELP = `
For a person: how many customers at each level, the first twenty with their reasons, and what to do. With --format, or --out alone
(csv): all of them. An episode begins when a customer leaves the level none; it gives one alert, and another for each higher level.

Examples:
  npm run -s perennial -- warnings
  npm run -s perennial -- warnings --alerts --format csv --out calls.csv      whom to call this morning
  npm run -s perennial -- warnings --date 2025-08-08 --json
`;

/** Adds `warnings`: the customers of whom the early warning warns. */
export function registerWarnings(program: Command, context: CliContext): void {
  withHome(program.command('warnings'))
    .summary('customers at risk, most valuable first')
    .description(
      'The customers at a level of the early warning on a committed date, highest value at risk first. Columns: docs/data-contract.md.',
    )
    .option('--date <date>', 'business date (default: the last committed one)', parseDate)
    .option('--alerts', 'those alone for whom the date gave an alert')
    .addOption(new Option('--format <form>', 'form of the data').choices(FORMATS))
    .option('--out <file>', 'file to write instead of standard output')
    .addOption(new Option('--json', 'print JSON').conflicts('format'))
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const home = await context.openHome(options);
      try {
        await tell(await readWarningsOf(home.deps, options.date, options.alerts === true), options);
      } finally {
        await home.close();
      }
    });
}

async function tell(warned: WarnedCustomers, { alerts, format, json, out }: Options): Promise<void> {
  if (json) return withOutput(out, (write) => write(`${JSON.stringify(objectsOf(warned), undefined, 1)}\n`));
  if (format !== undefined || out !== undefined) {
    return writeTables(WARNINGS, WARNINGS_VERSION, once(warned), {
      format: format ?? 'csv',
      ...(out === undefined ? {} : { out }),
    });
  }
  process.stdout.write(warningsText(warned, alerts === true));
}

function objectsOf({ rows, columns }: WarnedCustomers): object[] {
  const names = Object.keys(WARNINGS);
  return Array.from(tableRows(WARNINGS, rows, columns), (values) =>
    Object.fromEntries(names.map((name, i) => [name, values[i]])),
  );
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}
