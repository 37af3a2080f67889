import { mkdir, readdir, readFile, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ConfigError, UsageError } from '../../lib/errors.ts';
import { currencyExponent } from '../../lib/money.ts';
import { addDays, type BusinessDate, dayOf } from '../../lib/time.ts';
import { type DirtCounts, planDeliveries } from './deliveries.ts';
import { drawExchange } from './exchange.ts';
import { planFeeds } from './feed-rows.ts';
import { DROP_FORMATS } from './feed-text.ts';
import { assertGenerateOptions, EXTRA_FEEDS, type GenerateOptions } from './options.ts';
import { drawPopulation } from './population.ts';
import { MONTH_INTENSITY, STEADY_GAP_SHAPE } from './purchase-times.ts';
import { customerIdOf, feedFile, instantFormatter, writeDrops, writeTruth } from './write-drops.ts';

/** How far a generation is. */
export interface GenerateProgress {
  readonly days: number;
  readonly daysTotal: number;
  readonly rows: number;
  readonly rowsTotal: number;
}

/** What was generated. */
export interface GenerateSummary {
  readonly out: string;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly customers: number;
  /** Days with a purchase, over all customers. */
  readonly purchases: number;
  /** Orders: a purchase may be two on the same day. */
  readonly sales: number;
  /** Rows of all files: sales and dirt. */
  readonly rows: number;
  readonly repeatCustomers: number;
  readonly aliveAtEnd: number;
  readonly revenueMinor: number;
  readonly dirt: DirtCounts;
  /** Rows of the feeds beside the transactions, where there are any. */
  readonly feeds?: Readonly<Record<string, number>>;
}

/** Says in `truth.json` whose folder this is. */
const GENERATOR = 'perennial generate';

/**
 * Draws a population and writes its drops, `truth.json` and `truth.csv` into `options.out`.
 *
 * The same options give the same bytes. `truth.json` is written first, the markers of the dates in order, `truth.csv` last:
 * a folder without it was left half-way.
 *
 * @throws ConfigError for an option out of range, or when `out` holds something else than drops made here before
 */
export async function generateDrops(
  options: GenerateOptions,
  onProgress: (progress: GenerateProgress) => void = () => {},
): Promise<GenerateSummary> {
  assertGenerateOptions(options);
  await clearOut(options.out, options.force);
  const { out, days, customers, seed, currency, timeZone, gzip, parameters, population: model } = options;
  const start = options.start as BusinessDate;
  const exponent = currencyExponent(currency);
  const population = drawPopulation({ model, parameters, firstDay: dayOf(start), days, customers, seed, exponent });
  const deliveries = planDeliveries(population.sales, days, options.dirt, seed);
  const { currencies, feeds, format } = options;
  const exchange = drawExchange(seed, { base: currency, currencies, days, customers });
  const extra = planFeeds({
    options,
    firstDay: dayOf(start),
    population,
    instantOf: instantFormatter(start, days, timeZone),
    customerIdOf,
    rateOf: exchange.rateOf,
  });

  const rowsTotal = deliveries.order.length;
  const summary: GenerateSummary = {
    out,
    from: start,
    to: addDays(start, days - 1),
    customers,
    purchases: population.customers.purchases.reduce((sum, n) => sum + n, 0),
    sales: population.sales.count,
    rows: rowsTotal,
    repeatCustomers: population.customers.purchases.reduce((sum, n) => sum + (n > 1 ? 1 : 0), 0),
    aliveAtEnd: population.customers.alive.reduce((sum, n) => sum + n, 0),
    revenueMinor: population.sales.amountMinor.reduce((sum, minor) => sum + minor, 0),
    dirt: deliveries.dirt,
    ...(extra.length > 0 && { feeds: Object.fromEntries(extra.map(({ feed, count }) => [feed, count])) }),
  };
  const { out: _folder, ...counts } = summary;
  const truth = {
    generator: GENERATOR,
    population: model,
    parameters,
    ...(model === 'steady' && { gapShape: STEADY_GAP_SHAPE }),
    ...(model === 'seasonal' && { monthIntensity: MONTH_INTENSITY }),
    seed,
    days,
    start,
    currency,
    timeZone,
    dirt: options.dirt,
    gzip,
    ...(format !== 'csv' && { format }),
    ...(feeds.length > 0 && { feeds }),
    ...(currencies.length > 0 && { currencies }),
    counts,
  };
  await writeFile(join(out, 'truth.json'), `${JSON.stringify(truth, null, 2)}\n`);
  const drops = { out, start, days, timeZone, currency, format, gzip, population, deliveries, exchange, feeds: extra };
  await writeDrops(drops, (written, rows) => onProgress({ days: written, daysTotal: days, rows, rowsTotal }));
  await writeTruth(join(out, 'truth.csv'), population.customers, start);
  return summary;
}

const ownTruth = z.looseObject({ generator: z.literal(GENERATOR) });

/** Makes the folder, and with `force` takes away what an earlier generation wrote; other files are never touched. */
async function clearOut(out: string, force: boolean): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
  } catch (cause) {
    throw new UsageError(`Option --out: ${out}: cannot be made, expected a folder that can be written. Correct the path.`, {
      cause,
    });
  }
  const names = await readdir(out);
  if (names.length === 0) return;
  if (!(await isOwn(join(out, 'truth.json')))) {
    throw new ConfigError(
      `Folder ${out}: not empty and not made by generate, expected a new or empty folder. Choose another --out.`,
    );
  }
  if (!force) {
    throw new ConfigError(
      `Folder ${out}: holds drops generated before, expected a new or empty folder. Add --force to replace them.`,
    );
  }
  for (const name of names.filter((it) => /^dt=\d{4}-\d{2}-\d{2}$/.test(it))) {
    const folder = join(out, name);
    for (const feed of ['transactions', ...EXTRA_FEEDS]) {
      for (const format of DROP_FORMATS) {
        for (const gzipped of [false, true]) await unlinkIfThere(join(folder, feedFile(feed, format, gzipped)));
      }
      await rmdirIfEmpty(join(folder, feed));
    }
    await unlinkIfThere(join(folder, '_SUCCESS'));
    await rmdirIfEmpty(folder);
  }
  await unlinkIfThere(join(out, 'truth.csv'));
  const left = (await readdir(out)).filter((name) => name !== 'truth.json');
  if (left.length > 0) {
    throw new ConfigError(
      `Folder ${out}: holds ${left[0]}, which generate did not make, expected nothing else. Move it away or choose another --out.`,
    );
  }
}

async function isOwn(path: string): Promise<boolean> {
  try {
    return ownTruth.safeParse(JSON.parse(await readFile(path, 'utf8'))).success;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}

async function rmdirIfEmpty(path: string): Promise<void> {
  await rmdir(path).catch((error: unknown) => {
    if (!['ENOENT', 'ENOTEMPTY'].includes(codeOf(error))) throw error;
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
