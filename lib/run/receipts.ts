import type { FoldCounts, MoneyTally, OtherCounts } from '../book/night-fold.ts';
import { lakeKeys, type MapStep } from '../keys.ts';
import type { GroupOutcomes } from '../report/export-figures.ts';
import type { ShardKpi } from '../report/shard-figures.ts';
import { type BusinessDate, datesBetween } from '../time.ts';
import { itemKey, type RunDeps } from './deps.ts';
import type { Amounts } from './fact-amounts.ts';
import { createJson, findJson } from './json-objects.ts';
import type { LedgerSource, RunPlan } from './plan.ts';
import type { NightRows } from './quality/date-input.ts';

/** What an item of ingest-drop did. */
export interface IngestReceipt {
  readonly sources: readonly (LedgerSource & { readonly knownOn: BusinessDate })[];
}

/** Totals of a shard's book on a date. Money is minor units. */
export interface BookTotals {
  readonly customers: number;
  readonly buyers: number;
  readonly netMinor: number;
  readonly pending: number;
  /** Facts that wait, by reason; the first versions did not tell. */
  readonly pendingReasons?: Readonly<Record<string, number>>;
  /** What is left to apply of the facts that wait. */
  readonly pendingAmounts: Amounts;
}

/** What an item of fold-shard did. */
export interface FoldReceipt {
  readonly before: BookTotals;
  readonly after: BookTotals;
  /** Sums over the nights of the run. */
  readonly counts: FoldCounts;
  readonly feeds: OtherCounts;
  /** Amounts of the transactions as they were read from the ledger. */
  readonly amounts: Amounts;
  /** What became of them. */
  readonly money: readonly MoneyTally[];
  /** Transactions of each night of the run, for the checks of data quality. */
  readonly nights: Readonly<Record<string, NightRows>>;
  readonly refused: number;
  /** Those of `refused` that became known before the run; the first versions did not tell. */
  readonly refusedEarlier?: number;
  /** Facts that became known in the run and wait at its end; the first versions did not tell. */
  readonly pendingOwn?: number;
  /** Where each month of the index lies. */
  readonly index: Readonly<Record<string, string>>;
  /** Rows of each month of the index; the first version did not tell. */
  readonly indexRows?: Readonly<Record<string, number>>;
  /** Months of the base's index that hold an id which the run's facts ask for: all of it that pass two reads. */
  readonly hitMonths: readonly string[];
  /** Gaps between purchase days on each epoch date: pairs of days and count. */
  readonly gaps: Readonly<Record<string, readonly (readonly [number, number])[]>>;
}

/** What an item of score-shard did. */
export interface ScoreReceipt {
  readonly before: BookTotals;
  readonly after: BookTotals;
  /** Stage changes of the run, restatements and those of customers who were erased since included: as the sum of its nights. */
  readonly transitions: number;
  readonly restatements: number;
  /** Stage counts of the committed state that the run began with. */
  readonly stagesBefore: readonly number[];
  readonly kpis: readonly ShardKpi[];
  /** Of the publication that the plan compares; left out when it compares none, null when its membership is gone. */
  readonly outcomes?: readonly GroupOutcomes[] | null;
}

/** What an item of publish-segments did. */
export interface PublishReceipt {
  readonly segment: string;
  readonly destination: string;
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** What an item of project-shard did. */
export interface ProjectReceipt {
  readonly customers: number;
  readonly written: number;
  readonly removed: number;
  readonly transitions: number;
}

/** The receipt of each Map step. */
export interface ReceiptOf {
  'ingest-drop': IngestReceipt;
  'fold-shard': FoldReceipt;
  'score-shard': ScoreReceipt;
  'publish-segments': PublishReceipt;
  'project-shard': ProjectReceipt;
}

/** Writes an item's receipt: its last act. */
export async function writeReceipt<S extends MapStep>(
  deps: RunDeps,
  runId: string,
  step: S,
  item: string,
  receipt: ReceiptOf[S],
): Promise<void> {
  await createJson(deps.lake, lakeKeys.receipt(runId, step, item), receipt);
}

/** An item's receipt, undefined while it is not done. */
export function findReceipt<S extends MapStep>(
  deps: RunDeps,
  runId: string,
  step: S,
  item: string,
): Promise<ReceiptOf[S] | undefined> {
  return findJson<ReceiptOf[S]>(deps.lake, lakeKeys.receipt(runId, step, item));
}

/** How many items of a Map step are done so far, by the receipts that lie there. */
export async function countReceipts({ lake }: Pick<RunDeps, 'lake'>, runId: string, step: MapStep): Promise<number> {
  const key = lakeKeys.receipt(runId, step, 'item');
  let found = 0;
  for await (const _ of lake.list(key.slice(0, key.lastIndexOf('/')))) found++;
  return found;
}

/** The items that a plan has for a Map step, by their keys. */
export function plannedItems(plan: RunPlan, step: MapStep): string[] {
  if (step === 'ingest-drop') return plan.batches.map((_, batch) => itemKey(step, { batch }));
  if (step === 'publish-segments') return plan.publications.map((publication) => itemKey(step, publication));
  return Array.from({ length: plan.shards }, (_, shard) => itemKey(step, { shard }));
}

/** The receipts of all items of a step, in the plan's order; undefined for those that are missing. */
export function findReceipts<S extends MapStep>(deps: RunDeps, plan: RunPlan, step: S): Promise<(ReceiptOf[S] | undefined)[]> {
  return Promise.all(plannedItems(plan, step).map((item) => findReceipt(deps, plan.runId, step, item)));
}

/** The receipts of all items of a step that `require-complete` let pass. */
export async function readReceipts<S extends MapStep>(deps: RunDeps, plan: RunPlan, step: S): Promise<ReceiptOf[S][]> {
  const receipts = await findReceipts(deps, plan, step);
  return receipts.filter((receipt) => receipt !== undefined) as ReceiptOf[S][];
}

/** The dates of a plan. */
export const datesOf = (plan: Pick<RunPlan, 'from' | 'to'>): BusinessDate[] => datesBetween(plan.from, plan.to);
