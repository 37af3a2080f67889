import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../lib/errors.ts';
import { lakeKeys } from '../../lib/keys.ts';
import { listRuns, type RunRecord } from '../../lib/run/run-ledger.ts';
import { addDays, type BusinessDate } from '../../lib/time.ts';
import { colours } from '../colours.ts';
import { type CliContext, type HomeOptions, homeDir, type OpenHome } from '../context.ts';
import { generateDrops } from '../generate/generate-drops.ts';
import { GENERATE_DEFAULTS } from '../generate/options.ts';
import { withLocalHome } from '../options.ts';
import { silentProgress, stderrProgress } from '../progress.ts';
import { count } from '../table.ts';
import { describeDemo } from '../views/demo.ts';

/** The demo's shop: a history that is read as one range, then single nights. */
const SHOP = { historyDays: 206, nights: 14, customers: 20_600, seed: 20_250_808, dirt: 0.004 };

/** A livelier shop than generate's own, so that every stage has customers after seven months. */
const POPULATION = { ...GENERATE_DEFAULTS.parameters, r: 1, alpha: 48, a: 0.55, b: 3.5 };

/** Marks a home that the demo made and may rebuild. */
const MARK = 'demo.json';

/** Folder of what is true of the population. */
const TRUTH = 'demo-truth';

const HELP = `
Draws ${count(SHOP.customers)} customers of a sample shop, writes ${SHOP.historyDays + SHOP.nights} daily drops with some dirt in them,
runs the first ${SHOP.historyDays} days as one range and the last ${SHOP.nights} night by night, and tells what came of it.

Everything stays in --home (default .perennial), as plain files. Asked again, the demo rebuilds only a home that it made.
`;

/** Adds `demo`. */
export function registerDemo(program: Command, context: CliContext): void {
  withLocalHome(program.command('demo'))
    .summary('sample drops, several nights, what came of them')
    .description('Makes sample drops and runs several nights.')
    .addHelpText('after', HELP)
    .action(async (options: HomeOptions) => {
      const startedMs = performance.now();
      const dir = homeDir(options);
      await prepareHome(dir);
      const data = join(dir, 'lake', lakeKeys.dropsPrefix);
      const truth = join(dir, TRUTH);
      const days = SHOP.historyDays + SHOP.nights;
      const say = (text: string) => process.stderr.write(`${colours.bold(text)}\n`);
      const home = await context.openHome(options, 'create');
      try {
        const { currency, timeZone } = await home.config();
        say(`1  ${count(SHOP.customers)} customers of a sample shop, ${days} daily drops`);
        const { customers, seed, dirt } = SHOP;
        const summary = await generateDrops({
          ...GENERATE_DEFAULTS,
          days,
          customers,
          seed,
          dirt,
          currency,
          timeZone,
          parameters: POPULATION,
          out: data,
        });
        // Beside the lake: compact looks at every file of it.
        await mkdir(truth, { recursive: true });
        for (const name of ['truth.csv', 'truth.json']) await rename(join(data, name), join(truth, name));
        const runs = await runNights(home, summary.from, say);
        const seconds = (performance.now() - startedMs) / 1000;
        process.stdout.write(await describeDemo(home, { runs, truth, seconds, options }));
      } finally {
        await home.close();
      }
    });
}

/** Makes the home, or empties one that the demo made. @throws UsageError for a home of somebody else */
async function prepareHome(dir: string): Promise<void> {
  if (existsSync(dir)) {
    const entries = await readdir(dir);
    if (entries.length > 0 && !entries.includes(MARK)) {
      throw new UsageError(
        `Home ${dir}: holds something that the demo did not make, expected a new folder. Name another one with --home.`,
      );
    }
    for (const entry of ['lake', 'exports', 'dynamo', 'demo-drops', TRUTH, MARK])
      await rm(join(dir, entry), { recursive: true, force: true });
  }
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, MARK), `${JSON.stringify({ madeBy: 'perennial demo', ...SHOP }, undefined, 1)}\n`);
}

async function runNights(home: OpenHome, from: BusinessDate, say: (text: string) => void): Promise<RunRecord[]> {
  const runner = await home.openRunner({});
  const historyEnd = addDays(from, SHOP.historyDays - 1);
  try {
    say(`2  the history, ${from} to ${historyEnd}, as one range`);
    await runner.run({ from, to: historyEnd }, stderrProgress('history'));
    say(`3  ${SHOP.nights} nights, one by one`);
    for (let night = 1; night <= SHOP.nights; night++) {
      const date = addDays(historyEnd, night);
      const startedMs = performance.now();
      await runner.run({ to: date }, silentProgress);
      const run = (await listRuns(home.deps)).at(-1);
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      process.stderr.write(`   ${date}  ${nightLine(run)}  ${seconds} s\n`);
    }
  } finally {
    await runner.close();
  }
  return listRuns(home.deps);
}

function nightLine(run: RunRecord | undefined): string {
  const counts = run?.counts ?? {};
  const cell = (name: string, width: number) => count(counts[name] ?? 0).padStart(width);
  return `${cell('rows', 6)} rows ${cell('transitions', 6)} stage changes ${cell('profilesWritten', 6)} profiles written`;
}
