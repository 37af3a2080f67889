import { describe, expect, it } from 'vitest';
import { gaussFraction, lnGaussFractionJet } from '../../../../lib/clv/numerics/gauss-fraction.ts';
import { hypergeometric, JET_SIZE, lnHypergeometricJet } from '../../../../lib/clv/numerics/hypergeometric.ts';
import { hypergeometricIntegral, lnHypergeometricIntegralJet } from '../../../../lib/clv/numerics/hypergeometric-integral.ts';

type Fill = (b: number, gap: number, y: number, out: Float64Array) => void;

function jetOf(fill: Fill, b: number, gap: number, y: number): Float64Array {
  const jet = new Float64Array(JET_SIZE);
  fill(b, gap, y, jet);
  return jet;
}

const relative = (observed: number, exact: number) => Math.abs(observed / exact - 1);

describe('hypergeometric: 2F1(1, b; b + gap; y / (1 + y))', () => {
  it.each([0, 1e-9, 0.1, 1, 2.3, 2.4, 50, 2999, 3001, 1e9])('is elementary for small halves: y = %d', (y) => {
    const z = y / (1 + y);
    const root = Math.sqrt(z);
    const lambda = Math.log1p(y);
    const atanh = lambda / 2 + Math.log1p(root);
    expect(relative(hypergeometric(1, 1, y), z === 0 ? 1 : lambda / z)).toBeLessThan(1e-14);
    expect(relative(hypergeometric(0.5, 1, y), z === 0 ? 1 : atanh / root)).toBeLessThan(1e-14);
    if (y > 0.05) expect(relative(hypergeometric(2, 1, y), (2 * (lambda - z)) / (z * z))).toBeLessThan(1e-13);
  });

  // by mpmath with 60 digits
  it.each([
    [0.5, 1.5, 0.05, 1.0121969361616066],
    [20.5, 1.6, 0.9, 1.7872878609460354],
    [0.606, 27.553, 1.9, 1.014639746684472],
    [3.25, 0.001, 2.3, 3.298379308487081],
    [20000.5, 1.5, 2, 2.999550157428041],
    [1.5, 20000.5, 20, 1.0000714299319784],
    [26.55, 0.6, 40, 26.907205898754857],
    [0.001, 1.001, 900, 1.0067771659042484],
    [5000.25, 1.25, 2500, 1683.4242806222865],
    [1.6, 0.55, 9000, 139.68947038925856],
    [0.6, 1.5, 1e6, 2.197511559370981],
    [20001.5, 0.5, 1e6, 215195.23316365565],
    [391.75, 1.005, 15900, 1254.2616845794296],
    [392.75, 0.005, 15900, 15646.65266054247],
  ])('has the values of 60 digits: b %d, gap %d, y %d', (b, gap, y, exact) => {
    expect(relative(hypergeometric(b, gap, y), exact)).toBeLessThan(2e-14);
    expect(relative(Math.exp(jetOf(lnHypergeometricJet, b, gap, y)[0] as number), exact)).toBeLessThan(2e-14);
  });

  it.each([
    [0.6, 1.5, 2],
    [20.5, 0.6, 2.2],
    [3, 40, 1.5],
  ])('is the same by series, fraction and integral, with its derivatives: b %d, gap %d, y %d', (b, gap, y) => {
    expect(relative(gaussFraction(b, gap, y), hypergeometric(b, gap, y))).toBeLessThan(1e-14);
    expect(relative(hypergeometricIntegral(b, gap, y), hypergeometric(b, gap, y))).toBeLessThan(1e-14);
    const series = jetOf(lnHypergeometricJet, b, gap, y);
    for (const other of [jetOf(lnGaussFractionJet, b, gap, y), jetOf(lnHypergeometricIntegralJet, b, gap, y)]) {
      for (let i = 0; i < JET_SIZE; i++) expect(Math.abs((other[i] as number) - (series[i] as number))).toBeLessThan(1e-13);
    }
  });

  it.each([
    [0.6, 1.5, 0.001],
    [0.6, 1.5, 0.2],
    [8.5, 1.6, 1],
    [3, 0.6, 30],
    [1.6, 20.5, 12],
    [2, 1.5, 5000],
    [40, 0.7, 1e5],
  ])('has exact derivatives in b, gap and ln(1 + y): b %d, gap %d, y %d', (b, gap, y) => {
    const at = [b, gap, Math.log1p(y)];
    const jet = jetOf(lnHypergeometricJet, b, gap, y);
    const second = [
      [4, 5, 6],
      [5, 7, 8],
      [6, 8, 9],
    ];
    for (let i = 0; i < 3; i++) {
      const h = 1e-4 * Math.min(1, at[i] as number);
      const near = (sign: number) => {
        const [p = 0, q = 0, lambda = 0] = at.map((value, j) => value + (i === j ? sign * h : 0));
        return jetOf(lnHypergeometricJet, p, q, Math.expm1(lambda));
      };
      const [up, down] = [near(1), near(-1)];
      expect(((up[0] as number) - (down[0] as number)) / (2 * h)).toBeCloseTo(jet[1 + i] as number, 6);
      for (let j = 0; j < 3; j++) {
        const slope = ((up[1 + j] as number) - (down[1 + j] as number)) / (2 * h);
        expect(slope, `second derivative ${i} ${j}`).toBeCloseTo(jet[second[i]?.[j] as number] as number, 6);
      }
    }
  });

  it('begins with F = 1 and goes on from there', () => {
    const [b, gap] = [0.6, 1.5];
    const [at, beside] = [jetOf(lnHypergeometricJet, b, gap, 0), jetOf(lnHypergeometricJet, b, gap, 1e-10)];
    expect(at[0]).toBe(0);
    expect(at[3]).toBeCloseTo(b / (b + gap), 15);
    for (let i = 0; i < JET_SIZE; i++) expect(beside[i]).toBeCloseTo(at[i] as number, 9);
  });
});
