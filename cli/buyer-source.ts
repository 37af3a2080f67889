import { type Command, Option } from 'commander';
import type { ShardBook } from '../lib/book/shard-book.ts';
import type { PerennialConfig } from '../lib/config/config.ts';
import { parseConfig } from '../lib/config/load.ts';
import { UsageError } from '../lib/errors.ts';
import { parseConfigText } from '../lib/run/config-in-force.ts';
import { knownBooks } from '../lib/run/known-books.ts';
import type { Buyers } from '../lib/run/models/fit-input.ts';
import { settleDropDates } from '../lib/run/scratch-ledger.ts';
import { openObjectStore } from '../lib/store/objects.ts';
import type { BusinessDate } from '../lib/time.ts';
import { type CliContext, configFile, type HomeOptions, readConfigFile } from './context.ts';
import { type CountingLine, countingLine } from './counting-line.ts';
import { scratchBookOfShards } from './local/scratch-books.ts';
import { dropsUrlOf, withHome } from './options.ts';

/** Where the buyers of a command come from. */
export interface BuyerOptions extends HomeOptions {
  /** Folder of drops `dt=D/<feed>/*`, read in place, instead of a home or a stack. */
  readonly data?: string;
}

/** Adds --home, --config, --stack, and --data, which takes the place of the first and the third. */
export function withBuyerSource(command: Command): Command {
  return withHome(command).addOption(
    new Option('--data <dir>', 'folder of drops dt=D/<feed>/*, read in place and left as it is, instead of a home').conflicts([
      'home',
      'stack',
    ]),
  );
}

/** What buyers are asked for. */
export interface BuyerRequest {
  readonly options: BuyerOptions;
  /** Left out: the last committed date, of `--data` the newest drop. */
  readonly date: BusinessDate | undefined;
  readonly context: CliContext;
}

/**
 * Opens what `--home`, `--stack` or `--data` names, hands the buyers as known on a date to `use`, and closes everything. What takes
 * longer than a second is counted on standard error.
 *
 * @param command for the head of what is told, for example `fit`
 * @returns what `use` returned
 * @throws UsageError for `--data` beside `--stack`, and for a date that is not there
 * @throws ConfigError for drops all in another currency than that of the configuration, without rates
 */
export async function withBuyers<T>(command: string, request: BuyerRequest, use: (buyers: Buyers) => Promise<T>): Promise<T> {
  const line = countingLine(command);
  try {
    const { data } = request.options;
    return data === undefined ? await ofHome(request, line, use) : await ofDrops(data, request, line, use);
  } finally {
    line.end();
  }
}

/** The buyers of a home or a stack. */
async function ofHome<T>(
  { options, date, context }: BuyerRequest,
  line: CountingLine,
  use: (buyers: Buyers) => Promise<T>,
): Promise<T> {
  const home = await context.openHome(options);
  try {
    const known = await knownBooks(home.deps, date);
    const { shards, currency } = known.config;
    const books = known.books({
      onNight: ({ shard, done, of }) => line.show(`shard ${shard + 1} of ${shards}, nights folded:`, done, of),
    });
    return await use({ date: known.date, config: await home.config(), currency, books: counting(books, shards, line) });
  } finally {
    await home.close();
  }
}

/** The buyers that a folder of drops tells of, without a home. */
async function ofDrops<T>(
  data: string,
  { options, date }: BuyerRequest,
  line: CountingLine,
  use: (buyers: Buyers) => Promise<T>,
): Promise<T> {
  if (options.stack !== undefined) {
    throw new UsageError('Options --data and --stack: given together, expected one of them. Leave one out.');
  }
  const dropsUrl = dropsUrlOf(data, {});
  const drops = openObjectStore(dropsUrl);
  const config = configOf(options);
  const dates = await settleDropDates(drops, date);
  const books = scratchBookOfShards({ ...dates, dropsUrl, config }, line);
  return use({ date: dates.to, config, currency: config.currency, books: counting(books, dates.shards, line) });
}

/** As for a `run` into a new home: what --config names, else the file in this folder, else every default. @throws ConfigError */
function configOf(options: BuyerOptions): PerennialConfig {
  const file = configFile(options);
  return file === undefined ? parseConfig({}, 'of defaults') : parseConfig(parseConfigText(readConfigFile(file), file), file);
}

/** The same books, counted; what is left of them is closed when no more are taken. */
async function* counting(books: AsyncIterable<ShardBook>, shards: number, line: CountingLine): AsyncGenerator<ShardBook> {
  let done = 0;
  for await (const book of books) {
    yield book;
    line.show('shards read:', ++done, shards);
  }
}
