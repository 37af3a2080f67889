/**
 * Brier score of predicted probabilities: mean over customers of (p - outcome)^2.
 *
 * Source: Brier (1950) in its two-class form, as in `probabilityScores`, without sorting.
 * @param p predicted, 0 .. 1, shape [n] @param customers of each row, count @param returned those of them that bought, count
 * @returns 0 (perfect) .. 1; NaN for no customers; never throws
 * Cost: one pass; sums in the order of rows.
 */
export function brierScore(p: ArrayLike<number>, customers: ArrayLike<number>, returned: ArrayLike<number>): number {
  let [squares, all] = [0, 0];
  for (let i = 0; i < p.length; i++) {
    const value = p[i] as number;
    const [n, yes] = [customers[i] as number, returned[i] as number];
    squares += yes * (1 - value) * (1 - value) + (n - yes) * value * value;
    all += n;
  }
  return squares / all;
}
