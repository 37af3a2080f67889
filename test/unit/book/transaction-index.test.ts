import { describe, expect, it } from 'vitest';
import { HashSet } from '../../../lib/book/hash-set.ts';
import { TransactionIndex } from '../../../lib/book/transaction-index.ts';
import { DAY_0 } from '../../support/facts.ts';

const hashOf = (i: number) => Uint32Array.of(Math.imul(i, 2_654_435_761), i % 3, i, 0);
const none = new Uint32Array(4);
const entry = (knownOn: number) =>
  ({ knownOn, day: knownOn, amountMinor: 10, remainingMinor: 10, state: 'sale', currency: 0 }) as const;

describe('TransactionIndex', () => {
  it('remembers an id on the 400th day after it became known, and not on the next', () => {
    const index = new TransactionIndex();
    index.add(hashOf(1), none, none, entry(DAY_0));
    expect([index.find(hashOf(1), DAY_0 + 400), index.find(hashOf(1), DAY_0 + 401), index.find(hashOf(2), DAY_0)]).toEqual([
      0, -1, -1,
    ]);
  });

  it('finds a few ids in a month as it finds many', () => {
    const month = new TransactionIndex();
    for (let i = 0; i < 5000; i++) month.add(hashOf(i), none, none, entry(DAY_0));
    const { columns, rows } = month.monthTable('2024-01', undefined);
    for (const step of [1, 7, 100, 4999]) {
      const wanted = new HashSet();
      const expected = new Set<string>();
      for (let i = 0; i < 5200; i += step) {
        wanted.add(hashOf(i));
        if (i < 5000) expected.add(hashOf(i).slice(0, 3).join());
      }
      const found = wanted.rowsIn(columns, rows);
      expect(found).toEqual(found.toSorted((a, b) => a - b));
      const ids = found.map((row) => [columns.id_hash_0[row], columns.id_hash_1[row], columns.id_hash_2[row]].join());
      expect(new Set(ids)).toEqual(expected);
      expect(ids).toHaveLength(expected.size);
    }
  });

  it('writes a month ordered by hash, with stored rows that it never loaded', () => {
    const first = new TransactionIndex();
    for (let i = 0; i < 3000; i++) first.add(hashOf(i), none, none, entry(DAY_0 + (i % 40)));
    expect([...first.touchedMonths].sort()).toEqual(['2024-01', '2024-02']);
    const january = first.monthTable('2024-01', undefined);
    expect(january.rows).toBe(3000 - 75 * 9);

    const wanted = new HashSet();
    for (let i = 0; i < 3000; i += 100) wanted.add(hashOf(i));
    const second = new TransactionIndex();
    second.load(january.columns, wanted.rowsIn(january.columns, january.rows));
    expect(second.size).toBe(Array.from({ length: 30 }, (_, i) => i * 100).filter((i) => i % 40 < 31).length);
    const changed = second.find(hashOf(100), DAY_0 + 50);
    second.columns.remaining_minor[changed] = 3;
    second.add(hashOf(9001), none, none, entry(DAY_0 + 2));
    const merged = second.monthTable('2024-01', january);
    expect(merged.rows).toBe(january.rows + 1);
    const keys = Array.from({ length: merged.rows }, (_, i) =>
      [0, 1, 2].map((w) => merged.columns[`id_hash_${w as 0 | 1 | 2}`][i] as number),
    );
    expect(keys).toEqual(
      keys.toSorted(
        (a, b) =>
          (a[0] as number) - (b[0] as number) || (a[1] as number) - (b[1] as number) || (a[2] as number) - (b[2] as number),
      ),
    );
    expect(merged.columns.remaining_minor.filter((value) => value === 3)).toHaveLength(1);
  });
});
