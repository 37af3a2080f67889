import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureCommand, median } from './children.ts';
import { drawCustomers, writeCustomers } from './clv/customers.ts';
import type { TaskName, TaskReport } from './clv/perennial-task.ts';
import type { Report } from './report.ts';

/** By how much sums may differ, and a log-likelihood fall below the other's, relative. */
const TOLERANCE = 1e-9;

/** A task as a whole process. */
type TimedTask = TaskReport & { readonly wallMs: number };

/** A task with what is aimed at: how many times faster than lifetimes. */
interface Task {
  readonly name: TaskName;
  readonly title: string;
  readonly times: number;
  /** Which of the two sizes. */
  readonly size: 'customers' | 'fewer';
}

const TASKS: readonly Task[] = [
  { name: 'fit-bg', title: 'fit of BG/NBD', times: 15, size: 'customers' },
  { name: 'fit-pareto', title: 'fit of Pareto/NBD', times: 40, size: 'fewer' },
  { name: 'value', title: 'expected purchases, P(alive), spend and CLV', times: 40, size: 'customers' },
];

/** Aims are of these sizes; in a smaller one the start of the processes counts for too much. */
const AIM_SIZE = { customers: 1_000_000, fewer: 100_000 };

/** How much is measured. */
export interface ClvSize {
  readonly customers: number;
  /** Customers that lifetimes fits Pareto/NBD to in minutes. */
  readonly fewer: number;
  /** Rounds of ours; lifetimes gets one. */
  readonly rounds: number;
}

/** A Python that has lifetimes, and its versions. */
interface LifetimesPython {
  readonly command: string;
  readonly versions: string;
}

const VERSIONS = `import platform, numpy, pandas, scipy, lifetimes
print(f"lifetimes {lifetimes.__version__}, Python {platform.python_version()}, numpy {numpy.__version__}, scipy {scipy.__version__}, pandas {pandas.__version__}")`;

/** The first Python with lifetimes: PERENNIAL_PYTHON alone when it is set, else `python3` or `python`. */
function findLifetimes(): LifetimesPython | undefined {
  const named = process.env['PERENNIAL_PYTHON'];
  for (const command of named ? [named] : ['python3', 'python']) {
    const { status, stdout } = spawnSync(command, ['-W', 'ignore', '-c', VERSIONS], { encoding: 'utf8' });
    if (status === 0) return { command, versions: stdout.trim() };
  }
  if (named)
    throw new Error(
      `PERENNIAL_PYTHON ${named}: cannot import lifetimes there, expected a Python that can. pip install lifetimes.`,
    );
  return undefined;
}

const script = (name: string): string => fileURLToPath(new URL(`clv/${name}`, import.meta.url));

/** Bundles our side as functions are deployed: Node would strip the types of its sources at every start. @returns the file */
async function bundleTask(dir: string): Promise<string> {
  const [{ build }, { HANDLER_BUILD }] = await Promise.all([import('esbuild'), import('../infra/constructs/bundling.ts')]);
  const outfile = join(dir, 'perennial-task.cjs');
  const mainFields = [...HANDLER_BUILD.mainFields];
  await build({ ...HANDLER_BUILD, mainFields, entryPoints: [script('perennial-task.ts')], outfile });
  return outfile;
}

/** Sums of both sides must be equal. @returns the largest relative difference */
function compareSums(ours: TaskReport, theirs: TaskReport): number {
  const differences = Object.entries(ours.sums ?? {}).map(([name, sum]) => {
    const other = theirs.sums?.[name] ?? Number.NaN;
    const difference = Math.abs(sum - other) / Math.abs(other);
    if (!(difference <= TOLERANCE))
      throw new Error(`Sum of ${name}: ${sum}, lifetimes ${other}, expected equal to ${TOLERANCE}. One of them is wrong.`);
    return difference;
  });
  return Math.max(...differences);
}

/** Our maximum must not be the lower one. */
function compareFits({ title }: Task, { logLikelihood: ours = Number.NaN }: TaskReport, theirs: TaskReport): void {
  const { logLikelihood: other = Number.NaN } = theirs;
  if (ours >= other - TOLERANCE * Math.abs(other)) return;
  throw new Error(`${title}: log-likelihood ${ours}, lifetimes ${other}, expected no less. The search ended before the maximum.`);
}

const params = ({ params: found = {} }: TaskReport): string =>
  Object.entries(found)
    .map(([name, value]) => `${name} ${value.toPrecision(8)}`)
    .join(', ');

/** What a fit found, on both sides. */
function describeFit(task: Task, ours: TaskReport, theirs: TaskReport | undefined): string {
  if (theirs) compareFits(task, ours, theirs);
  const { title } = task;
  const found = (who: string, report: TaskReport) =>
    `${who} ${params(report)}, log-likelihood ${report.logLikelihood?.toFixed(4)}`;
  return `${title[0]?.toUpperCase()}${title.slice(1)}: ${[found('Perennial', ours), ...(theirs ? [found('lifetimes', theirs)] : [])].join('; ')}.`;
}

/** What was summed, on both sides. */
function describeSums(ours: TaskReport, theirs: TaskReport | undefined): string {
  const sums = Object.entries(ours.sums ?? {}).map(([name, sum]) => `${name} ${sum.toFixed(2)}`);
  const same = theirs ? `; those of lifetimes differ by ${compareSums(ours, theirs).toExponential(1)} at most, relative` : '';
  return `Sums over all customers: ${sums.join(', ')}${same}.`;
}

/** Where the time of ours goes: median milliseconds of each step. */
function describeSteps({ title }: Task, ours: readonly TimedTask[]): string {
  const names = Object.keys(ours[0]?.steps ?? {});
  const took = names.map((name) => `${name} ${median(ours.map(({ steps }) => steps?.[name] ?? 0)).toFixed(0)}`);
  return `${title}: ${took.join(', ')}`;
}

/** Fits and predictions of the models beside Python lifetimes on the same files. */
export async function benchClv(dir: string, size: ClvSize): Promise<Report> {
  const python = findLifetimes();
  for (const count of [size.customers, size.fewer]) await writeCustomers(join(dir, String(count)), drawCustomers(count));
  const bundle = await bundleTask(dir);
  const rows: string[][] = [];
  const aims: Report['aims'][number][] = [];
  const found: string[] = [];
  const steps: string[] = [];
  for (const task of TASKS) {
    const customers = size[task.size];
    const place = join(dir, String(customers));
    const ours: TimedTask[] = [];
    for (let round = 0; round < size.rounds; round++)
      ours.push(await measureCommand<TaskReport>(process.execPath, bundle, task.name, place));
    const theirs = python && (await measureCommand<TaskReport>(python.command, script('lifetimes_task.py'), task.name, place));
    const [first] = ours as [TimedTask];
    const seconds = median(ours.map(({ wallMs }) => wallMs)) / 1000;
    const times = theirs && theirs.wallMs / 1000 / seconds;
    const cpu = (one: TaskReport) => ((one.userMs + one.systemMs) / 1000).toFixed(2);
    rows.push([
      task.title,
      customers.toLocaleString('en-US'),
      seconds.toFixed(2),
      (median(ours.map(({ userMs, systemMs }) => userMs + systemMs)) / 1000).toFixed(2),
      Math.max(...ours.map(({ peakMb }) => peakMb)).toFixed(0),
      theirs ? (theirs.wallMs / 1000).toFixed(1) : '',
      theirs ? cpu(theirs) : '',
      theirs ? theirs.peakMb.toFixed(0) : '',
      times ? times.toFixed(0) : '',
    ]);
    found.push(task.name === 'value' ? describeSums(first, theirs) : describeFit(task, first, theirs));
    steps.push(describeSteps(task, ours));
    if (times && customers === AIM_SIZE[task.size]) {
      const what = `${task.title} over ${customers.toLocaleString('en-US')} customers at least ${task.times} times faster than lifetimes`;
      aims.push({ what, found: `${times.toFixed(0)} times`, met: times >= task.times });
    }
  }
  return {
    title: 'Models beside Python lifetimes',
    notes: [
      python
        ? `${python.versions}, at its defaults (no penalizer), as its documentation shows it; nothing had to be changed for these versions.`
        : 'Python lifetimes was not found (`pip install lifetimes`, then name its Python in PERENNIAL_PYTHON): times of Perennial alone, nothing is compared.',
      `Customers are drawn from BG/NBD and Gamma-Gamma with the parameters of CDNOW, tenures of 189 to 272 days. Both sides read the same binary columns (x, t_x, T, net), in the page cache. Whole processes with start-up and imports, on one core, ours bundled as functions are deployed, Python's modules compiled before: the median of ${size.rounds} of Perennial, one of lifetimes; seconds; "CPU" is user and system time.`,
      'The value of a customer is conventional: 365 days of expected purchases; CLV of 12 months of 30 days at 1 % a month (`lifetimes-days`), spend the conditional mean of Gamma-Gamma, all with given parameters of BG/NBD.',
      ...found,
      `Steps of Perennial, milliseconds: ${steps.join('; ')}.`,
    ],
    head: ['task', 'customers', 'Perennial', 'CPU', 'peak MB', 'lifetimes', 'CPU', 'peak MB', 'times faster'],
    rows,
    aims,
  };
}
