import { describe, expect, it } from 'vitest';
import { NO_INT } from '../../../lib/arrow/columns.ts';
import { summariseEpoch } from '../../../lib/book/epoch-rows.ts';
import { DAY_0, refund, sale } from '../../support/facts.ts';
import { TestShard } from '../../support/shard.ts';

const D = DAY_0;

describe('summariseEpoch', () => {
  it('gives one row per buyer, as of the day and as of 90 days before', () => {
    const shard = new TestShard();
    shard.fold(D, [
      sale('1', 'old', D - 200, 100),
      sale('2', 'old', D - 90, 200),
      sale('3', 'old', D - 89, 400),
      sale('4', 'fresh', D - 3, 70),
      sale('5', 'fresh', D - 3, 5),
      sale('6', 'silent', D - 120, 9),
      sale('7', 'undone', D - 10, 50),
      refund('8', 'undone', D, 50, '7'),
    ]);
    const { rows, columns, gaps } = summariseEpoch(shard.book, D, 90);
    const row = (i: number) => Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i]]));
    expect(rows).toBe(3);
    expect(row(0)).toEqual({
      x: 2,
      t_x_days: 111,
      tenure_days: 200,
      repeat_net_minor: 600,
      net_minor: 700,
      prior_x: 1,
      prior_t_x_days: 110,
      prior_tenure_days: 110,
      bought: 1,
    });
    expect(row(1)).toMatchObject({
      x: 0,
      net_minor: 75,
      repeat_net_minor: 0,
      prior_x: NO_INT,
      prior_tenure_days: NO_INT,
      bought: 1,
    });
    expect(row(2)).toMatchObject({ x: 0, tenure_days: 120, prior_x: 0, prior_t_x_days: 0, prior_tenure_days: 30, bought: 0 });
    expect([...gaps]).toEqual([
      [1, 1],
      [110, 1],
    ]);
  });
});
