import { describe, expect, it } from 'vitest';
import { poissonDraws, uniformStream } from '../../../cli/generate/random.ts';

describe('poissonDraws', () => {
  const draws = (mean: number, seed: number, count: number) => {
    const draw = poissonDraws(uniformStream(seed, 0));
    return Float64Array.from({ length: count }, () => draw(mean));
  };

  it.each([0.5, 1, 40])('draws counts of mean and variance %d', (mean) => {
    const found = draws(mean, 3, 20_000);
    const average = found.reduce((sum, count) => sum + count, 0) / found.length;
    const variance = found.reduce((sum, count) => sum + (count - average) ** 2, 0) / found.length;
    expect(found.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
    // standard errors: sqrt(mean / 20,000) < 0.012 sqrt(mean), and about 1 % of the variance, more for small means
    expect(Math.abs(average - mean)).toBeLessThan(0.04 * Math.sqrt(mean));
    expect(variance / mean).toBeCloseTo(1, 1);
  });

  it('draws nothing of mean 0, and the same counts for the same seed', () => {
    expect(draws(0, 1, 5)).toEqual(new Float64Array(5));
    expect(draws(2, 8, 20)).toEqual(draws(2, 8, 20));
    expect(draws(2, 9, 20)).not.toEqual(draws(2, 8, 20));
  });
});
