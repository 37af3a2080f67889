import { describe, expect, it } from 'vitest';
import { formatDay } from '../../../lib/time.ts';
import { DAY_0, factTable, refund, sale, type TestFact, voidOf } from '../../support/facts.ts';
import { rateTable } from '../../support/feed-facts.ts';
import { TestShard } from '../../support/shard.ts';

const D = DAY_0;
const yen = <T extends TestFact>(fact: T): T & { currency: string } => ({ ...fact, currency: 'JPY' });
const JPY_RATE: readonly [number, string, string] = [D, 'JPY', '0.00712'];

function night(shard: TestShard, day: number, facts: readonly TestFact[], ...rates: (readonly [number, string, string])[]) {
  return shard.foldFacts(day, { transactions: [factTable(facts)], rates: [rateTable(rates)] });
}

describe('foldNight, currencies', () => {
  it('converts a sale by the rate of its business day, also when the night is later', () => {
    const shard = new TestShard();
    night(shard, D, [], JPY_RATE, [D + 1, 'JPY', '0.008']);
    night(shard, D + 1, [yen(sale('a', 'ann', D, 1000)), yen(sale('b', 'ann', D + 1, 1000)), sale('c', 'ann', D, 5)]);
    expect(shard.days('ann')).toEqual({ [D]: [2, 717, 0], [D + 1]: [1, 800, 0] });
    expect(shard.counts).toMatchObject({ sales: 3, salesMinor: 1517 });
  });

  it('lets a sale without a rate wait 7 nights, never taking 1.0, then refuses it', () => {
    const shard = new TestShard();
    night(shard, D, [yen(sale('a', 'ann', D, 1000))], [D - 1, 'JPY', '0.00712'], [D, 'KWD', '3']);
    expect(shard.waiting()).toEqual([['a', 'MISSING_RATE', 1000, 7]]);
    expect(shard.slot('ann')).toBe(-1);
    for (let day = D + 1; day <= D + 6; day++) expect(shard.fold(day).refused).toEqual([]);
    expect(shard.fold(D + 7).refused).toMatchObject([
      {
        rule: 'MISSING_RATE',
        message: `no exchange rate for JPY of ${formatDay(D)} became known within 7 nights`,
        fact: { amount_minor: 1000, currency: 'JPY' },
      },
    ]);
    expect(shard.counts).toMatchObject({ expired: 1, sales: 0 });
  });

  it('applies it on the seventh night, when the rate comes then', () => {
    const shard = new TestShard();
    night(shard, D, [yen(sale('a', 'ann', D, 1000))]);
    for (let day = D + 1; day <= D + 6; day++) shard.fold(day);
    night(shard, D + 7, [], JPY_RATE);
    expect(shard.days('ann')).toEqual({ [D]: [1, 712, 0] });
  });

  it('takes a rate of an earlier day as far back as the configuration says', () => {
    const shard = new TestShard({ rateMaxAgeDays: 2 });
    night(shard, D + 2, [yen(sale('a', 'ann', D + 2, 1000))], JPY_RATE);
    night(shard, D + 3, [yen(sale('b', 'ann', D + 3, 1000))]);
    expect(shard.days('ann')).toEqual({ [D + 2]: [1, 712, 0] });
    expect(shard.waiting()).toEqual([['b', 'MISSING_RATE', 1000, 7]]);
  });

  it('refunds at the rate of the original, so that a full refund is exactly zero', () => {
    const shard = new TestShard();
    night(shard, D, [yen(sale('a', 'ann', D, 1000))], JPY_RATE);
    night(shard, D + 1, [yen(refund('r', 'ann', D + 1, 450, 'a'))], [D + 1, 'JPY', '0.009']);
    // 550 of 1000 are left: 391.6 of 712 cents
    expect(shard.days('ann')).toEqual({ [D]: [1, 712, 320] });
    // 100 are left: 71.2 cents; 450 on their own would be 320 once more, and a cent would stay in the end
    night(shard, D + 2, [yen(refund('s', 'ann', D + 2, 450, 'a'))]);
    expect(shard.days('ann')).toEqual({ [D]: [1, 712, 641] });
    night(shard, D + 3, [yen(refund('t', 'ann', D + 3, 400, 'a'))]);
    expect(shard.days('ann')).toEqual({ [D]: [1, 712, 712] });
    expect(shard.waiting()).toEqual([['t', 'EXCESS_REFUND', 300, 7]]);
    expect(shard.countingDays('ann')).toEqual([]);
  });

  it('voids what is left of a refunded foreign sale', () => {
    const shard = new TestShard();
    night(shard, D, [yen(sale('a', 'ann', D, 1000)), sale('b', 'ann', D, 50), yen(refund('r', 'ann', D, 333, 'a'))], JPY_RATE);
    night(shard, D + 1, [voidOf('v', 'ann', D + 1, 'a')]);
    expect(shard.days('ann')).toEqual({ [D]: [1, 50, 0] });
    expect(shard.counts).toMatchObject({ salesMinor: 762, refundsMinor: 237, voidedMinor: 475 });
  });

  it('refuses a refund in another currency than its original at once', () => {
    const shard = new TestShard();
    night(
      shard,
      D,
      [yen(sale('a', 'ann', D, 1000)), refund('r', 'ann', D, 5, 'a'), yen(refund('s', 'ann', D, 5, 'b'))],
      JPY_RATE,
    );
    expect(shard.refused).toMatchObject([
      { rule: 'CURRENCY_MISMATCH', message: 'its original is in JPY, it is in USD', fact: { transaction_id: 'r' } },
    ]);
    expect(shard.waiting()).toEqual([['s', 'ORPHAN', 5, 7]]);
    night(shard, D + 1, [sale('b', 'ann', D, 9)]);
    expect(shard.refused.map(({ rule }) => rule)).toEqual(['CURRENCY_MISMATCH', 'CURRENCY_MISMATCH']);
    expect(shard.days('ann')).toEqual({ [D]: [2, 721, 0] });
    expect(shard.counts).toMatchObject({ refused: 2, refunds: 0 });
  });

  it('converts a refund without original by the rate of its own day', () => {
    const shard = new TestShard();
    night(shard, D, [sale('a', 'ann', D, 800)], JPY_RATE, [D + 1, 'JPY', '0.0085']);
    night(shard, D + 1, [yen(refund('r', 'ann', D, 1000)), yen(refund('s', 'ann', D + 1, 100))]);
    expect(shard.days('ann')).toEqual({ [D]: [1, 800, 797] });
  });

  it('tells currencies apart: the same id and amount in another currency is a conflict', () => {
    const shard = new TestShard();
    night(shard, D, [sale('a', 'ann', D, 1000)], JPY_RATE);
    night(shard, D + 1, [yen(sale('a', 'ann', D, 1000))]);
    expect(shard.refused.map(({ rule }) => rule)).toEqual(['CONFLICT']);
  });

  it('refuses an amount that the base currency cannot hold', () => {
    const shard = new TestShard();
    night(shard, D, [yen(sale('a', 'ann', D, 9_000_000_000_000_000))], [D, 'JPY', '2']);
    expect(shard.refused.map(({ rule }) => rule)).toEqual(['AMOUNT_TOO_LARGE']);
  });
});

describe('foldNight, rates', () => {
  it('refuses several values for one date and currency of one night, and keeps what was known', () => {
    const shard = new TestShard();
    night(shard, D, [], JPY_RATE);
    const rates = [
      rateTable([[D, 'JPY', '0.008']], 'b.csv'),
      rateTable(
        [
          [D, 'JPY', '0.009'],
          [D, 'JPY', '0.0080'],
        ],
        'a.csv',
      ),
    ];
    const { refused } = shard.foldFacts(D + 1, { rates, transactions: [factTable([yen(sale('a', 'ann', D, 1000))])] });
    expect(refused.map(({ file, line, rule, fact }) => [file, line, rule, fact['rate']])).toEqual([
      ['a.csv', 1, 'RATE_CONFLICT', '0.009'],
      ['a.csv', 2, 'RATE_CONFLICT', '0.0080'],
    ]);
    expect(shard.days('ann')).toEqual({ [D]: [1, 712, 0] });
    expect(shard.feeds.rates).toMatchObject({ rows: 4, taken: 1, conflicts: 2, duplicates: 1 });
  });

  it('replaces a rate by one of a later night, for facts that are applied from then on', () => {
    const shard = new TestShard();
    night(shard, D, [yen(sale('a', 'ann', D, 1000))], JPY_RATE, JPY_RATE);
    night(shard, D + 1, [yen(sale('b', 'ann', D, 1000))], [D, 'JPY', '0.01']);
    shard.saveAndLoad([]);
    night(shard, D + 2, [yen(sale('c', 'ann', D, 1000))], [D, 'JPY', '0.010']);
    expect(shard.days('ann')).toEqual({ [D]: [3, 2712, 0] });
    expect(shard.feeds.rates).toMatchObject({ rows: 4, taken: 2, duplicates: 2, conflicts: 0 });
  });

  it('accounts for rates in one shard alone, and uses them in all', () => {
    const shard = new TestShard({ accountsForShared: false });
    night(shard, D, [yen(sale('a', 'ann', D, 1000))], JPY_RATE, [D, 'KWD', '1'], [D, 'KWD', '2']);
    expect([shard.feeds.rates.rows, shard.refused.length]).toEqual([0, 0]);
    expect(shard.days('ann')).toEqual({ [D]: [1, 712, 0] });
  });
});
