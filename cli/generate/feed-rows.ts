import { formatDay } from '../../lib/time.ts';
import type { GenerateOptions } from './options.ts';
import { orderByDay, type Population } from './population.ts';
import { type Uniform, uniformStream } from './random.ts';

/** Rows of one feed by day: what `generate` writes beside the transactions. */
export interface FeedRows {
  readonly feed: 'customers' | 'interactions' | 'rates';
  readonly columns: readonly string[];
  /** Rows of a day in the order of the file; values hold no delimiter and no quote. Empty: no file. */
  readonly rowsOf: (day: number) => readonly (readonly string[])[];
  readonly count: number;
}

/** Instant (ISO 8601, UTC) of a second of a business day; day 0 is the first. */
export type InstantOf = (day: number, second: number) => string;

/** What the feeds are made from. */
export interface FeedInput {
  readonly options: GenerateOptions;
  readonly firstDay: number;
  readonly population: Population;
  readonly instantOf: InstantOf;
  readonly customerIdOf: (position: number) => string;
  /** Rate of a currency on a day, units of the base currency per unit. */
  readonly rateOf: (currency: string, day: number) => string;
}

/** The streams of a seed that the feeds draw from; 0 and 1 are those of the population and of the dirt. */
const STREAMS = { customers: 2, interactions: 3 } as const;

const FIRST_NAMES = [
  'Ada',
  'Bo',
  'Chen',
  'Dana',
  'Eli',
  'Fay',
  'Gus',
  'Hana',
  'Ivo',
  'Jun',
  'Kim',
  'Lea',
  'Mo',
  'Nia',
  'Omar',
  'Pia',
];
const LAST_NAMES = [
  'Abara',
  'Brandt',
  'Castro',
  'Dvorak',
  'Eriksen',
  'Fischer',
  'Gupta',
  'Haddad',
  'Ito',
  'Jansen',
  'Kaya',
  'Li',
];
const CITIES = ['Springfield', 'Riverton', 'Lakeside', 'Hillview', 'Mapleton', 'Fairview'];
const COUNTRIES = ['US', 'DE', 'CN', 'FR', 'GB', 'JP'];

/** Share of customers without an address, without a phone, and of those who move to another address later. */
const SHARES = { noEmail: 0.1, noPhone: 0.35, moves: 0.05 } as const;

/** Rows of the feeds that the options ask for. */
export function planFeeds(input: FeedInput): FeedRows[] {
  const { feeds } = input.options;
  return [
    ...(feeds.includes('customers') ? [planCustomers(input)] : []),
    ...(feeds.includes('interactions') ? [planInteractions(input)] : []),
    ...(feeds.includes('rates') ? [planRates(input)] : []),
  ];
}

type DayRows = string[][][];

const emptyDays = (days: number): DayRows => Array.from({ length: days }, () => []);

const rowsOfDays = (rows: DayRows) => ({
  rowsOf: (day: number) => rows[day] as string[][],
  count: rows.reduce((sum, { length }) => sum + length, 0),
});

const pick = <T>(uniform: Uniform, values: readonly T[]): T => values[Math.floor(uniform() * values.length)] as T;

/** One row per customer on the day of arrival, and another one later for those who move. Nobody of them is real. */
function planCustomers({ options, firstDay, population, instantOf, customerIdOf }: FeedInput): FeedRows {
  const uniform = uniformStream(options.seed, STREAMS.customers);
  const rows = emptyDays(options.days);
  const { arrivedDay } = population.customers;
  for (let at = 0; at < arrivedDay.length; at++) {
    const arrived = arrivedDay[at] as number;
    const [first, last, city] = [pick(uniform, FIRST_NAMES), pick(uniform, LAST_NAMES), pick(uniform, CITIES)];
    const number = String(at + 1).padStart(7, '0');
    const email = uniform() < SHARES.noEmail ? '' : `${first}.${last}.${number}@example.com`.toLowerCase();
    const phone = uniform() < SHARES.noPhone ? '' : `+1555${number}`;
    const consents = Array.from({ length: 3 }, () => String(uniform() < 0.7));
    const zip = String(10_000 + Math.floor(uniform() * 89_999));
    const country = pick(uniform, COUNTRIES);
    const second = Math.floor(uniform() * 79_200);
    const moves = uniform() < SHARES.moves;
    const movedDay = arrived + 1 + Math.floor(uniform() * 60);
    const when = (day: number) => [instantOf(day, second), formatDay(firstDay + arrived)];
    const row = (day: number, address: string) => [
      customerIdOf(at),
      ...when(day),
      country,
      ...consents,
      address,
      phone,
      first,
      last,
      city,
      zip,
    ];
    rows[arrived]?.push(row(arrived, email));
    if (moves && movedDay < options.days) rows[movedDay]?.push(row(movedDay, `${last}.${number}@mail.example.com`.toLowerCase()));
  }
  return {
    feed: 'customers',
    columns:
      'customer_id,updated_at,signed_up_at,country,consent_email,consent_sms,consent_ads,email,phone,first_name,last_name,city,zip'.split(
        ',',
      ),
    ...rowsOfDays(rows),
  };
}

/** Visits before three in ten sales; after some a review, or a complaint that is mostly resolved. */
function planInteractions({ options, population, instantOf, customerIdOf }: FeedInput): FeedRows {
  const uniform = uniformStream(options.seed, STREAMS.interactions);
  const { sales } = population;
  const days: number[] = [];
  const seconds: number[] = [];
  const cells: [customer: number, kind: string, score: string][] = [];
  const add = (day: number, second: number, cell: [number, string, string]) => {
    if (day >= options.days) return;
    days.push(day);
    seconds.push(second);
    cells.push(cell);
  };
  for (let sale = 0; sale < sales.count; sale++) {
    const [customer, day] = [sales.customer[sale] as number, sales.day[sale] as number];
    const second = sales.second[sale] as number;
    if (uniform() < 0.3) add(day, Math.max(0, second - 60 - Math.floor(uniform() * 1200)), [customer, 'visit', '']);
    const later = day + 1 + Math.floor(uniform() * 10);
    const chance = uniform();
    if (chance < 0.06) add(later, second, [customer, 'review', String(chance < 0.045 ? 5 : 4)]);
    else if (chance < 0.08) {
      add(later, second, [customer, 'complaint', '']);
      if (uniform() < 0.8) add(later + 2, second, [customer, 'complaint_resolved', '']);
    }
  }
  const { order, ends } = orderByDay(Int32Array.from(days), Int32Array.from(seconds), options.days);
  const rowsOf = (day: number) =>
    Array.from(order.subarray(ends[day], ends[day + 1]), (at) => {
      const [customer, kind, score] = cells[at] as [number, string, string];
      const id = `i${String(at + 1).padStart(8, '0')}`;
      return [id, customerIdOf(customer), instantOf(day, seconds[at] as number), kind, score, 'web'];
    });
  const columns = ['interaction_id', 'customer_id', 'occurred_at', 'kind', 'score', 'channel'];
  return { feed: 'interactions', columns, rowsOf, count: cells.length };
}

/** One rate per day and currency. */
function planRates({ options, firstDay, rateOf }: FeedInput): FeedRows {
  const rowsOf = (day: number) =>
    options.currencies.map((currency) => [formatDay(firstDay + day), currency, rateOf(currency, day)]);
  return { feed: 'rates', columns: ['date', 'currency', 'rate'], rowsOf, count: options.days * options.currencies.length };
}
