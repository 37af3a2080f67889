import { describe, expect, it } from 'vitest';
import { UncountedRows } from '../../../cli/local/uncounted-rows.ts';
import { ConfigError } from '../../../lib/errors.ts';
import { DAY_0, refund, sale, type TestFact } from '../../support/facts.ts';
import { TestShard } from '../../support/shard.ts';

const euros = (fact: TestFact): TestFact => ({ ...fact, currency: 'EUR' });
const [S1, S2] = [euros(sale('s1', 'c1', DAY_0, 500)), euros(sale('s2', 'c2', DAY_0, 700))];

/** What came of facts of the first night, some nights later. */
function rowsAfter(nights: number, facts: readonly TestFact[]): UncountedRows {
  const [shard, rows] = [new TestShard(), new UncountedRows('USD')];
  for (let night = 0; night < nights; night++) rows.addNight(shard.fold(DAY_0 + night, night === 0 ? facts : []), 0);
  rows.addBook(shard.book);
  return rows;
}

describe('UncountedRows', () => {
  it('says in words what rows wait for, and what they waited for in vain', () => {
    const facts = [S1, S2, refund('r1', 'c1', DAY_0, 100, 'gone'), sale('s3', 'c3', DAY_0, 10), sale('s3', 'c3', DAY_0, 11)];
    const wait = '2 for an exchange rate of EUR to USD, 1 for the sale to refund or void.';
    const conflict = 'warning: 2 rows left out: 2 with an id that has other content.';
    expect(rowsAfter(1, facts).warnings()).toEqual([conflict, `warning: 3 rows not counted, waiting: ${wait}`]);
    expect(rowsAfter(8, facts).warnings()).toEqual([conflict, `warning: 3 rows left out after waiting in vain: ${wait}`]);
    expect(rowsAfter(1, [sale('s4', 'c4', DAY_0, 10)]).warnings()).toEqual([]);
  });

  it.each([1, 8])('refuses drops that are all in another currency, after %i nights', (nights) => {
    const rows = rowsAfter(nights, [S1, S2, euros(refund('r1', 'c1', DAY_0, 100, 's1'))]);
    expect(() => rows.refuseForeign('drops')).toThrow(ConfigError);
    expect(() => rows.refuseForeign('drops')).toThrow(
      /^Drops drops: no sale counted, and no exchange rate for 2 rows in EUR, expected rows in USD, .*--config FILE, or deliver the feed rates\.$/,
    );
  });

  it('takes drops of which some sale counts, or that lack no rate', () => {
    for (const facts of [[S1, sale('s4', 'c4', DAY_0, 10)], [refund('r1', 'c1', DAY_0, 100, 'gone')], []]) {
      expect(() => rowsAfter(1, facts).refuseForeign('drops')).not.toThrow();
    }
  });
});
