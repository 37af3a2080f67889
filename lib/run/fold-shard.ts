import {
  EPOCH_ROWS,
  EPOCH_ROWS_VERSION,
  IDENTIFIERS,
  IDENTIFIERS_VERSION,
  INDEX,
  INDEX_VERSION,
  WINDOWED_EPOCH_ROWS,
} from '../arrow/schemas.ts';
import { decodeTable, encodeTable } from '../arrow/table-file.ts';
import { encodeBook } from '../book/book-file.ts';
import { summariseEpoch } from '../book/epoch-rows.ts';
import { foldNight } from '../book/fold-night.ts';
import { IdentifierSnapshot } from '../book/identifier-snapshot.ts';
import { addMoney } from '../book/money-tallies.ts';
import { addCounts, addFeeds, emptyCounts, emptyFeeds, type MoneyTally, type NightFold } from '../book/night-fold.ts';
import { windowColumns } from '../book/purchases-after.ts';
import type { PerennialConfig } from '../config/config.ts';
import { type BookTable, lakeKeys } from '../keys.ts';
import { type BusinessDate, dayOf, type EpochDay } from '../time.ts';
import type { Counts, ShardTask } from './contracts.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { needsPopulation } from './engine/calibrate-date.ts';
import { firstDataDateOf } from './epoch-files.ts';
import { addAmounts, amountsOf } from './fact-amounts.ts';
import { gzipLines } from './gzip-lines.ts';
import { type RunPlan, readConfig, readPlan } from './plan.ts';
import { indexedRows, refuseOverfullShard } from './rebuild/shard-limits.ts';
import { datesOf, type FoldReceipt, findReceipt, writeReceipt } from './receipts.ts';
import { readShardInput, rememberedMonths, type ShardInput, spanOf, totalsOf } from './shard-input.ts';
import { sumOf } from './sum.ts';

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
  const input = await readShardInput(deps, spanOf(plan), task.shard, { config, withIdentifiers: true });
  const before = totalsOf(input.book);
  const firstDataDate = await firstDataDateOf(deps, plan);
  const account = new RunAccount(dayOf(plan.from));
  const identifiers = new IdentifierSnapshot(await readIdentifiers(deps, input));
  const gaps: Record<string, [number, number][]> = {};
  for (const date of datesOf(plan)) {
    signal.throwIfAborted();
    const facts = await input.factsOf(date);
    const fold = foldNight(input.book, input.index, dayOf(date), facts);
    account.add(date, fold);
    for (const table of facts.transactions) addAmounts(account.amounts, amountsOf(table, config.currency));
    identifiers.remove(fold.erasedIds);
    identifiers.take(fold.upserts);
    await writeRefused(deps, plan, task.shard, date, fold);
    if (needsPopulation(date, firstDataDate, config))
      gaps[date] = await writeEpochRows(deps, plan, task.shard, date, input, config);
  }
  const [{ index, indexRows }] = await Promise.all([
    writeIndex(deps, plan, task.shard, input),
    writeBook(deps, plan, task.shard, input),
    writeIdentifiers(deps, plan, task.shard, identifiers),
  ]);
  const indexed = sumOf(Object.values(indexRows), (rows) => rows);
  refuseOverfullShard({ shard: task.shard, shards: plan.shards }, { customers: input.book.customerCount, indexed });
  const receipt: FoldReceipt = {
    before,
    after: totalsOf(input.book),
    ...account.sums(),
    pendingOwn: input.book.pending.filter(({ knownOn }) => knownOn >= dayOf(plan.from)).length,
    index,
    indexRows,
    hitMonths: input.hitMonths,
    gaps,
  };
  await writeReceipt(deps, task.runId, 'fold-shard', item, receipt);
  return countsOf(receipt);
}

/** What became of the facts of a run: sums over its nights. */
class RunAccount {
  readonly amounts: Record<string, number> = {};
  readonly #counts = emptyCounts();
  readonly #feeds = emptyFeeds();
  readonly #money = new Map<string, MoneyTally>();
  readonly #nights: Record<string, FoldReceipt['nights'][string]> = {};
  readonly #from: EpochDay;
  #refused = 0;
  #refusedEarlier = 0;

  /** @param from first night of the run */
  constructor(from: EpochDay) {
    this.#from = from;
  }

  add(date: BusinessDate, { counts, feeds, money, refused, gaveUp }: NightFold): void {
    addCounts(this.#counts, counts);
    addFeeds(this.#feeds, feeds);
    addMoney(this.#money, money);
    this.#nights[date] = { rows: counts.rows, duplicates: counts.duplicates, conflicts: counts.conflicts };
    this.#refused += refused.length;
    this.#refusedEarlier += gaveUp.filter((knownOn) => knownOn < this.#from).length;
  }

  sums(): Pick<FoldReceipt, 'amounts' | 'counts' | 'feeds' | 'money' | 'nights' | 'refused' | 'refusedEarlier'> {
    return {
      amounts: this.amounts,
      counts: this.#counts,
      feeds: this.#feeds,
      money: [...this.#money.values()],
      nights: this.#nights,
      refused: this.#refused,
      refusedEarlier: this.#refusedEarlier,
    };
  }
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
  const { windowDays } = config.rfm;
  const content = { rows, schemaVersion: EPOCH_ROWS_VERSION };
  const bytes =
    windowDays === null
      ? encodeTable(EPOCH_ROWS, { ...content, columns })
      : encodeTable(WINDOWED_EPOCH_ROWS, {
          ...content,
          columns: { ...columns, ...windowColumns(book, rows, dayOf(date) - windowDays) },
        });
  await deps.lake.create(lakeKeys.epochRows(plan.runId, date, shard), bytes);
  return [...gaps];
}

async function writeBook(deps: RunDeps, plan: RunPlan, shard: number, { book }: ShardInput): Promise<void> {
  const place = { generation: plan.generation, dt: plan.to, runId: plan.runId, shard };
  const files = encodeBook(book, book.order());
  await Promise.all(
    Object.entries(files).map(([table, bytes]) => deps.lake.create(lakeKeys.book(place, table as BookTable), bytes)),
  );
}

/** The identifiers of the base run; undefined where there are none. */
async function readIdentifiers(deps: RunDeps, { formerIdentifiers: key }: ShardInput) {
  return key === undefined ? undefined : decodeTable(IDENTIFIERS, await deps.lake.read(key), key, IDENTIFIERS_VERSION);
}

async function writeIdentifiers(deps: RunDeps, plan: RunPlan, shard: number, identifiers: IdentifierSnapshot): Promise<void> {
  const key = lakeKeys.identifiers({ generation: plan.generation, dt: plan.to, runId: plan.runId, shard });
  const bytes = encodeTable(IDENTIFIERS, { ...identifiers.table(), schemaVersion: IDENTIFIERS_VERSION });
  await deps.lake.create(key, bytes);
}

/** Writes the months of the index that changed. @returns where every remembered month lies, and its rows */
async function writeIndex(
  deps: RunDeps,
  plan: RunPlan,
  shard: number,
  { index, indexKeys }: ShardInput,
): Promise<Pick<FoldReceipt, 'index'> & { readonly indexRows: Readonly<Record<string, number>> }> {
  const keys: Record<string, string> = {};
  const written: Record<string, number> = {};
  for (const month of rememberedMonths(indexKeys, plan.to)) keys[month] = indexKeys[month] as string;
  for (const month of [...index.touchedMonths].sort()) {
    const former = indexKeys[month];
    const stored = former ? decodeTable(INDEX, await deps.lake.read(former), former, INDEX_VERSION) : undefined;
    const { rows, columns } = index.monthTable(month, stored);
    const key = lakeKeys.index(plan.generation, month, plan.runId, shard);
    await deps.lake.create(key, encodeTable(INDEX, { rows, columns, schemaVersion: INDEX_VERSION }));
    keys[month] = key;
    written[month] = rows;
  }
  const former = plan.base && (await findReceipt(deps, plan.base.runId, 'fold-shard', itemKey('fold-shard', { shard })));
  return { index: keys, indexRows: await indexedRows(deps, keys, written, former ?? undefined) };
}
