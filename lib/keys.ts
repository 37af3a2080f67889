import { ContractMismatchError } from './errors.ts';
import type { BusinessDate } from './time.ts';

/**
 * Every key of the lake and of the exports bucket. No other file spells one.
 *
 * Parts match `[A-Za-z0-9=._-]+` and are never `.` or `..`: customer ids and file names from outside never become parts
 * without passing `assertKey`.
 */

const PART = /^[A-Za-z0-9=._-]+$/;

/** The steps of a run, in the order in which the machine takes them. */
export const STEPS = [
  'open-run',
  'plan-run',
  'ingest-drop',
  'fold-shard',
  'calibrate',
  'score-shard',
  'verify-run',
  'report',
  'publish-segments',
  'commit-run',
  'project-shard',
  'close-run',
  'fail-run',
  'require-complete',
] as const;

/** Name of a step. */
export type Step = (typeof STEPS)[number];

/** The steps that run once per item of a Map. */
export const MAP_STEPS = ['ingest-drop', 'fold-shard', 'score-shard', 'publish-segments', 'project-shard'] as const;

/** Name of a step that runs once per item of a Map. */
export type MapStep = (typeof MAP_STEPS)[number];

/** True for a step that runs once per item of a Map. */
export function isMapStep(step: string): step is MapStep {
  return (MAP_STEPS as readonly string[]).includes(step);
}

/** Marker of a complete drop. */
export const DROP_MARKERS = ['_SUCCESS', 'manifest.json'] as const;

/** @throws ContractMismatchError when a key has an empty, odd or relative part. */
export function assertKey(key: string): string {
  for (const part of key.split('/')) {
    if (!PART.test(part) || part === '.' || part === '..') {
      throw new ContractMismatchError(
        `Key ${JSON.stringify(key)}: part ${JSON.stringify(part)} is not allowed, expected letters, digits and =._- only. Rename the file.`,
      );
    }
  }
  return key;
}

/** Where a shard's file of a dated run lies. */
export interface ShardPlace {
  readonly generation: number;
  readonly dt: BusinessDate;
  readonly runId: string;
  readonly shard: number;
}

const dated = (kind: string, place: Omit<ShardPlace, 'shard'>) =>
  `g=${place.generation}/${kind}/dt=${place.dt}/run=${place.runId}`;

/** The feeds of a drop. */
export const FEEDS = ['transactions', 'interactions', 'customers', 'rates', 'erasures'] as const;

/** Name of a feed. */
export type Feed = (typeof FEEDS)[number];

/** Tables of a shard's book; without one of them it is not whole. */
export const BOOK_TABLES = ['customers', 'days', 'pending', 'interactions', 'rates', 'tombstones'] as const;

/** Name of a table of a shard's book. */
export type BookTable = (typeof BOOK_TABLES)[number];

/** Kinds of per-shard results of one date. */
export type ShardResult = 'state' | 'scores' | 'transitions' | 'membership';

/** Where identifiers of persons lie, and nothing else: these objects have an encryption key of their own. */
const PII = 'pii';

/** Keys below the lake. */
export const lakeKeys = {
  dropsPrefix: 'drops',
  piiPrefix: PII,
  dropFolder: (dt: BusinessDate) => `drops/dt=${dt}`,
  config: (sha256: string) => `config/${sha256}.json`,
  /** Which configuration was put into the lake. */
  configPointer: 'config/current.json',
  /** Above the ledger of a generation. */
  ledgerPrefix: (generation: number) => `g=${generation}/ledger`,
  ledgerFile: (generation: number, known: BusinessDate, shard: number, hash: string) =>
    `g=${generation}/ledger/known=${known}/shard=${shard}/${hash}.arrow`,
  /** Ledger file of a feed that belongs to no shard. */
  ledgerShared: (generation: number, known: BusinessDate, feed: 'rates', hash: string) =>
    `g=${generation}/ledger/known=${known}/${feed}/${hash}.arrow`,
  ledgerList: (generation: number, known: BusinessDate, runId: string) =>
    `g=${generation}/ledger/known=${known}/run=${runId}.json`,
  book: (place: ShardPlace, table: BookTable) => `${dated('books', place)}/shard=${place.shard}/${table}.arrow`,
  index: (generation: number, month: string, runId: string, shard: number) =>
    `g=${generation}/index/month=${month}/run=${runId}/shard=${shard}.arrow`,
  result: (kind: ShardResult, place: ShardPlace, extension: 'arrow' | 'parquet' = 'arrow') =>
    `${dated(kind, place)}/shard=${place.shard}.${extension}`,
  kpi: (place: Omit<ShardPlace, 'shard'>, extension: 'json' | 'parquet') => `${dated('kpi', place)}.${extension}`,
  /** What was published on a date, and how those who were held out fared. */
  exportFigures: (place: Omit<ShardPlace, 'shard'>, extension: 'json' | 'parquet') =>
    `${dated('kpi', place)}.exports.${extension}`,
  calibration: (place: Omit<ShardPlace, 'shard'>) => `${dated('calibrations', place)}.json`,
  epochs: (generation: number, runId: string) => `g=${generation}/epochs/run=${runId}.json`,
  quarantineFile: (known: BusinessDate, hash: string) => `quarantine/known=${known}/${hash}.jsonl.gz`,
  quarantineShard: (known: BusinessDate, runId: string, shard: number) =>
    `quarantine/known=${known}/run=${runId}/shard=${shard}.jsonl.gz`,
  /** Identifiers of the customers feed: a ledger, its quarantine, and a folded snapshot per shard. */
  identifierLedgerPrefix: (generation: number) => `${PII}/g=${generation}/ledger`,
  identifierLedger: (generation: number, known: BusinessDate, shard: number, hash: string) =>
    `${PII}/g=${generation}/ledger/known=${known}/shard=${shard}/${hash}.arrow`,
  identifierQuarantine: (known: BusinessDate, hash: string) => `${PII}/quarantine/known=${known}/${hash}.jsonl.gz`,
  identifiers: (place: ShardPlace) => `${PII}/${dated('snapshots', place)}/shard=${place.shard}.arrow`,
  erasuresPrefix: 'erasures',
  /** Secret of the keyed hash that stands for an erased customer. */
  erasureSecret: 'erasures/secret.json',
  /** Tombstones that a file of the erasures feed, or `forget`, made. */
  erasureLedger: (known: BusinessDate, hash: string) => `erasures/known=${known}/${hash}.arrow`,
  /** Proof of a `compact`: keyed hashes and dates, and what was rewritten or deleted. */
  compaction: (id: string) => `erasures/compacted/${id}.json`,
  /** Above the files of every run. */
  runsPrefix: 'runs',
  plan: (runId: string) => `runs/${runId}/plan.json`,
  /** Each approval of a held run is judged anew, with a verdict of its own. */
  verdict: (runId: string, approvals = 0) =>
    approvals === 0 ? `runs/${runId}/verdict.json` : `runs/${runId}/verdict.approval=${approvals}.json`,
  report: (runId: string) => `runs/${runId}/report.json`,
  receipt: (runId: string, step: MapStep, item: string) => `runs/${runId}/summaries/${step}/${item}.json`,
  epochRows: (runId: string, dt: BusinessDate, shard: number) =>
    `runs/${runId}/summaries/epoch-rows/dt=${dt}/shard=${shard}.arrow`,
} as const;

/** Keys below the exports bucket. */
export const exportKeys = {
  publication: (segment: string, destination: string, dt: BusinessDate, runId: string) =>
    `v1/segment=${segment}/destination=${destination}/dt=${dt}/run=${runId}`,
  latest: (segment: string, destination: string) => `v1/segment=${segment}/destination=${destination}/latest.json`,
} as const;

/** Days for which a stack keeps objects of a kind; a home keeps them for good. What is not here is kept, or pruned by `compact`. */
export const KEPT_DAYS = { scores: 400, runs: 30, exports: 14 } as const;
