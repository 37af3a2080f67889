import { type ByteColumn, ByteColumnBuilder, type Columns, textAt } from '../arrow/columns.ts';
import { BOOK_VERSION, CUSTOMERS, DAYS, INTERACTIONS, PENDING, RATES, TOMBSTONES } from '../arrow/schemas.ts';
import { decodeTable, encodeTable } from '../arrow/table-file.ts';
import type { BookTable } from '../keys.ts';
import type { BookRules } from './book-rules.ts';
import { deriveColumns } from './derive-columns.ts';
import { IdTable } from './id-table.ts';
import { decodePending, pendingColumns } from './pending-table.ts';
import { roomFor, ShardBook } from './shard-book.ts';

/**
 * The tables of a book as files. Equal books give equal bytes, whatever the order in which they came to be.
 *
 * @param order slots of its customers in the order of their ids: `book.order()`
 */
export function encodeBook(book: ShardBook, order: Int32Array): Record<BookTable, Uint8Array[]> {
  const write = <S extends Parameters<typeof encodeTable>[0]>(spec: S, table: { rows: number; columns: Columns<S> }) =>
    encodeTable(spec, { ...table, schemaVersion: BOOK_VERSION });
  return {
    customers: write(CUSTOMERS, { rows: order.length, columns: customerColumns(book, order) }),
    days: write(DAYS, { rows: book.keptDays, columns: dayColumns(book, order) }),
    pending: write(PENDING, { rows: book.pending.length, columns: pendingColumns(book.pending) }),
    interactions: write(INTERACTIONS, book.interactions.table(order, book.customers.interactionHead)),
    rates: write(RATES, book.rates.table()),
    tombstones: write(TOMBSTONES, book.erased.table()),
  };
}

/** Files of a book. */
export type BookFiles = Readonly<Record<BookTable, Uint8Array>>;

/** Reads a book. @param where the folder's key, for messages @throws ContractMismatchError */
export function decodeBook(files: BookFiles, where: string, rules: BookRules): ShardBook {
  const customers = decodeTable(CUSTOMERS, files.customers, `${where}/customers.arrow`, BOOK_VERSION, { room: roomFor });
  const days = decodeTable(DAYS, files.days, `${where}/days.arrow`, BOOK_VERSION, { room: roomFor });
  const from = customers.columns;
  const book = new ShardBook(rules, IdTable.fromSorted(from.customer_id, customers.rows));
  // the columns were read with room to grow: they are taken over as they are
  book.customers = {
    knownOn: from.known_on,
    firstDay: from.first_purchase_on,
    lastDay: from.last_purchase_on,
    purchaseDays: from.purchase_days,
    net: from.net_minor,
    repeatNet: from.repeat_net_minor,
    lastGap: new Int32Array(from.known_on.length),
    gapBefore: new Int32Array(from.known_on.length),
    lastRefundedDay: new Int32Array(from.known_on.length),
    secondDay: new Int32Array(from.known_on.length),
    referredOn: from.referred_on,
    dayHead: new Int32Array(from.known_on.length).fill(-1),
    interactionHead: new Int32Array(from.known_on.length).fill(-1),
    signedUpDay: from.signed_up_on,
    country: new Int32Array(from.known_on.length),
    consentEmail: from.consent_email,
    consentSms: from.consent_sms,
    consentAds: from.consent_ads,
    hasEmail: from.has_email,
    hasPhone: from.has_phone,
  };
  const { offsets, bytes } = from.country;
  for (let slot = 0; bytes.length > 0 && slot < customers.rows; slot++) {
    if (offsets[slot] === offsets[slot + 1]) continue;
    book.customers.country[slot] = book.countryCode(textAt(from.country, slot));
  }
  linkDays(book, days.columns, days.rows);
  book.pending = decodePending(files.pending, `${where}/pending.arrow`);
  const interactions = decodeTable(INTERACTIONS, files.interactions, `${where}/interactions.arrow`, BOOK_VERSION);
  book.interactions.load(interactions.columns, interactions.rows, book.customers.interactionHead);
  const rates = decodeTable(RATES, files.rates, `${where}/rates.arrow`, BOOK_VERSION);
  book.rates.load(rates.columns, rates.rows);
  const tombstones = decodeTable(TOMBSTONES, files.tombstones, `${where}/tombstones.arrow`, BOOK_VERSION);
  book.erased.load(tombstones.columns, tombstones.rows);
  return book;
}

function linkDays(book: ShardBook, from: Columns<typeof DAYS>, rows: number): void {
  const { customer } = from;
  const { dayHead } = book.customers;
  const next = new Int32Array(customer.length);
  for (let row = rows - 1; row >= 0; row--) {
    const slot = customer[row] as number;
    // backwards, so that what is the head so far is the next day
    next[row] = dayHead[slot] as number;
    dayHead[slot] = row;
  }
  book.days = {
    next,
    day: from.business_day,
    standing: from.standing_sales,
    gross: from.gross_minor,
    refunded: from.refunded_minor,
  };
  book.dayCount = rows;
  deriveColumns(book, customer, rows);
}

/** Rows `order` of an array. */
export function gather<T extends Int32Array | Float64Array | Uint8Array | Uint32Array>(from: T, order: Int32Array): T {
  const out = new (from.constructor as new (length: number) => T)(order.length);
  for (let i = 0; i < order.length; ) {
    const row = order[i] as number;
    const end = runEnd(order, i);
    if (end - i > SHORT_RUN) out.set(from.subarray(row, row + end - i) as never, i);
    else for (let k = i; k < end; k++) out[k] = from[row + k - i] as number;
    i = end;
  }
  return out;
}

/** Rows that are rather copied one by one than by a view. */
const SHORT_RUN = 8;

/** Where the run of successive rows that begins at `i` ends: a night adds few customers, so runs are long. */
function runEnd(order: Int32Array, i: number): number {
  let end = i + 1;
  const ahead = (order[i] as number) - i;
  while (end < order.length && order[end] === end + ahead) end++;
  return end;
}

/** Rows `order` of a byte column. */
export function gatherBytes(from: ByteColumn, order: Int32Array): ByteColumn {
  if (isIdentity(order, from.offsets.length - 1)) return from;
  const builder = new ByteColumnBuilder(order.length, from.bytes.length);
  for (let i = 0; i < order.length; ) {
    const end = runEnd(order, i);
    builder.appendRows(from, order[i] as number, (order[i] as number) + end - i);
    i = end;
  }
  return builder.finish();
}

/** True when the order leaves `rows` rows as they are. */
function isIdentity(order: Int32Array, rows: number): boolean {
  if (order.length !== rows) return false;
  for (let i = 0; i < rows; i++) if (order[i] !== i) return false;
  return true;
}

function customerColumns(book: ShardBook, order: Int32Array): Columns<typeof CUSTOMERS> {
  const c = book.customers;
  return {
    customer_id: gatherBytes(book.ids.column, order),
    known_on: gather(c.knownOn, order),
    first_purchase_on: gather(c.firstDay, order),
    last_purchase_on: gather(c.lastDay, order),
    purchase_days: gather(c.purchaseDays, order),
    net_minor: gather(c.net, order),
    repeat_net_minor: gather(c.repeatNet, order),
    signed_up_on: gather(c.signedUpDay, order),
    country: countryColumn(book, order),
    consent_email: gather(c.consentEmail, order),
    consent_sms: gather(c.consentSms, order),
    consent_ads: gather(c.consentAds, order),
    has_email: gather(c.hasEmail, order),
    has_phone: gather(c.hasPhone, order),
    referred_on: gather(c.referredOn, order),
  };
}

/** Countries of customers; without any the column is empty and costs nothing. */
function countryColumn(book: ShardBook, order: Int32Array): ByteColumn {
  if (book.countries.length === 0) return { bytes: new Uint8Array(0), offsets: new Int32Array(order.length + 1) };
  const builder = new ByteColumnBuilder(order.length);
  for (const slot of order) builder.appendText(book.countryOf(slot));
  return builder.finish();
}

function dayColumns(book: ShardBook, order: Int32Array): Columns<typeof DAYS> {
  const { next, day, standing, gross, refunded } = book.days;
  const { dayHead } = book.customers;
  const rows = book.keptDays;
  const out = {
    customer: new Int32Array(rows),
    business_day: new Int32Array(rows),
    standing_sales: new Int32Array(rows),
    gross_minor: new Float64Array(rows),
    refunded_minor: new Float64Array(rows),
  };
  let at = 0;
  // nodes lie in the order of customers and days as they were read: a night breaks few of these runs
  let [begin, end] = [0, 0];
  const takeRun = () => {
    const to = at - (end - begin);
    out.business_day.set(day.subarray(begin, end), to);
    out.standing_sales.set(standing.subarray(begin, end), to);
    out.gross_minor.set(gross.subarray(begin, end), to);
    out.refunded_minor.set(refunded.subarray(begin, end), to);
  };
  for (let row = 0; row < order.length; row++) {
    for (let node = dayHead[order[row] as number] as number; node >= 0; node = next[node] as number) {
      if (node !== end) {
        takeRun();
        begin = node;
        end = node;
      }
      out.customer[at++] = row;
      end++;
    }
  }
  takeRun();
  return out;
}
