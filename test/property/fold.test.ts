import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_CODE, NO_INT, textAt } from '../../lib/arrow/columns.ts';
import type { NightFacts } from '../../lib/book/night-facts.ts';
import { shardOf } from '../../lib/ledger/id-hash.ts';
import { addAmounts, amountsOf, pendingAmounts } from '../../lib/run/fact-amounts.ts';
import { factsOf, feedHistory } from '../support/drawn-feeds.ts';
import { CUSTOMERS, history, NIGHTS, tablesOf } from '../support/drawn-history.ts';
import { DAY_0 } from '../support/facts.ts';
import { NaiveBook, type SourcedFact } from '../support/naive-book.ts';
import type { NaiveNight } from '../support/naive-people.ts';
import { bookBytes, identifierBytes, TestShard } from '../support/shard.ts';

function folded(nights: readonly (readonly SourcedFact[])[]): TestShard {
  const shard = new TestShard();
  nights.forEach((facts, night) => {
    shard.fold(DAY_0 + night, ...tablesOf(facts));
  });
  return shard;
}

const options = { seed: 7, numRuns: 80 };

describe('foldNight', () => {
  it('gives the days, the waiting facts and the refusals that the rules written down again give', () => {
    fc.assert(
      fc.property(history, (nights) => {
        const shard = folded(nights);
        const naive = new NaiveBook();
        nights.forEach((facts, night) => {
          naive.fold(DAY_0 + night, facts);
        });
        for (const customer of CUSTOMERS) expect(shard.days(customer)).toEqual(naive.days[customer]);
        expect(shard.counts).toMatchObject(naive.counts);
        expect(shard.refused.map(({ file, line, rule }) => `${file}:${line} ${rule}`).sort()).toEqual(naive.refused.sort());
        const waiting = naive.waiting.map(({ fact, reason, left, nights: nightsLeft }) =>
          String([fact.id, reason, left, nightsLeft]),
        );
        expect(shard.waiting().map(String).sort()).toEqual(waiting.sort());
      }),
      { ...options, numRuns: 600 },
    );
  });
});

/** Rules of the shards of a test of all feeds: a rate may be one day old. */
const RATE_RULES = { rateMaxAgeDays: 1 };

function foldedFeeds(nights: readonly NightFacts[], isCut: (night: number) => boolean = () => false): TestShard {
  const shard = new TestShard(RATE_RULES);
  nights.forEach((facts, night) => {
    if (isCut(night)) shard.saveAndLoad(nights.slice(night).flatMap(({ transactions }) => transactions));
    shard.foldFacts(DAY_0 + night, facts);
  });
  return shard;
}

/** What a shard knows of a customer beside purchases. */
function personOf(shard: TestShard, customer: string) {
  const slot = shard.slot(customer);
  const { customers: c } = shard.book;
  const or = <T>(value: number | undefined, none: number, instead: T) => (value === none ? instead : value);
  return {
    country: shard.book.countryOf(slot),
    signedUpDay: or(c.signedUpDay[slot], NO_INT, undefined),
    consentEmail: or(c.consentEmail[slot], NO_CODE, undefined),
    hasEmail: or(c.hasEmail[slot], NO_CODE, 0),
    hasPhone: or(c.hasPhone[slot], NO_CODE, 0),
    interactions: shard.interactions(customer).map(String).sort(),
  };
}

function expectSame(shard: TestShard, naive: NaiveBook): void {
  const known = [...naive.people.people.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(shard.customers()).toEqual(known);
  for (const customer of known) {
    expect(shard.days(customer)).toEqual(naive.days[customer] ?? {});
    const person = naive.people.people.get(customer) as NonNullable<ReturnType<typeof naive.people.know>>;
    const { country, signedUpDay, consentEmail, email, phone, interactions } = person;
    expect(personOf(shard, customer)).toEqual({
      country,
      signedUpDay,
      consentEmail,
      hasEmail: email === '' ? 0 : 1,
      hasPhone: phone === '' ? 0 : 1,
      interactions: [...interactions].map(([id, { day }]) => `${id},${day}`).sort(),
    });
  }
  const { rows, columns } = shard.identifiers.table();
  const snapshot = Array.from({ length: rows }, (_, row) =>
    [columns.customer_id, columns.email, columns.phone].map((column) => textAt(column, row)),
  );
  const listed = known.filter((customer) => naive.people.people.get(customer)?.isListed);
  expect(snapshot).toEqual(listed.map((id) => [id, naive.people.people.get(id)?.email, naive.people.people.get(id)?.phone]));
}

describe('foldNight, all feeds', () => {
  it('gives what the rules written down again give', () => {
    fc.assert(
      fc.property(feedHistory, (nights) => {
        const shard = foldedFeeds(nights.map(factsOf));
        const naive = new NaiveBook(RATE_RULES.rateMaxAgeDays);
        nights.forEach((night, i) => {
          naive.foldAll(DAY_0 + i, night);
        });
        expectSame(shard, naive);
        expect(shard.counts).toMatchObject(naive.counts);
        expect(shard.feeds.interactions).toMatchObject(naive.people.counts);
        expect(shard.refused.map(({ file, line, rule }) => `${file}:${line} ${rule}`).sort()).toEqual(naive.refused.sort());
        const waiting = naive.waiting.map(({ fact, reason, left, nights: left2 }) => String([fact.id, reason, left, left2]));
        expect(shard.waiting().map(String).sort()).toEqual(waiting.sort());
      }),
      { ...options, numRuns: 250 },
    );
  });

  it('does not depend on the order of files and rows, nor on where the run was cut', () => {
    const shuffled = feedHistory.chain((nights) =>
      fc.tuple(fc.constant(nights), fc.array(fc.boolean(), { minLength: NIGHTS, maxLength: NIGHTS }), fc.nat(1_000_000)),
    );
    fc.assert(
      fc.property(shuffled, ([nights, cuts, seed]) => {
        const shard = foldedFeeds(nights.map(factsOf));
        const other = foldedFeeds(
          nights.map((night, i) => turned(factsOf(mixed(night, seed + i)))),
          (night) => cuts[night] === true,
        );
        expect(bookBytes(other.book)).toEqual(bookBytes(shard.book));
        expect(identifierBytes(other.identifiers)).toEqual(identifierBytes(shard.identifiers));
        expect(other.refused).toEqual(shard.refused);
        expect([other.counts, other.feeds]).toEqual([shard.counts, shard.feeds]);
      }),
      { ...options, numRuns: 50 },
    );
  });

  it('accounts for every row and every amount of each currency once, whatever the number of shards', () => {
    fc.assert(
      fc.property(feedHistory, fc.constantFrom(1, 2, 7), (nights, shards) => {
        const parts = Array.from({ length: shards }, (_, shard) => ({
          shard: new TestShard({ ...RATE_RULES, accountsForShared: shard === 0 }),
          amounts: {} as Record<string, number>,
        }));
        const whole = new TestShard(RATE_RULES);
        nights.forEach((night, i) => {
          whole.foldFacts(DAY_0 + i, factsOf(night));
          parts.forEach(({ shard, amounts }, part) => {
            const facts = factsOf(partOf(night, part, shards));
            for (const table of facts.transactions) addAmounts(amounts, amountsOf(table, 'USD'));
            shard.foldFacts(DAY_0 + i, facts);
          });
        });
        for (const { shard, amounts } of parts) expectConserved(shard, amounts);
        expect(parts.flatMap(({ shard }) => shard.customers()).sort()).toEqual(whole.customers().sort());
        for (const { shard } of parts) for (const id of shard.customers()) expect(shard.days(id)).toEqual(whole.days(id));
        const places = (all: TestShard['refused']) => all.map(({ file, line, rule }) => `${file}:${line} ${rule}`).sort();
        expect(places(parts.flatMap(({ shard }) => shard.refused))).toEqual(places(whole.refused));
      }),
      options,
    );
  });
});

function expectConserved({ counts: c, feeds, book, money }: TestShard, amounts: Readonly<Record<string, number>>): void {
  const settled = c.sales + c.refunds + c.voids + c.duplicates + c.conflicts + c.expired + c.refused + c.erased + c.erasedPending;
  expect(settled + book.pending.length).toBe(c.rows);
  for (const feed of Object.values(feeds)) {
    expect(feed.taken + feed.duplicates + feed.conflicts + feed.refused + feed.outdated + feed.erased).toBe(feed.rows);
  }
  const out: Record<string, number> = { ...pendingAmounts(book) };
  for (const { currency, type, ...m } of money.values()) {
    addAmounts(out, { [`${currency} ${type}`]: m.applied + m.duplicates + m.conflicts + m.refused + m.erased });
  }
  for (const name of new Set([...Object.keys(out), ...Object.keys(amounts)])) {
    expect([name, out[name] ?? 0]).toEqual([name, amounts[name] ?? 0]);
  }
  const net = book.customers.net.subarray(0, book.size).reduce((sum, value) => sum + value, 0);
  expect(net).toBe(c.salesMinor - c.refundsMinor - c.voidedMinor - c.erasedMinor);
  expect(book.customerCount).toBe(c.customersIn - c.customersErased);
}

/** The rows of a night in another order; each keeps its file and line. */
function mixed(night: NaiveNight, seed: number): NaiveNight {
  const mix = <T>(rows: readonly T[]) =>
    rows
      .map((row, i) => ({ row, key: Math.imul(i + 1, seed * 2_654_435_761 + 40_503) >>> 0 }))
      .sort((a, b) => a.key - b.key)
      .map(({ row }) => row);
  return {
    facts: mix(night.facts),
    interactions: mix(night.interactions),
    customers: mix(night.customers),
    rates: mix(night.rates),
    erasures: mix(night.erasures),
  };
}

/** The files of a night in the other order. */
const turned = (facts: NightFacts): NightFacts => ({
  transactions: facts.transactions.toReversed(),
  interactions: facts.interactions.toReversed(),
  customers: facts.customers.toReversed(),
  rates: facts.rates.toReversed(),
  erasures: facts.erasures.toReversed(),
});

/** The rows of the customers of one of several shards; rates and erasures belong to all. */
function partOf(night: NaiveNight, shard: number, shards: number): NaiveNight {
  const isOwn = ({ customer }: { readonly customer: string }) => {
    const id = Buffer.from(customer);
    return shardOf(id, 0, id.length, shards) === shard;
  };
  return {
    ...night,
    facts: night.facts.filter(isOwn),
    interactions: night.interactions.filter(isOwn),
    customers: night.customers.filter(isOwn),
  };
}
