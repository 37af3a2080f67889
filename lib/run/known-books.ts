import { foldNight } from '../book/fold-night.ts';
import type { NightFold } from '../book/night-fold.ts';
import type { ShardBook } from '../book/shard-book.ts';
import type { PerennialConfig } from '../config/config.ts';
import { BOOK_TABLES, lakeKeys, type ShardPlace } from '../keys.ts';
import { addDays, type BusinessDate, datesBetween, dayOf, type EpochDay } from '../time.ts';
import { type CommittedErasures, readCommittedErasures } from './committed-erasures.ts';
import type { RunDeps } from './deps.ts';
import { readConfig } from './plan.ts';
import { committedChain, covering } from './read-results.ts';
import type { RunRecord } from './run-ledger.ts';
import { type FoldSpan, readShardInput } from './shard-input.ts';

/** How the folding of books is watched and ended. */
export interface FoldWatch {
  readonly signal?: AbortSignal;
  /** Called after each night of a shard; never for a book that is kept. */
  readonly onNight?: (progress: { readonly shard: number; readonly done: number; readonly of: number }, fold: NightFold) => void;
}

/** The books of every shard as known on a date. */
export interface KnownBooks {
  readonly date: BusinessDate;
  /** The configuration of the run that took the date. */
  readonly config: PerennialConfig;
  /** One shard's book after another, each read, and folded forward where it must be, when it is asked for. */
  books(watch?: FoldWatch): AsyncGenerator<ShardBook>;
}

/**
 * The books of the committed chain exactly as known on a committed date, also one inside a range, of which no book was kept: a
 * shard's newest kept book at or before the date, and the ledger rows that became known after it until the date, folded in memory as
 * the runs folded them. Nothing is written. Customers whose erasure is committed and became known after the date are left out.
 *
 * @param date left out: the last committed one
 * @throws UsageError for a date that is not committed, and when nothing is
 * Cost: a kept book is read as it is; else memory for the shard's rows since the kept book, as a run over those dates takes.
 */
export async function knownBooks(deps: RunDeps, date: BusinessDate | undefined): Promise<KnownBooks> {
  const chain = await committedChain(deps);
  const wanted = date ?? (chain[0] as RunRecord).to;
  const config = await readConfig(deps, covering(chain, wanted).configSha256);
  async function* books(watch: FoldWatch = {}): AsyncGenerator<ShardBook> {
    const erased = await readCommittedErasures(deps);
    const configs = await configsOf(deps, chain);
    for (let shard = 0; shard < config.shards; shard++) {
      const span = await knownSpan(deps, chain, wanted, shard);
      const book = await foldSpan(deps, { span, shard, configOf: (runId) => configs.get(runId) as PerennialConfig }, watch);
      leaveOut(book, erased, dayOf(wanted));
      yield book;
    }
  }
  return { date: wanted, config, books };
}

/** What is folded into a shard's book. */
export interface ShardFold {
  readonly span: FoldSpan;
  readonly shard: number;
  /** The configuration of a run of the span. */
  readonly configOf: (runId: string) => PerennialConfig;
}

/** Folds the nights of a span into what its base run left of a shard, in memory; without nights that book is read as it is. */
export async function foldSpan(
  deps: RunDeps,
  { span, shard, configOf }: ShardFold,
  { signal, onNight }: FoldWatch,
): Promise<ShardBook> {
  const { nights, base } = span;
  signal?.throwIfAborted();
  const config = configOf((nights[0] ?? base)?.runId as string);
  const { book, index, factsOf } = await readShardInput(deps, span, shard, { config, withIdentifiers: false });
  for (const [place, { date, runId }] of nights.entries()) {
    signal?.throwIfAborted();
    book.rates.maxAgeDays = configOf(runId).rates.maxAgeDays;
    const fold = foldNight(book, index, dayOf(date), await factsOf(date));
    onNight?.({ shard, done: place + 1, of: nights.length }, fold);
  }
  return book;
}

/** The nights to fold for a shard's book of a date, on the newest book that is kept. @param chain newest first */
async function knownSpan(deps: RunDeps, chain: readonly RunRecord[], date: BusinessDate, shard: number): Promise<FoldSpan> {
  const { generation } = covering(chain, date);
  let base: FoldSpan['base'] = null;
  for (const { runId, to } of chain) {
    if (to > date || !(await isBookKept(deps, { generation, dt: to, runId, shard }))) continue;
    base = { runId, dt: to };
    break;
  }
  const first = base ? addDays(base.dt, 1) : (chain.at(-1) as RunRecord).from;
  const nights = datesBetween(first, date).map((night) => ({ date: night, runId: covering(chain, night).runId }));
  return { generation, base, nights };
}

/** True when a shard's book of a run is whole: `compact` deletes the books of earlier runs table by table. */
export async function isBookKept(deps: Pick<RunDeps, 'lake'>, place: ShardPlace): Promise<boolean> {
  const found = await Promise.all(BOOK_TABLES.map((table) => deps.lake.stat(lakeKeys.book(place, table))));
  return found.every((info) => info !== undefined);
}

/** The configuration of each run of a chain. */
async function configsOf(deps: RunDeps, chain: readonly RunRecord[]): Promise<Map<string, PerennialConfig>> {
  const configs = new Map<string, PerennialConfig>();
  for (const { runId, configSha256 } of chain) configs.set(runId, await readConfig(deps, configSha256));
  return configs;
}

/** Takes out of a book the customers whose erasure became known after its day, waiting facts included. */
function leaveOut(book: ShardBook, erased: CommittedErasures, day: EpochDay): void {
  if (erased.size === 0) return;
  const { column } = book.ids;
  for (let slot = 0; slot < book.size; slot++) {
    if (!book.isRemoved(slot) && (erased.findRow(column, slot)?.knownOn ?? day) > day) book.remove(slot);
  }
  book.pending = book.pending.filter(
    ({ fact: { table, row } }) => (erased.findRow(table.columns.customer_id, row)?.knownOn ?? day) <= day,
  );
}
