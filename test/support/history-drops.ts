import fc from 'fast-check';
import { addDays, type BusinessDate, datesBetween } from '../../lib/time.ts';
import { MemoryStore } from './memory-store.ts';

/** First night of every drawn history: a Thursday, so that an epoch begins on the fifth. */
export const FIRST_NIGHT = '2025-01-02' as BusinessDate;

/** Quiet days before night 3: what waits longer than a week is refused. */
const QUIET_DAYS = 8;

/** Date of a night, counted from 0. */
export const dateOfNight = (night: number): BusinessDate => addDays(FIRST_NIGHT, night < 3 ? night : night + QUIET_DAYS);

const FEEDS = ['transactions', 'interactions', 'customers', 'rates', 'erasures'] as const;

/** A feed of a drawn history. */
export type DrawnFeed = (typeof FEEDS)[number];

const COLUMNS: Readonly<Record<DrawnFeed, readonly string[]>> = {
  transactions: ['transaction_id', 'customer_id', 'occurred_at', 'amount', 'currency', 'type', 'original_transaction_id'],
  interactions: ['interaction_id', 'customer_id', 'occurred_at', 'kind'],
  customers: ['customer_id', 'updated_at', 'signed_up_at', 'country', 'consent_email', 'email', 'first_name'],
  rates: ['date', 'currency', 'rate'],
  erasures: ['customer_id', 'requested_at'],
};

/** A row with the night from which it is known; `isLate` when it comes in a file that is added to an earlier folder. */
export interface DrawnRow {
  readonly feed: DrawnFeed;
  readonly night: number;
  readonly isLate: boolean;
  readonly fields: readonly string[];
}

/** Rows and how their nights are run. */
export interface DrawnHistory {
  readonly nights: number;
  readonly rows: readonly DrawnRow[];
  /** Nights before which the second way of running makes a cut. */
  readonly cuts: readonly number[];
  /** The night that finds a late file in the folder before it. */
  readonly lateNight: number;
  /** Shards of the nights, and of another way. */
  readonly shards: number;
  readonly otherShards: number;
  /** What the nights are compared with: ranges of the same shards and files, one range of others, a rebuild from ledger or drops. */
  readonly compared: 'ranges' | 'others' | 'ledger' | 'drops';
  readonly layouts: readonly [Layout, Layout];
}

/** How the rows of a night are laid out in files. */
export interface Layout {
  readonly files: number;
  readonly seed: number;
  readonly format: 'csv' | 'jsonl';
}

const MAX_NIGHTS = 5;
const customer = fc.integer({ min: 0, max: 8 }).map((n) => (n === 8 ? '客 "8", x' : `c${n}`));
const night = fc.nat(MAX_NIGHTS - 1);

/** What the row of a number does: a fact of its own, or something to a row before it. */
const drawnTransaction = fc.record({
  night,
  customer,
  what: fc.constantFrom(
    'sale',
    'sale',
    'sale',
    'sale',
    'refund',
    'refund',
    'loose',
    'void',
    'copy',
    'conflict',
    'spoiled',
    'orphan',
  ),
  of: fc.nat(40),
  offset: fc.constantFrom(0, 0, 0, 0, -1, -3, -40, 1, 2, 3),
  hour: fc.nat(23),
  cents: fc.constantFrom(0, 1, 500, 1000, 1999, 2500),
  currency: fc.constantFrom('USD', 'USD', 'USD', 'USD', 'USD', 'USD', 'EUR', 'JPY'),
  isLate: fc.boolean(),
});

type DrawnTransaction = typeof drawnTransaction extends fc.Arbitrary<infer T> ? T : never;

/** @param hasCurrencies false: everything is in the base currency */
function transactionsOf(drawn: readonly DrawnTransaction[], hasCurrencies: boolean): DrawnRow[] {
  const rows: DrawnRow[] = [];
  const put = (one: DrawnTransaction, fields: readonly string[]) =>
    rows.push({ feed: 'transactions', night: one.night, isLate: one.isLate, fields });
  for (const [i, drawnOne] of drawn.entries()) {
    const one = hasCurrencies ? drawnOne : { ...drawnOne, currency: 'USD' as const };
    const at = `${dateOfNight(one.night + one.offset)}T${String(one.hour).padStart(2, '0')}:00:00Z`;
    const amount = one.currency === 'JPY' ? String(one.cents) : (one.cents / 100).toFixed(2);
    const own = [`t${i}`, one.customer, at, amount, one.currency] as const;
    const before = rows[one.of % Math.max(rows.length, 1)]?.fields ?? own;
    const [id = '', of = '', , , currency = ''] = before;
    const back = [own[0], of, at, currency === 'JPY' ? String(one.cents) : (one.cents / 100).toFixed(2), currency] as const;
    if (one.what === 'sale') put(one, [...own, 'sale', '']);
    else if (one.what === 'loose') put(one, [...back, 'refund', '']);
    else if (one.what === 'refund') put(one, [...back, 'refund', id]);
    else if (one.what === 'void') put(one, [...back.with(3, '0'), 'void', id]);
    else if (one.what === 'orphan') put(one, [...own, 'refund', `t${i + 3}`]);
    else if (one.what === 'spoiled') put(one, [...own.with(3, 'much'), 'sale', '']);
    else if (rows.length === 0) put(one, [...own, 'sale', '']);
    else if (one.what === 'copy') put(one, before);
    else put(one, before.with(2, at));
  }
  return rows;
}

const maybe = <T>(value: fc.Arbitrary<T>, none: T) => fc.oneof(value, fc.constant(none));
const day: fc.Arbitrary<string> = fc.integer({ min: -2, max: MAX_NIGHTS }).map(dateOfNight);

const otherRow = fc.oneof(
  fc.tuple(night, fc.integer({ max: 9, min: 0 }), customer, day, fc.constantFrom('visit', 'complaint', 'survey', 'nonsense')).map(
    ([on, id, who, at, kind]): DrawnRow => ({
      feed: 'interactions',
      night: on,
      isLate: false,
      fields: [`i${id}`, who, `${at}T10:00:00Z`, kind],
    }),
  ),
  fc
    .tuple(
      night,
      customer,
      maybe(day, ''),
      maybe(day, ''),
      fc.constantFrom('DE', 'CN', '', 'XX'),
      fc.constantFrom('true', 'false', ''),
      fc.nat(3),
    )
    .map(
      ([on, who, updated, signed, country, consent, n]): DrawnRow => ({
        feed: 'customers',
        night: on,
        isLate: false,
        fields: [who, updated, signed, country, consent, `secret${n}@example.com`, `Secret${n}`],
      }),
    ),
  fc
    .tuple(night, day, fc.constantFrom('EUR', 'JPY'), fc.constantFrom('1.1', '0.0091', '1.25', 'x'))
    .map(([on, at, currency, rate]): DrawnRow => ({ feed: 'rates', night: on, isLate: false, fields: [at, currency, rate] })),
);

const erasure = fc
  .tuple(night, customer, day)
  .map(([on, who, at]): DrawnRow => ({ feed: 'erasures', night: on, isLate: false, fields: [who, at] }));

const layout = fc.record({
  files: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
  format: fc.constantFrom('csv' as const, 'csv' as const, 'jsonl' as const),
});

const everyNight = (nights: number): DrawnRow[] =>
  Array.from({ length: nights }, (_, on) => ({
    feed: 'transactions',
    night: on,
    isLate: false,
    fields: [`every-${on}`, 'c9', `${dateOfNight(on)}T08:00:00Z`, '3.00', 'USD', 'sale', ''],
  }));

/** Small histories of every feed with every kind of dirt. */
export const drawnHistory: fc.Arbitrary<DrawnHistory> = fc
  .record({
    nights: fc.integer({ min: 2, max: MAX_NIGHTS }),
    transactions: fc.array(drawnTransaction, { minLength: 5, maxLength: 40 }),
    hasCurrencies: fc.boolean(),
    others: fc.oneof(fc.constant([]), fc.array(otherRow, { maxLength: 16 })),
    erasures: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(erasure, { maxLength: 2 }) }),
    cuts: fc.array(fc.integer({ min: 1, max: MAX_NIGHTS - 1 }), { maxLength: 2 }),
    lateNight: fc.integer({ min: 1, max: MAX_NIGHTS - 1 }),
    shards: fc.oneof({ weight: 24, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(7) }),
    otherShards: fc.oneof(
      { weight: 10, arbitrary: fc.constant(1) },
      { weight: 5, arbitrary: fc.constant(7) },
      { weight: 1, arbitrary: fc.constant(64) },
    ),
    compared: fc.constantFrom('ranges' as const, 'others' as const, 'ledger' as const, 'drops' as const),
    layouts: fc.tuple(layout, layout),
  })
  .map(({ transactions, hasCurrencies, others, erasures, nights, lateNight, cuts, ...rest }) => ({
    ...rest,
    nights,
    lateNight: Math.min(lateNight, nights - 1),
    cuts: cuts.filter((cut) => cut < nights),
    // A night of which no row is accepted fails: each has one that is.
    rows: [...everyNight(nights), ...transactionsOf(transactions, hasCurrencies), ...others, ...erasures].filter(
      (row) => row.night < nights,
    ),
  }));

/** Drops of a history; `late` are the files that the late night finds. */
export interface HistoryDrops {
  readonly drops: MemoryStore;
  readonly late: readonly (readonly [string, Uint8Array])[];
}

/** Lays the rows out in files: dealt to the files and put in order by the layout's seed. */
export async function dropsOf(history: DrawnHistory, to: Layout): Promise<HistoryDrops> {
  const files = new Map<string, DrawnRow[]>();
  const late = new Map<string, DrawnRow[]>();
  for (const [i, row] of history.rows.entries()) {
    const isLate = row.isLate && row.night === history.lateNight;
    const folder = addDays(dateOfNight(row.night), isLate ? -1 : 0);
    const part = isLate ? 'late' : String(mixed(to.seed, i) % to.files);
    const key = `dt=${folder}/${row.feed}/${part}.${to.format}`;
    const target = isLate ? late : files;
    target.set(key, [...(target.get(key) ?? []), row]);
  }
  const drops = new MemoryStore('memory:drops');
  for (const date of datesBetween(FIRST_NIGHT, dateOfNight(history.nights - 1))) {
    await drops.create(`dt=${date}/_SUCCESS`, new Uint8Array(0));
  }
  for (const [key, rows] of files) await drops.create(key, textOf(key, rows, to));
  return { drops, late: [...late].map(([key, rows]) => [key, textOf(key, rows, to)] as const) };
}

/** A column that nobody reads tells files of the same rows apart, for a file is taken once. */
function textOf(key: string, rows: readonly DrawnRow[], { seed, format }: Layout): Uint8Array {
  const order = rows.map((row, i) => ({ row, place: mixed(seed + 1, i) })).sort((a, b) => a.place - b.place);
  const columns = COLUMNS[rows[0]?.feed ?? 'transactions'];
  const quoted = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = order.map(({ row }) =>
    format === 'csv'
      ? [...row.fields.map(quoted), key].join(',')
      : JSON.stringify({ ...Object.fromEntries(columns.map((name, i) => [name, row.fields[i]])), key }),
  );
  return Buffer.from(
    [...(format === 'csv' ? [[...columns, 'key'].join(',')] : []), ...lines].map((line) => `${line}\n`).join(''),
  );
}

/** A number of two, spread. */
function mixed(seed: number, i: number): number {
  let h = Math.imul(seed ^ Math.imul(i + 1, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
