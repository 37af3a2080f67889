import { NO_CODE } from '../../arrow/columns.ts';
import { CUSTOMER_LEDGER, IDENTIFIER_LEDGER } from '../../arrow/schemas.ts';
import { IDENTIFIER_COLUMNS } from '../../config/mapping.ts';
import type { FeedTable } from '../../ledger/feed-table.ts';
import { columnPlaces } from '../column-layout.ts';
import { InstantParser } from '../instant-parser.ts';
import { type DropSource, dateFormatsOf } from '../open-records.ts';
import type { QuarantineSink } from '../row-rules.ts';
import { COUNTRIES } from './countries.ts';
import { type Fault, type FeedCounts, type FeedRecord, readFeed } from './feed-records.ts';
import type { ShardedOptions } from './interactions.ts';
import { TableBuilder } from './table-builder.ts';

const COLUMN = columnPlaces('customers');
const CONSENTS = ['consent_email', 'consent_sms', 'consent_ads'] as const;

/** How a consent may be written, in lower case. */
const FLAGS: ReadonlyMap<string, number> = new Map([
  ...['true', 't', '1', 'yes', 'y'].map((word) => [word, 1] as const),
  ...['false', 'f', '0', 'no', 'n'].map((word) => [word, 0] as const),
]);

/** Accepted rows of one shard: what the book may know, and the identifiers, row for row. */
export interface CustomerRows {
  readonly customers: FeedTable<typeof CUSTOMER_LEDGER>;
  readonly identifiers: FeedTable<typeof IDENTIFIER_LEDGER>;
}

/** Counts of a file and its accepted rows per shard, shape [shards]; within a shard in the order of the file. */
export interface CustomersResult extends FeedCounts {
  readonly shards: readonly CustomerRows[];
  /** Columns of each ledger that the file has. */
  readonly present: { readonly customers: readonly string[]; readonly identifiers: readonly string[] };
}

/** Values of a row that are not kept as they came. */
interface RowValues {
  updatedAt: number;
  signedUpAt: number;
  signedUpOn: number;
  country: Buffer;
  readonly consents: number[];
}

type Builders = { customers: TableBuilder<typeof CUSTOMER_LEDGER>; identifiers: TableBuilder<typeof IDENTIFIER_LEDGER> };

/** Reads a file of the `customers` feed and parts it in two. @throws InvalidDropError, ConfigError as `openRecords` */
export async function readCustomers(source: DropSource, options: ShardedOptions, sink: QuarantineSink): Promise<CustomersResult> {
  const builders = Array.from({ length: options.shards }, () => ({
    customers: new TableBuilder(CUSTOMER_LEDGER),
    identifiers: new TableBuilder(IDENTIFIER_LEDGER),
  }));
  const instants = new InstantParser(dateFormatsOf(source.name, options.mapping), options.timeZoneClock);
  const values: RowValues = { updatedAt: 0, signedUpAt: 0, signedUpOn: 0, country: Buffer.alloc(0), consents: [0, 0, 0] };
  const take = (record: FeedRecord): Fault | undefined => {
    for (const name of [...IDENTIFIER_COLUMNS, 'country', ...CONSENTS] as const) record.trim(COLUMN[name]);
    const fault = readDates(record, instants, values) ?? readCountry(record, values) ?? readConsents(record, values);
    if (fault) return fault;
    const shard = options.shardOf(
      record.buffer,
      record.starts[COLUMN.customer_id] as number,
      record.ends[COLUMN.customer_id] as number,
    );
    append(record, values, builders[shard] as Builders);
    return undefined;
  };
  const counts = await readFeed(source, { feed: 'customers', ...options }, take, sink);
  const present = presentColumns(counts.columns);
  const shards = builders.map((builder) => ({
    customers: builder.customers.finish(),
    identifiers: builder.identifiers.finish(),
  }));
  for (const name of ['has_email', 'has_phone'] as const) {
    // whether a file of JSON Lines has a column is known at its end
    if (!present.customers.includes(name)) for (const { customers } of shards) customers.columns[name].fill(NO_CODE);
  }
  return { ...counts, shards, present };
}

function readDates(record: FeedRecord, instants: InstantParser, values: RowValues): Fault | undefined {
  const parse = (column: 'updated_at' | 'signed_up_at') =>
    instants.parse(record.buffer, record.starts[COLUMN[column]] as number, record.ends[COLUMN[column]] as number);
  values.updatedAt = Number.NaN;
  values.signedUpAt = Number.NaN;
  if (!record.isEmpty(COLUMN.updated_at)) {
    const rule = parse('updated_at');
    if (rule) return { rule, column: 'updated_at' };
    values.updatedAt = instants.instantMs;
  }
  if (!record.isEmpty(COLUMN.signed_up_at)) {
    const rule = parse('signed_up_at');
    if (rule) return { rule, column: 'signed_up_at' };
    values.signedUpAt = instants.instantMs;
    values.signedUpOn = instants.day;
  }
  return undefined;
}

function readCountry(record: FeedRecord, values: RowValues): Fault | undefined {
  const code = record.text(COLUMN.country).toUpperCase();
  if (code !== '' && !COUNTRIES.has(code)) return { rule: 'UNKNOWN_COUNTRY', column: 'country' };
  values.country = Buffer.from(code);
  return undefined;
}

function readConsents(record: FeedRecord, { consents }: RowValues): Fault | undefined {
  for (const [i, column] of CONSENTS.entries()) {
    consents[i] = Number.NaN;
    if (record.isEmpty(COLUMN[column])) continue;
    const flag = FLAGS.get(record.text(COLUMN[column]).toLowerCase());
    if (flag === undefined) return { rule: 'INVALID_FLAG', column };
    consents[i] = flag;
  }
  return undefined;
}

function append(record: FeedRecord, values: RowValues, { customers, identifiers }: Builders): void {
  const { buffer, starts, ends } = record;
  const { updatedAt, signedUpAt, signedUpOn, country, consents } = values;
  for (const table of [customers, identifiers] as const) {
    table.text('customer_id', buffer, starts[COLUMN.customer_id] as number, ends[COLUMN.customer_id] as number);
    table.text('country', country, 0, country.length);
    table.number('updated_at', updatedAt);
    table.number('source_line', record.line);
  }
  customers.number('signed_up_at', signedUpAt);
  if (!Number.isNaN(signedUpAt)) customers.number('signed_up_on', signedUpOn);
  for (const [i, column] of CONSENTS.entries()) {
    if (!Number.isNaN(consents[i])) customers.number(column, consents[i] as number);
  }
  customers.number('has_email', record.isEmpty(COLUMN.email) ? 0 : 1);
  customers.number('has_phone', record.isEmpty(COLUMN.phone) ? 0 : 1);
  for (const name of IDENTIFIER_COLUMNS) {
    identifiers.text(name, buffer, starts[COLUMN[name]] as number, ends[COLUMN[name]] as number);
  }
  customers.endRow();
  identifiers.endRow();
}

/** Columns of each ledger that a file has, by the feed's columns that it has. */
function presentColumns(columns: ReadonlySet<string>): CustomersResult['present'] {
  const derived: Readonly<Record<string, string>> = {
    has_email: 'email',
    has_phone: 'phone',
    signed_up_on: 'signed_up_at',
  };
  const has = (name: string) => columns.has(derived[name] ?? name);
  return { customers: Object.keys(CUSTOMER_LEDGER).filter(has), identifiers: Object.keys(IDENTIFIER_LEDGER).filter(has) };
}
