import * as z from 'zod';
import type { Feed } from '../keys.ts';

/** Columns of the `transactions` feed, in the order of the data contract. */
export const TRANSACTION_COLUMNS = [
  'transaction_id',
  'customer_id',
  'occurred_at',
  'amount',
  'currency',
  'type',
  'original_transaction_id',
  'channel',
  'order_id',
  'cost',
  'margin',
  'referrer_id',
] as const;

/** A column of the `transactions` feed. */
export type TransactionColumn = (typeof TRANSACTION_COLUMNS)[number];

/** Columns that every file must have, by its header or by a default. */
export const REQUIRED_TRANSACTION_COLUMNS = [
  'transaction_id',
  'customer_id',
  'occurred_at',
  'amount',
  'currency',
  'type',
] as const;

/** Columns of the other feeds, in the order of the data contract. */
const INTERACTION_COLUMNS = ['interaction_id', 'customer_id', 'occurred_at', 'kind', 'score', 'channel'] as const;

/** Identifiers of the `customers` feed: they go to `pii/` and nowhere else. */
export const IDENTIFIER_COLUMNS = [
  'email',
  'phone',
  'first_name',
  'last_name',
  'city',
  'state',
  'zip',
  'date_of_birth',
  'gender',
] as const;

/** Columns of the `customers` feed. */
const CUSTOMER_COLUMNS = [
  'customer_id',
  'updated_at',
  'signed_up_at',
  'country',
  'consent_email',
  'consent_sms',
  'consent_ads',
  ...IDENTIFIER_COLUMNS,
] as const;

/** Columns of the `rates` feed: on `date`, one unit of `currency` is worth `rate` units of the base currency. */
const RATE_COLUMNS = ['date', 'currency', 'rate'] as const;

/** Columns of the `erasures` feed. */
const ERASURE_COLUMNS = ['customer_id', 'requested_at'] as const;

/** Columns of every feed, and those of them that every file must have, by its header or by a default. */
export const FEED_COLUMNS = {
  transactions: { columns: TRANSACTION_COLUMNS, required: REQUIRED_TRANSACTION_COLUMNS },
  interactions: { columns: INTERACTION_COLUMNS, required: ['interaction_id', 'customer_id', 'occurred_at', 'kind'] },
  customers: { columns: CUSTOMER_COLUMNS, required: ['customer_id'] },
  rates: { columns: RATE_COLUMNS, required: RATE_COLUMNS },
  erasures: { columns: ERASURE_COLUMNS, required: ERASURE_COLUMNS },
} as const satisfies Record<Feed, { columns: readonly string[]; required: readonly string[] }>;

/**
 * Feeds with personal data: no message quotes a value of theirs (a shifted column may hold an identifier), and their refused rows are
 * kept below `pii/`.
 */
export const CONFIDENTIAL_FEEDS: readonly Feed[] = ['customers', 'erasures'];

/** Forms of a date or date-time that a source may use. */
export const DATE_FORMATS = [
  'iso',
  'yyyyMMdd',
  'yyyy/MM/dd',
  'dd/MM/yyyy',
  'MM/dd/yyyy',
  'dd.MM.yyyy',
  'yyyy-MM-dd HH:mm:ss',
  'yyyy/MM/dd HH:mm:ss',
  'dd/MM/yyyy HH:mm:ss',
  'MM/dd/yyyy HH:mm:ss',
  'epoch-seconds',
  'epoch-milliseconds',
] as const;

/** A form of a date or date-time. */
export type DateFormat = (typeof DATE_FORMATS)[number];

const columnRef = z.union([z.string().min(1), z.int().min(0)]);

/** A key for each of the given columns, all optional. */
const perColumn = <const C extends string, V extends z.ZodType>(columns: readonly C[], value: V) =>
  z.strictObject(Object.fromEntries(columns.map((name) => [name, value.optional()])) as Record<C, z.ZodOptional<V>>);

/**
 * How the files of a feed are read.
 *
 * `columns` names the source's column for ours, or its position from 0 when `header` is false; a column left out has our
 * name. `defaults` fill a column that the file does not have, or an empty field. `delimiter` `whitespace` splits at runs of
 * blanks and knows no quotes; `delimiter` and `header` are for CSV alone. A date-time without offset is local time of the
 * business time zone.
 */
const feedMapping = <const C extends string>(columns: readonly C[]) =>
  z.strictObject({
    delimiter: z.enum([',', ';', '\t', '|', 'whitespace']).default(','),
    header: z.boolean().default(true),
    columns: perColumn(columns, columnRef).prefault({} as never),
    defaults: perColumn(columns, z.string()).prefault({} as never),
    dateFormats: z.array(z.enum(DATE_FORMATS)).min(1).default(['iso']),
  });

/** How the files of the `transactions` feed are read. */
export const transactionsMapping = feedMapping(TRANSACTION_COLUMNS).extend({
  /** What a sale with a negative amount is. */
  negativeSales: z.enum(['quarantine', 'refund']).default('quarantine'),
});

/** How the files of every feed are read. */
export const mappings = z.strictObject({
  transactions: transactionsMapping.prefault({}),
  interactions: feedMapping(INTERACTION_COLUMNS).prefault({}),
  customers: feedMapping(CUSTOMER_COLUMNS).prefault({}),
  rates: feedMapping(RATE_COLUMNS).prefault({}),
  erasures: feedMapping(ERASURE_COLUMNS).prefault({}),
});

/** How the files of the `transactions` feed are read, every default filled. */
export type TransactionsMapping = z.infer<typeof transactionsMapping>;

/** How the files of any feed are read, every default filled; columns by their names. */
export interface FeedMapping {
  readonly delimiter: TransactionsMapping['delimiter'];
  readonly header: boolean;
  readonly columns: Readonly<Record<string, string | number | undefined>>;
  readonly defaults: Readonly<Record<string, string | undefined>>;
  readonly dateFormats: readonly DateFormat[];
}
