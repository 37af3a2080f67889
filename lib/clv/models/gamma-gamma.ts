/** Parameters of Gamma-Gamma: spend per purchase day ~ Gamma(p, nu), nu ~ Gamma(q, v) across customers. */
export type SpendParams = {
  readonly p: number;
  readonly q: number;
  /** Major currency units. */
  readonly v: number;
};

/**
 * Expected spend per future purchase day of a customer, given what was spent on repeat purchase days so far.
 *
 * Source: Fader & Hardie (2013), eq. 5: p (v + x m) / (p x + q - 1), m the mean spend.
 * @param params fitted parameters, v in major units
 * @param x repeat purchase days, count, x >= 0; for 0 the population mean p v / (q - 1); negative gives NaN
 * @param repeatNet net spend on those days together, major units; a negative net counts as 0
 * @returns major units, unrounded; Infinity when the mean does not exist (p x + q <= 1); never throws
 * Cost: one division; allocates nothing.
 */
export function conditionalMeanSpend({ p, q, v }: SpendParams, x: number, repeatNet: number): number {
  if (!(x >= 0)) return Number.NaN;
  const degrees = p * x + q - 1;
  if (degrees <= 0) return Number.POSITIVE_INFINITY;
  return (p * (v + (x > 0 ? Math.max(repeatNet, 0) : 0))) / degrees;
}

/**
 * Expected spend per purchase day of a customer of whom nothing is known: p v / (q - 1).
 *
 * Source: Fader & Hardie (2013), eq. 2.
 * @param params fitted parameters, v in major units
 * @returns major units; Infinity for q <= 1; never throws
 * Cost: one division.
 */
export function populationMeanSpend(params: SpendParams): number {
  return conditionalMeanSpend(params, 0, 0);
}
