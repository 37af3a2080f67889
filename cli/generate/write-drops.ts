import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import { type BusinessDate, businessClock, dayOf, formatDay } from '../../lib/time.ts';
import { DELIVERY_KINDS, type Deliveries } from './deliveries.ts';
import type { Exchange } from './exchange.ts';
import type { FeedRows } from './feed-rows.ts';
import { type DropFormat, encodeTexts, formatLine } from './feed-text.ts';
import { CHANNELS, type CustomerColumns, type Population } from './population.ts';

/** Columns of a generated file, a part of the data contract's in its order. */
const GENERATED_COLUMNS = [
  'transaction_id',
  'customer_id',
  'occurred_at',
  'amount',
  'currency',
  'type',
  'original_transaction_id',
  'channel',
  'order_id',
] as const;

/** What is written and how. */
export interface DropsToWrite {
  readonly out: string;
  readonly start: BusinessDate;
  readonly days: number;
  readonly timeZone: string;
  readonly currency: string;
  readonly format: DropFormat;
  readonly gzip: boolean;
  readonly population: Population;
  readonly deliveries: Deliveries;
  readonly exchange: Exchange;
  /** Feeds beside the transactions. */
  readonly feeds: readonly FeedRows[];
}

/** Text is handed to the file in pieces of about 256 KB, so that a large day needs little memory. */
const PIECE_CHARS = 1 << 18;

/** Folder of a date below `out`. */
const dropFolder = (dt: string) => `dt=${dt}`;

/** File of a date's feed below its folder. */
export function feedFile(feed: string, format: DropFormat, gzip: boolean): string {
  return `${feed}/${feed}-00001.${format}${gzip && format !== 'parquet' ? '.gz' : ''}`;
}

/** Id of the customer at a position in order of arrival: `c000001` is the first. */
export const customerIdOf = (position: number) => `c${String(position + 1).padStart(6, '0')}`;

/** Id of the row at a position: sales have the first ids, in order of time. */
const transactionIdOf = (row: number) => `t${String(row + 1).padStart(8, '0')}`;

/**
 * Writes one drop per date: the file (a header alone on a quiet day), then the marker.
 *
 * @param onDay called after each date with the number of dates and rows written so far
 */
export async function writeDrops(drops: DropsToWrite, onDay: (days: number, rows: number) => void): Promise<void> {
  const { out, days, deliveries } = drops;
  const firstDay = dayOf(drops.start);
  const valuesOf = rowValues(drops);
  for (let day = 0; day < days; day++) {
    const folder = join(out, dropFolder(formatDay(firstDay + day)));
    const from = deliveries.ends[day] as number;
    const to = deliveries.ends[day + 1] as number;
    const rows = deliveries.order.subarray(from, to);
    await writeFeed(drops, join(folder, feedFile('transactions', drops.format, drops.gzip)), {
      columns: GENERATED_COLUMNS,
      rows: {
        *[Symbol.iterator]() {
          for (const row of rows) yield valuesOf(row);
        },
      },
    });
    for (const { feed, columns, rowsOf } of drops.feeds) {
      const found = rowsOf(day);
      if (found.length === 0) continue;
      await writeFeed(drops, join(folder, feedFile(feed, drops.format, drops.gzip)), { columns, rows: found });
    }
    await writeFile(join(folder, '_SUCCESS'), '');
    onDay(day + 1, to);
  }
}

/** Records of one file, each with a value for every column. */
interface FileRows {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly string[]>;
}

async function writeFeed({ format, gzip }: DropsToWrite, path: string, { columns, rows }: FileRows): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (format === 'parquet') {
    await writeFile(path, await encodeTexts(columns, [...rows]));
    return;
  }
  const text = Readable.from(piecesOf(format, columns, rows), { objectMode: false });
  const file = createWriteStream(path);
  await (gzip ? pipeline(text, createGzip(), file) : pipeline(text, file));
}

function* piecesOf(format: 'csv' | 'jsonl', columns: readonly string[], rows: Iterable<readonly string[]>): Generator<string> {
  // a file of JSON Lines of a quiet day is an empty line: a file of 0 bytes would be an error
  let piece = format === 'csv' ? `${columns.join(',')}\n` : '';
  let isEmpty = true;
  for (const row of rows) {
    isEmpty = false;
    piece += formatLine(format, columns, row);
    if (piece.length >= PIECE_CHARS) {
      yield piece;
      piece = '';
    }
  }
  if (isEmpty && piece === '') piece = '\n';
  if (piece !== '') yield piece;
}

/** A function that gives the values of a row, one for each of `GENERATED_COLUMNS`. */
function rowValues(drops: DropsToWrite): (row: number) => string[] {
  const { population, deliveries, currency: base, exchange } = drops;
  const { sales } = population;
  const { extras } = deliveries;
  const foreign = base === 'EUR' ? 'USD' : 'EUR';
  const instantOf = instantFormatter(drops.start, drops.days, drops.timeZone);
  return (row) => {
    const extra = row - sales.count;
    const sale = extra < 0 ? row : (extras.sale[extra] as number);
    const kind = extra < 0 ? 'sale' : (DELIVERY_KINDS[extras.kind[extra] as number] ?? 'sale');
    const day = extra < 0 ? (sales.day[row] as number) : (extras.day[extra] as number);
    const second = extra < 0 ? (sales.second[row] as number) : (extras.second[extra] as number);
    const baseMinor = extra < 0 ? (sales.amountMinor[row] as number) : (extras.amountMinor[extra] as number);
    const customer = sales.customer[sale] as number;
    const paid = exchange.currencyOf(customer);
    // at the rate of the sale's day, so that a full refund is the amount of its sale
    const amountMinor = exchange.convert(baseMinor, paid, sales.day[sale] as number);
    const correction = kind === 'refund' || kind === 'void';
    const amount = formatMinor(amountMinor, currencyExponent(paid));
    return [
      transactionIdOf(kind === 'duplicate' ? sale : row),
      kind === 'missing-customer' ? '' : customerIdOf(customer),
      instantOf(day, second),
      kind === 'malformed-amount' ? `${amount}x` : amount,
      kind === 'other-currency' ? foreign : paid,
      correction ? kind : 'sale',
      correction ? transactionIdOf(sale) : '',
      CHANNELS[sales.channel[sale] as number] as string,
      `o${String(sale + 1).padStart(8, '0')}`,
    ];
  };
}

/** A function that gives the instant (ISO 8601, UTC) of a second of a business day; day 0 is `start`. */
export function instantFormatter(start: BusinessDate, days: number, timeZone: string): (day: number, second: number) => string {
  const clock = businessClock(timeZone);
  const firstDay = dayOf(start);
  const startSeconds = Float64Array.from({ length: days }, (_, day) => clock.startOfDay(firstDay + day) / 1000);
  let utcDay = Number.NaN;
  let date = '';
  const two = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
  return (day, second) => {
    const instant = (startSeconds[day] as number) + second;
    const on = Math.floor(instant / 86_400);
    if (on !== utcDay) {
      utcDay = on;
      date = formatDay(on);
    }
    const rest = instant - on * 86_400;
    return `${date}T${two[Math.floor(rest / 3600)]}:${two[Math.floor((rest % 3600) / 60)]}:${two[rest % 60]}Z`;
  };
}

/** Columns of `truth.csv`. */
const TRUTH_COLUMNS = [
  'customer_id',
  'arrived_on',
  'lambda_per_day',
  'dropout_p',
  'purchases',
  'alive_at_end',
  'mean_spend',
] as const;

/** Writes `truth.csv`: one line per customer, in order of arrival; doubles print shortest round-trip. */
export async function writeTruth(path: string, customers: CustomerColumns, start: BusinessDate): Promise<void> {
  const firstDay = dayOf(start);
  function* lines(): Generator<string> {
    let piece = `${TRUTH_COLUMNS.join(',')}\n`;
    for (let at = 0; at < customers.arrivedDay.length; at++) {
      const arrivedOn = formatDay(firstDay + (customers.arrivedDay[at] as number));
      const alive = customers.alive[at] === 1;
      piece += `${customerIdOf(at)},${arrivedOn},${customers.lambdaPerDay[at]},${customers.dropoutRatio[at]},`;
      piece += `${customers.purchases[at]},${alive},${customers.meanSpend[at]}\n`;
      if (piece.length >= PIECE_CHARS) {
        yield piece;
        piece = '';
      }
    }
    if (piece !== '') yield piece;
  }
  await pipeline(Readable.from(lines(), { objectMode: false }), createWriteStream(path));
}
