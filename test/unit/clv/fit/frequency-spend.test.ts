import { describe, expect, it } from 'vitest';
import { compressSpend, type SpendCells } from '../../../../lib/clv/fit/compress.ts';
import { farBelow } from '../../../../lib/clv/fit/far-below.ts';
import { fitGammaGamma } from '../../../../lib/clv/fit/fit-gamma-gamma.ts';
import { frequencySpend } from '../../../../lib/clv/fit/frequency-spend.ts';
import { meanSpends } from '../../../../lib/clv/fit/mean-spends.ts';
import { cdnowSpendCells } from '../../../golden/cdnow.ts';

/** Cells of customers given as x and net. */
const cellsOf = (customers: readonly (readonly [x: number, net: number])[]): SpendCells =>
  compressSpend([{ x: customers.map(([x]) => x), repeatNetMinor: customers.map(([, net]) => net) }]);

/** One customer more, in front of all others. */
const withFirst = ({ x, repeatNetMinor, weight }: SpendCells, net: number): SpendCells => ({
  x: Int32Array.of(1, ...x),
  repeatNetMinor: Float64Array.of(net, ...repeatNetMinor),
  weight: Float64Array.of(1, ...weight),
});

describe('frequencySpend', () => {
  it('gives the correlations of CDNOW: hardly any by value, some by rank', () => {
    const { customers, pearson, spearman, verdict } = frequencySpend(cdnowSpendCells());
    expect([customers, verdict]).toEqual([946, 'weak']);
    expect(pearson).toBeCloseTo(0.1138879193912548, 12);
    expect(spearman).toBeCloseTo(0.2063015165838918, 12);
  });

  it('ranks customers, not cells, ties at the middle of their places', () => {
    // x 1 1 1 2 3, ranks 2 2 2 4 5; means 10 10 30 20 20, ranks 1.5 1.5 5 3.5 3.5
    const { spearman } = frequencySpend(
      cellsOf([
        [1, 10],
        [2, 40],
        [1, 10],
        [3, 60],
        [1, 30],
      ]),
    );
    const [a, b] = [
      [-1, -1, -1, 1, 2],
      [-1.5, -1.5, 2, 0.5, 0.5],
    ] as const;
    const dot = (u: readonly number[], v: readonly number[]) => u.reduce((sum, value, i) => sum + value * (v[i] as number), 0);
    expect(spearman).toBeCloseTo(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)), 14);
  });

  it('is 1 or -1 where the two go together wholly', () => {
    const rising = cellsOf([1, 2, 3, 4].map((x) => [x, x * x * 100]));
    expect(frequencySpend(rising)).toMatchObject({ pearson: 1, spearman: 1, verdict: 'strong' });
    const { pearson, spearman } = frequencySpend(cellsOf([1, 2, 4, 5].map((x) => [x, 100])));
    expect(pearson).toBeLessThan(-0.9);
    expect(spearman).toBeCloseTo(-1, 14);
  });

  it.each([
    [0.02, 'negligible'],
    [0.2, 'weak'],
    [0.5, 'strong'],
  ] as const)('judges a slope of %d by the larger correlation', (slope, expected) => {
    const drawn = Array.from({ length: 400 }, (_, i) => {
      const x = 1 + (i % 4);
      return [x, x * Math.round(1000 + 400 * slope * x + 1000 * ((i * 0.618034) % 1))] as const;
    });
    const { pearson, spearman, verdict } = frequencySpend(cellsOf(drawn));
    const size = Math.max(Math.abs(pearson as number), Math.abs(spearman as number));
    expect(size < 0.1 ? 'negligible' : size < 0.3 ? 'weak' : 'strong').toBe(expected);
    expect(verdict).toBe(expected);
  });

  it('is undefined where one of the two does not vary, also by rounding', () => {
    const undefinedOnes = { pearson: null, spearman: null, verdict: null };
    expect(frequencySpend(cellsOf([]))).toEqual({ customers: 0, ...undefinedOnes });
    expect(
      frequencySpend(
        cellsOf([
          [2, 5],
          [2, 7],
          [2, 9],
        ]),
      ),
    ).toEqual({ customers: 3, ...undefinedOnes });
    // 0.1 + 0.1 + 0.1 is not 3 times 0.1
    expect(
      frequencySpend(
        cellsOf([
          [10, 1],
          [20, 2],
          [30, 3],
        ]),
      ),
    ).toEqual({ customers: 3, ...undefinedOnes });
  });
});

describe('farBelow', () => {
  it('counts nobody on CDNOW, and one who paid a cent, who moves p by more than a tenth', () => {
    const cells = cdnowSpendCells();
    const odd = withFirst(cells, 1);
    expect([farBelow(meanSpends(cells)), farBelow(meanSpends(odd))]).toEqual([0, 1]);
    const [p, moved] = [cells, odd].map((one) => fitGammaGamma(one, { exponent: 2 }).params.p) as [number, number];
    expect(Math.abs(moved / p - 1)).toBeGreaterThan(0.1);
  });

  it('compares means with a tenth of the first percentile', () => {
    // 200 customers: the first percentile is the second smallest mean
    const others = Array.from({ length: 198 }, (_, i) => [2, 4000 + i] as const);
    const count = (lowest: number, second: number) => farBelow(meanSpends(cellsOf([[1, lowest], [1, second], ...others])));
    expect([count(99, 1000), count(100, 1000), count(1, 9), count(1, 11)]).toEqual([1, 0, 0, 1]);
    expect(farBelow(meanSpends(cellsOf([])))).toBe(0);
    expect(farBelow(meanSpends(cellsOf([[1, 5]])))).toBe(0);
  });
});
