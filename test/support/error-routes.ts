import type { ErrorName } from '../../lib/errors.ts';
import type { RunState } from '../../lib/run/run-ledger.ts';

/** Where an error leads: how often its task is tried again, and the state in which it leaves a run that is not committed. */
export interface Route {
  readonly again: number;
  readonly ends: RunState;
}

const fails = (again: number): Route => ({ again, ends: 'FAILED' });

/**
 * The expected route of every class of `lib/errors.ts`, written down by hand from docs/architecture.md and docs/runbook.md and not
 * derived from the product.
 */
export const OWN_ROUTES: Readonly<Record<ErrorName, Route>> = {
  TransientDependencyError: fails(6),
  ThrottledWriteError: fails(8),
  DropNotReadyError: fails(0),
  LockHeldError: fails(0),
  InvalidDropError: fails(0),
  ContractMismatchError: fails(0),
  DataQualityGateError: { again: 0, ends: 'HELD' },
  RunSupersededError: { again: 0, ends: 'SUPERSEDED' },
  ConfigError: fails(0),
  UsageError: fails(0),
  ShardFailedError: fails(0),
  InvariantBrokenError: fails(0),
};

/** Errors that a handler may throw without being of ours. */
export const BUG_ROUTES: Readonly<Record<string, Route>> = { TypeError: fails(0) };

/** Ends of which the handler itself knows nothing: no item is ever recorded. */
export const SILENT_ROUTES: Readonly<Record<string, Route>> = {
  'Lambda.ServiceException': fails(6),
  'Lambda.TooManyRequestsException': fails(10),
  'Lambda.ResourceConflictException': fails(6),
  'Lambda.Unknown': fails(1),
  'Runtime.ExitError': fails(1),
  'Runtime.OutOfMemory': fails(1),
  'Sandbox.Timedout': fails(1),
  'Runtime.ImportModuleError': fails(0),
};

/** open-run waits for the lease of another run. */
const LEASE_TRIES = 60;

/** Every task of the machine, in order, and whether its error meets a run that is not yet there, open, or committed. */
export const TASKS = {
  OpenRun: 'none',
  PlanRun: 'open',
  IngestDrop: 'open',
  RequireIngest: 'open',
  FoldShard: 'open',
  RequireFold: 'open',
  Calibrate: 'open',
  ScoreShard: 'open',
  RequireScore: 'open',
  VerifyRun: 'open',
  Report: 'open',
  PublishSegment: 'open',
  RequirePublish: 'open',
  CommitRun: 'open',
  ProjectShard: 'committed',
  RequireProject: 'committed',
  CloseRun: 'committed',
} as const;

/** A task of the machine, fail-run apart. */
export type TaskName = keyof typeof TASKS;

/** The check after the Map of an item's task. */
const CHECK_OF: Readonly<Partial<Record<TaskName, TaskName>>> = {
  IngestDrop: 'RequireIngest',
  FoldShard: 'RequireFold',
  ScoreShard: 'RequireScore',
  PublishSegment: 'RequirePublish',
  ProjectShard: 'RequireProject',
};

/** What becomes of a run when a task throws an error again and again. */
export interface Expected {
  /** Calls of the task, of one item where it has several. */
  readonly calls: number;
  /** The check after the Map, and its calls, where the task is that of an item. */
  readonly check?: { readonly task: TaskName; readonly calls: number };
  /** What fail-run is told. */
  readonly caught: string;
  /** State of the run in the end; undefined when there is none. */
  readonly state: RunState | undefined;
}

const routeOf = (name: string): Route => {
  const route = { ...OWN_ROUTES, ...BUG_ROUTES, ...SILENT_ROUTES }[name];
  if (!route) throw new Error(`${name}: no route is written down`);
  return route;
};

/** The expected route of an error that a task throws. */
export function expectedRoute(task: TaskName, name: string): Expected {
  const again = task === 'OpenRun' && name === 'LockHeldError' ? LEASE_TRIES : routeOf(name).again;
  const check = CHECK_OF[task];
  // Of an item only an error of ours goes on by its own name.
  const caught = check && !(name in OWN_ROUTES) ? 'ShardFailedError' : name;
  const states = { none: undefined, open: routeOf(caught).ends, committed: 'COMMITTED' } as const;
  return {
    calls: 1 + again,
    ...(check ? { check: { task: check, calls: 1 + routeOf(caught).again } } : {}),
    caught,
    state: states[TASKS[task]],
  };
}
