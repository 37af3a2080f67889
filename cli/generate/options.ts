import { ConfigError } from '../../lib/errors.ts';
import { isCurrency } from '../../lib/money.ts';
import { isTimeZone, parseBusinessDate } from '../../lib/time.ts';
import { DROP_FORMATS, type DropFormat } from './feed-text.ts';

/**
 * Models of when a customer buys and stops: MBG/NBD also right after the first purchase, BG/NBD after repeat purchases alone; `steady`
 * is MBG/NBD with gaps as regular as those of a grocery, `seasonal` is MBG/NBD with months that are busier than others.
 */
export const POPULATIONS = ['mbg-nbd', 'bg-nbd', 'steady', 'seasonal'] as const;

/** A model of when a customer buys and stops. */
export type PopulationModel = (typeof POPULATIONS)[number];

/**
 * Parameters of a population.
 *
 * Purchases per day ~ Gamma(shape `r`, rate `alpha` days); chance to stop after a purchase ~ Beta(`a`, `b`);
 * the spend of a purchase, in units of the currency, ~ Gamma(shape `p`, rate nu) with nu ~ Gamma(shape `q`, rate `v`).
 */
export interface PopulationParameters {
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
  readonly p: number;
  readonly q: number;
  readonly v: number;
}

/**
 * A shop with the shape of a mail-order music shop (many single buyers, a long tail of regulars) but livelier:
 * about one purchase in 29 days while a customer stays, 18 % stop after a purchase, 30 spent on average.
 */
export const DEFAULT_PARAMETERS: PopulationParameters = { r: 0.75, alpha: 22, a: 0.7, b: 3.2, p: 6, q: 4, v: 15 };

/** A grocery: a purchase in 9 days or so, 3 % stop after one. */
const STEADY_PARAMETERS: PopulationParameters = { ...DEFAULT_PARAMETERS, r: 6, alpha: 51, a: 0.8, b: 24 };

/** Parameters of each population where none are told. */
export const POPULATION_PARAMETERS: Readonly<Record<PopulationModel, PopulationParameters>> = {
  'mbg-nbd': DEFAULT_PARAMETERS,
  'bg-nbd': DEFAULT_PARAMETERS,
  steady: STEADY_PARAMETERS,
  seasonal: DEFAULT_PARAMETERS,
};

/** Feeds that can be generated beside the transactions. */
export const EXTRA_FEEDS = ['interactions', 'customers', 'rates'] as const;

/** What to generate. */
export interface GenerateOptions {
  /** Number of dates, from `start` on. */
  readonly days: number;
  readonly customers: number;
  /** 32-bit integer; the same options give the same bytes. */
  readonly seed: number;
  readonly population: PopulationModel;
  /** Folder that gets `dt=D/transactions/...`, `truth.json` and `truth.csv`. */
  readonly out: string;
  /** First date, `YYYY-MM-DD`. */
  readonly start: string;
  readonly currency: string;
  readonly timeZone: string;
  /** Share (0..0.2) of sales that get each kind of dirt. */
  readonly dirt: number;
  readonly gzip: boolean;
  readonly format: DropFormat;
  /** Feeds beside the transactions. */
  readonly feeds: readonly (typeof EXTRA_FEEDS)[number][];
  /** Currencies beside `currency` in which some customers pay; their rates are a feed then. */
  readonly currencies: readonly string[];
  /** Replace drops that were generated into `out` before. */
  readonly force: boolean;
  readonly parameters: PopulationParameters;
}

/** Every option but the sizes, the seed and the folder. */
export const GENERATE_DEFAULTS = {
  population: 'mbg-nbd',
  start: '2025-01-01',
  currency: 'USD',
  timeZone: 'UTC',
  dirt: 0,
  gzip: false,
  format: 'csv',
  feeds: [] as (typeof EXTRA_FEEDS)[number][],
  currencies: [] as string[],
  force: false,
  parameters: DEFAULT_PARAMETERS,
} as const satisfies Partial<GenerateOptions>;

/** Expected sales beyond which the draw would not fit into memory (32 bytes each in columns: 6.4 GB). */
const MAX_EXPECTED_SALES = 200_000_000;

/** @throws ConfigError that names the first option that cannot be used. */
export function assertGenerateOptions(options: GenerateOptions): void {
  const refuse: Refuse = (what, observed, expected) => {
    throw new ConfigError(`Option ${what}: ${String(observed)}, expected ${expected}. Correct the option.`);
  };
  const { days, customers, seed, dirt, currency, timeZone, parameters, population } = options;
  if (!Number.isInteger(days) || days < 1 || days > 36_500) refuse('--days', days, 'an integer from 1 to 36500');
  if (!Number.isInteger(customers) || customers < 1 || customers > 100_000_000) {
    refuse('--customers', customers, 'an integer from 1 to 100000000');
  }
  if (!Number.isInteger(seed) || seed !== (seed | 0)) refuse('--seed', seed, 'an integer from -2147483648 to 2147483647');
  if (!(dirt >= 0 && dirt <= 0.2)) refuse('--dirt', dirt, 'a share from 0 to 0.2');
  if (!isCurrency(currency)) refuse('--currency', currency, 'an ISO 4217 code such as EUR');
  if (!isTimeZone(timeZone)) refuse('--time-zone', timeZone, 'an IANA name such as Asia/Shanghai');
  if (!POPULATIONS.includes(population)) refuse('--population', population, POPULATIONS.join(' or '));
  parseBusinessDate(options.start, 'Option --start');
  assertFeeds(options, refuse);
  for (const [name, value] of Object.entries(parameters)) {
    if (!(Number.isFinite(value) && value > 0)) refuse(`--${name}`, value, 'a number above 0');
  }
  if (parameters.q <= 1) refuse('--q', parameters.q, 'a number above 1 (else the mean spend is infinite)');
  const expectedSales = customers * (1 + (days * parameters.r) / parameters.alpha);
  if (expectedSales > MAX_EXPECTED_SALES) {
    refuse(
      '--customers',
      customers,
      `at most ${MAX_EXPECTED_SALES} expected sales (these options: up to ${Math.round(expectedSales)})`,
    );
  }
}

type Refuse = (what: string, observed: unknown, expected: string) => never;

function assertFeeds({ feeds, currencies, currency, format, gzip }: GenerateOptions, refuse: Refuse): void {
  for (const feed of feeds) if (!EXTRA_FEEDS.includes(feed)) refuse('--feeds', feed, EXTRA_FEEDS.join(', '));
  for (const code of currencies) {
    if (!isCurrency(code) || code === currency)
      refuse('--currencies', code, `ISO 4217 codes other than ${currency}, such as EUR,JPY`);
  }
  if (feeds.includes('rates') !== currencies.length > 0) {
    refuse('--feeds rates', feeds.join(',') || 'none', 'it together with --currencies, and neither without the other');
  }
  if (!DROP_FORMATS.includes(format)) refuse('--format', format, DROP_FORMATS.join(' or '));
  if (gzip && format === 'parquet') refuse('--gzip', 'with --format parquet', 'it with csv or jsonl alone');
}
