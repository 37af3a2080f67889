import { describe, expect, it } from 'vitest';
import { decileOfRows, probabilityScores } from '../../../../lib/clv/holdout/probability-scores.ts';
import { uniform } from '../synthetic.ts';

/** Cells of a few customers each, many with the same p. */
function drawRows(n: number, seed = 1) {
  const random = uniform(seed);
  const p = Array.from({ length: n }, () => Math.floor(random() * 40) / 40);
  const customers = p.map(() => 1 + Math.floor(random() * 5));
  return { p, customers, returned: customers.map((count, i) => Math.round(count * random() * (p[i] ?? 0))) };
}

/** One row per customer, 1 for those who bought. */
const peopleOf = ({ p, customers, returned }: ReturnType<typeof drawRows>) =>
  p.flatMap((value, i) => Array.from({ length: customers[i] ?? 0 }, (_, k) => ({ p: value, y: k < (returned[i] ?? 0) ? 1 : 0 })));

describe('probabilityScores', () => {
  it('scores a small example by hand', () => {
    const scores = probabilityScores({ p: [0.2, 0.8], customers: [4, 1], returned: [1, 1] });
    expect(scores.customers).toBe(5);
    expect(scores.meanP).toBeCloseTo(1.6 / 5, 15);
    expect(scores.share).toBe(0.4);
    // 3 x 0.2^2 + 0.8^2 + 0.2^2
    expect(scores.brier).toBeCloseTo(0.8 / 5, 15);
    // 4 x |0.2 - 0.25| + 1 x |0.8 - 1|
    expect(scores.calibrationError).toBeCloseTo(0.4 / 5, 15);
    // 6 pairs: the one of 0.8 wins 3, the one of 0.2 ties 3
    expect(scores.auc).toBe(4.5 / 6);
  });

  it('agrees with a count over customers and over pairs of them', () => {
    const rows = drawRows(60);
    const people = peopleOf(rows);
    const scores = probabilityScores(rows);
    expect(scores.brier).toBeCloseTo(people.reduce((sum, { p, y }) => sum + (p - y) ** 2, 0) / people.length, 14);
    const bought = people.filter(({ y }) => y === 1);
    const silent = people.filter(({ y }) => y === 0);
    const won = bought.flatMap((one) => silent.map((other) => (Math.sign(one.p - other.p) + 1) / 2));
    expect(scores.auc).toBeCloseTo(won.reduce((sum, win) => sum + win, 0) / won.length, 14);
  });

  it('gives the same bits for any order and any merging of rows', () => {
    const rows = drawRows(200, 5);
    const scores = probabilityScores(rows);
    const people = peopleOf(rows).reverse();
    const apart = { p: people.map(({ p }) => p), customers: people.map(() => 1), returned: people.map(({ y }) => y) };
    expect(probabilityScores(apart)).toEqual(scores);
  });

  it('divides into ten groups of equal count, equal probabilities together', () => {
    const p = Array.from({ length: 100 }, (_, i) => i / 100);
    const even = probabilityScores({ p, customers: p.map(() => 3), returned: p.map(() => 1) });
    expect(even.deciles.map(({ decile, customers }) => [decile, customers])).toEqual(
      Array.from({ length: 10 }, (_, i) => [i + 1, 30]),
    );
    expect(even.deciles[0]?.meanP).toBeCloseTo(0.045, 15);
    const tied = probabilityScores({ p: [0.1, 0.5, 0.9], customers: [50, 49, 1], returned: [5, 25, 1] });
    expect(tied.deciles).toEqual([
      { decile: 1, customers: 50, meanP: 0.1, share: 0.1 },
      { decile: 6, customers: 49, meanP: expect.closeTo(0.5, 15), share: 25 / 49 },
      { decile: 10, customers: 1, meanP: 0.9, share: 1 },
    ]);
    expect([...decileOfRows({ p: [0.9, 0.1, 0.5, 0.1], customers: [1, 20, 49, 30] })]).toEqual([9, 0, 5, 0]);
  });

  it('has no AUC when all or none bought, and nothing for nobody', () => {
    expect(probabilityScores({ p: [0.2, 0.4], customers: [1, 1], returned: [0, 0] }).auc).toBeNull();
    expect(probabilityScores({ p: [0.2, 0.4], customers: [1, 1], returned: [1, 1] }).auc).toBeNull();
    const nobody = { customers: 0, meanP: null, share: null, brier: null, calibrationError: null, auc: null, deciles: [] };
    expect(probabilityScores({ p: [], customers: [], returned: [] })).toEqual(nobody);
    expect(probabilityScores({ p: [0.5], customers: [0], returned: [0] })).toEqual(nobody);
  });

  it('refuses columns of different lengths', () => {
    expect(() => probabilityScores({ p: [0.5], customers: [1, 2], returned: [1] })).toThrow('expected equal lengths');
  });
});
