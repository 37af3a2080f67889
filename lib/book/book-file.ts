import { type ByteColumn, ByteColumnBuilder, byteColumnOf, type Columns, NO_INT, textAt } from '../arrow/columns.ts';
import { BOOK_VERSION, CUSTOMERS, DAYS, INTERACTIONS, PENDING, PENDING_REASONS } from '../arrow/schemas.ts';
import { decodeTable, encodeTable } from '../arrow/table-file.ts';
import type { BookTable } from '../keys.ts';
import type { FactTable } from './facts.ts';
import { IdTable } from './id-table.ts';
import type { PendingFact } from './pending.ts';
import { roomFor, ShardBook } from './shard-book.ts';

/** The tables of a book as files. Equal books give equal bytes, whatever the order in which they came to be. */
export function encodeBook(book: ShardBook, order: Int32Array): Record<BookTable, Uint8Array[]> {
  const write = <S extends Parameters<typeof encodeTable>[0]>(spec: S, rows: number, columns: Columns<S>) =>
    encodeTable(spec, { rows, columns, schemaVersion: BOOK_VERSION });
  return {
    customers: write(CUSTOMERS, order.length, customerColumns(book, order)),
    days: write(DAYS, book.dayCount, dayColumns(book, order)),
    pending: write(PENDING, book.pending.length, pendingColumns(book.pending)),
    interactions: write(INTERACTIONS, 0, noInteractions()),
  };
}

/** Reads a book. @param where the folder's key, for messages @throws ContractMismatchError */
export function decodeBook(files: Record<'customers' | 'days' | 'pending', Uint8Array>, where: string): ShardBook {
  const customers = decodeTable(CUSTOMERS, files.customers, `${where}/customers.arrow`, BOOK_VERSION, { room: roomFor });
  const days = decodeTable(DAYS, files.days, `${where}/days.arrow`, BOOK_VERSION, { room: roomFor });
  const from = customers.columns;
  const book = new ShardBook(IdTable.fromSorted(from.customer_id, customers.rows));
  // the columns were read with room to grow: they are taken over as they are
  book.customers = {
    knownOn: from.known_on,
    firstDay: from.first_purchase_on,
    lastDay: from.last_purchase_on,
    purchaseDays: from.purchase_days,
    net: from.net_minor,
    repeatNet: from.repeat_net_minor,
    dayHead: new Int32Array(from.known_on.length).fill(-1),
    consentEmail: from.consent_email,
    consentSms: from.consent_sms,
    consentAds: from.consent_ads,
    hasEmail: from.has_email,
    hasPhone: from.has_phone,
  };
  const { offsets } = from.country;
  for (let slot = 0; slot < customers.rows; slot++) {
    const signedUpDay = from.signed_up_on[slot] as number;
    if (signedUpDay === NO_INT && offsets[slot] === offsets[slot + 1]) continue;
    book.profile.set(slot, { signedUpDay, country: textAt(from.country, slot) });
  }
  linkDays(book, days.columns, days.rows);
  book.pending = decodePending(files.pending, `${where}/pending.arrow`);
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
  const signedUp = new Int32Array(order.length).fill(NO_INT);
  const known = book.profile.size > 0;
  const countries: string[] = [];
  for (let i = 0; known && i < order.length; i++) {
    const profile = book.profile.get(order[i] as number);
    if (profile) signedUp[i] = profile.signedUpDay;
    countries.push(profile?.country ?? '');
  }
  return {
    customer_id: gatherBytes(book.ids.column, order),
    known_on: gather(c.knownOn, order),
    first_purchase_on: gather(c.firstDay, order),
    last_purchase_on: gather(c.lastDay, order),
    purchase_days: gather(c.purchaseDays, order),
    net_minor: gather(c.net, order),
    repeat_net_minor: gather(c.repeatNet, order),
    signed_up_on: signedUp,
    country: known ? byteColumnOf(countries) : { bytes: new Uint8Array(0), offsets: new Int32Array(order.length + 1) },
    consent_email: gather(c.consentEmail, order),
    consent_sms: gather(c.consentSms, order),
    consent_ads: gather(c.consentAds, order),
    has_email: gather(c.hasEmail, order),
    has_phone: gather(c.hasPhone, order),
  };
}

function dayColumns(book: ShardBook, order: Int32Array): Columns<typeof DAYS> {
  const { next, day, standing, gross, refunded } = book.days;
  const { dayHead } = book.customers;
  const rows = book.dayCount;
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

function pendingColumns(pending: readonly PendingFact[]): Columns<typeof PENDING> {
  const texts = (name: 'transaction_id' | 'customer_id' | 'original_transaction_id' | 'channel' | 'order_id' | 'referrer_id') =>
    byteColumnOf(pending.map(({ fact }) => textAt(fact.table.columns[name], fact.row)));
  const numbers = (name: 'occurred_at' | 'cost_minor' | 'margin_minor') =>
    Float64Array.from(pending, ({ fact }) => fact.table.columns[name][fact.row] as number);
  const codes = (name: 'date_only' | 'type') =>
    Uint8Array.from(pending, ({ fact }) => fact.table.columns[name][fact.row] as number);
  return {
    transaction_id: texts('transaction_id'),
    customer_id: texts('customer_id'),
    occurred_at: numbers('occurred_at'),
    business_day: Int32Array.from(pending, ({ fact }) => fact.table.columns.business_day[fact.row] as number),
    date_only: codes('date_only'),
    amount_minor: Float64Array.from(pending, ({ amountMinor }) => amountMinor),
    type: codes('type'),
    original_transaction_id: texts('original_transaction_id'),
    channel: texts('channel'),
    order_id: texts('order_id'),
    cost_minor: numbers('cost_minor'),
    margin_minor: numbers('margin_minor'),
    referrer_id: texts('referrer_id'),
    source_line: Uint32Array.from(pending, ({ fact }) => fact.table.columns.source_line[fact.row] as number),
    reason: Uint8Array.from(pending, ({ reason }) => PENDING_REASONS.indexOf(reason)),
    nights_left: Uint8Array.from(pending, ({ nightsLeft }) => nightsLeft),
    known_on: Int32Array.from(pending, ({ knownOn }) => knownOn),
    source: byteColumnOf(pending.map(({ fact }) => fact.table.sourceOf(fact.row))),
  };
}

function decodePending(bytes: Uint8Array, where: string): PendingFact[] {
  const { rows, columns } = decodeTable(PENDING, bytes, where, BOOK_VERSION);
  const table: FactTable = { rows, columns, sourceOf: (row) => textAt(columns.source, row) };
  return Array.from({ length: rows }, (_, row) => ({
    fact: { table, row },
    amountMinor: columns.amount_minor[row] as number,
    reason: PENDING_REASONS[columns.reason[row] as number] as PendingFact['reason'],
    knownOn: columns.known_on[row] as number,
    nightsLeft: columns.nights_left[row] as number,
  }));
}

const noInteractions = (): Columns<typeof INTERACTIONS> => ({
  interaction_id: byteColumnOf([]),
  customer: new Int32Array(0),
  occurred_at: new Float64Array(0),
  business_day: new Int32Array(0),
  kind: new Uint8Array(0),
  score: new Float64Array(0),
  channel: byteColumnOf([]),
});
