import { exportKeys, lakeKeys, type MapStep, type ShardPlace } from '../lib/keys.ts';

/**
 * Kinds of objects as patterns of IAM, in which `*` is any text. They are what `lib/keys.ts` makes of a `*` in the place of every
 * variable part, so that a key is spelled in one place only.
 */

const ANY = '*' as never;
const PLACE: ShardPlace = { generation: ANY, dt: ANY, runId: ANY, shard: ANY };

/** Kinds of objects of the lake. */
export const LAKE = {
  drops: `${lakeKeys.dropFolder(ANY)}/*`,
  /** By their hash, and which of them was put (`config/current.json`). */
  configs: lakeKeys.config(ANY),
  facts: lakeKeys.ledgerFile(ANY, ANY, ANY, ANY),
  rates: lakeKeys.ledgerShared(ANY, ANY, 'rates', ANY),
  ledgerLists: lakeKeys.ledgerList(ANY, ANY, ANY),
  books: lakeKeys.book(PLACE, ANY),
  /** Of the book, what waits to be applied. */
  pending: lakeKeys.book(PLACE, 'pending'),
  /** Of the book, who was erased. */
  tombstones: lakeKeys.book(PLACE, 'tombstones'),
  indexes: lakeKeys.index(ANY, ANY, ANY, ANY),
  states: lakeKeys.result('state', PLACE),
  scores: lakeKeys.result('scores', PLACE),
  scoreCopies: lakeKeys.result('scores', PLACE, 'parquet'),
  transitions: lakeKeys.result('transitions', PLACE),
  transitionCopies: lakeKeys.result('transitions', PLACE, 'parquet'),
  memberships: lakeKeys.result('membership', PLACE),
  kpis: lakeKeys.kpi(PLACE, ANY),
  exportFigures: lakeKeys.exportFigures(PLACE, ANY),
  calibrations: lakeKeys.calibration(PLACE),
  epochs: lakeKeys.epochs(ANY, ANY),
  quarantine: lakeKeys.quarantineFile(ANY, ANY),
  shardQuarantine: lakeKeys.quarantineShard(ANY, ANY, ANY),
  identifiers: lakeKeys.identifierLedger(ANY, ANY, ANY, ANY),
  identifierQuarantine: lakeKeys.identifierQuarantine(ANY, ANY),
  identifierSnapshots: lakeKeys.identifiers(PLACE),
  erasureSecret: lakeKeys.erasureSecret,
  erasures: lakeKeys.erasureLedger(ANY, ANY),
  compactions: lakeKeys.compaction(ANY),
  plans: lakeKeys.plan(ANY),
  verdicts: lakeKeys.verdict(ANY),
  approvedVerdicts: lakeKeys.verdict(ANY, ANY),
  reports: lakeKeys.report(ANY),
  epochRows: lakeKeys.epochRows(ANY, ANY, ANY),
  ingestReceipts: receiptsOf('ingest-drop'),
  foldReceipts: receiptsOf('fold-shard'),
  scoreReceipts: receiptsOf('score-shard'),
  publishReceipts: receiptsOf('publish-segments'),
  projectReceipts: receiptsOf('project-shard'),
} as const;

/** Kinds of objects of the exports bucket. */
export const EXPORTS = {
  publications: `${exportKeys.publication(ANY, ANY, ANY, ANY)}/*`,
  latest: exportKeys.latest(ANY, ANY),
} as const;

/** Prefixes below which the lake is listed: for `drops/` with its slash, and what lies deeper. */
export const LISTED = {
  drops: `${lakeKeys.dropsPrefix}/*`,
  compactions: lakeKeys.compaction(ANY).replace(/[^/]*$/, ''),
} as const;

/** True for a pattern of objects that are encrypted with the key of personal data. */
export function isPersonal(pattern: string): boolean {
  return pattern.startsWith(`${lakeKeys.piiPrefix}/`);
}

function receiptsOf(step: MapStep): string {
  return lakeKeys.receipt(ANY, step, ANY);
}
