import { describe, expect, it } from 'vitest';
import { choleskyFactor, choleskyInverseDiagonal, choleskySolve } from '../../../../lib/clv/numerics/cholesky.ts';
import { minimise, type Objective } from '../../../../lib/clv/numerics/newton.ts';

const CENTRE = Float64Array.of(0, 0);

/** Rosenbrock's valley, minimum 0 at (1, 1). */
const valley: Objective = ([u = 0, v = 0]: Iterable<number> & Float64Array) => ({
  value: (1 - u) ** 2 + 100 * (v - u * u) ** 2,
  gradient: Float64Array.of(-2 * (1 - u) - 400 * u * (v - u * u), 200 * (v - u * u)),
  hessian: Float64Array.of(2 - 400 * (v - 3 * u * u), -400 * u, -400 * u, 200),
});

describe('minimise', () => {
  it('finds the end of a curved valley from a point where the Hessian is not positive definite', () => {
    const result = minimise(valley, Float64Array.of(0, 3), CENTRE);
    expect(result.stop).toBe('converged');
    expect(result.point[0]).toBeCloseTo(1, 8);
    expect(result.point[1]).toBeCloseTo(1, 8);
  });

  it('ends at the bound when the objective falls for ever', () => {
    const slope: Objective = (point) => ({
      value: Math.exp(-(point[0] ?? 0)),
      gradient: Float64Array.of(-Math.exp(-(point[0] ?? 0))),
      hessian: Float64Array.of(Math.exp(-(point[0] ?? 0))),
    });
    expect(minimise(slope, Float64Array.of(0), Float64Array.of(0)).stop).toBe('bound');
  });

  it('follows a ridge that falls for ever to the bound in few steps, however flat it is', () => {
    const ridge: Objective = ([u = 0, v = 0]: Iterable<number> & Float64Array) => ({
      value: v * v + 1e-6 * Math.exp(-u / 4),
      gradient: Float64Array.of(-2.5e-7 * Math.exp(-u / 4), 2 * v),
      // less curved than it is, as where rounding has the last word
      hessian: Float64Array.of(-1e-9 * Math.exp(-u / 4), 0, 0, 2),
    });
    const { stop, iterations } = minimise(ridge, Float64Array.of(0, 3), CENTRE);
    expect(stop).toBe('bound');
    expect(iterations).toBeLessThan(12);
  });

  it('gives up when the objective is not finite, or never falls', () => {
    const nothing: Objective = () => ({ value: Number.NaN, gradient: new Float64Array(1), hessian: new Float64Array(1) });
    expect(minimise(nothing, Float64Array.of(0), Float64Array.of(0))).toMatchObject({ stop: 'stalled', iterations: 0 });
    const lying: Objective = (point) => ({
      value: point[0] === 0 ? 0 : 1,
      gradient: Float64Array.of(1),
      hessian: Float64Array.of(1),
    });
    expect(minimise(lying, Float64Array.of(0), Float64Array.of(0)).stop).toBe('stalled');
  });

  it('follows the gradient where nothing is curved, and gives up where curvature is not a number', () => {
    const plane =
      (curvature: number): Objective =>
      (point) => ({
        value: -1e-3 * (point[0] ?? 0),
        gradient: Float64Array.of(-1e-3),
        hessian: Float64Array.of(curvature),
      });
    expect(minimise(plane(0), Float64Array.of(0), Float64Array.of(0)).stop).toBe('bound');
    expect(minimise(plane(Number.NaN), Float64Array.of(0), Float64Array.of(0)).stop).toBe('stalled');
  });

  it('stays before a last step that leads nowhere, and takes one whose end shows no curvature', () => {
    const bowl =
      (value: number, curvature: number): Objective =>
      ([u = 0]: Iterable<number> & Float64Array) => ({
        value: Math.abs(u) < 1e-9 ? value : (u * u) / 2,
        gradient: Float64Array.of(u),
        hessian: Float64Array.of(Math.abs(u) < 1e-9 ? curvature : 1),
      });
    const from = Float64Array.of(1e-8);
    expect(minimise(bowl(Number.NaN, 1), from, Float64Array.of(0))).toMatchObject({ stop: 'converged', point: from });
    expect(minimise(bowl(1, 1), from, Float64Array.of(0))).toMatchObject({ stop: 'converged', point: from });
    expect(minimise(bowl(0, -1), from, Float64Array.of(0))).toMatchObject({ stop: 'converged', point: Float64Array.of(0) });
  });

  it('gives up a walk of tiny steps in the noise of the objective', () => {
    let evaluations = 0;
    const noisy: Objective = () => ({
      value: 1 - 1e-9 * evaluations++,
      gradient: Float64Array.of(1e-6),
      hessian: Float64Array.of(1),
    });
    expect(minimise(noisy, Float64Array.of(0), Float64Array.of(0))).toMatchObject({ stop: 'stalled', iterations: 3 });
  });

  it('stops after 100 steps', () => {
    const crawl: Objective = (point) => ({
      value: -1e-3 * (point[0] ?? 0),
      gradient: Float64Array.of(-1e-3),
      hessian: Float64Array.of(0.1),
    });
    expect(minimise(crawl, Float64Array.of(0), Float64Array.of(0))).toMatchObject({ stop: 'iterations', iterations: 100 });
  });
});

describe('choleskyFactor', () => {
  const matrix = Float64Array.of(4, 2, 2, 3);

  it('solves and inverts what is positive definite', () => {
    const factor = choleskyFactor(matrix, 2) ?? new Float64Array(4);
    expect([...choleskySolve(factor, Float64Array.of(8, 7))]).toEqual([1.25, 1.5].map((value) => expect.closeTo(value, 14)));
    expect([...choleskyInverseDiagonal(factor, 2)]).toEqual([3 / 8, 4 / 8].map((value) => expect.closeTo(value, 14)));
  });

  it('refuses what is not, unless a shift makes it so', () => {
    const indefinite = Float64Array.of(1, 2, 2, 1);
    expect(choleskyFactor(indefinite, 2)).toBeUndefined();
    expect(choleskyFactor(indefinite, 2, 3)).toBeDefined();
    expect(choleskyFactor(Float64Array.of(Number.NaN), 1)).toBeUndefined();
  });
});
