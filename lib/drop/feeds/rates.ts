import { RATES } from '../../arrow/schemas.ts';
import type { FeedMapping } from '../../config/mapping.ts';
import type { FeedTable } from '../../ledger/feed-table.ts';
import { isCurrency } from '../../money.ts';
import type { BusinessClock } from '../../time.ts';
import { columnPlaces } from '../column-layout.ts';
import { InstantParser } from '../instant-parser.ts';
import { type DropSource, dateFormatsOf } from '../open-records.ts';
import type { QuarantineSink } from '../row-rules.ts';
import { type Fault, type FeedCounts, type FeedRecord, readFeed } from './feed-records.ts';
import { TableBuilder } from './table-builder.ts';

const COLUMN = columnPlaces('rates');

/** At most 15 digits before the point and 12 behind it, no sign, no exponent. */
const RATE = /^0*(\d{0,15}?)(?:\.(\d{1,12}?)0*)?$/;

/** How a file of the `rates` feed is read. */
export interface RatesOptions {
  readonly mapping: FeedMapping;
  readonly currency: string;
  readonly timeZoneClock: BusinessClock;
}

/** Counts of a file and its accepted rates in the order of the file. */
export interface RatesResult extends FeedCounts {
  readonly table: FeedTable<typeof RATES>;
}

/** A rate without needless zeros, so that equal rates are equal texts; undefined unless it is a decimal number above 0. */
export function plainRate(text: string): string | undefined {
  const match = /^\d/.test(text) ? RATE.exec(text) : null;
  if (!match) return undefined;
  const whole = match[1] === '' || match[1] === undefined ? '0' : match[1];
  const decimals = (match[2] ?? '').replace(/0+$/, '');
  const rate = decimals === '' ? whole : `${whole}.${decimals}`;
  return rate === '0' ? undefined : rate;
}

/** Reads a file of the `rates` feed. @throws InvalidDropError, ConfigError as `openRecords` */
export async function readRates(source: DropSource, options: RatesOptions, sink: QuarantineSink): Promise<RatesResult> {
  const table = new TableBuilder(RATES);
  const instants = new InstantParser(dateFormatsOf(source.name, options.mapping), options.timeZoneClock);
  const take = (record: FeedRecord): Fault | undefined => {
    const { buffer, starts, ends } = record;
    const late = instants.parse(buffer, starts[COLUMN.date] as number, ends[COLUMN.date] as number);
    if (late !== undefined) return { rule: late, column: 'date' };
    const currency = record.text(COLUMN.currency);
    if (!isCurrency(currency)) return { rule: 'UNKNOWN_CURRENCY', column: 'currency' };
    if (currency === options.currency) return { rule: 'RATE_OF_BASE', column: 'currency' };
    const rate = plainRate(record.text(COLUMN.rate));
    if (rate === undefined) return { rule: 'INVALID_RATE', column: 'rate' };
    const bytes = Buffer.from(rate);
    table.number('rate_on', instants.day);
    table.text('currency', buffer, starts[COLUMN.currency] as number, ends[COLUMN.currency] as number);
    table.text('rate', bytes, 0, bytes.length);
    table.number('source_line', record.line);
    table.endRow();
    return undefined;
  };
  const counts = await readFeed(source, { feed: 'rates', ...options }, take, sink);
  return { ...counts, table: table.finish() };
}
