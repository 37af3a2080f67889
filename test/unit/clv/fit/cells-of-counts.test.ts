import { describe, expect, it } from 'vitest';
import { type PurchaseCount, purchaseCellsOf, type SpendCount, spendCellsOf } from '../../../../lib/clv/fit/cells-of-counts.ts';
import { compressPurchases, compressSpend } from '../../../../lib/clv/fit/compress.ts';

const repeated = <T extends readonly number[]>(entries: readonly T[]) =>
  entries.flatMap((entry) => Array<T>(entry.at(-1) ?? 0).fill(entry));

describe('purchaseCellsOf', () => {
  const entries: PurchaseCount[] = [
    [2, 30, 40, 1],
    [0, 0, 40, 3],
    [10, 30, 40, 2],
    [2, 30, 40, 4],
    [2, 9, 41, 1],
    [1, 5, 6, 0],
    [0, 0, 39, 7],
  ];

  it('gives the cells of the same customers one by one', () => {
    const rows = repeated(entries);
    const cells = compressPurchases([
      { x: rows.map(([x]) => x), txDays: rows.map(([, tx]) => tx), tenureDays: rows.map(([, , tenure]) => tenure) },
    ]);
    expect(purchaseCellsOf(entries)).toEqual(cells);
    expect(purchaseCellsOf(entries.toReversed())).toEqual(cells);
    expect(entries[0]).toEqual([2, 30, 40, 1]);
  });

  it('keeps parts of a unit of time and accepts nobody', () => {
    const { txDays, tenureDays } = purchaseCellsOf([[1, 0.25, 1.75, 1]]);
    expect([txDays[0], tenureDays[0]]).toEqual([0.25, 1.75]);
    expect(purchaseCellsOf([]).x).toHaveLength(0);
  });
});

describe('spendCellsOf', () => {
  it('gives the cells of the same customers one by one, without those that bring no positive spend', () => {
    const entries: SpendCount[] = [
      [2, 500, 1],
      [1, 700, 2],
      [0, 900, 5],
      [2, -4, 1],
      [2, 0, 1],
      [2, 500, 3],
      [1, 20, 1],
    ];
    const rows = repeated(entries);
    const cells = compressSpend([{ x: rows.map(([x]) => x), repeatNetMinor: rows.map(([, net]) => net) }]);
    expect(spendCellsOf(entries)).toEqual(cells);
    expect(spendCellsOf([]).x).toHaveLength(0);
  });
});
