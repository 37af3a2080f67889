import type { Command } from 'commander';
import { lakeKeys } from '../../lib/keys.ts';
import { type Compaction, compact } from '../../lib/run/compact/compact.ts';
import { counted } from '../../lib/run/counted.ts';
import { isConfirmed } from '../confirm.ts';
import type { CliContext, HomeOptions } from '../context.ts';
import { countingLine, silentLine } from '../counting-line.ts';
import { nextCommand } from '../next-command.ts';
import { withHome } from '../options.ts';
import { count, formatTable } from '../table.ts';

const HELP = `
What it does:
  Looks at every object of the lake and the exports for customers whose erasure a committed run has taken (forget, or the erasures
  feed), then rewrites or deletes what holds them: drops in every form, ledgers, identifiers, quarantine, scores, transitions, earlier
  books, published files with their manifests. Everybody else's rows stay as they are.
  erasures/compacted/<id>.json tells what was done: the keyed hash and the dates of every customer, every object with its SHA-256
  before and after. Killed at any moment, run it again: it goes on.

What to know:
  - At a terminal it shows the plan and asks first; in a script it goes on.
  - There is no rollback to a run from before the erasure afterwards.
  - The lists of those who exited lose the customer too: run it when the marketing tools have taken them.
  - Files that runs read in place (run --data DIR) lie outside the home and are not changed; they are named.
  - With --stack every object of the two buckets is read from here, so run it near them. The buckets keep replaced versions until
    their lifecycle rule removes them: docs/security.md.

Examples:
  npm run -s perennial -- compact --dry-run
  npm run -s perennial -- compact

Exit codes: 0 done, or nothing to do; 1 failed (an object of an unknown kind holds an id: nothing was changed); 2 wrong usage.
`;

interface CompactCommandOptions extends HomeOptions {
  readonly dryRun?: true;
  readonly yes?: true;
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds `compact`. */
export function registerCompact(program: Command, context: CliContext): void {
  withHome(program.command('compact'))
    .summary('remove erased customers from every file')
    .description('Removes customers who were erased from every file of the lake and the exports, and keeps a proof.')
    .option('--dry-run', 'show the plan, change nothing')
    .option('--yes', 'do not ask at a terminal')
    .option('--quiet', 'no progress')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: CompactCommandOptions) => {
      const home = await context.openHome(options);
      const dryRun = options.dryRun === true;
      const shown = options.quiet || options.json ? silentLine : countingLine('compact');
      try {
        const act = (isDry: boolean) => compact(home.deps, { dryRun: isDry, progress: shown.show });
        if (!dryRun && !options.yes && process.stdin.isTTY) {
          const plan = await act(true);
          shown.end();
          process.stdout.write(describe(plan, true, options));
          if (!plan.isDue || !(await isConfirmed('Compact?'))) return;
        }
        const done = await act(dryRun);
        shown.end();
        process.stdout.write(
          options.json ? `${JSON.stringify(publicCompaction(done, dryRun))}\n` : describe(done, dryRun, options),
        );
      } finally {
        shown.end();
        await home.close();
      }
    });
}

function publicCompaction(
  { log, objects, isDue, waiting, dropsElsewhere }: Compaction,
  dryRun: boolean,
): Record<string, unknown> {
  return { dryRun, isDue, waiting, objects, dropsElsewhere, log: isDue ? log : null };
}

function describe({ log, objects, isDue, waiting, dropsElsewhere }: Compaction, dryRun: boolean, options: HomeOptions): string {
  const { stack } = options;
  const requests =
    waiting === 0
      ? ''
      : `${counted(waiting, 'request')} of forget ${waiting === 1 ? 'waits' : 'wait'} for a run: first ${nextCommand('run', options)}, then compact.\n`;
  const elsewhere = dropsElsewhere.map(
    (url) =>
      `Not in the ${stack === undefined ? 'home' : 'stack'}, so not looked at: ${url}. Remove the customers' rows there yourself.\n`,
  );
  if (!isDue) {
    const what = objects === 0 ? 'no run has erased anybody' : `no erased customer is left in ${counted(objects, 'object')}`;
    return `Nothing to do: ${what}.\n${requests}${elsewhere.join('')}`;
  }
  const kinds = [...new Set([...log.rewritten, ...log.deleted].map(({ kind }) => kind))];
  const rows = kinds.map((kind) => {
    const rewritten = log.rewritten.filter((entry) => entry.kind === kind);
    const lost = rewritten.reduce((sum, entry) => sum + entry.rows, 0);
    return [kind, rewritten.length, lost, log.deleted.filter((entry) => entry.kind === kind).length];
  });
  const columns = ['rewritten', 'rows of them', 'deleted'].map((name) => ({ name, align: 'right' as const }));
  const table = formatTable([{ name: 'kind' }, ...columns], rows);
  const what = `${counted(log.customers.length, 'erasure')}, ${counted(log.rewritten.length, 'object')} rewritten, ${count(log.deleted.length)} deleted`;
  const versions = stack === undefined ? '' : ' Replaced versions go with the lifecycle rule of the buckets.';
  const end = dryRun ? 'Nothing was changed.' : `Proof and log: ${lakeKeys.compaction(log.id)} in the lake.${versions}`;
  return `${dryRun ? 'Plan' : 'Done'}: ${what} (${counted(objects, 'object')} looked at)\n${table}${requests}${elsewhere.join('')}${end}\n`;
}
