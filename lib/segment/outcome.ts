/** What became of a group of customers since a date: whole numbers, so that those of shards can be added. */
export interface Outcome {
  readonly customers: number;
  /** Those with a purchase day since. */
  readonly buyers: number;
  /** Net of the days since, minor units. */
  readonly netMinor: number;
}

/** A difference of two shares with its 95 % interval; all three are fractions. */
export interface ShareDifference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** Two-sided 95 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * Share of buyers of one group less that of another, with the interval of Newcombe's hybrid score method: it holds its level in small
 * groups and at shares of 0 and 1, where the textbook interval is empty.
 *
 * Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998),
 * method 10; checked against the examples of its table II. @param a, b groups of at least one customer
 */
export function buyerShareDifference(a: Outcome, b: Outcome): ShareDifference {
  const [pa, pb] = [a.buyers / a.customers, b.buyers / b.customers];
  const [ia, ib] = [scoreInterval(a), scoreInterval(b)];
  const difference = pa - pb;
  return {
    difference,
    low: difference - Math.sqrt((pa - ia.low) ** 2 + (ib.high - pb) ** 2),
    high: difference + Math.sqrt((ia.high - pa) ** 2 + (pb - ib.low) ** 2),
  };
}

/** Wilson's score interval of a group's share of buyers. */
function scoreInterval({ customers: n, buyers }: Outcome): { low: number; high: number } {
  const p = buyers / n;
  const centre = 2 * buyers + Z * Z;
  const half = Z * Math.sqrt(Z * Z + 4 * buyers * (1 - p));
  const scale = 2 * (n + Z * Z);
  return { low: (centre - half) / scale, high: (centre + half) / scale };
}
