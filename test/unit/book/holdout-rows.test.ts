import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buyerRows } from '../../../lib/book/buyer-rows.ts';
import { type HoldoutWindow, holdoutRows } from '../../../lib/book/holdout-rows.ts';
import { firstPurchaseDay, purchaseHistories } from '../../../lib/book/purchase-histories.ts';
import { CUSTOMERS, history, NIGHTS, tablesOf } from '../../support/drawn-history.ts';
import { DAY_0, refund, sale } from '../../support/facts.ts';
import { NaiveBook } from '../../support/naive-book.ts';
import { TestShard } from '../../support/shard.ts';

const D = DAY_0;

/** A purchase day that stands, and its net. */
type Bought = readonly [day: number, net: number];

/** The rows of a table of columns, as text, ascending. */
function rowsOf(columns: object): string[] {
  const entries = Object.entries(columns as Record<string, ArrayLike<number>>).sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = Array.from({ length: entries[0]?.[1].length ?? 0 }, (_, row) =>
    JSON.stringify(Object.fromEntries(entries.map(([name, values]) => [name, values[row]]))),
  );
  return rows.sort();
}

/** The same text of rows that were written down one by one. */
const textsOf = (rows: readonly Record<string, number>[]) =>
  rows.map((row) => JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))).sort();

const sum = (days: readonly Bought[]) => days.reduce((total, [, net]) => total + net, 0);

/** What a customer did, by the words of the interface. */
function naiveHoldout(days: readonly Bought[], { calibrateTo, to, inner }: HoldoutWindow): Record<string, number> {
  const before = days.filter(([day]) => day <= calibrateTo);
  const after = days.filter(([day]) => day > calibrateTo && day <= to);
  const atInner = days.filter(([day]) => day <= inner);
  const [first] = before[0] as Bought;
  return {
    x: before.length - 1,
    txDays: (before.at(-1) as Bought)[0] - first,
    tenureDays: calibrateTo - first,
    repeatNetMinor: sum(before.slice(1)),
    later: after.length,
    laterNetMinor: sum(after),
    innerRecencyDays: atInner.length === 0 ? -1 : inner - (atInner.at(-1) as Bought)[0],
    innerLater: before.filter(([day]) => day > inner).length,
  };
}

function naiveBuyer(days: readonly Bought[], day: number, netMinor: number): Record<string, number> {
  const [first] = days[0] as Bought;
  return {
    x: days.length - 1,
    txDays: (days.at(-1) as Bought)[0] - first,
    tenureDays: day - first,
    repeatNetMinor: sum(days.slice(1)),
    netMinor,
  };
}

/** Ascending purchase days that stand, of every customer that has one; and the net of all days. */
function naiveDays(book: NaiveBook): { days: Bought[]; net: number }[] {
  return CUSTOMERS.flatMap((customer) => {
    const all = Object.entries(book.days[customer] ?? {}).sort(([a], [b]) => Number(a) - Number(b));
    const days = all.flatMap(([day, [standing, gross, refunded]]): Bought[] =>
      standing > 0 && (refunded === 0 || gross > refunded) ? [[Number(day), gross - refunded]] : [],
    );
    const net = all.reduce((total, [, [, gross, refunded]]) => total + gross - refunded, 0);
    return days.length === 0 ? [] : [{ days, net }];
  });
}

describe('holdoutRows', () => {
  it('gives one row per customer that had bought by the calibration date, whole days, with what came after and before', () => {
    const shard = new TestShard();
    shard.fold(D, [
      sale('1', 'a', D - 20, 100),
      sale('2', 'a', D - 10, 200),
      sale('3', 'a', D - 10, 50),
      sale('4', 'a', D - 3, 70),
      sale('5', 'a', D, 5),
      sale('6', 'fresh', D - 3, 30),
      sale('7', 'later', D - 1, 40),
      sale('8', 'undone', D - 15, 60),
      refund('9', 'undone', D - 1, 60, '8'),
    ]);
    const rows = holdoutRows(purchaseHistories(shard.book), { calibrateTo: D - 3, to: D - 1, inner: D - 12 });
    expect(Object.fromEntries(Object.entries(rows).map(([name, values]) => [name, [...values]]))).toEqual({
      x: [2, 0],
      txDays: [17, 0],
      tenureDays: [17, 0],
      repeatNetMinor: [320, 0],
      later: [0, 0],
      laterNetMinor: [0, 0],
      innerRecencyDays: [8, -1],
      innerLater: [2, 1],
    });
  });

  it('of drawn histories gives what is counted day by day, as the buyers and the first day are', () => {
    const drawnWindow = fc.tuple(fc.integer({ min: 1, max: NIGHTS }), fc.integer({ min: 1, max: 8 }), fc.nat(6));
    let seen = 0;
    fc.assert(
      fc.property(history, drawnWindow, (nights, [length, tail, innerDays]) => {
        const shard = new TestShard();
        const naive = new NaiveBook();
        nights.forEach((facts, night) => {
          shard.fold(D + night, ...tablesOf(facts));
          naive.fold(D + night, facts);
        });
        const to = D + NIGHTS - 1;
        const calibrateTo = to - tail;
        const window = { calibrateTo, to: Math.min(to, calibrateTo + length), inner: calibrateTo - innerDays };
        const buyers = naiveDays(naive);
        const known = buyers.filter(({ days }) => (days[0] as Bought)[0] <= calibrateTo);
        const histories = purchaseHistories(shard.book);
        expect(rowsOf(holdoutRows(histories, window))).toEqual(textsOf(known.map(({ days }) => naiveHoldout(days, window))));
        expect(rowsOf(buyerRows(shard.book, to))).toEqual(textsOf(buyers.map(({ days, net }) => naiveBuyer(days, to, net))));
        const first = Math.min(...buyers.map(({ days }) => (days[0] as Bought)[0]));
        expect(firstPurchaseDay(histories)).toBe(buyers.length === 0 ? undefined : first);
        if (known.some(({ days }) => (naiveHoldout(days, window)['later'] as number) > 0)) seen++;
      }),
      { seed: 7, numRuns: 120 },
    );
    expect(seen).toBeGreaterThan(15);
  });
});
