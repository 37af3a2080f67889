import { BOOK_VERSION, EPOCH_ROWS, EPOCH_ROWS_VERSION, INDEX } from '../arrow/schemas.ts';
import { decodeTable, encodeTable } from '../arrow/table-file.ts';
import { encodeBook } from '../book/book-file.ts';
import { summariseEpoch } from '../book/epoch-rows.ts';
import { foldNight } from '../book/fold-night.ts';
import { emptyCounts, type FoldCounts, type NightFold } from '../book/night-fold.ts';
import type { PerennialConfig } from '../config/config.ts';
import { ConfigError } from '../errors.ts';
import { type BookTable, lakeKeys } from '../keys.ts';
import { type BusinessDate, dayOf } from '../time.ts';
import type { Counts, ShardTask } from './contracts.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { needsPopulation } from './engine/calibrate-date.ts';
import { firstDataDateOf } from './epoch-files.ts';
import { gzipLines } from './gzip-lines.ts';
import { type RunPlan, readConfig, readPlan } from './plan.ts';
import { datesOf, type FoldReceipt, findReceipt, writeReceipt } from './receipts.ts';
import { readShardInput, rememberedMonths, type ShardInput, totalsOf } from './shard-input.ts';

/**
 * Pass one over a shard: folds the facts of every date of the run into its book, and writes the book, its index, what only the
 * fold could refuse, and for each epoch date the rows that calibration needs.
 */
export async function foldShard(task: ShardTask, deps: RunDeps, signal: AbortSignal): Promise<Counts> {
  const item = itemKey('fold-shard', task);
  const done = await findReceipt(deps, task.runId, 'fold-shard', item);
  if (done) return countsOf(done);
  const plan = await readPlan(deps, task.runId);
  const config = await readConfig(deps, plan.configSha256);
  const input = await readShardInput(deps, plan, task.shard);
  const before = totalsOf(input.book);
  const firstDataDate = await firstDataDateOf(deps, plan);
  const counts = emptyCounts();
  const gaps: Record<string, [number, number][]> = {};
  let refused = 0;
  for (const date of datesOf(plan)) {
    signal.throwIfAborted();
    const fold = foldNight(input.book, input.index, dayOf(date), input.tables.get(date) ?? []);
    for (const name of Object.keys(counts) as (keyof FoldCounts)[]) counts[name] += fold.counts[name];
    refused += fold.refused.length;
    await writeRefused(deps, plan, task.shard, date, fold);
    if (needsPopulation(date, firstDataDate, config))
      gaps[date] = await writeEpochRows(deps, plan, task.shard, date, input, config);
  }
  const [index] = await Promise.all([writeIndex(deps, plan, task.shard, input), writeBook(deps, plan, task.shard, input)]);
  refuseOverfullShard(task.shard, input.book.size);
  const receipt: FoldReceipt = { before, after: totalsOf(input.book), counts, refused, index, hitMonths: input.hitMonths, gaps };
  await writeReceipt(deps, task.runId, 'fold-shard', item, receipt);
  return countsOf(receipt);
}

/** Customers of a shard at the most, 2^20: what one function holds in memory (bench/RESULTS.md). */
const MAX_CUSTOMERS = 1_048_576;

/** @throws ConfigError when a shard holds more customers than one function is made for */
function refuseOverfullShard(shard: number, customers: number): void {
  if (customers <= MAX_CUSTOMERS) return;
  throw new ConfigError(
    `Shard ${shard}: ${customers} customers, expected at most ${MAX_CUSTOMERS}. Set a higher number of "shards" in the configuration of a new home.`,
  );
}

const countsOf = ({ after, counts }: FoldReceipt): Counts => ({ customers: after.customers, rows: counts.rows });

async function writeRefused(deps: RunDeps, plan: RunPlan, shard: number, date: BusinessDate, fold: NightFold): Promise<void> {
  if (fold.refused.length === 0) return;
  await deps.lake.create(lakeKeys.quarantineShard(date, plan.runId, shard), gzipLines(fold.refused));
}

async function writeEpochRows(
  deps: RunDeps,
  plan: RunPlan,
  shard: number,
  date: BusinessDate,
  { book }: ShardInput,
  config: PerennialConfig,
): Promise<[number, number][]> {
  const { rows, columns, gaps } = summariseEpoch(book, dayOf(date), config.stages.returnHorizonDays);
  const bytes = encodeTable(EPOCH_ROWS, { rows, columns, schemaVersion: EPOCH_ROWS_VERSION });
  await deps.lake.create(lakeKeys.epochRows(plan.runId, date, shard), bytes);
  return [...gaps];
}

async function writeBook(deps: RunDeps, plan: RunPlan, shard: number, { book }: ShardInput): Promise<void> {
  const place = { generation: plan.generation, dt: plan.to, runId: plan.runId, shard };
  const files = encodeBook(book, book.ids.sortedSlots());
  await Promise.all(
    Object.entries(files).map(([table, bytes]) => deps.lake.create(lakeKeys.book(place, table as BookTable), bytes)),
  );
}

/** Writes the months of the index that changed. @returns where every remembered month lies */
async function writeIndex(
  deps: RunDeps,
  plan: RunPlan,
  shard: number,
  { index, indexKeys }: ShardInput,
): Promise<Record<string, string>> {
  const keys: Record<string, string> = {};
  for (const month of rememberedMonths(indexKeys, plan.to)) keys[month] = indexKeys[month] as string;
  for (const month of [...index.touchedMonths].sort()) {
    const former = indexKeys[month];
    const stored = former ? decodeTable(INDEX, await deps.lake.read(former), former, BOOK_VERSION) : undefined;
    const { rows, columns } = index.monthTable(month, stored);
    const key = lakeKeys.index(plan.generation, month, plan.runId, shard);
    await deps.lake.create(key, encodeTable(INDEX, { rows, columns, schemaVersion: BOOK_VERSION }));
    keys[month] = key;
  }
  return keys;
}
