import type { Command } from 'commander';
import { UsageError } from '../../lib/errors.ts';
import type { RunRequest } from '../../lib/run/contracts.ts';
import type { CliContext } from '../context.ts';
import { dropsUrlOf, parseDate, snapshotsOption, withHome } from '../options.ts';
import { runAndTell, type TellOptions, withWorkers } from '../run-and-tell.ts';

interface RunOptions extends TellOptions {
  readonly date?: string;
  readonly from?: string;
  readonly to?: string;
  readonly data?: string;
  readonly snapshots: RunRequest['snapshots'];
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
  npm run -s perennial -- run --stack Perennial                   (the deployed machine; Ctrl-C stops following, the run goes on)
  npm run -s perennial -- run --stack Perennial --no-wait

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 held by a check.
`;

/** Adds `run`. */
export function registerRun(program: Command, context: CliContext): void {
  const command = withHome(program.command('run'))
    .summary('run the next night, one date or a range')
    .description('Runs the next night, the nights up to a date, or a range.')
    .option('--date <date>', 'last date to run; the dates before it that are open are run too', parseDate)
    .option('--from <date>', 'first date of a range', parseDate)
    .option('--to <date>', 'last date of a range', parseDate)
    .option('--data <dir>', 'folder of drops dt=D/<feed>/*, read in place instead of lake/drops; with --stack s3://BUCKET/PREFIX')
    .addOption(snapshotsOption());
  withWorkers(command)
    .option('--json', 'print the run as JSON')
    .addHelpText('after', HELP)
    .action((options: RunOptions) => runAndTell(context, requestOf(options), options, 'create'));
}

function requestOf(options: RunOptions): Partial<RunRequest> {
  const { date, from, to, data, snapshots } = options;
  if (date && (from || to))
    throw new UsageError('Options --date and --from/--to: given together, expected one of them. Leave one out.');
  if ((from === undefined) !== (to === undefined)) {
    throw new UsageError(`Option --${from ? 'from' : 'to'}: alone, expected --from with --to. Add the other one, or use --date.`);
  }
  const request: Partial<RunRequest> = { snapshots };
  if (from && to) Object.assign(request, { from, to });
  if (date) request.to = date;
  if (data !== undefined) request.dropsUrl = dropsUrlOf(data, options);
  return request;
}
