import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MapStep, STEPS, type Step } from '../../lib/keys.ts';
import { calibrate } from '../../lib/run/calibrate.ts';
import { closeRun } from '../../lib/run/close-run.ts';
import { commitRun } from '../../lib/run/commit-run.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { foldShard } from '../../lib/run/fold-shard.ts';
import { ingestDrop } from '../../lib/run/ingest-drop.ts';
import { projectShard } from '../../lib/run/project-shard.ts';
import { publishSegments } from '../../lib/run/publish-segments.ts';
import { report } from '../../lib/run/report.ts';
import { requireComplete } from '../../lib/run/require-complete.ts';
import { renewLease } from '../../lib/run/run-ledger.ts';
import { scoreShard } from '../../lib/run/score-shard.ts';
import { verifyRun } from '../../lib/run/verify-run.ts';
import { addDays } from '../../lib/time.ts';
import { writeBase } from '../base.ts';
import { closeRun as closeBase, finishRun, openPlanned } from '../ledger-run.ts';
import { BASE, HISTORY_DAYS, openHome, START } from '../prepare.ts';
import { drawSales, writeDrop } from '../shop.ts';
import { type PlannedRun, takeDrops } from '../steps.ts';
import { countingStore, countingTable, noRequests, type Requests, sinkTable } from './count-requests.ts';

/** Customers of the shop that is run, and its shards: as many as a million customers have by default. */
const SHOP = { customers: 50_000, shards: 4 } as const;

/** Customers to which everything is scaled. */
const MILLION = 1_000_000;

/** Nights after the base, a Monday: the first without lists, the second writes every profile, then those that are measured. */
const NIGHTS = { quiet: 1, full: 2, ordinary: 3, monday: 7 } as const;

/** What one night asks for and takes. */
export interface MeasuredNight {
  readonly date: string;
  readonly rows: number;
  /** Profiles and transition items that were written. */
  readonly profiles: number;
  readonly transitions: number;
  readonly requests: Requests;
  /** Items of each Map. */
  readonly items: Readonly<Partial<Record<Step, number>>>;
  /** CPU seconds of each step, all its items together. */
  readonly cpuSeconds: Readonly<Partial<Record<Step, number>>>;
}

/** What `npm run bench:cost` measures. */
export interface MeasuredCost {
  readonly customers: number;
  readonly shards: number;
  /** Bytes of an item of profiles or transitions, on average. */
  readonly itemBytes: number;
  readonly nights: { readonly ordinary: MeasuredNight; readonly monday: MeasuredNight };
}

const NEVER = new AbortController().signal;

/** Runs a generated shop for a week, and counts what its nights ask of S3 and DynamoDB and how much CPU their steps take. */
export async function measureCost(): Promise<MeasuredCost> {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-cost-'));
  const { customers, shards } = SHOP;
  const drops = join(dir, 'drops');
  const sales = drawSales(customers, HISTORY_DAYS + NIGHTS.monday);
  for (let night = 0; night <= NIGHTS.monday; night++) await writeDrop(drops, sales, START, HISTORY_DAYS - 1 + night);
  const home = await openHome(join(dir, 'home'), { shards });
  try {
    const date = (night: number) => addDays(BASE, night);
    const open = (night: number) => openPlanned(home.deps, date(night), date(night), drops);
    const base = await open(0);
    await takeDrops(home.deps, base);
    await writeBase(home.deps, base, await home.config(), sales, { date: BASE, start: START });
    await closeBase(home.deps, base);
    await finishRun(home.deps, await open(NIGHTS.quiet));
    const nights = new Map<number, MeasuredNight>();
    for (let night = NIGHTS.full; night <= NIGHTS.monday; night++) {
      nights.set(night, await measureNight(home.deps, date(night), drops));
    }
    const [full, ordinary, monday] = [NIGHTS.full, NIGHTS.ordinary, NIGHTS.monday].map((night) => nights.get(night));
    if (!full || !ordinary || !monday) throw new Error('Nights: not all were measured, expected them.');
    const itemBytes = Math.round(full.requests.customerBytes / (full.profiles + full.transitions));
    return { customers, shards, itemBytes, nights: { ordinary, monday } };
  } finally {
    await home.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function measureNight(real: RunDeps, date: string, drops: string): Promise<MeasuredNight> {
  const requests = noRequests();
  const cpuSeconds: Partial<Record<Step, number>> = {};
  const items: Partial<Record<Step, number>> = {};
  const growth = MILLION / SHOP.customers;
  const deps: RunDeps = {
    ...real,
    lake: countingStore(real.lake, requests, growth),
    exports: countingStore(real.exports, requests, growth),
    openStore: (url) => countingStore(real.openStore(url), requests, growth),
    runs: countingTable(real.runs, requests),
    profiles: sinkTable('profiles', requests),
    transitions: sinkTable('transitions', requests),
    // As on AWS: profile writes are guarded.
    isExclusive: false,
  };
  const timed = async <T>(step: Step, work: () => Promise<T>): Promise<T> => {
    const before = process.cpuUsage();
    const answer = await work();
    const { user, system } = process.cpuUsage(before);
    cpuSeconds[step] = (cpuSeconds[step] ?? 0) + (user + system) / 1e6;
    return answer;
  };
  // Opening and planning are one call here; both are short.
  const planned = await timed('open-run', () => openPlanned(deps, date, date, drops));
  const counts = await runSteps(deps, planned, { timed, items });
  return { date, ...counts, requests, items, cpuSeconds: inOrder(cpuSeconds) };
}

interface Watch {
  readonly timed: <T>(step: Step, work: () => Promise<T>) => Promise<T>;
  readonly items: Partial<Record<Step, number>>;
}

/** The steps of the machine after planning, one item after another; each renews the lease first, as the handlers do. */
async function runSteps(
  deps: RunDeps,
  { run, planned }: PlannedRun,
  { timed, items }: Watch,
): Promise<{ rows: number; profiles: number; transitions: number }> {
  const single = (step: Step, work: () => Promise<unknown>) =>
    timed(step, async () => {
      await renewLease(deps, run);
      return work();
    });
  const map = async <T>(step: MapStep, tasks: readonly T[], work: (task: T) => Promise<unknown>): Promise<unknown[]> => {
    items[step] = tasks.length;
    const answers: unknown[] = [];
    for (const task of tasks) answers.push(await single(step, () => work(task)));
    await single('require-complete', () => requireComplete({ ...run, step }, deps));
    return answers;
  };
  await map('ingest-drop', planned.batches, (task) => ingestDrop(task, deps, NEVER));
  await map('fold-shard', planned.shards, (task) => foldShard(task, deps, NEVER));
  await single('calibrate', () => calibrate(run, deps, NEVER));
  await map('score-shard', planned.shards, (task) => scoreShard(task, deps, NEVER));
  await single('verify-run', () => verifyRun(run, deps));
  await single('report', () => report(run, deps));
  await map('publish-segments', planned.publications, (task) => publishSegments(task, deps, NEVER));
  await single('commit-run', () => commitRun(run, deps));
  await map('project-shard', planned.shards, (task) => projectShard(task, deps));
  const counts = (await timed('close-run', () => closeRun(run, deps))) as Record<string, number>;
  return { rows: counts['rows'] ?? 0, profiles: counts['profilesWritten'] ?? 0, transitions: counts['transitions'] ?? 0 };
}

/** Seconds with three places, in the order of the steps. */
function inOrder(seconds: Partial<Record<Step, number>>): Partial<Record<Step, number>> {
  const known = STEPS.filter((step) => seconds[step] !== undefined);
  return Object.fromEntries(known.map((step) => [step, Math.round((seconds[step] ?? 0) * 1000) / 1000]));
}
