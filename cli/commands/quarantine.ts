import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../lib/errors.ts';
import { FEEDS } from '../../lib/keys.ts';
import { counted } from '../../lib/run/counted.ts';
import { nextDropsUrl } from '../../lib/run/drops-place.ts';
import {
  type QuarantineEntry,
  type QuarantineFilter,
  readQuarantine,
  sourcesOf,
} from '../../lib/run/quarantine/read-quarantine.ts';
import { readRetried } from '../../lib/run/quarantine/read-retried.ts';
import { type Retry, retryQuarantine } from '../../lib/run/quarantine/retry-quarantine.ts';
import { QUARANTINE_RULES, retryRefusal } from '../../lib/run/quarantine/retry-refusal.ts';
import { committedChain } from '../../lib/run/read-results.ts';
import { findCurrent, findRun, listRuns, type RunRecord } from '../../lib/run/run-ledger.ts';
import type { CliContext, HomeOptions, OpenHome } from '../context.ts';
import { nextCommand } from '../next-command.ts';
import { dropsUrlOf, parseCount, parseDate, withHome } from '../options.ts';
import { type QuarantineGroup, quarantineRows, quarantineTable } from '../views/quarantine.ts';

interface Options extends HomeOptions, QuarantineFilter {
  readonly run?: string;
  readonly data?: string;
  readonly limit?: number;
  readonly personalData?: true;
  readonly json?: true;
}

/** Rows that `show` prints unless told. */
const SHOWN_ROWS = 20;

const HELP = `
Every row that a run refused is kept with its file, line, rule and text. Rows of the customers and erasures feeds hold personal data:
their text is shown with --personal-data alone.

Examples:
  npm run -s perennial -- quarantine list --from 2025-08-01
  npm run -s perennial -- quarantine show 1f0c7b2a9e                     rows of one quarantine file, by the id that list prints
  npm run -s perennial -- quarantine show dt=2025-08-08/transactions/sales.csv --limit 100
  npm run -s perennial -- quarantine retry --rule INVALID_DATE           after "dateFormats" of the mapping was corrected; then run
  npm run -s perennial -- quarantine list --run r000042-2025-08-08       of a run that is held or failed
`;

/** Adds `quarantine list`, `quarantine show` and `quarantine retry`. */
export function registerQuarantine(program: Command, context: CliContext): void {
  const quarantine = withHome(program.command('quarantine'))
    .summary('list, show or retry the rows that were refused')
    .description('The rows that were refused.')
    .addHelpText('after', HELP);
  const withOptions = (command: Command) => withFilter(withHome(command)).option('--json', 'print JSON');
  withOptions(quarantine.command('list'))
    .description('counts by date, feed, file and rule, each with an example')
    .option('--run <run>', 'rows of this run alone, committed or not')
    .action((_: Options, command: Command) => withRows(context, command, listRows));
  withOptions(quarantine.command('show'))
    .description('rows with line, rule, message and text')
    .argument('<id|file>', 'id of a quarantine file, as list prints it, or a file of the drops')
    .option('--run <run>', 'rows of this run alone, committed or not')
    .option('--limit <n>', 'rows at the most', parseCount, SHOWN_ROWS)
    .option('--personal-data', 'show the text of rows that hold personal data')
    .action((what: string, _: Options, command: Command) =>
      withRows(context, command, (home, rows) => showRows(home, rows, what)),
    );
  withOptions(quarantine.command('retry'))
    .description('writes the rows again as a late file of the last committed date; the next run takes it')
    .option('--data <dir>', 'folder of drops to write to, instead of lake/drops')
    .action((_: Options, command: Command) => withRows(context, command, retryRows));
}

function withFilter(command: Command): Command {
  return command
    .option('--from <date>', 'first night on which the rows became known', parseDate)
    .option('--to <date>', 'last night', parseDate)
    .option('--rule <name>', 'rows refused by this rule alone', parseRule)
    .option('--file <key>', 'rows of this file of the drops alone')
    .addOption(new Option('--feed <feed>', 'rows of this feed alone').choices(FEEDS));
}

function parseRule(name: string): string {
  if (QUARANTINE_RULES.includes(name)) return name;
  throw new InvalidArgumentError(`Expected one of ${QUARANTINE_RULES.join(', ')}.`);
}

interface Rows {
  readonly options: Options;
  /** Newest first. */
  readonly runs: readonly RunRecord[];
}

async function withRows(
  context: CliContext,
  command: Command,
  use: (home: OpenHome, rows: Rows) => Promise<void>,
): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const home = await context.openHome(options);
  try {
    const { run } = options;
    const named = run === undefined ? undefined : await findRun(home.deps, run);
    if (run !== undefined && !named) {
      throw new UsageError(`Run ${run}: not in the run ledger, expected an id that \`runs\` lists. Correct the id.`);
    }
    await use(home, { options, runs: named ? [named] : await chainOf(home) });
  } finally {
    await home.close();
  }
}

async function listRows(home: OpenHome, { options, runs }: Rows): Promise<void> {
  const groups = new Map<string, QuarantineGroup>();
  const config = await home.config();
  const taken = await readRetried(home.deps, (await findCurrent(home.deps)) ? await chainOf(home) : [], config);
  for await (const entry of readQuarantine(home.deps, runs, options)) {
    const retried = taken.has(entry);
    const name = `${entry.key} ${entry.file} ${entry.rule} ${retried}`;
    const group = groups.get(name);
    if (group) group.rows++;
    else {
      const { id, key, knownOn, feed, file, rule, line, message } = entry;
      const refusal = retryRefusal(entry, config.mapping[entry.feed].header) ?? null;
      groups.set(name, { id, key, knownOn, feed, file, rule, rows: 1, refusal, retried, example: { line, message } });
    }
  }
  const sorted = [...groups.values()].sort((a, b) => (a.knownOn === b.knownOn ? 0 : a.knownOn < b.knownOn ? -1 : 1));
  process.stdout.write(options.json ? `${JSON.stringify(sorted, undefined, 1)}\n` : quarantineTable(sorted));
}

async function showRows(home: OpenHome, { options, runs }: Rows, what: string): Promise<void> {
  const filter = what.includes('/') || what.includes('.') ? { ...options, file: what } : { ...options, id: what };
  const shown: QuarantineEntry[] = [];
  let found = 0;
  for await (const entry of readQuarantine(home.deps, runs, filter)) {
    if (found++ < (options.limit ?? SHOWN_ROWS)) shown.push(entry);
  }
  if (found === 0) {
    const held = options.run === undefined ? await heldRunOf(home, filter) : undefined;
    if (held)
      throw new UsageError(
        `Quarantine ${what}: of run ${held}, which is held, expected rows of committed runs. Add --run ${held}.`,
      );
    throw new UsageError(`Quarantine ${what}: no row, expected an id or a file that \`quarantine list\` names. Correct it.`);
  }
  process.stdout.write(
    quarantineRows(shown, { found, personalData: options.personalData === true, json: options.json === true }),
  );
}

/** The committed chain. @throws UsageError before the first commit, with the run that is held */
async function chainOf({ deps }: OpenHome): Promise<RunRecord[]> {
  const held = (await findCurrent(deps)) ? undefined : (await heldRuns(deps))[0];
  if (!held) return committedChain(deps);
  throw new UsageError(
    `Quarantine: no run is committed yet and ${held.runId} is held, expected a committed run. See its rows with \`quarantine list --run ${held.runId}\`; they can be tried again after \`approve ${held.runId}\`.`,
  );
}

const heldRuns = async (deps: OpenHome['deps']): Promise<RunRecord[]> =>
  (await listRuns(deps)).filter(({ state }) => state === 'HELD');

/** A held run with such rows in quarantine. */
async function heldRunOf({ deps }: OpenHome, filter: QuarantineFilter): Promise<string | undefined> {
  for (const run of await heldRuns(deps)) {
    for await (const _ of readQuarantine(deps, [run], filter)) return run.runId;
  }
  return undefined;
}

async function retryRows(home: OpenHome, { options, runs }: Rows): Promise<void> {
  const { deps } = home;
  const config = await home.config();
  const given = options.data === undefined ? undefined : dropsUrlOf(options.data, options);
  const url = nextDropsUrl(deps, runs[0], given, 'Quarantine retry');
  if (config.lateFileDays === 0) {
    throw new UsageError(
      'Configuration lateFileDays: 0, expected 1 or more, for rows come back as a late file. Set it, or deliver them anew.',
    );
  }
  const known = new Set<string>();
  for await (const { sha256 } of sourcesOf(deps, runs)) known.add(sha256);
  const date = (runs[0] as RunRecord).to;
  const retried = await readRetried(deps, runs, config);
  const entries = readQuarantine(deps, runs, options);
  const retry = await retryQuarantine(entries, { drops: deps.openStore(url), date, config, known, retried });
  const held = retry.files.length === 0 ? await heldRunOf(home, options) : undefined;
  const note =
    held === undefined ? '' : `Rows of ${held} are held with it: approve ${held}, or correct the drop and run again.\n`;
  process.stdout.write(
    options.json ? `${JSON.stringify(retry)}\n` : `${describeRetry(retry, url, nextCommand('run', options))}${note}`,
  );
}

function describeRetry({ files, refused }: Retry, url: string, run: string): string {
  const written = files.map(({ key, rows, written: how }) =>
    how === 'created'
      ? `  ${counted(rows, 'row')} written to ${url}/${key}\n`
      : `  ${counted(rows, 'row')}: in ${url}/${key} already\n`,
  );
  const left = Object.entries(refused).map(([reason, rows]) => `  ${counted(rows, 'row')} not tried again: ${reason}\n`);
  if (files.length === 0) return `Nothing to try again.\n${left.join('')}`;
  return `${written.join('')}${left.join('')}The next run takes them; rows that are refused again come back to the quarantine. Next: ${run}\n`;
}
