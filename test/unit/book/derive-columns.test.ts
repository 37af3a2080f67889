import { describe, expect, it } from 'vitest';
import { NO_INT } from '../../../lib/arrow/columns.ts';
import { DAY_0, refund, sale, type TestFact, voidOf } from '../../support/facts.ts';
import { reread, TestShard } from '../../support/shard.ts';

const D = DAY_0;

/** Nights of facts, and what is then derived for customer `ann`, by folding and from a file. */
function derivedFrom(...nights: TestFact[][]) {
  const shard = new TestShard();
  nights.forEach((facts, night) => {
    shard.fold(D + 30 + night, facts);
  });
  const [folded, read] = [shard.book, reread(shard.book)].map((book) => {
    const { lastGap, gapBefore, lastRefundedDay, secondDay } = book.customers;
    const slot = book.findSlot(Buffer.from('ann'), 0, 3);
    return [lastGap[slot], gapBefore[slot], lastRefundedDay[slot], secondDay[slot]];
  });
  expect(read).toEqual(folded);
  return folded;
}

const four = [0, 5, 12, 30].map((day) => sale(`s${day}`, 'ann', D + day, 100));
const others = [sale('z', 'zoe', D + 2, 100), sale('a', 'aaa', D + 3, 100), refund('q', 'zoe', D + 9, 50, 'z')];

describe('columns derived from days', () => {
  it('are the last two gaps, the second day and none refunded; nothing with one day', () => {
    expect(derivedFrom([...four, ...others])).toEqual([18, 7, NO_INT, D + 5]);
    expect(derivedFrom([...four.slice(0, 2), ...others])).toEqual([5, 0, NO_INT, D + 5]);
    expect(derivedFrom([...four.slice(0, 1), ...others])).toEqual([0, 0, NO_INT, NO_INT]);
  });

  it('leave out days that do not count, but not what was refunded of them', () => {
    expect(derivedFrom(four, [voidOf('v', 'ann', D + 31, 's5'), ...others])).toEqual([18, 12, NO_INT, D + 12]);
    expect(derivedFrom(four, [refund('r', 'ann', D + 31, 100, 's30'), ...others])).toEqual([7, 5, D + 30, D + 5]);
    expect(derivedFrom(four, [refund('r', 'ann', D + 31, 10, 's12')], [refund('t', 'ann', D + 32, 10, 's5')])).toEqual([
      18,
      7,
      D + 12,
      D + 5,
    ]);
  });
});
