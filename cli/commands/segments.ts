import type { Command } from 'commander';
import { exportKeys, lakeKeys } from '../../lib/keys.ts';
import type { ExportFigures } from '../../lib/report/export-figures.ts';
import { counted } from '../../lib/run/counted.ts';
import { findJson, readJson } from '../../lib/run/json-objects.ts';
import { readConfig, readPlan } from '../../lib/run/plan.ts';
import { committedChain } from '../../lib/run/read-results.ts';
import { readReceipts } from '../../lib/run/receipts.ts';
import type { CliContext, HomeOptions, OpenHome } from '../context.ts';
import { withHome } from '../options.ts';
import { count, formatTable } from '../table.ts';
import { holdoutTable } from '../views/held-out.ts';

type Options = HomeOptions & { readonly json?: true };

interface ManifestFile {
  readonly key: string;
  readonly role: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

interface Manifest {
  readonly files: readonly ManifestFile[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Adds `segments` and `exports`: what is published, for whom. */
export function registerSegments(program: Command, context: CliContext): void {
  const use = async (options: Options, action: (home: OpenHome) => Promise<void>) => {
    const home = await context.openHome(options);
    try {
      await action(home);
    } finally {
      await home.close();
    }
  };
  withHome(program.command('segments'))
    .summary('segments with their sizes and plays')
    .description(
      'The segments of the committed run: name, play, members, who entered and exited; how those who are held out compare with those who were exported.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  npm run -s perennial -- segments --json\n')
    .action((options: Options) => use(options, (home) => showSegments(home, options)));
  withHome(program.command('exports'))
    .summary('published files')
    .description('The files that marketing tools pull: for each segment and destination what latest.json points to.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  npm run -s perennial -- exports --json\n')
    .action((options: Options) => use(options, (home) => showExports(home, options)));
}

async function showSegments(home: OpenHome, options: Options): Promise<void> {
  const [run] = await committedChain(home.deps);
  if (!run) return;
  const plan = await readPlan(home.deps, run.runId);
  const config = await readConfig(home.deps, plan.configSha256);
  const receipts = await readReceipts(home.deps, plan, 'publish-segments');
  const place = { generation: plan.generation, dt: plan.to, runId: run.runId };
  // Missing until a commit is finished, and of runs of earlier versions.
  const figures = await findJson<ExportFigures>(home.deps.lake, lakeKeys.exportFigures(place, 'json'));
  const segments = config.segments.map((segment) => ({
    ...segment,
    asOf: plan.to,
    counts: receipts.find((receipt) => receipt.segment === segment.id)?.counts ?? {},
    destinations: receipts.filter((receipt) => receipt.segment === segment.id).map(({ destination }) => destination),
    holdout: figures?.holdouts.find((holdout) => holdout.segment === segment.id) ?? null,
  }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(segments, undefined, 1)}\n`);
    return;
  }
  const rows = segments.map(({ id, name, counts }) => [
    id,
    name.en,
    name.zh,
    counts['full'] ?? 0,
    counts['entered'] ?? 0,
    counts['exited'] ?? 0,
    counts['holdout'] ?? 0,
  ]);
  const numbers = ['members', 'entered', 'exited', 'held out'].map((name) => ({ name, align: 'right' as const }));
  process.stdout.write(
    `Segments as of ${plan.to}\n${formatTable([{ name: 'segment' }, { name: 'name' }, { name: '名称' }, ...numbers], rows)}\n`,
  );
  const compared = holdoutTable(figures?.holdouts ?? [], config.currency);
  if (compared !== '') process.stdout.write(`${compared}\n`);
  for (const { id, play } of segments) process.stdout.write(`  ${id}\n    play  ${play.en}\n    建议  ${play.zh}\n`);
}

async function showExports(home: OpenHome, options: Options): Promise<void> {
  const [run] = await committedChain(home.deps);
  if (!run) return;
  const plan = await readPlan(home.deps, run.runId);
  const publications = await Promise.all(
    plan.publications.map(async ({ segment, destination }) => {
      const latestKey = exportKeys.latest(segment, destination);
      const latest = await readJson<{ dt: string; runId: string; manifestKey: string }>(home.deps.exports, latestKey);
      const { files, counts } = await readJson<Manifest>(home.deps.exports, latest.manifestKey);
      const listed = await Promise.all(
        files.map(async (file) => ({ ...file, isMissing: !(await home.deps.exports.stat(file.key)) })),
      );
      return { segment, destination, latestKey, ...latest, counts, files: listed };
    }),
  );
  if (options.json) {
    process.stdout.write(`${JSON.stringify(publications, undefined, 1)}\n`);
    return;
  }
  process.stdout.write(`Exports below ${home.deps.exports.url}\n`);
  for (const { latestKey, dt, counts, files } of publications) {
    const heldOut = counts['holdout'] ?? 0;
    process.stdout.write(`\n  ${latestKey} -> ${dt}${heldOut > 0 ? `, ${counted(heldOut, 'customer')} held out` : ''}\n`);
    const rows = files.map(({ key, role, rows: n, bytes, sha256, isMissing }) => [
      key.split('/').slice(3).join('/'),
      role,
      n,
      isMissing ? 'missing' : count(bytes),
      sha256.slice(0, 12),
    ]);
    const columns = [
      { name: 'file' },
      { name: 'role' },
      { name: 'rows', align: 'right' as const },
      { name: 'bytes', align: 'right' as const },
      { name: 'sha-256' },
    ];
    process.stdout.write(formatTable(columns, rows));
  }
}
