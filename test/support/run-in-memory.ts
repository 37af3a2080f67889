import { isMapStep, type MapStep, STEPS, type Step } from '../../lib/keys.ts';
import { calibrate } from '../../lib/run/calibrate.ts';
import { closeRun } from '../../lib/run/close-run.ts';
import { commitRun } from '../../lib/run/commit-run.ts';
import { type Opened, type Planned, type RunRef, type RunRequest, runRequest } from '../../lib/run/contracts.ts';
import { itemKey, type RunDeps } from '../../lib/run/deps.ts';
import { failRun } from '../../lib/run/fail-run.ts';
import { foldShard } from '../../lib/run/fold-shard.ts';
import { ingestDrop } from '../../lib/run/ingest-drop.ts';
import { openRun } from '../../lib/run/open-run.ts';
import { planRun } from '../../lib/run/plan-run.ts';
import { projectShard } from '../../lib/run/project-shard.ts';
import { publishSegments } from '../../lib/run/publish-segments.ts';
import { report } from '../../lib/run/report.ts';
import { requireComplete } from '../../lib/run/require-complete.ts';
import { recordError, renewLease } from '../../lib/run/run-ledger.ts';
import { scoreShard } from '../../lib/run/score-shard.ts';
import { verifyRun } from '../../lib/run/verify-run.ts';
import { MemoryStore, storeOf } from './memory-store.ts';
import { MemoryTable } from './memory-table.ts';

/** The process ended here: nothing that comes after happens, not even what `catch` and `finally` would do. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Steps that open and plan a run, end a failed one, or follow every Map. */
const AROUND = ['open-run', 'plan-run', 'fail-run', 'require-complete'] as const;
type StepOfARun = Exclude<Step, (typeof AROUND)[number]>;

/** The steps after open-run and plan-run, in the machine's order; `require-complete` follows every Map. */
export const STEPS_OF_A_RUN = STEPS.filter((step): step is StepOfARun => !(AROUND as readonly Step[]).includes(step));

/** What a whole installation keeps, in memory. */
export interface MemoryPlaces {
  readonly drops: MemoryStore;
  readonly lake: MemoryStore;
  readonly exports: MemoryStore;
  readonly profiles: MemoryTable;
  readonly transitions: MemoryTable;
  readonly runs: MemoryTable;
}

/** Empty places. */
export function emptyPlaces(drops: MemoryStore = new MemoryStore('memory:drops')): MemoryPlaces {
  return {
    drops,
    lake: new MemoryStore('memory:lake'),
    exports: new MemoryStore('memory:exports'),
    profiles: new MemoryTable('profiles'),
    transitions: new MemoryTable('transitions'),
    runs: new MemoryTable('runs'),
  };
}

/** The same content that goes its own way from here. */
export function copyPlaces({ drops, lake, exports, profiles, transitions, runs }: MemoryPlaces): MemoryPlaces {
  return {
    drops: drops.copy(),
    lake: lake.copy(),
    exports: exports.copy(),
    profiles: profiles.copy(),
    transitions: transitions.copy(),
    runs: runs.copy(),
  };
}

let clock = Date.parse('2030-01-01T00:00:00Z');

/** What use cases reach these places through: a process of its own on a host of its own, whose earlier ones are dead. */
export function memoryDeps(places: MemoryPlaces, config: object = {}, changes: Partial<RunDeps> = {}): RunDeps {
  const { drops, lake, exports, profiles, transitions, runs } = places;
  return {
    lake,
    exports,
    profiles,
    transitions,
    runs,
    openStore: (url) => storeOf([drops, lake], url),
    notifier: { notify: async () => {} },
    owner: { host: 'memory', pid: 1, command: 'test' },
    // Later in every call, so that runs have an order.
    now: () => clock++,
    leaseMs: 1,
    configText: JSON.stringify(config),
    deployedConfigText: '',
    isExclusive: true,
    isDead: () => true,
    ...changes,
  };
}

const NEVER = new AbortController().signal;

type ItemCall = (task: never, deps: RunDeps, signal: AbortSignal) => Promise<unknown>;

const ITEMS: Readonly<Record<MapStep, ItemCall>> = {
  'ingest-drop': ingestDrop,
  'fold-shard': foldShard,
  'score-shard': scoreShard,
  'publish-segments': publishSegments,
  'project-shard': projectShard,
};

type SingleCall = (run: RunRef, deps: RunDeps, signal: AbortSignal) => Promise<unknown>;

const SINGLE: Readonly<Record<Exclude<StepOfARun, MapStep>, SingleCall>> = {
  calibrate,
  'verify-run': verifyRun,
  report,
  'commit-run': commitRun,
  'close-run': closeRun,
};

/** How a run is watched, and whose it is. */
export interface RunWatch {
  /** ARN of the execution; '' unless told, as on a laptop. */
  readonly execution?: string;
  /** Called before every step and every item of a Map; what it throws ends the run as if the step had thrown it. */
  readonly before?: (step: Step, item: string) => void | Promise<void>;
}

/**
 * Runs the machine's steps one after another in this thread: what the interpreter does with the synthesised definition, at a
 * hundredth of its cost. Answers pass through JSON as they do between Lambda functions.
 *
 * @throws what ended the run, after fail-run; a Crash at once
 */
export async function runInMemory(request: Partial<RunRequest>, deps: RunDeps, watch: RunWatch = {}): Promise<Opened> {
  const { execution = '' } = watch;
  let run: RunRef = { runId: 'none', runSeq: 0 };
  try {
    await watch.before?.('open-run', '');
    const opened = asJson(await openRun({ request: runRequest.parse(request), execution }, deps));
    if (opened.decision !== 'go') return opened;
    run = opened.run;
    await watch.before?.('plan-run', '');
    await renewLease(deps, run);
    const plan = asJson(await planRun(run, deps));
    for (const step of STEPS_OF_A_RUN) {
      if (isMapStep(step)) await runMap(step, plan, { run, deps, watch });
      else {
        await watch.before?.(step, '');
        await renewLease(deps, run);
        await SINGLE[step](run, deps, NEVER);
      }
    }
    return opened;
  } catch (error) {
    if (error instanceof Crash) throw error;
    const { name, message } = error as Error;
    await watch.before?.('fail-run', '');
    await failRun(
      { run, execution, error: { Error: name, Cause: JSON.stringify({ errorType: name, errorMessage: message }) } },
      deps,
    );
    throw error;
  }
}

const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

interface Acting {
  readonly run: RunRef;
  readonly deps: RunDeps;
  readonly watch: RunWatch;
}

async function runMap(step: MapStep, plan: Planned, { run, deps, watch }: Acting): Promise<void> {
  for (const task of tasksOf(step, plan)) {
    const item = itemKey(step, task);
    try {
      await watch.before?.(step, item);
      await renewLease(deps, run);
      await ITEMS[step](task as never, deps, NEVER);
    } catch (error) {
      if (error instanceof Crash) throw error;
      const { name, message } = error as Error;
      await recordError(deps, run.runId, { step, item, name, message });
    }
  }
  await watch.before?.('require-complete', step);
  await requireComplete({ ...run, step }, deps);
}

function tasksOf(step: MapStep, plan: Planned): readonly (RunRef & Parameters<typeof itemKey>[1])[] {
  if (step === 'ingest-drop') return plan.batches;
  return step === 'publish-segments' ? plan.publications : plan.shards;
}
