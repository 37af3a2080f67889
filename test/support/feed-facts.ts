import { byteColumnOf, NO_CODE, NO_INT } from '../../lib/arrow/columns.ts';
import { INTERACTION_KINDS } from '../../lib/arrow/schemas.ts';
import type { CustomerFacts, ErasureFacts, InteractionFacts, RateFacts } from '../../lib/book/night-facts.ts';
import { customerBucket, customerKey } from '../../lib/ledger/customer-key.ts';

/** Secret of the keyed hashes in tests. */
export const SECRET: Uint8Array = Buffer.alloc(32, 7);

const DAY_MS = 86_400_000;
const lines = (rows: readonly { readonly line?: number }[]) => Uint32Array.from(rows, ({ line }, row) => line ?? row + 1);

/** An interaction as a test names it. */
export interface TestInteraction {
  readonly id: string;
  readonly customer: string;
  readonly day: number;
  readonly kind?: (typeof INTERACTION_KINDS)[number];
  readonly score?: number;
  readonly channel?: string;
  /** Seconds after the day's begin, default 0. */
  readonly second?: number;
  readonly line?: number;
}

/** A ledger table of interactions of one file. */
export function interactionTable(rows: readonly TestInteraction[], source = 'visits.csv'): InteractionFacts {
  return {
    rows: rows.length,
    sourceOf: () => source,
    columns: {
      interaction_id: byteColumnOf(rows.map(({ id }) => id)),
      customer_id: byteColumnOf(rows.map(({ customer }) => customer)),
      occurred_at: Float64Array.from(rows, ({ day, second = 0 }) => day * DAY_MS + second * 1000),
      business_day: Int32Array.from(rows, ({ day }) => day),
      kind: Uint8Array.from(rows, ({ kind = 'visit' }) => INTERACTION_KINDS.indexOf(kind)),
      score: Float64Array.from(rows, ({ score }) => score ?? Number.NaN),
      channel: byteColumnOf(rows.map(({ channel }) => channel)),
      source_line: lines(rows),
    },
  };
}

/** A row of the customers feed as a test names it; what it leaves out is empty. */
export interface TestCustomer {
  readonly customer: string;
  /** Seconds since 1970. */
  readonly updatedAt?: number;
  /** Epoch day. */
  readonly signedUpDay?: number;
  readonly country?: string;
  readonly consentEmail?: 0 | 1;
  readonly email?: string;
  readonly phone?: string;
  readonly line?: number;
}

const PRESENT = ['updated_at', 'signed_up_at', 'signed_up_on', 'country', 'consent_email', 'has_email', 'has_phone'];

/** A ledger table of customers of one file, with identifiers. @param present columns that the file has; all by default */
export function customerTable(
  rows: readonly TestCustomer[],
  source = 'people.csv',
  present: readonly string[] = [...PRESENT, 'email', 'phone'],
): CustomerFacts {
  const codes = (values: readonly (0 | 1 | undefined)[]) => Uint8Array.from(values, (value) => value ?? NO_CODE);
  const empty = byteColumnOf(rows.map(() => ''));
  const ids = byteColumnOf(rows.map(({ customer }) => customer));
  const updatedAt = Float64Array.from(rows, ({ updatedAt }) => (updatedAt === undefined ? Number.NaN : updatedAt * 1000));
  const country = byteColumnOf(rows.map((row) => row.country));
  return {
    rows: rows.length,
    sourceOf: () => source,
    present: new Set(present),
    columns: {
      customer_id: ids,
      updated_at: updatedAt,
      signed_up_at: Float64Array.from(rows, ({ signedUpDay }) => (signedUpDay ?? Number.NaN) * DAY_MS),
      signed_up_on: Int32Array.from(rows, ({ signedUpDay }) => signedUpDay ?? NO_INT),
      country,
      consent_email: codes(rows.map(({ consentEmail }) => consentEmail)),
      consent_sms: codes(rows.map(() => undefined)),
      consent_ads: codes(rows.map(() => undefined)),
      has_email: codes(rows.map(({ email = '' }) => (email === '' ? 0 : 1))),
      has_phone: codes(rows.map(({ phone = '' }) => (phone === '' ? 0 : 1))),
      source_line: lines(rows),
    },
    identifiers: {
      present: new Set(present),
      columns: {
        customer_id: ids,
        updated_at: updatedAt,
        email: byteColumnOf(rows.map(({ email }) => email)),
        phone: byteColumnOf(rows.map(({ phone }) => phone)),
        first_name: empty,
        last_name: empty,
        city: empty,
        state: empty,
        country,
        zip: empty,
        date_of_birth: empty,
        gender: empty,
        source_line: lines(rows),
      },
    },
  };
}

/** A ledger table of rates: day, currency, rate. */
export function rateTable(rows: readonly (readonly [number, string, string])[], source = 'rates.csv'): RateFacts {
  return {
    rows: rows.length,
    sourceOf: () => source,
    columns: {
      rate_on: Int32Array.from(rows, ([day]) => day),
      currency: byteColumnOf(rows.map(([, currency]) => currency)),
      rate: byteColumnOf(rows.map(([, , rate]) => rate)),
      source_line: Uint32Array.from(rows, (_, row) => row + 1),
    },
  };
}

/** A ledger table of erasures: customer, and the last second (since 1970) that is erased. */
export function erasureTable(rows: readonly (readonly [string, number])[], source = 'erasures.csv'): ErasureFacts {
  const ids = rows.map(([customer]) => Buffer.from(customer));
  return {
    rows: rows.length,
    sourceOf: () => source,
    columns: {
      customer_key: byteColumnOf(ids.map((id) => customerKey(SECRET, id, 0, id.length))),
      bucket: Uint32Array.from(ids, (id) => customerBucket(id, 0, id.length)),
      requested_at: Float64Array.from(rows, ([, second]) => second * 1000),
      source_line: Uint32Array.from(rows, (_, row) => row + 1),
    },
  };
}
