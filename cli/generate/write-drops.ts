import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { formatMinor } from '../../lib/money.ts';
import { type BusinessDate, businessClock, dayOf, formatDay } from '../../lib/time.ts';
import { DELIVERY_KINDS, type Deliveries } from './deliveries.ts';
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
  readonly exponent: number;
  readonly gzip: boolean;
  readonly population: Population;
  readonly deliveries: Deliveries;
}

/** Text is handed to the file in pieces of about 256 KB, so that a large day needs little memory. */
const PIECE_CHARS = 1 << 18;

/** Folder of a date below `out`. */
const dropFolder = (dt: string) => `dt=${dt}`;

/** File of a date's transactions below its folder. */
export const transactionsFile = (gzip: boolean) => `transactions/transactions-00001.csv${gzip ? '.gz' : ''}`;

/** Id of the customer at a position in order of arrival: `c000001` is the first. */
const customerIdOf = (position: number) => `c${String(position + 1).padStart(6, '0')}`;

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
  const formatRow = rowFormatter(drops);
  for (let day = 0; day < days; day++) {
    const folder = join(out, dropFolder(formatDay(firstDay + day)));
    const from = deliveries.ends[day] as number;
    const to = deliveries.ends[day + 1] as number;
    await mkdir(join(folder, 'transactions'), { recursive: true });
    const text = Readable.from(piecesOf(deliveries.order.subarray(from, to), formatRow), { objectMode: false });
    const file = createWriteStream(join(folder, transactionsFile(drops.gzip)));
    await (drops.gzip ? pipeline(text, createGzip(), file) : pipeline(text, file));
    await writeFile(join(folder, '_SUCCESS'), '');
    onDay(day + 1, to);
  }
}

function* piecesOf(rows: Uint32Array, formatRow: (row: number) => string): Generator<string> {
  let piece = `${GENERATED_COLUMNS.join(',')}\n`;
  for (const row of rows) {
    piece += formatRow(row);
    if (piece.length >= PIECE_CHARS) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}

/** A function that gives the line of a row. */
function rowFormatter(drops: DropsToWrite): (row: number) => string {
  const { population, deliveries, currency, exponent } = drops;
  const { sales } = population;
  const { extras } = deliveries;
  const foreign = currency === 'EUR' ? 'USD' : 'EUR';
  const instantOf = instantFormatter(drops.start, drops.days, drops.timeZone);
  const line = (
    sale: number,
    id: string,
    fields: { at: string; amount: string; currency: string; type: string; original: string; who: string },
  ) => {
    const { at, amount, type, original, who } = fields;
    const channel = CHANNELS[sales.channel[sale] as number] as string;
    return `${id},${who},${at},${amount},${fields.currency},${type},${original},${channel},o${String(sale + 1).padStart(8, '0')}\n`;
  };
  return (row) => {
    const extra = row - sales.count;
    const sale = extra < 0 ? row : (extras.sale[extra] as number);
    const kind = extra < 0 ? 'sale' : (DELIVERY_KINDS[extras.kind[extra] as number] ?? 'sale');
    const day = extra < 0 ? (sales.day[row] as number) : (extras.day[extra] as number);
    const second = extra < 0 ? (sales.second[row] as number) : (extras.second[extra] as number);
    const amountMinor = extra < 0 ? (sales.amountMinor[row] as number) : (extras.amountMinor[extra] as number);
    const correction = kind === 'refund' || kind === 'void';
    const amount = formatMinor(amountMinor, exponent);
    return line(sale, transactionIdOf(kind === 'duplicate' ? sale : row), {
      at: instantOf(day, second),
      amount: kind === 'malformed-amount' ? `${amount}x` : amount,
      currency: kind === 'other-currency' ? foreign : currency,
      type: correction ? kind : 'sale',
      original: correction ? transactionIdOf(sale) : '',
      who: kind === 'missing-customer' ? '' : customerIdOf(sales.customer[sale] as number),
    });
  };
}

/** A function that gives the instant (ISO 8601, UTC) of a second of a business day; day 0 is `start`. */
function instantFormatter(start: BusinessDate, days: number, timeZone: string): (day: number, second: number) => string {
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
