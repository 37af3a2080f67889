import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textAt } from '../../../../lib/arrow/columns.ts';
import { LEDGER } from '../../../../lib/arrow/schemas.ts';
import { selectRows } from '../../../../lib/arrow/select-rows.ts';
import { NO_FACTS } from '../../../../lib/book/night-facts.ts';
import { rowsOf } from '../../../../lib/run/explain/find-row.ts';
import { foldOwnFacts, type OwnHistory } from '../../../../lib/run/explain/own-history.ts';
import { formatDay } from '../../../../lib/time.ts';
import { CUSTOMERS, history, tablesOf } from '../../../support/drawn-history.ts';
import { DAY_0, refund, sale, type TestFact } from '../../../support/facts.ts';
import type { SourcedFact } from '../../../support/naive-book.ts';
import { RULES, TestShard } from '../../../support/shard.ts';

/** A customer's own rows of nights, folded alone. */
function foldAlone(nights: readonly SourcedFact[][], customer: string): OwnHistory {
  const id = Buffer.from(customer);
  const own = nights.map((facts, night) => ({
    date: formatDay(DAY_0 + night),
    facts: {
      ...NO_FACTS,
      transactions: tablesOf(facts).flatMap((table) => {
        const rows = rowsOf(table.columns.customer_id, table.rows, id);
        return rows.length === 0 ? [] : [{ ...table, ...selectRows(LEDGER, table.columns, rows) }];
      }),
    },
  }));
  return foldOwnFacts(own, id, RULES);
}

/** Net by business day of what a history says was taken. */
function netOf({ transactions }: OwnHistory): number {
  const byId = new Map(transactions.map((one) => [one.id, one]));
  let net = 0;
  for (const { type, amountMinor, waits, isVoided, original } of transactions) {
    const taken = waits ? amountMinor - waits.amountMinor : amountMinor;
    if (type === 'sale' && !isVoided) net += taken;
    // what a void removed took its refunds with it
    if (type === 'refund' && !byId.get(original)?.isVoided) net -= taken;
  }
  return net;
}

describe('foldOwnFacts', () => {
  it('knows of each customer what the book of all knows, and accounts for every minor unit of it', () => {
    fc.assert(
      fc.property(history, (nights) => {
        const shard = new TestShard();
        for (const [night, facts] of nights.entries()) shard.fold(DAY_0 + night, ...tablesOf(facts));
        const waiting = shard.book.pending.map(({ fact }) => textAt(fact.table.columns.transaction_id, fact.row)).sort();
        const found: string[] = [];
        let refused = 0;
        for (const customer of CUSTOMERS) {
          const alone = foldAlone(nights, customer);
          const slot = shard.slot(customer);
          expect(alone.slot >= 0).toBe(slot >= 0);
          refused += alone.refusals.length;
          found.push(...alone.transactions.filter(({ waits }) => waits).map(({ id }) => id));
          if (slot < 0) continue;
          const [days, count] = alone.book.countingDays(alone.slot, new Int32Array(4));
          expect([...days.subarray(0, count)]).toEqual(shard.countingDays(customer));
          expect(alone.book.customers.net[alone.slot]).toBe(shard.book.customers.net[slot]);
          expect(netOf(alone)).toBe(shard.book.customers.net[slot]);
        }
        expect(found.sort()).toEqual(waiting);
        expect(refused).toBe(shard.refused.length);
      }),
      { numRuns: 40 },
    );
  });

  it('tells what of a refund was taken, the night of the first copy, and what was delivered again', () => {
    const row = (fact: TestFact, line: number): SourcedFact => ({ ...fact, source: 'a.csv', line });
    const nights: SourcedFact[][] = Array.from({ length: 12 }, () => []);
    const excess = row(refund('r', 'zz', DAY_0 + 1, 25, 's'), 2);
    const orphan = row(refund('o', 'zz', DAY_0 + 1, 4, 'later'), 3);
    nights[0] = [row(sale('s', 'zz', DAY_0, 10), 2), row(sale('c', 'zz', DAY_0, 1), 3), row(sale('c', 'zz', DAY_0, 2), 4)];
    nights[1] = [excess, orphan];
    nights[2] = [row(sale('s', 'zz', DAY_0, 10), 5)];
    nights[10] = [row(sale('later', 'zz', DAY_0 + 10, 9), 2), { ...orphan, line: 7 }];
    const { transactions, refusals } = foldAlone(nights, 'zz');
    const ordered = transactions.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(ordered.map(({ id, amountMinor, knownOn, waits }) => [id, amountMinor, knownOn - DAY_0, waits])).toEqual([
      ['later', 9, 10, null],
      ['o', 4, 10, null],
      ['r', 10, 1, null],
      ['s', 10, 0, null],
    ]);
    expect(refusals.map(({ rule, amountMinor, knownOn }) => [rule, amountMinor, knownOn - DAY_0])).toEqual([
      ['CONFLICT', 1, 0],
      ['CONFLICT', 2, 0],
      ['EXCESS_REFUND', 15, 8],
      ['ORPHAN', 4, 8],
    ]);
  });
});
