import { DIMENSION, TERM_SIZE } from '../models/purchase-model.ts';
import type { Evaluation } from '../numerics/newton.ts';

/** The sizes as constants of this file: a test runner looks up imported ones each time, in loops that run 10^5 times a fit. */
const [D, SIZE] = [DIMENSION, TERM_SIZE] as const;

/** Where the Hessian begins in a term. */
const HESSIAN = 1 + D;

/**
 * A weighted sum of likelihood terms: value, gradient and upper triangle of the Hessian in the parameters themselves.
 *
 * Cost: 15 multiplications a term, 25 with its outer product; allocates 15 doubles. Nothing throws.
 */
export class TermSums {
  readonly #sums = new Float64Array(SIZE);

  addValue(value: number): void {
    this.#sums[0] = (this.#sums[0] as number) + value;
  }

  /** Adds `weight` times the derivatives of the term at `at`, and `spread` times the outer product of its gradient. */
  addDerivatives(terms: Float64Array, at: number, weight: number, spread: number): void {
    const sums = this.#sums;
    for (let i = 1; i < SIZE; i++) sums[i] = (sums[i] as number) + weight * (terms[at + i] as number);
    for (let row = 0, k = HESSIAN; row < D; row++) {
      const scaled = spread * (terms[at + 1 + row] as number);
      for (let column = row; column < D; column++, k++) {
        sums[k] = (sums[k] as number) + scaled * (terms[at + 1 + column] as number);
      }
    }
  }

  /** Subtracts g v' + v g', where g is the gradient of the term at 0. */
  subtractCross(term: Float64Array, v: Float64Array): void {
    const sums = this.#sums;
    for (let row = 0, k = HESSIAN; row < D; row++) {
      for (let column = row; column < D; column++, k++) {
        const [gRow, gColumn] = [term[1 + row] as number, term[1 + column] as number];
        sums[k] = (sums[k] as number) - gRow * (v[column] as number) - gColumn * (v[row] as number);
      }
    }
  }

  /** Minus the mean over `customers`, with derivatives in the logarithms of the parameters, which are `values`. */
  toObjective(values: Float64Array, customers: number): Evaluation {
    const sums = this.#sums;
    const gradient = values.map((value, i) => (-value * (sums[1 + i] as number)) / customers);
    const hessian = new Float64Array(D * D);
    for (let row = 0, k = HESSIAN; row < D; row++) {
      for (let column = row; column < D; column++, k++) {
        const own = row === column ? (gradient[row] as number) : 0;
        const product = (values[row] as number) * (values[column] as number);
        const value = own - (product * (sums[k] as number)) / customers;
        hessian[row * D + column] = value;
        hessian[column * D + row] = value;
      }
    }
    return { value: -(sums[0] as number) / customers, gradient, hessian };
  }
}
