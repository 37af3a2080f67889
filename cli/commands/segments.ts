import type { Command } from 'commander';
import { exportKeys, lakeKeys } from '../../lib/keys.ts';
import type { ExportFigures } from '../../lib/report/export-figures.ts';
import { counted } from '../../lib/run/counted.ts';
import { findJson, readJson } from '../../lib/run/json-objects.ts';
import { readPlan } from '../../lib/run/plan.ts';
import { committedChain } from '../../lib/run/read-results.ts';
import type { RunRecord } from '../../lib/run/run-ledger.ts';
import { colours } from '../colours.ts';
import type { CliContext, HomeOptions, OpenHome } from '../context.ts';
import { withHome } from '../options.ts';
import { count, formatTable } from '../table.ts';
import { holdoutTable } from '../views/held-out.ts';
import { readSegments, segmentTable } from '../views/segments.ts';

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

async function showSegments({ deps }: OpenHome, options: Options): Promise<void> {
  const run = (await committedChain(deps))[0] as RunRecord;
  const place = { generation: run.generation, dt: run.to, runId: run.runId };
  // Missing until a commit is finished, and of runs of earlier versions.
  const figures = await findJson<ExportFigures>(deps.lake, lakeKeys.exportFigures(place, 'json'));
  const segments = await readSegments(deps, run);
  if (options.json) {
    const told = segments.map((one) => ({
      ...one,
      holdout: figures?.holdouts.find(({ segment }) => segment === one.id) ?? null,
    }));
    process.stdout.write(`${JSON.stringify(told, undefined, 1)}\n`);
    return;
  }
  process.stdout.write(`Segments as of ${run.to}\n${segmentTable(segments)}\n`);
  const compared = figures ? holdoutTable(figures.holdouts, figures.currency) : '';
  if (compared !== '') process.stdout.write(`${compared}\n`);
  for (const { id, name, play } of segments) {
    const [title, what] = [colours.bold(`${name.en} ${name.zh}`), `    play  ${play.en}\n    建议  ${play.zh}\n`];
    process.stdout.write(`  ${id}  ${title}\n${what}`);
  }
}

async function showExports(home: OpenHome, options: Options): Promise<void> {
  const { runId } = (await committedChain(home.deps))[0] as RunRecord;
  const plan = await readPlan(home.deps, runId);
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
    process.stdout.write(`\n  ${latestKey} → ${dt}${heldOut > 0 ? `, ${counted(heldOut, 'customer')} held out` : ''}\n`);
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
