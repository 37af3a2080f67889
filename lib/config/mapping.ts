import * as z from 'zod';

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
const columnRefs = z.strictObject(
  Object.fromEntries(TRANSACTION_COLUMNS.map((name) => [name, columnRef.optional()])) as Record<
    TransactionColumn,
    z.ZodOptional<typeof columnRef>
  >,
);
const defaults = z.strictObject(
  Object.fromEntries(TRANSACTION_COLUMNS.map((name) => [name, z.string().optional()])) as Record<
    TransactionColumn,
    z.ZodOptional<z.ZodString>
  >,
);

/**
 * How the files of the `transactions` feed are read.
 *
 * `columns` names the source's column for ours, or its position from 0 when `header` is false; a column left out has our
 * name. `defaults` fill a column that the file does not have, or an empty field. `delimiter` `whitespace` splits at runs of
 * blanks and knows no quotes. A date-time without offset is local time of the business time zone.
 */
export const transactionsMapping = z.strictObject({
  delimiter: z.enum([',', ';', '\t', '|', 'whitespace']).default(','),
  header: z.boolean().default(true),
  columns: columnRefs.prefault({}),
  defaults: defaults.prefault({}),
  dateFormats: z.array(z.enum(DATE_FORMATS)).min(1).default(['iso']),
  negativeSales: z.enum(['quarantine', 'refund']).default('quarantine'),
});

/** How the files of the `transactions` feed are read, every default filled. */
export type TransactionsMapping = z.infer<typeof transactionsMapping>;
