import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { DEFAULT_PARAMETERS } from '../cli/generate/options.ts';
import { CHANNELS, drawPopulation, type SaleColumns } from '../cli/generate/population.ts';
import { formatMinor } from '../lib/money.ts';
import { addDays, type BusinessDate, dayOf, formatDay } from '../lib/time.ts';

/** The bench's shop: MBG/NBD and Gamma-Gamma as `generate` draws them, in a time zone of one offset. */
export const SHOP = { timeZone: 'Asia/Shanghai', offset: '+08:00', currency: 'USD', seed: 20_260_101 };

/** Ids are not in the order of arrival, so that new customers come between the old: a permutation of 10 million numbers. */
const ID_COUNT = 10_000_000;
const ID_STRIDE = 7_368_787;

/** Characters collected before a write. */
const PIECE_CHARS = 1 << 18;

/** Drawn sales, ordered by day. */
export type Sales = SaleColumns;

/** Id of a drawn customer. */
export const customerIdOf = (customer: number): string => `c${String((customer * ID_STRIDE) % ID_COUNT).padStart(7, '0')}`;

/** The sales of `customers` over `days`, ordered by day; equal arguments give equal sales. */
export function drawSales(customers: number, days: number): Sales {
  const { seed } = SHOP;
  return drawPopulation({ model: 'mbg-nbd', parameters: DEFAULT_PARAMETERS, firstDay: 0, days, customers, seed, exponent: 2 })
    .sales;
}

/**
 * Writes sales `[from, to)` as a file of the transactions feed, instants with their offset, and stops after `maxBytes`.
 *
 * @param start date of day 0 @returns bytes and rows
 */
export async function writeTransactions(
  path: string,
  sales: Sales,
  start: BusinessDate,
  { from = 0, to = sales.count, maxBytes = Number.POSITIVE_INFINITY } = {},
): Promise<{ bytes: number; rows: number }> {
  await mkdir(dirname(path), { recursive: true });
  const file = createWriteStream(path);
  const firstDay = dayOf(start);
  let piece = 'transaction_id,customer_id,occurred_at,amount,currency,type,channel\n';
  let bytes = 0;
  let row = from;
  const flush = async () => {
    bytes += piece.length;
    if (!file.write(piece)) await once(file, 'drain');
    piece = '';
  };
  for (; row < to && bytes < maxBytes; row++) {
    piece += lineOf(sales, row, firstDay);
    if (piece.length > PIECE_CHARS) await flush();
  }
  await flush();
  file.end();
  await finished(file);
  return { bytes, rows: row - from };
}

const two = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));

function lineOf(sales: Sales, row: number, firstDay: number): string {
  const second = sales.second[row] as number;
  const date = formatDay(firstDay + (sales.day[row] as number));
  const time = `${two[Math.floor(second / 3600)]}:${two[Math.floor((second % 3600) / 60)]}:${two[second % 60]}`;
  const id = `t${String(row + 1).padStart(9, '0')}`;
  const customer = customerIdOf(sales.customer[row] as number);
  const amount = formatMinor(sales.amountMinor[row] as number, 2);
  const channel = CHANNELS[sales.channel[row] as number] as string;
  return `${id},${customer},${date}T${time}${SHOP.offset},${amount},${SHOP.currency},sale,${channel}\n`;
}

/** First row of a day or of one after it. */
export function firstRowOf(sales: Sales, day: number): number {
  let [low, high] = [0, sales.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sales.day[middle] as number) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Writes the drop of a day, the marker last. @returns bytes and rows */
export async function writeDrop(
  folder: string,
  sales: Sales,
  start: BusinessDate,
  day: number,
): Promise<{ bytes: number; rows: number }> {
  const drop = join(folder, `dt=${addDays(start, day)}`);
  const range = { from: firstRowOf(sales, day), to: firstRowOf(sales, day + 1) };
  const written = await writeTransactions(join(drop, 'transactions/part-1.csv'), sales, start, range);
  await writeFile(join(drop, '_SUCCESS'), '');
  return written;
}
