import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { byteColumnOf, NO_CODE } from '../../lib/arrow/columns.ts';
import { INTERACTION_KINDS, STATE, STATE_VERSION } from '../../lib/arrow/schemas.ts';
import { decodeTable, encodeTable } from '../../lib/arrow/table-file.ts';
import { type BookFiles, decodeBook, encodeBook } from '../../lib/book/book-file.ts';
import { summariseEpoch } from '../../lib/book/epoch-rows.ts';
import { foldNight } from '../../lib/book/fold-night.ts';
import { type InteractionFacts, NO_FACTS } from '../../lib/book/night-facts.ts';
import { ShardBook } from '../../lib/book/shard-book.ts';
import { TransactionIndex } from '../../lib/book/transaction-index.ts';
import { clvMinor, spendPredictor } from '../../lib/clv/predict/customer-value.ts';
import { configSchema, type PerennialConfig } from '../../lib/config/config.ts';
import { calibrateDate } from '../../lib/run/engine/calibrate-date.ts';
import { type Calibration, type EpochBook, predictorOf, scheduleOf, spendRuleOf } from '../../lib/run/engine/epoch-record.ts';
import { type ShardState, stateColumns, stateOf } from '../../lib/run/engine/shard-state.ts';
import { ShardTimeline } from '../../lib/run/engine/shard-timeline.ts';
import { dayOf, formatDay } from '../../lib/time.ts';
import { BASE, HISTORY_DAYS, START } from '../prepare.ts';
import { customerIdOf, drawSales, firstRowOf, type Sales, SHOP } from '../shop.ts';

/** Nights after the baseline night that go before the timed one, so that counts of nights and warnings are as on any night. */
const NIGHTS_BEFORE = 4;

/** The timed night: a Saturday, on which nothing but the day's purchases changes. */
const NIGHT = dayOf(BASE) + NIGHTS_BEFORE + 1;

/** One customer in so many has a refund, a complaint, a bad review. */
const [REFUNDED, COMPLAINING, REVIEWING] = [40, 100, 150];

/** A shard just before the lifecycle work of a night, its purchases folded. */
export interface NightHome {
  readonly day: number;
  readonly config: PerennialConfig;
  readonly book: ShardBook;
  readonly state: ShardState;
  readonly epochs: EpochBook;
  readonly calibration: Calibration;
}

const configOf = (): PerennialConfig => configSchema.parse({ timeZone: SHOP.timeZone, currency: SHOP.currency, shards: 1 });
const rulesOf = ({ currency }: PerennialConfig) => ({
  baseCurrency: currency,
  rateMaxAgeDays: 0,
  erasureSecret: undefined,
  accountsForShared: true,
});

/** Puts the sales of days `[from, to)` into a book. */
function addSales(book: ShardBook, sales: Sales, from: number, to: number): void {
  const encoder = new TextEncoder();
  const id = new Uint8Array(32);
  const touched = new Set<number>();
  for (let row = firstRowOf(sales, from); row < firstRowOf(sales, to); row++) {
    const { written } = encoder.encodeInto(customerIdOf(sales.customer[row] as number), id);
    const day = dayOf(START) + (sales.day[row] as number);
    const slot = book.customerSlot(id, 0, written, day);
    const node = book.dayNode(slot, day);
    (book.days.standing[node] as number) += 1;
    (book.days.gross[node] as number) += sales.amountMinor[row] as number;
    touched.add(slot);
  }
  for (const slot of touched) book.refresh(slot);
}

/** Complaints, most of them open, and bad reviews of the weeks before the night. */
function interactionsOf(book: ShardBook): InteractionFacts {
  const rows: { slot: number; day: number; kind: string; score: number }[] = [];
  for (let slot = 0; slot < book.size; slot++) {
    if (slot % COMPLAINING === 0) rows.push({ slot, day: NIGHT - 5 - (slot % 80), kind: 'complaint', score: Number.NaN });
    if (slot % REVIEWING === 0) rows.push({ slot, day: NIGHT - 5 - (slot % 70), kind: 'review', score: 1 + (slot % 4) });
  }
  const texts = new TextDecoder();
  const { bytes, offsets } = book.ids.column;
  const idOf = (slot: number) => texts.decode(bytes.subarray(offsets[slot], offsets[slot + 1]));
  return {
    rows: rows.length,
    sourceOf: () => 'interactions.csv',
    columns: {
      interaction_id: byteColumnOf(rows.map((_, row) => `i${row}`)),
      customer_id: byteColumnOf(rows.map(({ slot }) => idOf(slot))),
      occurred_at: Float64Array.from(rows, ({ day }) => day * 86_400_000),
      business_day: Int32Array.from(rows, ({ day }) => day),
      kind: Uint8Array.from(rows, ({ kind }) => INTERACTION_KINDS.indexOf(kind as (typeof INTERACTION_KINDS)[number])),
      score: Float64Array.from(rows, ({ score }) => score),
      channel: byteColumnOf(rows.map(() => 'web')),
      source_line: Uint32Array.from(rows, (_, row) => row + 1),
    },
  };
}

function refundSome(book: ShardBook): void {
  for (let slot = 0; slot < book.size; slot += REFUNDED) {
    const node = book.customers.dayHead[slot] as number;
    book.days.refunded[node] = Math.floor((book.days.gross[node] as number) * 0.4);
    book.refresh(slot);
  }
}

/** Draws a shop, takes it through its baseline night and a few more, and writes what the timed night begins with. */
export async function writeNightHome(dir: string, customers: number): Promise<void> {
  const config = configOf();
  const sales = drawSales(customers, HISTORY_DAYS + NIGHTS_BEFORE + 1);
  const book = new ShardBook(rulesOf(config));
  addSales(book, sales, 0, HISTORY_DAYS);
  refundSome(book);
  foldNight(book, new TransactionIndex(), dayOf(BASE), { ...NO_FACTS, interactions: [interactionsOf(book)] });
  const summary = summariseEpoch(book, dayOf(BASE), config.stages.returnHorizonDays);
  const before = { firstDataDate: START, changes: [] };
  const calibrated = calibrateDate(BASE, undefined, before, { parts: [summary], gaps: summary.gaps }, config);
  const heard = { ...calibrated.calibration, interactionsOn: BASE };
  const timeline = new ShardTimeline(book, new TransactionIndex(), undefined, scheduleOf(calibrated.book, config), config);
  // the first time gives stages by purchases alone, the second one those of a baseline night
  for (let pass = 0; pass < 2; pass++) timeline.advance(dayOf(BASE), NO_FACTS, heard);
  const calibrationOf = (day: number): Calibration => ({ ...heard, date: formatDay(day), baseline: null });
  for (let day = dayOf(BASE) + 1; day < NIGHT; day++) {
    addSales(book, sales, day - dayOf(START), day - dayOf(START) + 1);
    timeline.advance(day, NO_FACTS, calibrationOf(day));
  }
  addSales(book, sales, NIGHT - dayOf(START), NIGHT - dayOf(START) + 1);
  // all tiers came on the baseline night: on an ordinary one the stay is over for nearly all
  for (let slot = 0; slot < book.size; slot++)
    if (timeline.tiers.tier[slot] !== NO_CODE && slot % 10 !== 0) (timeline.tiers.since[slot] as number) -= 100;
  // room for those who came on the night
  timeline.begin(NIGHT);
  const order = book.order();
  await mkdir(dir, { recursive: true });
  const state = { rows: order.length, columns: stateColumns(timeline.state, order), schemaVersion: STATE_VERSION };
  const files = { ...encodeBook(book, order), state: encodeTable(STATE, state) };
  for (const [table, chunks] of Object.entries(files)) await writeFile(join(dir, `${table}.arrow`), chunks);
  await writeFile(join(dir, 'epochs.json'), JSON.stringify(calibrated.book));
  await writeFile(join(dir, 'calibration.json'), JSON.stringify(calibrationOf(NIGHT)));
  await writeForPeer(join(dir, 'customers.csv'), await readNightHome(dir));
}

/** Reads what `writeNightHome` wrote, as a step reads it. */
export async function readNightHome(dir: string): Promise<NightHome> {
  const config = configOf();
  const tables = ['customers', 'days', 'pending', 'interactions', 'rates', 'tombstones'] as const;
  const files = await Promise.all(tables.map(async (table) => [table, await readFile(join(dir, `${table}.arrow`))] as const));
  const book = decodeBook(Object.fromEntries(files) as unknown as BookFiles, dir, rulesOf(config));
  const { columns } = decodeTable(STATE, await readFile(join(dir, 'state.arrow')), 'state', STATE_VERSION);
  const json = async <T>(name: string) => JSON.parse(await readFile(join(dir, name), 'utf8')) as T;
  const [epochs, calibration] = [await json<EpochBook>('epochs.json'), await json<Calibration>('calibration.json')];
  return { day: NIGHT, config, book, state: stateOf(columns, book.size), epochs, calibration };
}

/** Columns that the peer is given; `total` is what tiers rank by, which SQL has no function for. */
const PEER_COLUMNS = [
  'n',
  'first_day',
  'last_day',
  'total',
  'stage',
  'declining_nights',
  'churn_nights',
  'tier',
  'tier_since',
] as const;

async function writeForPeer(path: string, { book, state, calibration, config, day }: NightHome): Promise<void> {
  const c = book.customers;
  const { epoch } = calibration;
  if (!epoch) throw new Error('Calibration of the bench: no model was accepted, expected one. Draw more customers.');
  const [predictor, spend] = [predictorOf(epoch, config), spendPredictor(spendRuleOf(epoch, config.currency))];
  const totalOf = (slot: number): number => {
    const [n, first] = [c.purchaseDays[slot] as number, c.firstDay[slot] as number];
    if (n === 0) return 0;
    const purchases = predictor.discounted(n - 1, (c.lastDay[slot] as number) - first, day - first);
    const value = clvMinor(purchases, spend(n - 1, c.repeatNet[slot] as number), config.clv.marginRatio);
    return (c.net[slot] as number) + value;
  };
  function* lines(): Generator<string> {
    yield `${PEER_COLUMNS.join(',')}\n`;
    for (let slot = 0; slot < book.size; slot++) {
      const bought = [c.purchaseDays[slot], c.firstDay[slot], c.lastDay[slot], totalOf(slot)];
      const { stages, tiers } = state;
      const stood = [stages.stage[slot], stages.decliningNights[slot], stages.churnNights[slot]];
      yield `${[...bought, ...stood, tiers.tier[slot], tiers.since[slot]].join(',')}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
}
