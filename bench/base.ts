import type { Columns } from '../lib/arrow/columns.ts';
import { IDENTIFIERS, IDENTIFIERS_VERSION, INDEX, INDEX_VERSION, STATE, STATE_VERSION } from '../lib/arrow/schemas.ts';
import { encodeTable } from '../lib/arrow/table-file.ts';
import { encodeBook } from '../lib/book/book-file.ts';
import { summariseEpoch } from '../lib/book/epoch-rows.ts';
import { IdentifierSnapshot } from '../lib/book/identifier-snapshot.ts';
import { NO_FACTS } from '../lib/book/night-facts.ts';
import { emptyCounts, emptyFeeds } from '../lib/book/night-fold.ts';
import { ShardBook } from '../lib/book/shard-book.ts';
import { INDEX_CODE, TransactionIndex } from '../lib/book/transaction-index.ts';
import type { PerennialConfig } from '../lib/config/config.ts';
import { type BookTable, lakeKeys } from '../lib/keys.ts';
import { shardOf } from '../lib/ledger/id-hash.ts';
import type { RunDeps } from '../lib/run/deps.ts';
import { calibrateDate } from '../lib/run/engine/calibrate-date.ts';
import { scheduleOf } from '../lib/run/engine/epoch-record.ts';
import { stateColumns } from '../lib/run/engine/shard-state.ts';
import { ShardTimeline } from '../lib/run/engine/shard-timeline.ts';
import { createJson } from '../lib/run/json-objects.ts';
import { writeReceipt } from '../lib/run/receipts.ts';
import { totalsOf } from '../lib/run/shard-input.ts';
import { type BusinessDate, dayOf, formatDay } from '../lib/time.ts';
import { customerIdOf, firstRowOf, type Sales } from './shop.ts';
import type { PlannedRun } from './steps.ts';

/**
 * Writes what a run over the whole history leaves for the next one - book, index of transaction ids, epoch, state - straight from
 * the drawn sales, since folding months day by day would take longer than all that is measured.
 *
 * @param date the run's date, an epoch date @param start date of day 0
 */
export async function writeBase(
  deps: RunDeps,
  { run }: PlannedRun,
  config: PerennialConfig,
  sales: Sales,
  { date, start }: { date: BusinessDate; start: BusinessDate },
): Promise<void> {
  const { runId } = run;
  const days = dayOf(date) - dayOf(start) + 1;
  const books = booksOf(sales, days, dayOf(start), config);
  const place = (shard: number) => ({ generation: 1, dt: date, runId, shard });
  const summaries = books.map((book) => summariseEpoch(book, dayOf(date), config.stages.returnHorizonDays));
  const gaps = new Map<number, number>();
  for (const one of summaries) for (const [gap, count] of one.gaps) gaps.set(gap, (gaps.get(gap) ?? 0) + count);
  const before = { firstDataDate: start, changes: [] };
  const calibrated = calibrateDate(date, undefined, before, { parts: summaries, gaps }, config);
  await createJson(deps.lake, lakeKeys.calibration(place(0)), calibrated.calibration);
  await createJson(deps.lake, lakeKeys.epochs(1, runId), calibrated.book);
  for (const [shard, book] of books.entries()) {
    const order = book.ids.sortedSlots();
    for (const [table, bytes] of Object.entries(encodeBook(book, order)))
      await deps.lake.create(lakeKeys.book(place(shard), table as BookTable), bytes);
    const identifiers = encodeTable(IDENTIFIERS, { ...new IdentifierSnapshot().table(), schemaVersion: IDENTIFIERS_VERSION });
    await deps.lake.create(lakeKeys.identifiers(place(shard)), identifiers);
    const index = await writeIndex(deps, runId, sales, { days, firstDay: dayOf(start), shard, shards: config.shards });
    const timeline = new ShardTimeline(book, new TransactionIndex(), undefined, scheduleOf(calibrated.book, config), config);
    // the first time gives stages by purchases alone, the second one those of a baseline night
    for (let pass = 0; pass < 2; pass++) timeline.advance(dayOf(date), NO_FACTS, calibrated.calibration);
    const state = encodeTable(STATE, {
      rows: order.length,
      columns: stateColumns(timeline.state, order),
      schemaVersion: STATE_VERSION,
    });
    await deps.lake.create(lakeKeys.result('state', place(shard)), state);
    const none = { customers: 0, buyers: 0, netMinor: 0, pending: 0, pendingAmounts: {} };
    const receipt = {
      before: none,
      after: totalsOf(book),
      counts: emptyCounts(),
      refused: 0,
      index,
      hitMonths: [],
      gaps: {},
      nights: {},
      feeds: emptyFeeds(),
      amounts: {},
      money: [],
    };
    await writeReceipt(deps, runId, 'fold-shard', `shard=${shard}`, receipt);
  }
}

/** The books of the customers who bought in the first `days` days, by shard. */
function booksOf(sales: Sales, days: number, firstDay: number, { shards, currency }: PerennialConfig): ShardBook[] {
  const rules = { baseCurrency: currency, rateMaxAgeDays: 0, erasureSecret: undefined };
  const books = Array.from({ length: shards }, (_, shard) => new ShardBook({ ...rules, accountsForShared: shard === 0 }));
  const end = firstRowOf(sales, days);
  const encoder = new TextEncoder();
  const id = new Uint8Array(32);
  for (let row = 0; row < end; row++) {
    const length = encoder.encodeInto(customerIdOf(sales.customer[row] as number), id).written;
    const book = books[shardOf(id, 0, length, shards)] as ShardBook;
    const day = firstDay + (sales.day[row] as number);
    const slot = book.customerSlot(id, 0, length, day);
    const node = book.dayNode(slot, day);
    (book.days.standing[node] as number) += 1;
    (book.days.gross[node] as number) += sales.amountMinor[row] as number;
  }
  for (const book of books) for (let slot = 0; slot < book.size; slot++) book.refresh(slot);
  return books;
}

const monthOf = (day: number): string => formatDay(day).slice(0, 7);

/** Which part of the sales an index is of. */
interface IndexPart {
  readonly days: number;
  readonly firstDay: number;
  readonly shard: number;
  readonly shards: number;
}

/** A shard's index by month: its share of as many rows as sales, under hashes that no later sale has. @returns where each month lies */
async function writeIndex(
  deps: RunDeps,
  runId: string,
  sales: Sales,
  { days, firstDay, shard, shards }: IndexPart,
): Promise<Record<string, string>> {
  const keys: Record<string, string> = {};
  for (let day = 0; day < days; ) {
    const month = monthOf(firstDay + day);
    const begin = firstRowOf(sales, day);
    while (day < days && monthOf(firstDay + day) === month) day++;
    const rows = Math.floor((firstRowOf(sales, day) - begin) / shards);
    const from = begin + shard * rows;
    const key = lakeKeys.index(1, month, runId, shard);
    await deps.lake.create(
      key,
      encodeTable(INDEX, { rows, columns: indexColumns(sales, from, rows, firstDay), schemaVersion: INDEX_VERSION }),
    );
    keys[month] = key;
  }
  return keys;
}

function indexColumns(sales: Sales, from: number, rows: number, firstDay: number): Columns<typeof INDEX> {
  const spread = (factor: number) => Uint32Array.from({ length: rows }, (_, i) => Math.imul(from + i + 1, factor) >>> 0);
  const onDay = Int32Array.from(sales.day.subarray(from, from + rows), (day) => firstDay + day);
  const amounts = sales.amountMinor.slice(from, from + rows);
  return {
    id_hash_0: Uint32Array.from({ length: rows }, (_, i) => Math.floor(((i + 0.5) / rows) * 2 ** 32)),
    id_hash_1: spread(0x9e3779b1),
    id_hash_2: spread(0x85ebca6b),
    customer_hash_0: spread(0xc2b2ae35),
    customer_hash_1: spread(0x27d4eb2f),
    content_hash_0: spread(0x165667b1),
    content_hash_1: spread(0xd3a2646d),
    known_on: onDay,
    business_day: onDay,
    amount_minor: amounts,
    remaining_minor: amounts,
    state: new Uint8Array(rows).fill(INDEX_CODE.sale),
    base_minor: amounts,
    currency: new Uint32Array(rows),
  };
}
