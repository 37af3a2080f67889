import type { Command } from 'commander';
import { DataQualityGateError, UsageError } from '../lib/errors.ts';
import type { RunRequest } from '../lib/run/contracts.ts';
import { counted } from '../lib/run/counted.ts';
import { committedChain } from '../lib/run/read-results.ts';
import { listRuns, type RunRecord } from '../lib/run/run-ledger.ts';
import { addDays, formatRange, parseBusinessDate } from '../lib/time.ts';
import type { CliContext, HomeOptions, OpenHome } from './context.ts';
import { defaultWorkers } from './local/local-run.ts';
import { nextCommand } from './next-command.ts';
import { parseCount } from './options.ts';
import { silentProgress, stderrProgress } from './progress.ts';
import type { RunnerOptions, RunOutcome } from './runner.ts';
import { count } from './table.ts';
import { describeChecks, findVerdict } from './views/checks.ts';
import { describeNight } from './views/night.ts';
import { expiredText } from './views/rows.ts';

/** Options of the commands that start the machine. */
export interface TellOptions extends HomeOptions, RunnerOptions {
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds --workers, --no-wait and --quiet. */
export function withWorkers(command: Command): Command {
  return command
    .option('--workers <n>', `threads that work on shards (default: one per core, here ${defaultWorkers()})`, parseCount)
    .option('--no-wait', 'with --stack: start the run and do not wait for it')
    .option('--quiet', 'no progress');
}

/**
 * Runs the machine, in this process or as an execution of a stack, and tells what came of it: results on standard output, warnings
 * and checks on standard error.
 *
 * @param mode `create` makes the home when it is missing
 * @throws the error that ended the run
 */
export async function runAndTell(
  context: CliContext,
  request: Partial<RunRequest>,
  options: TellOptions,
  mode: 'create' | 'existing',
): Promise<void> {
  if (options.wait === false && options.stack === undefined) {
    throw new UsageError('Option --no-wait: without --stack, expected both. A run of a home ends with its command.');
  }
  const home = await context.openHome(options, mode);
  const runner = await home.openRunner(options);
  try {
    const progress = options.quiet || options.json ? silentProgress : stderrProgress('run');
    const outcome = await runner.run(request, progress);
    await tellOutcome(home, outcome, options);
    if (outcome.kind !== 'started') await tellLeftOut(home, request);
  } catch (error) {
    if (error instanceof DataQualityGateError) await tellHeld(home, options);
    throw error;
  } finally {
    await runner.close();
    await home.close();
  }
}

async function tellOutcome(home: OpenHome, outcome: RunOutcome, options: TellOptions): Promise<void> {
  if (outcome.kind === 'started') return tellStarted(outcome.execution, options);
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
  const warning = quarantineWarning(record, options);
  if (warning) process.stderr.write(warning);
  await tellChecks(home, record);
}

/** Dates of a range that lie before the books: no run takes them any more. */
async function tellLeftOut({ deps }: OpenHome, { from }: Partial<RunRequest>): Promise<void> {
  if (from === undefined) return;
  const first = (await committedChain(deps)).at(-1)?.from;
  if (first === undefined || from >= first) return;
  const dates = formatRange(parseBusinessDate(from, 'Date'), addDays(first, -1));
  process.stderr.write(
    `note: ${dates}: not part of the books, which begin on ${first}; no later run adds dates before that. To have them, run the range from ${from} into a new home or stack.\n`,
  );
}

/** The checks of the run that was just held: the one of the highest fencing number. */
async function tellHeld(home: OpenHome, options: TellOptions): Promise<void> {
  const held = (await listRuns(home.deps)).filter(({ state }) => state === 'HELD');
  const record = held.sort((a, b) => b.runSeq - a.runSeq)[0];
  if (!record) return;
  if (options.json) process.stdout.write(`${JSON.stringify({ outcome: 'held', run: record })}\n`);
  else await tellChecks(home, record);
}

/** Options that every command has: a next one has no `--data`. */
const placeOf = ({ home, config, stack }: HomeOptions) => ({ home, config, stack });

/** A run that nobody waits for: how to look at it. */
function tellStarted(execution: string, options: TellOptions): void {
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ outcome: 'started', run: null, execution })}\n`
      : `Started ${execution}.\nLook at it with ${nextCommand('runs', placeOf(options))}\n`,
  );
}

async function tellChecks(home: OpenHome, record: RunRecord): Promise<void> {
  const verdict = await findVerdict(home, record);
  const text = describeChecks(verdict?.checks ?? []);
  if (text !== '') process.stderr.write(text);
}

function quarantineWarning({ counts, from, to }: RunRecord, options: TellOptions): string {
  const refused = (counts['unreadable'] ?? 0) + (counts['refused'] ?? 0);
  const expired = expiredText(counts);
  const own = `${count(refused)} of ${counted(counts['rows'] ?? 0, 'row')} of ${formatRange(from, to)}`;
  const parts = [...(refused > 0 ? [own] : []), ...(expired === '' ? [] : [expired])];
  if (parts.length === 0) return '';
  const listCommand = nextCommand('quarantine list', placeOf(options));
  return `warning: in quarantine: ${parts.join('; ')}; each with file, line and rule: see ${listCommand}.\n`;
}
