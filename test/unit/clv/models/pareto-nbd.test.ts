import { describe, expect, it } from 'vitest';
import { expectedUntilLost, residualUntilLost, returnUntilLost } from '../../../../lib/clv/models/pareto-futures.ts';
import { paretoNbd } from '../../../../lib/clv/models/pareto-nbd.ts';
import { DIMENSION, TERM_SIZE } from '../../../../lib/clv/models/purchase-model.ts';

const relative = (observed: number, exact: number) => Math.abs(observed / exact - 1);

type Part = (values: number[]) => Float64Array;

/** Largest distance of a term's derivatives from central differences, in the logarithms of the parameters. */
function largestError(part: Part, values: number[]): number {
  const term = part(values);
  let worst = 0;
  for (let i = 0; i < DIMENSION; i++) {
    const unit = values[i] as number;
    const h = 1e-5 * unit;
    const [up, down] = [1, -1].map((sign) => part(values.map((value, j) => value + (i === j ? sign * h : 0)))) as [
      Float64Array,
      Float64Array,
    ];
    const slope = (at: number) => ((up[at] as number) - (down[at] as number)) / (2 * h);
    worst = Math.max(worst, unit * Math.abs(slope(0) - (term[1 + i] as number)));
    for (let j = i; j < DIMENSION; j++) {
      // row i of the upper triangle begins after 4 + 3 + .. of the rows before
      const at = 1 + DIMENSION + i * DIMENSION - (i * (i - 1)) / 2 + (j - i);
      worst = Math.max(worst, unit * (values[j] as number) * Math.abs(slope(1 + j) - (term[at] as number)));
    }
  }
  return worst;
}

describe('the terms of Pareto/NBD', () => {
  const filled = (fill: (out: Float64Array) => void) => {
    const out = new Float64Array(TERM_SIZE).fill(Number.NaN);
    fill(out);
    return out;
  };
  const terms = (values: number[]) => paretoNbd.terms(Float64Array.from(values));

  it.each([
    { values: [0.55, 10.6, 0.6, 11.7], x: 3, t: 20 },
    { values: [0.55, 11.7, 0.6, 10.6], x: 3, t: 20 },
    { values: [0.55, 10, 0.6, 10], x: 2, t: 5 },
    { values: [2, 0.5, 0.1, 50], x: 0, t: 0 },
    { values: [0.5, 300, 5, 2], x: 12, t: 4 },
    { values: [0.5, 2, 1.5, 9000], x: 1, t: 0 },
    { values: [1.5, 9000, 0.4, 2], x: 60, t: 0.1 },
  ])('have exact gradients and Hessians: $values, x $x, t $t', ({ values, x, t }) => {
    expect(largestError((at) => filled((out) => terms(at).count(x, out)), values)).toBeLessThan(2e-6);
    expect(largestError((at) => filled((out) => terms(at).last(x, t, out)), values)).toBeLessThan(2e-6);
    expect(largestError((at) => filled((out) => terms(at).end(x, t, out)), values)).toBeLessThan(2e-6);
  });

  it('go on without a step where alpha and beta cross', () => {
    const at = (alpha: number) => filled((out) => terms([0.55, alpha, 0.6, 10]).end(4, 7, out));
    const [below, above] = [at(10 - 1e-9), at(10 + 1e-9)];
    for (let i = 0; i < TERM_SIZE; i++) expect(above[i]).toBeCloseTo(below[i] as number, 7);
  });

  it('make up the same P(alive) as the closed form', () => {
    const fitted = paretoNbd.fitted(Float64Array.of(0.55, 74, 0.6, 400));
    for (const [x, tx, tenure] of [
      [0, 0, 0],
      [0, 0, 300],
      [7, 300, 300],
      [7, 100, 300],
      [150, 290, 300],
    ] as const) {
      const parts = fitted.aliveShare(x, tenure) / (1 + Math.exp(fitted.lnLast(x, tx) - fitted.lnEnd(x, tenure)));
      expect(relative(parts, fitted.pAlive(x, tx, tenure))).toBeLessThan(1e-12);
      expect(filled((out) => terms([0.55, 74, 0.6, 400]).last(x, tx, out))[0]).toBeCloseTo(fitted.lnLast(x, tx), 10);
      expect(filled((out) => terms([0.55, 74, 0.6, 400]).end(x, tenure, out))[0]).toBeCloseTo(fitted.lnEnd(x, tenure), 10);
    }
    expect(fitted.pAlive(7, 300, 300)).toBe(1);
  });
});

describe('returnUntilLost', () => {
  // by mpmath with 120 digits, as a difference of two hypergeometric functions
  it.each([
    [0.553, 80, 0.606, 90, 13, 0.07676716095796993],
    [26.553, 105, 0.606, 112, 90, 0.9790064849674738],
    [0.001, 40, 0.5, 0.0004, 30, 4.493238583986006e-6],
    [20000.5, 4000, 0.6, 300, 1, 0.9928752266316466],
    [3.5, 1e-3, 2, 1e3, 50, 0.9999992000015999],
    [2.5, 1e3, 1.5, 1e-3, 50, 4.973900408480649e-6],
    [0.001, 1, 0.001, 1e6, 1e4, 0.009168144301102117],
    [1.5, 50, 800, 60, 0.001, 2.9800143684595393e-5],
    [4.5, 30, 5000, 2e4, 365, 0.3568334411172415],
    [0.7, 100, 1, 100, 1e-6, 6.999999905500001e-9],
  ])('is the probability of a purchase: n %d, a %d, s %d, b %d in %d', (n, a, s, b, horizon, exact) => {
    expect(relative(returnUntilLost({ n, a, s, b }, horizon), exact)).toBeLessThan(1e-13);
  });

  it('is 0 for no time and never above 1', () => {
    expect(returnUntilLost({ n: 3, a: 10, s: 1, b: 10 }, 0)).toBe(0);
    expect(returnUntilLost({ n: 1e4, a: 1e-3, s: 1e-3, b: 1e4 }, 1e4)).toBeLessThanOrEqual(1);
  });

  it('falls from day to day of silence, times P(alive)', () => {
    for (const values of [
      [0.55, 74, 0.6, 82],
      [2, 20, 0.3, 900],
      [0.3, 400, 3, 60],
    ]) {
      const fitted = paretoNbd.fitted(Float64Array.from(values));
      for (const x of [0, 1, 12]) {
        let before = Number.POSITIVE_INFINITY;
        for (let silence = 0; silence < 700; silence += 1 + Math.floor(silence / 20)) {
          const chance = fitted.pAlive(x, 30, 30 + silence) * fitted.returnWhileAlive(x, 30 + silence, 90);
          expect(chance).toBeLessThan(before);
          before = chance;
        }
      }
    }
  });
});

describe('expectedUntilLost', () => {
  it('passes s = 1 without a step', () => {
    const at = (s: number) => expectedUntilLost({ n: 3, a: 50, s, b: 70 }, 30);
    expect(relative(at(1), ((3 * 70) / 50) * Math.log1p(30 / 70))).toBeLessThan(1e-15);
    // to first order in s - 1 it falls by half the logarithm
    for (const e of [-1e-9, 1e-9]) {
      expect(relative(at(1 + e), at(1) * (1 - (e * Math.log1p(30 / 70)) / 2))).toBeLessThan(1e-14);
    }
  });
});

describe('residualUntilLost', () => {
  // integral of (1 + v)^-s e^(-w v), by mpmath with 40 digits
  it.each([
    [0.606, 0.14, 2.814270912114013],
    [1, 1e-6, 13.238309131365003],
    [0.3, 1e-9, 2589959.461994597],
    [2.5, 3, 0.1951943659742937],
    [50, 0.01, 0.020403912469046406],
    [700, 200, 0.0011120716856552312],
    [0.9, 5000, 0.0001999640136720718],
    [3, 1e-12, 0.4999999999995],
  ])('is the discounted future for s %d and rate times b %d', (s, w, exact) => {
    expect(relative(residualUntilLost({ n: 6, a: 20, s, b: 50 }, w / 50), (6 / 20) * 50 * exact)).toBeLessThan(1e-13);
  });

  it('needs no discount where customers leave soon, and has no sum where they do not', () => {
    expect(residualUntilLost({ n: 6, a: 20, s: 3, b: 50 }, 0)).toBeCloseTo((6 / 20) * 25, 12);
    expect(residualUntilLost({ n: 6, a: 20, s: 1, b: 50 }, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
