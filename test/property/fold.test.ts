import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CUSTOMERS, history, NIGHTS, tablesOf } from '../support/drawn-history.ts';
import { DAY_0 } from '../support/facts.ts';
import { NaiveBook, type SourcedFact } from '../support/naive-book.ts';
import { bookBytes, TestShard } from '../support/shard.ts';

function folded(nights: readonly (readonly SourcedFact[])[], isCut: (night: number) => boolean = () => false): TestShard {
  const shard = new TestShard();
  nights.forEach((facts, night) => {
    if (isCut(night)) shard.saveAndLoad(nights.slice(night).flatMap(tablesOf));
    shard.fold(DAY_0 + night, ...tablesOf(facts));
  });
  return shard;
}

const options = { seed: 7, numRuns: 120 };

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

  it('does not depend on the order of files and rows', () => {
    const shuffled = history.chain((nights) =>
      fc.tuple(
        fc.constant(nights),
        fc.tuple(...nights.map((facts) => fc.shuffledSubarray(facts, { minLength: facts.length, maxLength: facts.length }))),
        fc.infiniteStream(fc.boolean()),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([nights, others, turns]) => {
        const [shard, other] = [folded(nights), new TestShard()];
        others.forEach((facts, night) => {
          const tables = tablesOf(facts);
          other.fold(DAY_0 + night, ...(turns.next().value ? tables.toReversed() : tables));
        });
        expect(bookBytes(other.book)).toEqual(bookBytes(shard.book));
        expect(other.refused).toEqual(shard.refused);
        expect(other.counts).toEqual(shard.counts);
      }),
      options,
    );
  });

  it('goes on from its files, cut at any nights, as from memory', () => {
    fc.assert(
      fc.property(history, fc.array(fc.boolean(), { minLength: NIGHTS, maxLength: NIGHTS }), (nights, cuts) => {
        const [shard, stored] = [folded(nights), folded(nights, (night) => cuts[night] === true)];
        expect(bookBytes(stored.book)).toEqual(bookBytes(shard.book));
        expect(stored.refused).toEqual(shard.refused);
        expect(stored.counts).toEqual(shard.counts);
      }),
      options,
    );
  });

  it('conserves money and accounts for every row once, every night', () => {
    fc.assert(
      fc.property(history, (nights) => {
        const shard = new TestShard();
        nights.forEach((facts, night) => {
          shard.fold(DAY_0 + night, ...tablesOf(facts));
          const { counts: c, book } = shard;
          const net = book.customers.net.subarray(0, book.size).reduce((sum, value) => sum + value, 0);
          expect(c.salesMinor - c.refundsMinor - c.voidedMinor).toBe(net);
          const settled = c.sales + c.refunds + c.voids + c.duplicates + c.conflicts + c.expired;
          expect(settled + book.pending.length).toBe(c.rows);
        });
      }),
      options,
    );
  });
});
