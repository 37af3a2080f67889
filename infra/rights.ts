import type { Step } from '../lib/keys.ts';
import { EXPORTS, LAKE, type LISTED } from './lake-patterns.ts';

/**
 * What each step may do: the one table from which the roles are made (`constructs/grants.ts`). People read it in
 * docs/security.md, Rights of the roles. test/infra/rights.test.ts holds both against the template and against what the steps
 * really do.
 */

type LakeKind = keyof typeof LAKE;
type ExportKind = keyof typeof EXPORTS;

/** What is done with the items of a table. */
export type TableAction = 'GetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'BatchWriteItem';

/** Rights of a step. What may be written may be read too: a write-once file is compared with the one that is there. */
export interface StepRights {
  readonly reads?: readonly LakeKind[];
  readonly writes?: readonly LakeKind[];
  readonly lists?: readonly (keyof typeof LISTED)[];
  readonly readsExports?: readonly ExportKind[];
  readonly writesExports?: readonly ExportKind[];
  readonly runs: readonly TableAction[];
  readonly profiles?: readonly TableAction[];
  readonly transitions?: readonly TableAction[];
  /** Tells people through the topic. */
  readonly notifies?: boolean;
  /** Reads drops in place, also those of other buckets (`dropsBuckets`). */
  readonly readsDrops?: boolean;
}

/** What a shard's book of a date is made from. */
const FOLDED = ['plans', 'configs', 'ledgerLists', 'facts', 'rates', 'erasures', 'erasureSecret', 'epochs'] as const;

/** What the tables are made from. */
const PROJECTED = ['configs', 'scores', 'memberships', 'transitions', 'tombstones', 'erasureSecret'] as const;

/** What the counts of a run are summed from. */
const COUNTED = [
  'plans',
  'ingestReceipts',
  'foldReceipts',
  'scoreReceipts',
  'projectReceipts',
  'verdicts',
  'approvedVerdicts',
] as const;

/** Rights by step. Every step of a run renews the lease (UpdateItem); every item of a Map records its error (PutItem). */
export const STEP_RIGHTS: Readonly<Record<Step, StepRights>> = {
  // It finishes what an earlier commit left open, so it may do what project-shard and close-run may.
  'open-run': {
    reads: [...PROJECTED, ...COUNTED],
    writes: ['configs', 'projectReceipts', 'exportFigures'],
    lists: ['drops'],
    readsDrops: true,
    readsExports: ['publications'],
    writesExports: ['latest'],
    runs: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
    profiles: ['PutItem', 'DeleteItem', 'BatchWriteItem'],
    transitions: ['Query', 'BatchWriteItem'],
    notifies: true,
  },
  'plan-run': {
    reads: ['configs', 'ledgerLists', 'compactions'],
    writes: ['plans'],
    lists: ['drops', 'compactions'],
    readsDrops: true,
    runs: ['GetItem', 'Query', 'UpdateItem'],
  },
  'ingest-drop': {
    reads: ['plans', 'configs', 'ledgerLists', 'compactions'],
    lists: ['compactions'],
    writes: [
      'facts',
      'rates',
      'quarantine',
      'identifiers',
      'identifierQuarantine',
      'erasures',
      'erasureSecret',
      'ingestReceipts',
    ],
    readsDrops: true,
    runs: ['PutItem', 'UpdateItem'],
  },
  'fold-shard': {
    reads: [...FOLDED, 'identifiers'],
    writes: ['books', 'indexes', 'identifierSnapshots', 'shardQuarantine', 'epochRows', 'foldReceipts'],
    runs: ['PutItem', 'UpdateItem'],
  },
  calibrate: {
    reads: ['plans', 'configs', 'ledgerLists', 'foldReceipts', 'epochRows'],
    writes: ['calibrations', 'epochs'],
    runs: ['UpdateItem'],
  },
  'score-shard': {
    reads: [...FOLDED, 'books', 'indexes', 'calibrations', 'foldReceipts'],
    writes: ['scores', 'scoreCopies', 'states', 'transitions', 'transitionCopies', 'memberships', 'scoreReceipts'],
    runs: ['PutItem', 'UpdateItem'],
  },
  'verify-run': {
    reads: ['plans', 'configs', 'ledgerLists', 'pending', 'quarantine', 'ingestReceipts', 'foldReceipts', 'scoreReceipts'],
    writes: ['verdicts', 'approvedVerdicts'],
    runs: ['GetItem', 'Query', 'UpdateItem'],
  },
  report: {
    reads: ['plans', 'configs', 'ledgerLists', 'calibrations', 'epochs', 'scoreReceipts', 'verdicts', 'approvedVerdicts'],
    writes: ['kpis', 'reports'],
    runs: ['GetItem', 'UpdateItem'],
  },
  'publish-segments': {
    reads: ['plans', 'configs', 'scores', 'memberships', 'calibrations'],
    writes: ['publishReceipts'],
    writesExports: ['publications'],
    runs: ['GetItem', 'PutItem', 'UpdateItem'],
  },
  'commit-run': { reads: ['plans'], runs: ['GetItem', 'PutItem', 'UpdateItem'] },
  'project-shard': {
    reads: PROJECTED,
    writes: ['projectReceipts'],
    runs: ['GetItem', 'Query', 'PutItem', 'UpdateItem'],
    profiles: ['PutItem', 'DeleteItem', 'BatchWriteItem'],
    transitions: ['Query', 'BatchWriteItem'],
  },
  'close-run': {
    reads: [...COUNTED, 'configs'],
    writes: ['exportFigures'],
    readsExports: ['publications'],
    writesExports: ['latest'],
    runs: ['GetItem', 'Query', 'UpdateItem', 'DeleteItem'],
    notifies: true,
  },
  'fail-run': { runs: ['GetItem', 'Query', 'PutItem', 'UpdateItem'], notifies: true },
  'require-complete': {
    reads: ['plans', 'ingestReceipts', 'foldReceipts', 'scoreReceipts', 'publishReceipts', 'projectReceipts'],
    writes: ['ledgerLists'],
    runs: ['Query', 'UpdateItem'],
  },
};

/** Rights of watch-night, which is no step of the machine: it reads who was opened, and the configuration's time zone. */
export const WATCH_RIGHTS: StepRights = { reads: ['configs'], runs: ['GetItem', 'Query'] };

/** The objects of a role as patterns of keys: what it may write it may read too, so that is not named twice. */
export function objectsOf({ reads = [], writes = [], readsDrops, readsExports = [], writesExports = [] }: StepRights) {
  const written = new Set<string>(writes.map((kind) => LAKE[kind]));
  const read = new Set<string>([...reads.map((kind) => LAKE[kind]), ...(readsDrops ? [LAKE.drops] : [])]);
  return {
    lake: { reads: [...read].filter((pattern) => !written.has(pattern)), writes: [...written] },
    exports: { reads: readsExports.map((kind) => EXPORTS[kind]), writes: writesExports.map((kind) => EXPORTS[kind]) },
  };
}
