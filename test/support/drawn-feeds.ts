import fc from 'fast-check';
import { INTERACTION_KINDS } from '../../lib/arrow/schemas.ts';
import type { NightFacts } from '../../lib/book/night-facts.ts';
import { CUSTOMERS, NIGHTS } from './drawn-history.ts';
import { DAY_0, factTable } from './facts.ts';
import { customerTable, erasureTable, interactionTable, rateTable } from './feed-facts.ts';
import type { NaiveNight } from './naive-people.ts';

const night = fc.nat(NIGHTS - 1);
const source = fc.constantFrom('a.csv', 'b.csv', 'c.csv');
const customer = fc.constantFrom(...CUSTOMERS);
const offset = fc.constantFrom(0, 0, 0, -1, -2, -5, 1, 2, 3);
const id = fc.integer({ min: 0, max: 7 }).map((n) => `t${n}`);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const currency = fc.constantFrom('JPY', 'JPY', 'KWD', 'EUR');

const rows = fc.record({
  facts: fc.array(
    fc.record({
      night,
      source,
      id,
      customer,
      offset,
      amount: fc.constantFrom(0, 1, 3, 8, 77, 1000, 1234),
      type: fc.constantFrom('sale', 'sale', 'sale', 'refund', 'refund', 'void'),
      original: fc.option(id, { nil: undefined, freq: 3 }),
      second: fc.nat(2),
      currency: fc.constantFrom(undefined, undefined, 'JPY', 'JPY', 'JPY', 'KWD', 'EUR'),
    }),
    { minLength: 1, maxLength: 50 },
  ),
  interactions: fc.array(
    fc.record({
      night,
      source,
      id: fc.constantFrom('i1', 'i2', 'i3'),
      customer,
      offset: fc.constantFrom(0, 0, -1, -86, -89, -90, 2, 3),
      kind: fc.constantFrom(...INTERACTION_KINDS),
      score: maybe(fc.constantFrom(0, 4.5)),
      channel: fc.constantFrom('', 'web'),
      second: fc.nat(1),
    }),
    { maxLength: 12 },
  ),
  customers: fc.array(
    fc.record({
      night,
      source,
      customer,
      offset,
      updatedAt: maybe(fc.nat(2)),
      signedUpDay: maybe(fc.constantFrom(DAY_0 - 3, DAY_0)),
      country: fc.constantFrom('', 'DE', 'FR'),
      consentEmail: maybe(fc.constantFrom<0 | 1>(0, 1)),
      email: fc.constantFrom('', 'a@example.com', 'b@example.com'),
      phone: fc.constantFrom('', '+49301234'),
    }),
    { maxLength: 12 },
  ),
  rates: fc.array(fc.record({ night, source, offset, currency, rate: fc.constantFrom('0.00712', '1.1', '1.10', '3.2555') }), {
    maxLength: 25,
  }),
  erasures: fc.array(fc.record({ night, source, customer, offset, second: fc.nat(2) }), { maxLength: 3 }),
});

/** Transactions, interactions, customers, rates and erasures of the nights from `DAY_0` on. */
export const feedHistory: fc.Arbitrary<NaiveNight[]> = rows.map((drawn) =>
  Array.from({ length: NIGHTS }, (_, of) => {
    const tonight = <T extends { readonly night: number }>(all: readonly T[]) =>
      all.map((row, i) => ({ ...row, line: i + 2 })).filter((row) => row.night === of);
    const day = (row: { readonly night: number; readonly offset: number }) => DAY_0 + row.night + row.offset;
    const dated = <T extends { readonly night: number; readonly offset: number }>(all: readonly T[]) =>
      tonight(all).map((row) => ({ ...row, day: day(row) }));
    return {
      facts: dated(drawn.facts).map((row) => defined({ ...row, original: originalOf(row) })),
      interactions: dated(drawn.interactions).map((row) => defined(row)),
      customers: tonight(drawn.customers).map((row) =>
        defined({ ...row, updatedAt: row.updatedAt === undefined ? undefined : day(row) * 86_400 + row.updatedAt }),
      ),
      rates: dated(drawn.rates),
      erasures: dated(drawn.erasures).map((row) => ({ ...row, second: row.day * 86_400 + row.second })),
    } as unknown as NaiveNight;
  }),
);

function originalOf({ type, original }: { readonly type: string; readonly original: string | undefined }): string | undefined {
  if (type === 'sale') return undefined;
  return type === 'void' ? (original ?? 't0') : original;
}

/** A row without the keys that have no value. */
const defined = <T extends object>(row: T) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));

/** The ledger tables of a night, one per feed and file. */
export function factsOf({ facts, interactions, customers, rates, erasures }: NaiveNight): NightFacts {
  return {
    transactions: bySource(facts, factTable),
    interactions: bySource(interactions, interactionTable),
    customers: bySource(customers, customerTable),
    rates: bySource(rates, (own, of) => {
      const table = rateTable(
        own.map(({ day, currency: code, rate }) => [day, code, rate]),
        of,
      );
      table.columns.source_line.set(own.map(({ line }) => line));
      return table;
    }),
    erasures: bySource(erasures, (own, of) =>
      erasureTable(
        own.map(({ customer: erased, second }) => [erased, second]),
        of,
      ),
    ),
  };
}

function bySource<R extends { readonly source: string }, T>(all: readonly R[], make: (own: R[], of: string) => T): T[] {
  const sources = [...new Set(all.map((row) => row.source))].sort();
  return sources.map((of) =>
    make(
      all.filter((row) => row.source === of),
      of,
    ),
  );
}
