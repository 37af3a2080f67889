/** An integral and how far it moved when the step was halved for the last time. */
export interface Quadrature {
  readonly value: number;
  /** Absolute; two levels that agree to this are right to about its square relative to the value, where the integrand is smooth. */
  readonly error: number;
}

/** Beyond it the abscissas are closer to an end than doubles can tell: exp(-pi/2 sinh 6.1) is below 1e-300. */
const FURTHEST = 6.1;

/** Two levels that agree to this end the search. */
const ENOUGH = 1e-14;

/** Steps from 1 down to 2^-10: 12,000 evaluations at the last. */
const LEVELS = 10;

/** Position, distance to the upper end and weight of the abscissa at t. */
type Abscissa = (t: number) => readonly [at: number, toEnd: number, weight: number];

/** x = from + width / (1 + exp(-pi sinh t)): both ends are approached double exponentially. */
function tanhSinh(from: number, to: number): Abscissa {
  const width = to - from;
  return (t) => {
    const u = Math.PI * Math.sinh(t);
    const share = 1 / (1 + Math.exp(-u));
    const rest = 1 / (1 + Math.exp(u));
    const at = share < 0.5 ? from + width * share : to - width * rest;
    return [at, width * rest, width * share * rest * Math.PI * Math.cosh(t)];
  };
}

/** x = from + exp(pi/2 sinh t): for integrands that fall exponentially or as a power. */
function expSinh(from: number): Abscissa {
  return (t) => {
    const distance = Math.exp((Math.PI / 2) * Math.sinh(t));
    return [from + distance, Number.POSITIVE_INFINITY, distance * (Math.PI / 2) * Math.cosh(t)];
  };
}

/**
 * Numerical integral by the double exponential rule, as a second method for tests: it knows nothing of the formulas that it checks.
 *
 * Source: Takahasi & Mori (1974), "Double exponential formulas for numerical integration"; the step is halved until two levels
 * agree to 1e-14. Integrable singularities at the ends are no obstacle; a narrow peak far inside is: look at `error`, and cut the interval there.
 * @param integrand of the position and, for a singularity at the upper end, the exact distance to it
 * @param from lower end, finite; put a singularity at 0 here rather than elsewhere, since positions near 0 keep their digits
 * @param to upper end, > from; Infinity allowed
 * @returns value and error; terms that are not finite count as 0
 * Cost: 100 to 12,000 evaluations.
 */
export function integrate(integrand: (x: number, toEnd: number) => number, from: number, to: number): Quadrature {
  const abscissa = to === Number.POSITIVE_INFINITY ? expSinh(from) : tanhSinh(from, to);
  const term = (t: number): number => {
    const [at, toEnd, weight] = abscissa(t);
    const value = weight === 0 ? 0 : integrand(at, toEnd) * weight;
    return Number.isFinite(value) ? value : 0;
  };
  let sum = term(0);
  for (let t = 1; t <= FURTHEST; t++) sum += term(t) + term(-t);
  let value = sum;
  let error = Number.POSITIVE_INFINITY;
  for (let level = 1; level <= LEVELS; level++) {
    const step = 2 ** -level;
    // the points between those of the level before
    for (let t = step; t <= FURTHEST; t += 2 * step) sum += term(t) + term(-t);
    const finer = sum * step;
    error = Math.abs(finer - value);
    value = finer;
    if (level > 2 && error <= ENOUGH * Math.abs(value)) break;
  }
  return { value, error };
}
