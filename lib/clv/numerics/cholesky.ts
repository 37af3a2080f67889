/**
 * Cholesky factor of a symmetric matrix with a constant added to its diagonal.
 *
 * Source: the textbook outer-product form; small dense matrices only.
 * @param matrix row-major, shape [dimension * dimension], symmetric; only the lower triangle is read
 * @param dimension rows, count
 * @param shift added to every diagonal element, >= 0
 * @returns lower factor L with L L' = matrix + shift I, row-major; undefined when that is not positive definite or not finite
 * Cost: dimension^3 / 6 multiplications; allocates one Float64Array. Never throws.
 */
export function choleskyFactor(matrix: Float64Array, dimension: number, shift = 0): Float64Array | undefined {
  const factor = new Float64Array(dimension * dimension);
  for (let row = 0; row < dimension; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = (matrix[row * dimension + column] as number) + (row === column ? shift : 0);
      for (let k = 0; k < column; k++) {
        sum -= (factor[row * dimension + k] as number) * (factor[column * dimension + k] as number);
      }
      if (row === column) {
        if (!(sum > 0 && sum < Number.POSITIVE_INFINITY)) return undefined;
        factor[row * dimension + row] = Math.sqrt(sum);
      } else {
        factor[row * dimension + column] = sum / (factor[column * dimension + column] as number);
      }
    }
  }
  return factor;
}

/**
 * Solution of L L' y = b by a factor from `choleskyFactor`.
 *
 * Source: forward, then backward substitution.
 * @param factor lower factor, row-major, shape [n * n]
 * @param b right-hand side, shape [n]; left as it is
 * @returns y, shape [n]
 * Cost: n^2 multiplications; allocates one Float64Array. Never throws.
 */
export function choleskySolve(factor: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const y = Float64Array.from(b);
  for (let row = 0; row < n; row++) {
    let sum = y[row] as number;
    for (let k = 0; k < row; k++) sum -= (factor[row * n + k] as number) * (y[k] as number);
    y[row] = sum / (factor[row * n + row] as number);
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = y[row] as number;
    for (let k = row + 1; k < n; k++) sum -= (factor[k * n + row] as number) * (y[k] as number);
    y[row] = sum / (factor[row * n + row] as number);
  }
  return y;
}

/**
 * Diagonal of the inverse of L L'.
 *
 * Source: one solve per unit vector.
 * @param factor lower factor, row-major, shape [n * n]
 * @param dimension n
 * @returns diagonal, shape [n], all positive
 * Cost: n^3 multiplications; allocates n + 1 small arrays. Never throws.
 */
export function choleskyInverseDiagonal(factor: Float64Array, dimension: number): Float64Array {
  return Float64Array.from({ length: dimension }, (_, i) => {
    const unit = new Float64Array(dimension);
    unit[i] = 1;
    return choleskySolve(factor, unit)[i] as number;
  });
}
