import { type Command, InvalidArgumentError, Option } from 'commander';
import { currencyExponent, formatMinor } from '../../lib/money.ts';
import { counted } from '../../lib/run/counted.ts';
import { DROP_FORMATS } from '../generate/feed-text.ts';
import { type GenerateProgress, type GenerateSummary, generateDrops } from '../generate/generate-drops.ts';
import {
  EXTRA_FEEDS,
  GENERATE_DEFAULTS,
  type GenerateOptions,
  POPULATION_PARAMETERS,
  POPULATIONS,
  type PopulationParameters,
} from '../generate/options.ts';
import { count } from '../table.ts';

const EXAMPLES = `
Examples:
  220 nights of a shop with 20,000 customers:
    npm run -s perennial -- generate --days 220 --customers 20000 --seed 1 --out drops

  A shop in Shanghai with dirty data, compressed:
    npm run -s perennial -- generate --days 90 --customers 5000 --seed 7 --out drops \\
      --currency CNY --time-zone Asia/Shanghai --v 100 --dirt 0.01 --gzip

  Read them in place, all nights in one run:
    npm run -s perennial -- run --from 2025-01-01 --to 2025-08-08 --data drops

  All feeds, three currencies, as Parquet:
    npm run -s perennial -- generate --days 90 --customers 5000 --out drops --feeds interactions,customers,rates \\
      --currencies EUR,JPY --format parquet

What is written:
  DIR/dt=D/transactions/transactions-00001.csv  one drop per date; a header alone on a quiet day
  DIR/dt=D/{interactions,customers,rates}/...   what --feeds names, on days with rows; nobody in it is real
  DIR/dt=D/_SUCCESS                             the marker, written after the files
  DIR/truth.json                                model, parameters, seed, counts of sales and of each kind of dirt
  DIR/truth.csv                                 per customer: arrival, purchases a day, chance to stop, purchase days,
                                                alive at the end, mean spend

The population:
  Purchases a day ~ Gamma(r, alpha days); the chance to stop after a purchase ~ Beta(a, b); the spend of a purchase
  ~ Gamma(p, nu) with nu ~ Gamma(q, v), so that its mean is p v / (q - 1). With mbg-nbd a customer may stop right after the
  first purchase, with bg-nbd only after a repeat purchase. A customer buys once a day at most, 3 % of the times in two
  orders. 85 % of the customers arrive in the first 60 % of the days, the others until the end.
  Gaps between the purchases of one customer are exponential, their mean is one over the purchases a day. The last two do not
  follow any of the models that nights fit:
    steady    like a grocery: may stop as with mbg-nbd; gaps ~ Gamma(2.5) of the same mean, so that they are more regular; r 6,
              alpha 51, a 0.8, b 24 unless told: a purchase in 9 days or so, 3 % stop after one
    seasonal  mbg-nbd whose purchases a day are multiplied by the month: November and December 1.7, October 1.1, May 1.0, April,
              June and September 0.9, March, July and August 0.8, January and February 0.7

Dirt (--dirt 0.01) gives one sale in a hundred each: an exact copy, a refund, a void, a delivery 1 to 5 days late; one in a
thousand an unreadable row beside it, one in two thousand a row in another currency. The sales stay the same.
`;

/** Adds `generate` to the command line. */
export function registerGenerate(program: Command): void {
  const { parameters: _parameters, ...defaults } = GENERATE_DEFAULTS;
  const parameter = (name: keyof PopulationParameters, text: string) =>
    new Option(`--${name} <number>`, `${text} (default: ${defaultsOf(name)})`).argParser(parseNumber);
  program
    .command('generate')
    .summary('draw customers from a known population and write their drops')
    .description('Draws customers from a known population and writes realistic dated drops, with the truth beside them.')
    .requiredOption('--days <n>', 'number of dates', parseNumber)
    .requiredOption('--customers <n>', 'number of customers', parseNumber)
    .requiredOption('--out <dir>', 'folder to write, new or empty')
    .option('--seed <n>', 'the same seed and options give the same bytes', parseNumber, 1)
    .addOption(
      new Option('--population <model>', 'model of when a customer buys and stops')
        .choices(POPULATIONS)
        .default(defaults.population),
    )
    .option('--start <date>', 'first date, YYYY-MM-DD', defaults.start)
    .option('--currency <code>', 'ISO 4217 code', defaults.currency)
    .option('--time-zone <zone>', 'business time zone, IANA name', defaults.timeZone)
    .option('--dirt <share>', 'share of sales that get each kind of dirt, 0 to 0.2', parseNumber, defaults.dirt)
    .addOption(new Option('--format <form>', 'form of the files').choices(DROP_FORMATS).default(defaults.format))
    .option('--gzip', 'write .csv.gz or .jsonl.gz')
    .option('--feeds <names>', `more feeds, separated by commas: ${EXTRA_FEEDS.join(', ')}`, parseList)
    .option('--currencies <codes>', 'more currencies, separated by commas; needs the feed rates', parseList)
    .option('--force', 'replace drops that generate wrote into the folder before')
    .addOption(parameter('r', 'shape of purchases a day'))
    .addOption(parameter('alpha', 'rate of purchases a day, in days'))
    .addOption(parameter('a', 'first parameter of the chance to stop'))
    .addOption(parameter('b', 'second parameter of the chance to stop'))
    .addOption(parameter('p', 'shape of the spend of a purchase'))
    .addOption(parameter('q', 'shape of the rate of spend, above 1'))
    .addOption(parameter('v', 'rate of the rate of spend, in units of the currency'))
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => {
      const { r, alpha, a, b, p, q, v, json, ...rest } = flags;
      const told = Object.fromEntries(Object.entries({ r, alpha, a, b, p, q, v }).filter(([, value]) => value !== undefined));
      const parameters = { ...POPULATION_PARAMETERS[rest.population], ...told };
      const summary = await generateDrops({ ...defaults, ...rest, parameters }, progressLine());
      process.stdout.write(json ? `${JSON.stringify(summary)}\n` : describeSummary(summary, flags));
    });
}

type Flags = Omit<GenerateOptions, 'parameters' | Unset> &
  Partial<Pick<GenerateOptions, Unset>> &
  Partial<PopulationParameters> & { readonly json?: true };

/** Options whose default says that there is nothing: the help does not show it. */
type Unset = 'gzip' | 'feeds' | 'currencies' | 'force';

/** The value of a parameter where none is told, and that of `steady` where it has its own. */
function defaultsOf(name: keyof PopulationParameters): string {
  const [usual, steady] = [POPULATION_PARAMETERS['mbg-nbd'][name], POPULATION_PARAMETERS.steady[name]];
  return usual === steady ? String(usual) : `${usual}; steady: ${steady}`;
}

const parseList = (text: string): string[] => text.split(',').filter((part) => part !== '');

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

/** Progress on standard error where that is a terminal: one line, written over. */
function progressLine(): (progress: GenerateProgress) => void {
  if (!process.stderr.isTTY) return () => {};
  return ({ days, daysTotal, rows, rowsTotal }) => {
    process.stderr.write(`\rgenerate  ${days}/${daysTotal} dates  ${count(rows)}/${count(rowsTotal)} rows`);
    if (days === daysTotal) process.stderr.write('\n');
  };
}

function describeSummary(summary: GenerateSummary, { currency, population }: Pick<Flags, 'currency' | 'population'>): string {
  const { dirt } = summary;
  const revenue = formatMinor(summary.revenueMinor, currencyExponent(currency));
  const lines = [
    `Drops of ${summary.from} to ${summary.to} are in ${summary.out}.`,
    `  population    ${population}`,
    `  customers     ${count(summary.customers)} (${count(summary.repeatCustomers)} bought again, ${count(summary.aliveAtEnd)} alive at the end)`,
    `  purchases     ${count(summary.purchases)} in ${count(summary.sales)} orders, ${revenue} ${currency}`,
    `  rows          ${count(summary.rows)}`,
  ];
  const kinds: [number, string][] = [
    [dirt.duplicates, 'duplicates'],
    [dirt.partialRefunds + dirt.fullRefunds, 'refunds'],
    [dirt.voids, 'voids'],
    [dirt.lateSales, 'late sales'],
    [dirt.malformedAmounts + dirt.missingCustomers, 'unreadable rows'],
    [dirt.otherCurrencies, 'rows in another currency'],
  ];
  const feeds = Object.entries(summary.feeds ?? {}).map(([feed, rows]) => `${feed} ${counted(rows, 'row')}`);
  if (feeds.length > 0) lines.push(`  more feeds    ${feeds.join(', ')}`);
  const said = kinds.filter(([n]) => n > 0).map(([n, what]) => `${count(n)} ${what}`);
  if (said.length > 0) lines.push(`  dirt          ${said.join(', ')}`);
  lines.push(`  the truth     truth.json and truth.csv in the same folder`);
  return `${lines.join('\n')}\n`;
}
