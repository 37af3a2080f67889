import { describe, expect, it } from 'vitest';
import { textAt } from '../../../lib/arrow/columns.ts';
import { DAY_0, factTable, refund, sale, voidOf } from '../../support/facts.ts';
import { customerTable, erasureTable, interactionTable, type TestInteraction } from '../../support/feed-facts.ts';
import { bookBytes, TestShard } from '../../support/shard.ts';

const D = DAY_0;
const DAY = 86_400;
const visit = (id: string, customer: string, day: number, more: Partial<TestInteraction> = {}): TestInteraction => ({
  id,
  customer,
  day,
  ...more,
});
const interact = (shard: TestShard, night: number, ...rows: TestInteraction[]) =>
  shard.foldFacts(night, { interactions: [interactionTable(rows)] });

/** Rows of a shard's snapshot of identifiers: id, email, country. */
function identifiersOf(shard: TestShard): string[][] {
  const { rows, columns: c } = shard.identifiers.table();
  return Array.from({ length: rows }, (_, row) => [c.customer_id, c.email, c.country].map((column) => textAt(column, row)));
}

describe('foldNight, interactions', () => {
  it('makes customers known and keeps interactions for 90 days by business day', () => {
    const shard = new TestShard();
    interact(shard, D, visit('1', 'ann', D), visit('2', 'ann', D - 89), visit('3', 'bob', D - 90));
    expect(shard.customers()).toEqual(['ann', 'bob']);
    expect(shard.interactions('ann')).toEqual([
      ['2', D - 89],
      ['1', D],
    ]);
    expect(shard.feeds.interactions).toMatchObject({ rows: 3, taken: 2, outdated: 1 });
    shard.fold(D + 1);
    expect(shard.interactions('ann')).toEqual([['1', D]]);
    shard.saveAndLoad([]);
    for (let night = D + 2; night <= D + 89; night++) shard.fold(night);
    expect(shard.interactions('ann')).toEqual([['1', D]]);
    shard.fold(D + 90);
    expect(shard.interactions('ann')).toEqual([]);
    expect(shard.customers()).toEqual(['ann', 'bob']);
  });

  it('drops copies, refuses other contents under a known id and both of two new ones', () => {
    const shard = new TestShard();
    interact(shard, D, visit('1', 'ann', D, { score: 4 }), visit('1', 'ann', D, { score: 4 }), visit('1', 'bob', D));
    const { refused } = interact(
      shard,
      D + 1,
      visit('1', 'ann', D, { score: 4 }),
      visit('1', 'ann', D, { score: 5 }),
      visit('2', 'ann', D, { kind: 'review' }),
      visit('2', 'ann', D, { kind: 'survey' }),
      visit('1', 'bob', D, { channel: 'web' }),
    );
    expect(refused.map(({ line, rule, fact }) => [line, rule, fact['interaction_id'], fact['kind']])).toEqual([
      [2, 'CONFLICT', '1', 'visit'],
      [3, 'CONFLICT', '2', 'review'],
      [4, 'CONFLICT', '2', 'survey'],
      [5, 'CONFLICT', '1', 'visit'],
    ]);
    expect(shard.feeds.interactions).toMatchObject({ rows: 8, taken: 2, duplicates: 2, conflicts: 4 });
  });

  it('keeps one of the next 2 days, and refuses later ones', () => {
    const shard = new TestShard();
    const { refused } = interact(shard, D, visit('1', 'ann', D + 2), visit('2', 'bob', D + 3));
    expect(refused.map(({ rule, fact }) => [rule, fact['customer_id']])).toEqual([['FUTURE_EVENT', 'bob']]);
    expect(shard.customers()).toEqual(['ann']);
    expect(shard.interactions('ann')).toEqual([['1', D + 2]]);
  });

  it('orders the interactions of a customer by instant and id', () => {
    const shard = new TestShard();
    interact(shard, D, visit('b', 'ann', D, { second: 9 }), visit('c', 'ann', D), visit('a', 'ann', D, { second: 9 }));
    interact(shard, D + 1, visit('z', 'ann', D - 1), visit('a', 'aaa', D + 1));
    shard.saveAndLoad([]);
    interact(shard, D + 2, visit('aa', 'ann', D, { second: 9 }));
    expect(shard.interactions('ann').map(([id]) => id)).toEqual(['z', 'c', 'a', 'aa', 'b']);
  });
});

describe('foldNight, customers', () => {
  it('makes a customer known; columns that a file lacks stay, an empty field clears', () => {
    const shard = new TestShard();
    const people = (night: number, rows: Parameters<typeof customerTable>[0], present?: string[]) =>
      shard.foldFacts(night, { customers: [customerTable(rows, 'people.csv', present)] });
    people(D, [{ customer: 'ann', country: 'DE', consentEmail: 1, email: 'ann@example.com', signedUpDay: D - 3 }]);
    people(D + 1, [{ customer: 'ann', country: 'FR' }, { customer: 'bob' }], ['country']);
    const slot = shard.slot('ann');
    expect([shard.book.countryOf(slot), shard.book.customers.consentEmail[slot]]).toEqual(['FR', 1]);
    expect(shard.book.customers.signedUpDay[slot]).toBe(D - 3);
    expect(identifiersOf(shard)).toEqual([
      ['ann', 'ann@example.com', 'FR'],
      ['bob', '', ''],
    ]);
    shard.saveAndLoad([]);
    people(D + 2, [{ customer: 'ann', consentEmail: 0 }], ['consent_email', 'email']);
    expect(identifiersOf(shard)).toEqual([
      ['ann', '', 'FR'],
      ['bob', '', ''],
    ]);
    const found = shard.slot('ann');
    expect([shard.book.countryOf(found), shard.book.customers.consentEmail[found]]).toEqual(['FR', 0]);
    expect(shard.feeds.customers).toMatchObject({ rows: 4, taken: 4 });
  });

  it('takes the rows of a night by updated_at, none first, whatever their files', () => {
    const rows = [
      { customer: 'ann', updatedAt: 20, country: 'DE', email: 'new@example.com' },
      { customer: 'ann', updatedAt: 10, country: 'FR', email: 'old@example.com' },
      { customer: 'ann', country: 'IT', email: 'none@example.com' },
    ];
    for (const order of [rows, rows.toReversed()]) {
      const shard = new TestShard();
      shard.foldFacts(D, { customers: order.map((row, i) => customerTable([row], `${i}.csv`)) });
      expect(identifiersOf(shard)).toEqual([['ann', 'new@example.com', 'DE']]);
      expect(shard.book.countryOf(shard.slot('ann'))).toBe('DE');
    }
  });

  it('takes the night for which the row became known, not its updated_at, to be what counts between nights', () => {
    const shard = new TestShard();
    shard.foldFacts(D, { customers: [customerTable([{ customer: 'ann', updatedAt: 20, country: 'DE' }])] });
    shard.foldFacts(D + 1, { customers: [customerTable([{ customer: 'ann', updatedAt: 10, country: 'FR' }])] });
    expect(shard.book.countryOf(shard.slot('ann'))).toBe('FR');
  });
});

describe('foldNight, erasures', () => {
  const erase = (shard: TestShard, night: number, ...rows: [string, number][]) =>
    shard.foldFacts(night, { erasures: [erasureTable(rows)] });

  function livelyShard(): TestShard {
    const shard = new TestShard();
    shard.foldFacts(D, {
      transactions: [
        factTable([
          sale('1', 'ann', D, 100),
          refund('2', 'ann', D, 30, '1'),
          refund('3', 'ann', D, 9, 'unknown'),
          sale('4', 'bob', D, 7),
          refund('5', 'cid', D, 3, 'x'),
        ]),
      ],
      interactions: [interactionTable([visit('i', 'ann', D), visit('i', 'bob', D)])],
      customers: [
        customerTable([
          { customer: 'ann', email: 'ann@example.com' },
          { customer: 'bob', email: 'bob@example.com' },
        ]),
      ],
    });
    return shard;
  }

  it('removes a customer from every table, and nobody else', () => {
    const shard = livelyShard();
    const fold = erase(shard, D + 1, ['ann', D * DAY], ['nobody', D * DAY]);
    expect([shard.customers(), shard.slot('ann')]).toEqual([['bob'], -1]);
    expect(shard.waiting()).toEqual([['5', 'ORPHAN', 3, 6]]);
    expect(identifiersOf(shard)).toEqual([['bob', 'bob@example.com', '']]);
    expect(fold.erasedIds).toEqual(['ann']);
    expect(shard.counts).toMatchObject({ customersErased: 1, erasedPending: 1, erasedMinor: 70 });
    expect(shard.feeds.erasures).toMatchObject({ rows: 2, taken: 2 });
    const without = new TestShard();
    without.foldFacts(D, {
      transactions: [
        factTable([sale('4', 'bob', D, 7), refund('5', 'cid', D, 3, 'x')].map((fact, i) => ({ ...fact, line: i + 4 }))),
      ],
      interactions: [interactionTable([visit('i', 'bob', D)])],
      customers: [customerTable([{ customer: 'bob', email: 'bob@example.com' }])],
    });
    erase(without, D + 1, ['ann', D * DAY], ['nobody', D * DAY]);
    expect(bookBytes(shard.book)).toEqual(bookBytes(without.book));
  });

  it('removes who is known by a waiting fact alone', () => {
    const shard = livelyShard();
    expect(erase(shard, D + 1, ['cid', D * DAY]).erasedIds).toEqual(['cid']);
    expect(shard.waiting().map(([id]) => id)).toEqual(['3']);
  });

  it('drops what happened when the erasure was asked for or before, and counts it', () => {
    const shard = livelyShard();
    erase(shard, D + 1, ['ann', (D + 1) * DAY]);
    shard.saveAndLoad([]);
    const rows = [{ customer: 'ann', updatedAt: (D + 1) * DAY }, { customer: 'ann', signedUpDay: D + 1 }, { customer: 'ann' }];
    shard.foldFacts(D + 2, {
      transactions: [factTable([sale('1', 'ann', D, 100), sale('6', 'ann', D + 1, 5)])],
      interactions: [interactionTable([visit('j', 'ann', D + 1)])],
      customers: [customerTable(rows)],
    });
    expect(shard.customers()).toEqual(['bob']);
    expect([shard.counts.erased, shard.feeds.interactions.erased, shard.feeds.customers.erased]).toEqual([2, 1, 3]);
    expect(shard.money.get('USD sale')).toMatchObject({ applied: 107, erased: 105 });
    expect(identifiersOf(shard)).toEqual([['bob', 'bob@example.com', '']]);
  });

  it('begins a new customer with a later fact, who has nothing of the old one', () => {
    const shard = livelyShard();
    erase(shard, D + 1, ['ann', (D + 1) * DAY]);
    const facts = [
      { ...sale('6', 'ann', D + 1, 5), second: 1 },
      { ...refund('7', 'ann', D + 1, 50, '1'), second: 1 },
      { ...voidOf('8', 'ann', D + 1, '1'), second: 1 },
    ];
    shard.saveAndLoad([factTable([...facts, sale('1', 'ann', D, 100)])]);
    shard.fold(D + 2, facts);
    expect(shard.days('ann')).toEqual({ [D + 1]: [1, 5, 0] });
    expect(shard.interactions('ann')).toEqual([]);
    expect(shard.waiting().map(([id, reason]) => [id, reason])).toEqual([
      ['5', 'ORPHAN'],
      ['7', 'ORPHAN'],
      ['8', 'ORPHAN'],
    ]);
    expect(shard.book.customers.knownOn[shard.slot('ann')]).toBe(D + 2);
    // an id of the old customer is free again; the waiting void finds it
    shard.fold(D + 3, [{ ...sale('1', 'ann', D + 2, 11), second: 1 }]);
    expect(shard.counts).toMatchObject({ conflicts: 0, customersIn: 3 });
    expect(shard.days('ann')).toEqual({ [D + 1]: [1, 5, 0], [D + 2]: [0, 0, 0] });
  });

  it('asked again with nothing new changes nothing; with a later instant it removes again', () => {
    const shard = livelyShard();
    erase(shard, D + 1, ['ann', D * DAY], ['ann', (D - 1) * DAY]);
    shard.fold(D + 2, [sale('9', 'ann', D + 2, 5)]);
    shard.saveAndLoad([]);
    erase(shard, D + 3, ['ann', D * DAY]);
    expect(shard.customers()).toEqual(['ann', 'bob']);
    expect(shard.feeds.erasures).toMatchObject({ rows: 3, taken: 1, duplicates: 2 });
    erase(shard, D + 4, ['ann', (D + 3) * DAY]);
    expect(shard.customers()).toEqual(['bob']);
  });

  it('of a night comes before the facts of the night', () => {
    const shard = livelyShard();
    shard.foldFacts(D + 1, {
      erasures: [erasureTable([['ann', D * DAY + 10]])],
      transactions: [
        factTable([
          { ...sale('n', 'ann', D, 5), second: 11 },
          { ...sale('o', 'ann', D, 5), second: 10 },
        ]),
      ],
    });
    expect(shard.days('ann')).toEqual({ [D]: [1, 5, 0] });
    expect(shard.counts).toMatchObject({ erased: 1, customersErased: 1, customersIn: 3 });
  });
});
