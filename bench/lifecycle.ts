import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { measureCommand, median } from './children.ts';
import type { PeerReport } from './lifecycle/duckdb-task.ts';
import type { LifecycleReport, PartTime } from './lifecycle/perennial-task.ts';
import type { Report } from './report.ts';

/** What is aimed at for a night over a million customers, seconds of one core. */
const AIM = { customers: 1_000_000, seconds: 0.5 };

/** What the night's scores need anyway: shown, and in no sum. */
const SHARED = 'predictions';

/** Parts of a night in their order; SQL has none for the next change and for the figures. */
const PARTS = ['stages', 'tiers', 'warnings', 'next change', 'KPIs', 'KPI figures'] as const;

/** How much is measured. */
export interface LifecycleSize {
  readonly customers: number;
  readonly rounds: number;
}

const script = (name: string): string => fileURLToPath(new URL(`lifecycle/${name}`, import.meta.url));

function prepare(dir: string, customers: number): void {
  const args = ['--max-old-space-size=8192', script('perennial-task.ts'), 'prepare', dir, String(customers)];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`Preparing ${customers} customers: exit code ${status}, expected 0. See above.`);
}

/** Both sides must have decided the same of every stage, tier and step. */
function compareDecisions(ours: PeerReport, theirs: PeerReport): void {
  for (const what of ['stages', 'tiers', 'flows'] as const) {
    const sorted = (decided: PeerReport) =>
      JSON.stringify(
        Object.entries(decided[what])
          .filter(([, count]) => count > 0)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    if (sorted(ours) === sorted(theirs)) continue;
    throw new Error(`Customers by ${what}: ${sorted(ours)}, DuckDB ${sorted(theirs)}, expected equal. One of them is wrong.`);
  }
}

/** Median seconds of a part, or of all of them but the predictions, by the clock or of the core. */
function secondsOf(found: readonly PeerReport[], clock: keyof PartTime, part?: string): number {
  const sum = ({ parts }: PeerReport) =>
    Object.entries(parts).reduce(
      (total, [name, time]) => total + (name === part || (part === undefined && name !== SHARED) ? time[clock] : 0),
      0,
    );
  return median(found.map(sum)) / 1000;
}

/** The stage, tier, warning and KPI work of one ordinary night beside the same decisions in SQL, on the same customers. */
export async function benchLifecycle(dir: string, { customers, rounds }: LifecycleSize): Promise<Report> {
  prepare(dir, customers);
  const ours: LifecycleReport[] = [];
  const theirs: PeerReport[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await measureCommand<LifecycleReport>(process.execPath, script('perennial-task.ts'), 'night', dir));
    theirs.push(await measureCommand<PeerReport>(process.execPath, script('duckdb-task.ts'), dir));
  }
  const [first] = ours as [LifecycleReport];
  compareDecisions(first, theirs[0] as PeerReport);
  const later = ours.map((report) => ({ ...report, parts: report.laterParts }));
  const row = (name: string, part?: string): string[] => {
    const both = (found: readonly PeerReport[]) => [secondsOf(found, 'wallMs', part), secondsOf(found, 'cpuMs', part)];
    const isTheirs = part === undefined || theirs.some(({ parts }) => part in parts);
    const own = [...both(ours), secondsOf(later, 'cpuMs', part)].map((seconds) => seconds.toFixed(3));
    return [name, ...own, ...both(theirs).map((seconds) => (isTheirs ? seconds.toFixed(3) : ''))];
  };
  const total = secondsOf(ours, 'cpuMs');
  const steps = Object.values(first.flows).reduce((sum, count) => sum + count, 0);
  return {
    title: 'Lifecycle work of one night',
    notes: [
      `${first.customers.toLocaleString('en-US')} customers with 40 weeks of history and a model in force, a Saturday: ${steps.toLocaleString('en-US')} stage steps, each with its evidence. The median of ${rounds} processes on one core, each new: no table is filled and no code compiled before. Seconds by the clock, and user and system time ("CPU"), which a busy machine disturbs less; the aim is of the latter. "Fourth night" is the CPU of the fourth night of the same process, as in a range: tables are filled and code is compiled then.`,
      'Not timed: folding the day, reading book and state, and the writing of files (those are in "One night"). "predictions" are those of the model for every customer: the scores need them, whatever else there is, and stages, tiers, warnings and KPIs use the same ones, so that they are shown and are not part of the sum. DuckDB computes its own within "stages". "next change" is the date of the next step for every customer, "KPIs" the counting of stages, tiers and steps, "KPI figures" that of all else in docs/kpis.md.',
      `DuckDB (\`@duckdb/node-api\`, \`threads = 1\`, a table in memory): q of every customer and one CASE per decision, as one would write it; the value that tiers rank by is given to it, of the warnings it has the points for inactivity alone, of the KPIs stages, tiers, steps and buyers. Stages, tiers and steps of both sides were equal. Peak ${Math.max(...theirs.map(({ peakMb }) => peakMb)).toFixed(0)} MB, of Perennial ${Math.max(...ours.map(({ peakMb }) => peakMb)).toFixed(0)} MB with book and state.`,
    ],
    head: ['part', 'Perennial', 'CPU', 'fourth night', 'DuckDB', 'CPU'],
    rows: [row(`${SHARED} (not in the sum)`, SHARED), ...PARTS.map((part) => row(part, part)), row('sum')],
    aims:
      customers === AIM.customers
        ? [
            {
              what: `stage, tier, warning and KPI work of a night over 1,000,000 customers in under ${AIM.seconds} s of one core, in a new process`,
              found: `${total.toFixed(2)} s`,
              met: total < AIM.seconds,
            },
            {
              what: `the same of a night of a range`,
              found: `${secondsOf(later, 'cpuMs').toFixed(2)} s`,
              met: secondsOf(later, 'cpuMs') < AIM.seconds,
            },
          ]
        : [],
  };
}
