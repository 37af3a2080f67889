import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { UsageError } from '../../lib/errors.ts';
import { listRuns, type RunRecord } from '../../lib/run/run-ledger.ts';
import type { CliContext, HomeOptions, LocalHome } from '../context.ts';
import { defaultWorkers, type LocalOutcome, openLocalRunner } from '../local/local-run.ts';
import { silentProgress, stderrProgress } from '../local/progress.ts';
import { parseCount, parseDate, withHome } from '../options.ts';
import { count } from '../table.ts';
import { describeNight } from '../views/night.ts';

interface RunOptions extends HomeOptions {
  readonly date?: string;
  readonly from?: string;
  readonly to?: string;
  readonly data?: string;
  readonly snapshots: 'last' | 'weekly' | 'all';
  readonly workers?: number;
  readonly json?: true;
  readonly quiet?: true;
}

const HELP = `
What it does:
  Takes the drops of one or more business dates through the whole machine: rows into the ledger, customers folded, models fitted,
  scores and stages, profiles into DynamoDB, segment files into exports/. Nothing is shown to anybody before the whole run is
  committed; killed at any moment it can be run again.

Which dates:
  run                              the next night: the day after the last committed one (on a new home, the oldest drop)
  run --date 2025-08-08            every night up to this one
  run --from 2025-01-01 --to 2025-07-31   a range in one run: same result as its nights one by one, much faster
  Dates that are committed already are skipped; when all are, nothing is done.

Examples:
  npm run -s perennial -- put drops/
  npm run -s perennial -- run --from 2025-01-01 --to 2025-07-31
  npm run -s perennial -- run --date 2025-08-01 --data drops/     (drops read in place, not copied)

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 held by a check.
`;

/** Adds `run`. */
export function registerRun(program: Command, context: CliContext): void {
  withHome(program.command('run'))
    .summary('run the next night, one date or a range')
    .description('Runs the next night, the nights up to a date, or a range.')
    .option('--date <date>', 'last date to run; the dates before it that are open are run too', parseDate)
    .option('--from <date>', 'first date of a range', parseDate)
    .option('--to <date>', 'last date of a range', parseDate)
    .option('--data <dir>', 'folder of drops dt=D/transactions/*, read in place instead of lake/drops')
    .addOption(
      new Option('--snapshots <which>', 'dates of a range for which scores are kept')
        .choices(['last', 'weekly', 'all'])
        .default('last'),
    )
    .option('--workers <n>', `threads that work on shards (default: one per core, here ${defaultWorkers()})`, parseCount)
    .option('--quiet', 'no progress')
    .option('--json', 'print the run as JSON')
    .addHelpText('after', HELP)
    .action(async (options: RunOptions) => {
      const request = requestOf(options);
      const home = await context.openHome(options, 'create');
      const runner = await openLocalRunner(options.workers ?? defaultWorkers());
      try {
        const outcome = await runner.run(request, options.quiet || options.json ? silentProgress : stderrProgress('run'));
        await say(home, outcome, options);
      } finally {
        await runner.close();
        await home.close();
      }
    });
}

function requestOf({ date, from, to, data, snapshots }: RunOptions): Record<string, string> {
  if (date && (from || to))
    throw new UsageError('Options --date and --from/--to: given together, expected one of them. Leave one out.');
  if ((from === undefined) !== (to === undefined)) {
    throw new UsageError(`Option --${from ? 'from' : 'to'}: alone, expected --from with --to. Add the other one, or use --date.`);
  }
  const request: Record<string, string> = { snapshots };
  if (from && to) Object.assign(request, { from, to });
  if (date) request['to'] = date;
  if (data !== undefined) {
    if (!existsSync(data))
      throw new UsageError(`Option --data: no folder ${data}, expected drops dt=YYYY-MM-DD/transactions/*. Correct the path.`);
    request['dropsUrl'] = pathToFileURL(resolve(data)).href;
  }
  return request;
}

async function say(home: LocalHome, outcome: LocalOutcome, options: RunOptions): Promise<void> {
  const runs = await listRuns(home.deps);
  const record = runs.find((run) => outcome.kind === 'closed' && run.runId === outcome.runId);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ outcome: outcome.kind, run: record ?? null })}\n`);
    return;
  }
  if (outcome.kind === 'already done' || !record) {
    process.stdout.write(`Already done: ${outcome.to} is committed. Nothing was written.\n`);
    return;
  }
  process.stdout.write(await describeNight(home, record));
  const warning = quarantineWarning(record);
  if (warning) process.stderr.write(warning);
}

function quarantineWarning({ counts, from, to }: RunRecord): string {
  const quarantined = counts['quarantined'] ?? 0;
  if (quarantined === 0) return '';
  return `warning: ${count(quarantined)} of ${count(counts['rows'] ?? 0)} rows of ${from} to ${to} are in quarantine/ of the lake, each with file, line and rule.\n`;
}
