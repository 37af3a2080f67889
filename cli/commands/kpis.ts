import { type Command, Option } from 'commander';
import { KPI_ROWS, KPI_ROWS_VERSION } from '../../lib/arrow/schemas.ts';
import { UsageError } from '../../lib/errors.ts';
import type { StoredKpi } from '../../lib/report/kpi-file.ts';
import { kpiTable, readKpisOf } from '../../lib/run/read-kpis.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { parseDate, withHome } from '../options.ts';
import { FORMATS, type Format, withOutput, writeTables } from '../output.ts';
import { kpisText } from '../views/kpis.ts';

interface Options extends HomeOptions {
  readonly date?: BusinessDate;
  readonly from?: BusinessDate;
  readonly to?: BusinessDate;
  readonly format?: Format;
  readonly out?: string;
  readonly json?: true;
}

const HELP = `
For a person: the groups of docs/kpis.md, of one date, or of a range its last. With --format, or --out alone (csv): every figure of every
date as a row of date, currency, measure, value, group. With --json: the files of the lake, of a range as a list.

Examples:
  npm run -s perennial -- kpis
  npm run -s perennial -- kpis --from 2025-08-01 --to 2025-08-08 --format csv --out kpis.csv
  npm run -s perennial -- kpis --date 2025-08-08 --json
`;

/** Adds `kpis`: the figures of dates. */
export function registerKpis(program: Command, context: CliContext): void {
  withHome(program.command('kpis'))
    .summary('figures of a date, or of a range')
    .description('Growth, retention, repurchase, churn, value, satisfaction, model health and calm of committed dates.')
    .addOption(
      new Option('--date <date>', 'business date (default: the last committed one)')
        .argParser(parseDate)
        .conflicts(['from', 'to']),
    )
    .option('--from <date>', 'first date of a range', parseDate)
    .option('--to <date>', 'last date of the range (default: the last committed one)', parseDate)
    .addOption(new Option('--format <form>', 'form of the data').choices(FORMATS))
    .option('--out <file>', 'file to write instead of standard output')
    .addOption(new Option('--json', 'print JSON').conflicts('format'))
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const { from, to, date } = options;
      if (from && to && from > to) throw new UsageError(`Range ${from} to ${to}: ends before it begins. Exchange the dates.`);
      const home = await context.openHome(options);
      try {
        await tell(readKpisOf(home.deps, date ?? from, date ?? to), options);
      } finally {
        await home.close();
      }
    });
}

async function tell(kpis: AsyncGenerator<StoredKpi>, { from, format, json, out }: Options): Promise<void> {
  if (format !== undefined || (out !== undefined && !json)) {
    return writeTables(KPI_ROWS, KPI_ROWS_VERSION, tablesOf(kpis), {
      format: format ?? 'csv',
      ...(out === undefined ? {} : { out }),
    });
  }
  const all: StoredKpi[] = [];
  for await (const kpi of kpis) all.push(kpi);
  const last = all.at(-1) as StoredKpi;
  if (json) return withOutput(out, (write) => write(`${JSON.stringify(from === undefined ? last : all, undefined, 1)}\n`));
  process.stdout.write(kpisText(last));
}

async function* tablesOf(kpis: AsyncGenerator<StoredKpi>) {
  for await (const kpi of kpis) yield kpiTable(kpi);
}
