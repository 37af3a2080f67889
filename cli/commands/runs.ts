import type { Command } from 'commander';
import { UsageError } from '../../lib/errors.ts';
import { lakeKeys } from '../../lib/keys.ts';
import { dropsUrlOf } from '../../lib/run/drops-place.ts';
import { findJson } from '../../lib/run/json-objects.ts';
import type { RunPlan } from '../../lib/run/plan.ts';
import { breachesOf, waivableOf } from '../../lib/run/quality/held-message.ts';
import { findCurrent, findRun, listRuns, type RunRecord } from '../../lib/run/run-ledger.ts';
import type { Verdict } from '../../lib/run/verify-run.ts';
import { formatRange } from '../../lib/time.ts';
import type { CliContext, HomeOptions, OpenHome } from '../context.ts';
import { nextCommand } from '../next-command.ts';
import { withHome } from '../options.ts';
import { count, formatTable } from '../table.ts';
import { checkTable, describeAdvice, findVerdict } from '../views/checks.ts';
import { countWord, expiredText, isRowCount, rowsText, waitingText } from '../views/rows.ts';

type Options = HomeOptions & { readonly json?: true };

/** Adds `runs` and `runs show R`. */
export function registerRuns(program: Command, context: CliContext): void {
  const runs = withHome(program.command('runs'))
    .summary('list the runs, or show one')
    .description('The run ledger: every run with its dates, state and counts; * marks the committed one.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  npm run -s perennial -- runs\n  npm run -s perennial -- runs show r000042-2025-08-08\n')
    .action((options: Options) => withOpenHome(context, options, (home) => listAll(home, options)));
  withHome(runs.command('show'))
    .description('one run: its record, plan and checks')
    .argument('<run>', 'id of the run, as `runs` lists it')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  npm run -s perennial -- runs show r000042-2025-08-08 --json\n')
    .action((runId: string, _: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      return withOpenHome(context, options, (home) => showOne(home, runId, options));
    });
}

async function withOpenHome(context: CliContext, options: Options, use: (home: OpenHome) => Promise<void>): Promise<void> {
  const home = await context.openHome(options);
  try {
    await use(home);
  } finally {
    await home.close();
  }
}

/** A run as scripts see it: the public part of its record. */
function publicRecord(run: RunRecord): Record<string, unknown> {
  const { runId, from, to, state, runSeq, committedAt, counts } = run;
  const { waived = [], approvals = [] } = run;
  const shown = { runId, from, to, state, runSeq, committedAt: committedAt || null, counts, error: run.error || null };
  const { generation, rebuild = null, replacesRunId: replaces = null } = run;
  return { ...shown, waived, approvals, generation, rebuild, replaces };
}

async function listAll(home: OpenHome, options: Options): Promise<void> {
  const runs = await listRuns(home.deps);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(runs.map(publicRecord), undefined, 1)}\n`);
    return;
  }
  if (runs.length === 0) {
    const begin = options.stack === undefined ? 'demo, or with put and run' : nextCommand('put DIR', options);
    process.stdout.write(`No runs yet. Begin with ${begin}.\n`);
    return;
  }
  const current = await findCurrent(home.deps);
  const rows = runs.map((run) => [
    `${run.runId === current?.runId ? '*' : ' '} ${run.runId}`,
    run.from,
    run.to,
    run.state,
    run.generation,
    run.runSeq,
    // Not known before the run is closed.
    run.counts['rows'] ?? '',
    run.counts['customers'] ?? '',
    run.committedAt,
  ]);
  process.stdout.write(
    formatTable(
      [
        { name: '  run' },
        { name: 'from' },
        { name: 'to' },
        { name: 'state' },
        { name: 'g', align: 'right' },
        { name: 'seq', align: 'right' },
        { name: 'rows', align: 'right' },
        { name: 'customers', align: 'right' },
        { name: 'committed at' },
      ],
      rows,
    ),
  );
}

/** The state with its cause: of a held run the checks alone, for the table tells the rest. */
function stateText({ runId, state, error }: RunRecord, verdict: Verdict | undefined, options: Options): string {
  const breaches = state === 'HELD' ? breachesOf(verdict?.checks ?? []) : [];
  if (breaches.length === 0) return error ? `${state}: ${error}` : state;
  const names = [...new Set(breaches.map(({ name }) => name))].join(', ');
  if (waivableOf(breaches).length === 0) return `${state} by ${names}`;
  const approve = nextCommand(`approve ${runId}`, options);
  return `${state} by ${names}; ${approve} takes it as it is`;
}

/** What became of the rows; nothing for runs that are not closed. */
function rowFacts(counts: RunRecord['counts']): (readonly [string, string])[] {
  if (counts['applied'] === undefined) return [];
  const expired = expiredText(counts);
  return [
    ['rows', rowsText(counts)],
    ['in all', waitingText(counts)],
    ...(expired === '' ? [] : [['earlier', expired] as const]),
  ];
}

async function showOne(home: OpenHome, runId: string, options: Options): Promise<void> {
  const run = await findRun(home.deps, runId);
  if (!run) throw new UsageError(`Run ${runId}: not in the run ledger, expected an id that \`runs\` lists. Correct the id.`);
  const plan = await findJson<RunPlan>(home.deps.lake, lakeKeys.plan(runId));
  const verdict = await findVerdict(home, run);
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ ...publicRecord(run), plan: plan ?? null, verdict: verdict ?? null }, undefined, 1)}\n`,
    );
    return;
  }
  const facts: (readonly [string, string])[] = [
    [run.from === run.to ? 'date' : 'dates', formatRange(run.from, run.to)],
    ['state', stateText(run, verdict, options)],
    ...(run.approvals ?? []).map(
      ({ waive, note, at }) => ['approved', `${at}: ${waive.join(', ')}${note && ` (${note})`}`] as const,
    ),
    ['attempt', `${run.attempt}, fencing number ${run.runSeq}`],
    ['generation', run.rebuild ? `${run.generation}, rebuilt from the ${run.rebuild}` : `${run.generation}`],
    run.replacesRunId ? ['replaces', run.replacesRunId] : ['goes on from', run.baseRunId || 'nothing: the first run'],
    ['opened', run.openedAt],
    ['committed', run.committedAt || 'not'],
    ['drops', dropsUrlOf(home.deps, run)],
    ['configuration', run.configSha256],
    ...rowFacts(run.counts),
    ...Object.entries(run.counts)
      .filter(([name]) => run.counts['applied'] === undefined || !isRowCount(name))
      .map(([name, value]) => [countWord(name), count(value)] as const),
  ];
  process.stdout.write(`${run.runId}\n${formatTable([{ name: 'what' }, { name: '' }], facts)}`);
  const files = plan?.batches.flatMap((batch) => batch.files) ?? [];
  if (files.length > 0) {
    const shown = files.slice(0, 10).map((file) => [file.key, file.knownOn, file.sizeBytes, file.sha256.slice(0, 12)]);
    const columns = [{ name: 'file' }, { name: 'known on' }, { name: 'bytes', align: 'right' as const }, { name: 'sha-256' }];
    process.stdout.write(`\n${formatTable(columns, shown)}`);
    if (files.length > shown.length) process.stdout.write(`  and ${count(files.length - shown.length)} more\n`);
  }
  for (const { key, reason } of plan?.skipped ?? []) process.stdout.write(`  not taken: ${key}, ${reason}\n`);
  for (const { key, reason } of plan?.notes ?? []) process.stdout.write(`  note: ${key}, ${reason}\n`);
  if (verdict) process.stdout.write(`\n${checkTable(verdict.checks)}${describeAdvice(verdict.checks)}`);
}
