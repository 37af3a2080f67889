import { describe, expect, it } from 'vitest';
import { brierScore } from '../../../../lib/clv/holdout/brier-score.ts';
import { probabilityScores } from '../../../../lib/clv/holdout/probability-scores.ts';

describe('brierScore', () => {
  it('is the mean square of p less the outcome, over customers', () => {
    const [p, customers, returned] = [
      [0.25, 0, 1, 0.25],
      [4, 2, 3, 1],
      [1, 1, 3, 0],
    ] as const;
    const expected = (1 * 0.75 ** 2 + 3 * 0.25 ** 2 + 1 + 0 + 0.25 ** 2) / 10;
    expect(brierScore(p, customers, returned)).toBeCloseTo(expected, 15);
    expect(probabilityScores({ p, customers, returned }).brier).toBeCloseTo(expected, 15);
  });

  it('is NaN for no customers', () => {
    expect(brierScore([], [], [])).toBeNaN();
  });
});
