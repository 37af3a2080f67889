import type { Command } from 'commander';
import { KPI_ROWS, KPI_ROWS_VERSION } from '../../lib/arrow/schemas.ts';
import type { StoredKpi } from '../../lib/report/kpi-file.ts';
import { kpiTable, readKpiOf, readKpisOf } from '../../lib/run/read-kpis.ts';
import type { BusinessDate } from '../../lib/time.ts';
import type { CliContext, HomeOptions, OpenHome } from '../context.ts';
import { type CountingLine, countingLine } from '../counting-line.ts';
import { withDates, withForms, withHome } from '../options.ts';
import { type OutputOptions, withOutput, writeTables } from '../output.ts';
import { count } from '../table.ts';
import { kpisText } from '../views/kpis.ts';

interface Options extends HomeOptions, OutputOptions {
  readonly date?: BusinessDate;
  readonly from?: BusinessDate;
  readonly to?: BusinessDate;
  readonly json?: true;
}

const HELP = `
For a person: the groups of docs/kpis.md, of one date, or of the last one of a range. With --format or --out: every figure of every
date as a row of date, currency, measure, value, group. With --json: the files of the lake, of a range as an array.

Examples:
  npm run -s perennial -- kpis
  npm run -s perennial -- kpis --from 2025-08-01 --to 2025-08-08 --format csv --out kpis.csv
  npm run -s perennial -- kpis --date 2025-08-08 --json
`;

/** Adds `kpis`: the figures of dates. */
export function registerKpis(program: Command, context: CliContext): void {
  withForms(withDates(withHome(program.command('kpis'))))
    .summary('figures of a date, or of a range')
    .description('Growth, retention, repurchase, churn, value, satisfaction, model health and calm of committed dates.')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const home = await context.openHome(options);
      const line = countingLine('kpis');
      try {
        await tell(home, options, line);
      } finally {
        line.end();
        await home.close();
      }
    });
}

async function tell({ deps }: OpenHome, options: Options, line: CountingLine): Promise<void> {
  const { date, from, to, format, json, out } = options;
  const isRange = from !== undefined || to !== undefined;
  const kpis = counting(isRange ? readKpisOf(deps, from, to) : [await readKpiOf(deps, date)], line);
  if (!json && (format !== undefined || out !== undefined))
    return writeTables(KPI_ROWS, KPI_ROWS_VERSION, tablesOf(kpis), options);
  const all: StoredKpi[] = [];
  for await (const kpi of kpis) all.push(kpi);
  line.end();
  const last = all.at(-1) as StoredKpi;
  if (json) return withOutput(out, (write) => write(`${JSON.stringify(isRange ? all : last, undefined, 1)}\n`));
  if (all.length > 1) {
    const [dates, form] = [`the last of ${count(all.length)} dates`, '--format csv has them all'];
    process.stdout.write(`${last.date}, ${dates}; ${form}\n\n`);
  }
  process.stdout.write(kpisText(last));
}

async function* counting(kpis: AsyncIterable<StoredKpi> | Iterable<StoredKpi>, line: CountingLine): AsyncGenerator<StoredKpi> {
  let done = 0;
  for await (const kpi of kpis) {
    line.show('dates read:', ++done);
    yield kpi;
  }
}

async function* tablesOf(kpis: AsyncIterable<StoredKpi>) {
  for await (const kpi of kpis) yield kpiTable(kpi);
}
