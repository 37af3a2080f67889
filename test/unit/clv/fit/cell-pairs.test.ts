import { describe, expect, it } from 'vitest';
import { cellPairs } from '../../../../lib/clv/fit/cell-pairs.ts';
import { purchaseCellsOf } from '../../../../lib/clv/fit/cells-of-counts.ts';
import { drawCells } from '../synthetic.ts';

describe('cellPairs', () => {
  it('numbers each distinct (x, t_x) and (x, T) as it comes', () => {
    const cells = purchaseCellsOf([
      [0, 0, 8, 5],
      [0, 0, 9, 4],
      [2, 3, 8, 1],
      [2, 3, 9, 1],
      [2, 5, 8, 2],
    ]);
    expect(cellPairs(cells)).toEqual({
      runs: [
        { x: 0, from: 0, to: 2, weight: 9 },
        { x: 2, from: 2, to: 5, weight: 4 },
      ],
      lastFrom: Int32Array.of(0, 2, 4, 5),
      endX: Int32Array.of(0, 0, 2, 2),
      endTenure: Float64Array.of(8, 9, 8, 9),
      endOf: Int32Array.of(0, 1, 2, 3, 2),
    });
  });

  it.each([
    ['parts of days', 1 / 7],
    ['seconds', 86_400],
  ])('finds the same pairs in times that no table holds: %s', (_name, unit) => {
    const days = drawCells(500, 0.2, (random) => 0.05 * random());
    const other = { ...days, txDays: days.txDays.map((t) => t * unit), tenureDays: days.tenureDays.map((t) => t * unit) };
    const { endTenure, ...pairs } = cellPairs(days);
    expect(cellPairs(other)).toEqual({ ...pairs, endTenure: endTenure.map((t) => t * unit) });
  });

  it('has no pairs where there are no cells', () => {
    expect(cellPairs(purchaseCellsOf([]))).toMatchObject({ runs: [], lastFrom: Int32Array.of(0), endX: Int32Array.of() });
  });
});
