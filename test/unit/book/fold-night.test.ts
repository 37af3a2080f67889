import { describe, expect, it } from 'vitest';
import { DAY_0, factTable, refund, sale, voidOf } from '../../support/facts.ts';
import { TestShard } from '../../support/shard.ts';

const D = DAY_0;

/** A shard after one night. */
function nightOne(...facts: Parameters<typeof factTable>[0]): TestShard {
  const shard = new TestShard();
  shard.fold(D, facts);
  return shard;
}

describe('foldNight, purchase days', () => {
  it('takes several orders on one business day for one purchase day', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), sale('b', 'ann', D, 250), sale('c', 'ann', D - 1, 50));
    expect(shard.days('ann')).toEqual({ [D - 1]: [1, 50, 0], [D]: [2, 350, 0] });
    const c = shard.book.customers;
    const slot = shard.slot('ann');
    expect([c.purchaseDays[slot], c.firstDay[slot], c.lastDay[slot]]).toEqual([2, D - 1, D]);
    expect([c.net[slot], c.repeatNet[slot], c.knownOn[slot]]).toEqual([400, 350, D]);
  });

  it('counts a day with a free sale alone', () => {
    expect(nightOne(sale('a', 'ann', D, 0)).countingDays('ann')).toEqual([D]);
  });

  it('removes the sale of a void, and the day with its last sale', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), sale('b', 'ann', D, 30), voidOf('v', 'ann', D, 'a'));
    expect(shard.days('ann')).toEqual({ [D]: [1, 30, 0] });
    shard.fold(D + 1, [voidOf('w', 'ann', D + 1, 'b')]);
    expect(shard.days('ann')).toEqual({ [D]: [0, 0, 0] });
    expect(shard.countingDays('ann')).toEqual([]);
    expect(shard.book.customers.purchaseDays[shard.slot('ann')]).toBe(0);
    expect(shard.counts).toMatchObject({ sales: 2, salesMinor: 130, voids: 2, voidedMinor: 130 });
  });

  it('gives back what was refunded when a partly refunded sale is voided', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), sale('b', 'ann', D, 40), refund('r', 'ann', D, 30, 'a'));
    expect(shard.days('ann')).toEqual({ [D]: [2, 140, 30] });
    shard.fold(D + 1, [voidOf('v', 'ann', D + 1, 'a')]);
    expect(shard.days('ann')).toEqual({ [D]: [1, 40, 0] });
    expect(shard.counts).toMatchObject({ salesMinor: 140, refundsMinor: 30, voidedMinor: 70 });
  });

  it('lets a second void of one sale wait, then refuses it', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), voidOf('v', 'ann', D, 'a'), voidOf('w', 'ann', D + 0, 'a'));
    expect(shard.waiting()).toEqual([['w', 'ORPHAN', 0, 7]]);
    expect(shard.counts.voids).toBe(1);
  });

  it('removes a day whose net refunds bring to zero, also beside a free sale', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), sale('b', 'ann', D, 0), refund('r', 'ann', D, 100, 'a'));
    expect(shard.days('ann')).toEqual({ [D]: [2, 100, 100] });
    expect(shard.countingDays('ann')).toEqual([]);
  });

  it('reports past days that began or ceased to count, with the transactions that did it', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), sale('b', 'bob', D, 100), sale('c', 'cid', D, 100));
    const fold = shard.fold(D + 1, [
      refund('r', 'ann', D + 1, 100, 'a'),
      sale('late', 'bob', D - 3, 10),
      refund('part', 'cid', D + 1, 20, 'c'),
      sale('today', 'cid', D + 1, 5),
    ]);
    expect([...fold.corrected].sort(([a], [b]) => a - b)).toEqual([
      [shard.slot('ann'), { added: false, removed: true, transactions: ['r'] }],
      [shard.slot('bob'), { added: true, removed: false, transactions: ['late'] }],
    ]);
  });
});

describe('foldNight, refunds', () => {
  it('acts on the day of the original, not on its own', () => {
    const shard = nightOne(sale('a', 'ann', D - 5, 100), sale('b', 'ann', D, 100), refund('r', 'ann', D, 60, 'a'));
    expect(shard.days('ann')).toEqual({ [D - 5]: [1, 100, 60], [D]: [1, 100, 0] });
  });

  it('takes at most what the original has left; the excess waits 7 nights, then is refused with what is left of it', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), refund('r', 'ann', D, 60, 'a'), refund('s', 'ann', D, 60, 'a'));
    expect(shard.days('ann')).toEqual({ [D]: [1, 100, 100] });
    expect(shard.waiting()).toEqual([['s', 'EXCESS_REFUND', 20, 7]]);
    for (let night = D + 1; night <= D + 6; night++) expect(shard.fold(night).refused).toEqual([]);
    const { refused, counts } = shard.fold(D + 7);
    expect(refused).toMatchObject([{ rule: 'EXCESS_REFUND', line: 3, fact: { transaction_id: 's', amount_minor: 20 } }]);
    expect(counts.expired).toBe(1);
    expect(shard.waiting()).toEqual([]);
    expect(shard.counts).toMatchObject({ refunds: 1, refundsMinor: 100, pendingIn: 1 });
  });

  it('without original goes to the latest day not after its own whose net covers it', () => {
    const shard = nightOne(
      sale('a', 'ann', D - 9, 100),
      sale('b', 'ann', D - 5, 100),
      sale('c', 'ann', D - 3, 40),
      sale('d', 'ann', D, 500),
      refund('r', 'ann', D - 1, 70),
    );
    expect(shard.days('ann')).toMatchObject({
      [D - 9]: [1, 100, 0],
      [D - 5]: [1, 100, 70],
      [D - 3]: [1, 40, 0],
      [D]: [1, 500, 0],
    });
    shard.fold(D + 1, [refund('s', 'ann', D - 1, 70)]);
    expect(shard.days('ann')).toMatchObject({ [D - 9]: [1, 100, 70], [D - 5]: [1, 100, 70] });
  });

  it('without original waits when no day covers it, and is applied when one does', () => {
    const shard = nightOne(sale('a', 'ann', D, 50), refund('r', 'ann', D, 70), refund('n', 'nobody', D, 1));
    expect(shard.waiting()).toEqual([
      ['n', 'UNCOVERED_REFUND', 1, 7],
      ['r', 'UNCOVERED_REFUND', 70, 7],
    ]);
    expect(shard.slot('nobody')).toBe(-1);
    shard.fold(D + 1, [sale('b', 'ann', D, 20)]);
    expect(shard.days('ann')).toEqual({ [D]: [2, 70, 70] });
    expect(shard.countingDays('ann')).toEqual([]);
  });

  it('of an unknown original waits and is applied when the original comes, on the seventh night at the latest', () => {
    const shard = nightOne(refund('r', 'ann', D, 30, 'a'), voidOf('v', 'bob', D, 'b'));
    for (let night = D + 1; night <= D + 6; night++) shard.fold(night);
    expect(shard.waiting()).toEqual([
      ['r', 'ORPHAN', 30, 1],
      ['v', 'ORPHAN', 0, 1],
    ]);
    shard.fold(D + 7, [sale('a', 'ann', D - 1, 100)]);
    expect(shard.days('ann')).toEqual({ [D - 1]: [1, 100, 30] });
    expect(shard.refused).toMatchObject([{ rule: 'ORPHAN', fact: { transaction_id: 'v', original_transaction_id: 'b' } }]);
    expect(shard.counts).toMatchObject({ pendingIn: 2, expired: 1, refunds: 1, voids: 0 });
  });

  it('knows the original within its customer only', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), sale('b', 'bob', D, 100), refund('r', 'bob', D, 10, 'a'));
    expect(shard.waiting()).toEqual([['r', 'ORPHAN', 10, 7]]);
  });

  it('tries refunds and voids in the order of instant, then id', () => {
    const facts = [
      sale('a', 'ann', D, 100),
      { ...refund('late', 'ann', D, 80, 'a'), second: 9 },
      { ...refund('x', 'ann', D, 50, 'a'), second: 5 },
      { ...refund('w', 'ann', D, 20, 'a'), second: 5 },
    ];
    expect(nightOne(...facts).waiting()).toEqual([['late', 'EXCESS_REFUND', 50, 7]]);
    expect(nightOne(...facts.toReversed()).waiting()).toEqual([['late', 'EXCESS_REFUND', 50, 7]]);
  });
});

describe('foldNight, events after their drop', () => {
  it('keeps an event for 2 nights and applies it on its day', () => {
    const shard = nightOne(sale('a', 'ann', D + 1, 10), sale('b', 'ann', D + 2, 20), sale('c', 'ann', D + 3, 30));
    expect(shard.slot('ann')).toBe(-1);
    shard.fold(D + 1);
    expect(shard.days('ann')).toEqual({ [D + 1]: [1, 10, 0] });
    const { refused } = shard.fold(D + 2);
    expect(shard.days('ann')).toEqual({ [D + 1]: [1, 10, 0], [D + 2]: [1, 20, 0] });
    expect(refused).toMatchObject([{ rule: 'FUTURE_EVENT', fact: { transaction_id: 'c' } }]);
    expect(shard.waiting()).toEqual([]);
  });

  it('gives a refund from the future its own 7 nights once its day has come', () => {
    const shard = nightOne(refund('r', 'ann', D + 1, 10, 'a'));
    expect(shard.waiting()).toEqual([['r', 'FUTURE_EVENT', 10, 2]]);
    shard.fold(D + 1);
    expect(shard.waiting()).toEqual([['r', 'ORPHAN', 10, 7]]);
  });

  it('lets a refund of a sale from the future wait for it', () => {
    const shard = nightOne(sale('a', 'ann', D + 1, 10), refund('r', 'ann', D, 4, 'a'));
    expect(shard.waiting().map(([id, reason]) => [id, reason])).toEqual([
      ['r', 'ORPHAN'],
      ['a', 'FUTURE_EVENT'],
    ]);
    shard.fold(D + 1);
    expect(shard.days('ann')).toEqual({ [D + 1]: [1, 10, 4] });
  });
});

describe('foldNight, duplicates and conflicts', () => {
  it('drops copies of one night and of later nights, and counts them', () => {
    const facts = [sale('a', 'ann', D, 100), sale('b', 'ann', D, 50), sale('c', 'bob', D, 70)];
    const shard = new TestShard();
    shard.fold(D, facts, factTable(facts, 'copy.csv'));
    expect(shard.counts).toMatchObject({ rows: 6, duplicates: 3, sales: 3, conflicts: 0 });
    shard.fold(D + 1, facts);
    expect(shard.counts).toMatchObject({ rows: 9, duplicates: 6, sales: 3, conflicts: 0 });
    expect(shard.refused).toEqual([]);
    expect(shard.days('ann')).toEqual({ [D]: [2, 150, 0] });
  });

  it('drops a later copy of a fact that waits or was refused', () => {
    const shard = nightOne(sale('f', 'ann', D + 5, 10), refund('r', 'ann', D, 5, 'x'));
    shard.fold(D + 1, [sale('f', 'ann', D + 5, 10), refund('r', 'ann', D, 5, 'x')]);
    shard.fold(D + 2, [sale('f', 'ann', D + 5, 10)]);
    expect(shard.counts).toMatchObject({ duplicates: 3, conflicts: 0, expired: 1, pendingIn: 2 });
  });

  it('gives one id to each customer', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), sale('a', 'bob', D, 50));
    expect(shard.counts).toMatchObject({ sales: 2, duplicates: 0, conflicts: 0 });
  });

  it('refuses both of two contents of one night, and keeps the id in conflict for later copies', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), sale('a', 'ann', D, 101), sale('a', 'ann', D, 100));
    expect(shard.counts).toMatchObject({ rows: 3, conflicts: 2, duplicates: 1, sales: 0 });
    expect(shard.refused.map(({ rule, line }) => [rule, line])).toEqual([
      ['CONFLICT', 1],
      ['CONFLICT', 2],
    ]);
    shard.fold(D + 1, [sale('a', 'ann', D, 100), sale('b', 'ann', D, 1)]);
    expect(shard.counts).toMatchObject({ conflicts: 3, sales: 1 });
    shard.fold(D + 2, [refund('r', 'ann', D, 1, 'a')]);
    expect(shard.waiting()).toEqual([['r', 'ORPHAN', 1, 7]]);
  });

  it('keeps the earlier of two contents of two nights', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), sale('z', 'ann', D, 7));
    shard.fold(D + 1, [sale('a', 'ann', D, 101), sale('a', 'ann', D, 100), { ...sale('z', 'ann', D, 7), second: 1 }]);
    expect(shard.counts).toMatchObject({ conflicts: 2, duplicates: 1, sales: 2 });
    expect(shard.refused.map(({ fact }) => [fact['transaction_id'], fact['amount_minor']])).toEqual([
      ['a', 101],
      ['z', 7],
    ]);
    expect(shard.days('ann')).toEqual({ [D]: [2, 107, 0] });
  });

  it('forgets an id after 400 days', () => {
    const [known, forgotten] = [nightOne(sale('a', 'ann', D, 100)), nightOne(sale('a', 'ann', D, 100))];
    known.fold(D + 400, [refund('r', 'ann', D + 400, 10, 'a'), sale('a', 'ann', D + 399, 5)]);
    expect(known.counts).toMatchObject({ refunds: 1, conflicts: 1, sales: 1 });
    forgotten.fold(D + 401, [refund('r', 'ann', D + 401, 10, 'a'), sale('a', 'ann', D + 399, 5)]);
    expect(forgotten.counts).toMatchObject({ conflicts: 0, sales: 2, refundsMinor: 5 });
    expect(forgotten.days('ann')).toEqual({ [D]: [1, 100, 0], [D + 399]: [1, 5, 5] });
  });
});

describe('foldNight, facts that waited in vain', () => {
  const nights = (shard: TestShard, from: number, to: number) => {
    for (let night = from; night <= to; night++) shard.fold(night);
  };

  it('takes a fact up again that is delivered again, and judges it anew', () => {
    const shard = nightOne(refund('r', 'ann', D, 30, 'a'), sale('f', 'ann', D + 9, 10));
    nights(shard, D + 1, D + 7);
    expect(shard.refused.map(({ rule }) => rule)).toEqual(['FUTURE_EVENT', 'ORPHAN']);
    shard.saveAndLoad([factTable([refund('r', 'ann', D, 30, 'a'), sale('f', 'ann', D + 9, 10)])]);
    shard.fold(D + 8, [refund('r', 'ann', D, 30, 'a'), sale('a', 'ann', D - 1, 100), sale('f', 'ann', D + 9, 10)]);
    expect(shard.days('ann')).toEqual({ [D - 1]: [1, 100, 30] });
    expect(shard.waiting()).toEqual([['f', 'FUTURE_EVENT', 10, 2]]);
    shard.fold(D + 9, [refund('r', 'ann', D, 30, 'a')]);
    expect(shard.days('ann')).toEqual({ [D - 1]: [1, 100, 30], [D + 9]: [1, 10, 0] });
    expect(shard.counts).toMatchObject({ rows: 6, sales: 2, refunds: 1, duplicates: 1, expired: 2, conflicts: 0 });
  });

  it('takes up the rest alone of a refund that was applied in part', () => {
    const facts = [sale('a', 'ann', D, 100), refund('r', 'ann', D, 130, 'a')];
    const shard = nightOne(...facts);
    nights(shard, D + 1, D + 7);
    shard.fold(D + 8, facts);
    expect(shard.waiting()).toEqual([['r', 'EXCESS_REFUND', 30, 7]]);
    nights(shard, D + 9, D + 15);
    expect(shard.refused.map(({ fact }) => fact['amount_minor'])).toEqual([30, 30]);
    expect(shard.money.get('USD refund')).toMatchObject({ applied: 100, duplicates: 100, refused: 60 });
  });

  it('keeps other contents out of the id of a fact that waits or waited in vain', () => {
    const shard = nightOne(refund('r', 'ann', D, 30, 'a'));
    shard.fold(D + 1, [refund('r', 'ann', D, 31, 'a')]);
    nights(shard, D + 2, D + 7);
    shard.fold(D + 8, [refund('r', 'ann', D, 31, 'a')]);
    expect(shard.refused.map(({ rule, fact }) => [rule, fact['amount_minor']])).toEqual([
      ['CONFLICT', 31],
      ['ORPHAN', 30],
      ['CONFLICT', 31],
    ]);
  });
});

describe('foldNight, rules of voids and calendar', () => {
  it('lets a refund of a voided sale, a second void and a void of a refund wait, then refuses them', () => {
    const shard = nightOne(sale('a', 'ann', D, 100), voidOf('v', 'ann', D, 'a'));
    shard.fold(D + 1, [
      refund('r', 'ann', D + 1, 10, 'a'),
      voidOf('w', 'ann', D + 1, 'a'),
      voidOf('x', 'ann', D + 1, 'v'),
      refund('y', 'ann', D + 1, 10, 'v'),
    ]);
    expect(shard.waiting()).toEqual([
      ['r', 'EXCESS_REFUND', 10, 7],
      ['w', 'ORPHAN', 0, 7],
      ['x', 'ORPHAN', 0, 7],
      ['y', 'ORPHAN', 10, 7],
    ]);
    for (let night = D + 2; night <= D + 8; night++) shard.fold(night);
    expect(shard.refused.map(({ rule }) => rule).sort()).toEqual(['EXCESS_REFUND', 'ORPHAN', 'ORPHAN', 'ORPHAN']);
    expect(shard.days('ann')).toEqual({ [D]: [0, 0, 0] });
  });

  it('counts leap days and month ends as days of their own', () => {
    const leap = D + 59; // 2024-02-29
    const shard = new TestShard();
    shard.fold(leap + 1, [
      sale('1', 'ann', leap - 1, 1),
      sale('2', 'ann', leap, 2),
      sale('3', 'ann', leap + 1, 3),
      sale('4', 'ann', D + 30, 4),
      refund('5', 'ann', leap + 1, 1, '2'),
    ]);
    expect(shard.countingDays('ann')).toEqual([D + 30, leap - 1, leap, leap + 1]);
    expect(shard.days('ann')?.[leap]).toEqual([1, 2, 1]);
  });

  it('takes a date and the first instant of its day for the same content', () => {
    const shard = nightOne(sale('a', 'ann', D, 5));
    const dateOnly = factTable([sale('a', 'ann', D, 5)]);
    dateOnly.columns.date_only[0] = 1;
    shard.fold(D + 1, dateOnly);
    expect(shard.counts).toMatchObject({ duplicates: 1, conflicts: 0 });
  });
});

describe('foldNight, odd ids', () => {
  it('keeps customers apart whose ids differ in one byte, are long, or are no ASCII', () => {
    const ids = ['a', 'a ', ' a', 'A', 'é', 'e\u0301', '\uFEFFa', '../x', '客户', '😀', '"', 'a,b', 'x'.repeat(256)];
    const shard = nightOne(...ids.map((customer, i) => sale('t', customer, D, i + 1)), refund('r', '\uFEFFa', D, 1, 'no'));
    shard.saveAndLoad([]);
    ids.forEach((customer, i) => {
      expect(shard.days(customer)).toEqual({ [D]: [1, i + 1, 0] });
    });
    expect(shard.book.size).toBe(ids.length);
    shard.fold(D + 1, [sale('no', '\uFEFFa', D, 50)]);
    expect(shard.days('\uFEFFa')).toEqual({ [D]: [2, 57, 1] });
  });
});
