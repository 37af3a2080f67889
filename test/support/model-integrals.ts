import type { SpendParams } from '../../lib/clv/models/gamma-gamma.ts';
import type { ModelId } from '../../lib/clv/models/purchase-model.ts';
import { integrate } from './quadrature.ts';

/** A customer with the parameters of a model, in its order. */
export interface ModelCase {
  readonly values: readonly number[];
  readonly who: { readonly x: number; readonly tx: number; readonly tenure: number };
  readonly horizon: number;
}

/** What `FittedModel` and the likelihood say, from the definition of the model. */
export interface Integrals {
  readonly logLikelihood: number;
  readonly pAlive: number;
  readonly returnWhileAlive: number;
  readonly expectedWhileAlive: number;
}

/** Largest relative change at the last halving of a step that an integral of this file is trusted with. */
const TRUSTED = 1e-10;

/** Thrown where the quadrature is in doubt: a test must leave the case out, and may not leave out many. */
export class UntrustedIntegral extends Error {
  override name = 'UntrustedIntegral';
}

function trusted(integrand: (x: number, toEnd: number) => number, from: number, to: number): number {
  const { value, error } = integrate(integrand, from, to);
  if (!(error <= TRUSTED * Math.abs(value))) throw new UntrustedIntegral(`${value} -+ ${error}`);
  return value;
}

/**
 * Integral of p^(a - 1) (1 - p)^(k - 1) f(p) over 0 .. 1, divided by c^a (1 - c)^k, c = a / (a + k): cut at c, and with p^a or
 * (1 - p)^k for the variable where these are singular.
 */
function betaIntegral(a: number, k: number, f: (p: number) => number): number {
  const cut = a / (a + k);
  const rest = k / (a + k);
  /** The side of p < cut (or, with the roles changed, of 1 - p < rest). */
  const side = (
    own: number,
    other: number,
    share: number,
    otherShare: number,
    at: (p: number, stay: number) => number,
  ): number => {
    const exponent = Math.min(own, 1);
    return trusted(
      (y, toEnd) => {
        const ln = (y < 0.5 ? Math.log(y) : Math.log1p(-toEnd)) / exponent;
        const near = share * Math.exp(ln);
        const far = otherShare - share * Math.expm1(ln);
        return (
          (Math.exp((own - exponent) * ln + (other - 1) * Math.log(far / otherShare)) * at(near, far)) / (exponent * otherShare)
        );
      },
      0,
      1,
    );
  };
  return side(a, k, cut, rest, (p) => f(p)) + side(k, a, rest, cut, (_, p) => f(p));
}

/** ln of the beta function by quadrature. */
const lnBetaFunction = (a: number, k: number): number =>
  a * -Math.log1p(k / a) + k * -Math.log1p(a / k) + Math.log(betaIntegral(a, k, () => 1));

/** ln of the integral of y^(n - 1) exp(-rate y) over 0 .. infinity, by quadrature about its mean. */
function lnGammaIntegral(n: number, rate: number): number {
  const exponent = Math.min(n, 1);
  const below = trusted(
    (y, toEnd) => {
      const ln = (y < 0.5 ? Math.log(y) : Math.log1p(-toEnd)) / exponent;
      return Math.exp((n - exponent) * ln - n * Math.expm1(ln)) / exponent;
    },
    0,
    1,
  );
  const above = trusted((u) => Math.exp((n - 1) * Math.log1p(u) - n * u), 0, Number.POSITIVE_INFINITY);
  return n * Math.log(n / rate) - n + Math.log(below + above);
}

/** Probability density of x purchases at known moments over `time`, the rate ~ Gamma(r, alpha) integrated out; its logarithm. */
const lnPurchases = (x: number, time: number, r: number, alpha: number): number =>
  lnGammaIntegral(r + x, alpha + time) - lnGammaIntegral(r, alpha);

function lnSum(p: number, q: number): number {
  const [more, less] = p > q ? [p, q] : [q, p];
  return more + Math.log1p(Math.exp(less - more));
}

/** Purchases and drop-out are independent: the integrals over rate and chance stand side by side. */
function betaGeometricIntegrals(firstChances: 0 | 1, { values, who, horizon }: ModelCase): Integrals {
  const [r = 0, alpha = 0, a = 0, b = 0] = values;
  const { x, tx, tenure } = who;
  const k = x + firstChances;
  const lnAll = lnBetaFunction(a, b);
  const lnAlive = lnPurchases(x, tenure, r, alpha) + lnBetaFunction(a, b + k) - lnAll;
  const lnLost = k === 0 ? Number.NEGATIVE_INFINITY : lnPurchases(x, tx, r, alpha) + lnBetaFunction(a + 1, b + k - 1) - lnAll;
  // a customer of rate y and chance p buys (1 - exp(-y p h)) / p times in h; over the rate that is (1 - (1 + p tau)^-n) / p
  const n = r + x;
  const tau = horizon / (alpha + tenure);
  const purchases = betaIntegral(a, b + k, (p) => (p < 1e-290 ? n * tau : -Math.expm1(-n * Math.log1p(p * tau)) / p));
  return {
    logLikelihood: lnSum(lnAlive, lnLost),
    pAlive: 1 / (1 + Math.exp(lnLost - lnAlive)),
    returnWhileAlive: trusted((t) => (n * Math.exp(-(n + 1) * Math.log1p(t / (alpha + tenure)))) / (alpha + tenure), 0, horizon),
    expectedWhileAlive: purchases / betaIntegral(a, b + k, () => 1),
  };
}

/** One integral over the moment of the customer's end, one over the horizon. */
function paretoIntegrals({ values, who, horizon }: ModelCase): Integrals {
  const [r = 0, alpha = 0, s = 0, beta = 0] = values;
  const { x, tx, tenure } = who;
  const n = r + x;
  const silent = tenure - tx;
  const survived = (from: number, time: number, shape: number, rate: number) => -shape * Math.log1p(time / (rate + from));
  // relative to the density of x purchases and no end up to t_x
  const lost =
    silent === 0
      ? 0
      : trusted((u) => (s / (beta + tx + u)) * Math.exp(survived(tx, u, n, alpha) + survived(tx, u, s, beta)), 0, silent);
  const alive = Math.exp(survived(tx, silent, n, alpha) + survived(tx, silent, s, beta));
  const lnUpToLast = lnPurchases(x, tx, r, alpha) + survived(0, tx, s, beta);
  const rate = n / (alpha + tenure);
  return {
    logLikelihood: lnUpToLast + Math.log(lost + alive),
    pAlive: alive / (lost + alive),
    returnWhileAlive:
      rate * trusted((u) => Math.exp(survived(tenure, u, n + 1, alpha) + survived(tenure, u, s, beta)), 0, horizon),
    expectedWhileAlive: rate * trusted((u) => Math.exp(survived(tenure, u, s, beta)), 0, horizon),
  };
}

/**
 * A model's statements on one customer from integrals over what is not known of the customer (rate, chance, moment of the end), by quadrature: no
 * gamma, beta or hypergeometric function, and none of the formulas of lib/clv.
 *
 * Source: the definitions of the models (Schmittlein, Morrison & Colombo 1987; Fader, Hardie & Lee 2005; Batislam et al. 2007).
 * @param horizon > 0
 * @throws UntrustedIntegral where two levels of the quadrature differ by 1e-10
 * Cost: about 1 ms.
 */
export function modelIntegrals(id: ModelId, one: ModelCase): Integrals {
  return id === 'pareto-nbd' ? paretoIntegrals(one) : betaGeometricIntegrals(id === 'bg-nbd' ? 0 : 1, one);
}

/**
 * Expected spend per day of a customer, from the integrals over nu ~ Gamma(q, v): the mean of p / nu, weighted by the density of x days of
 * the mean given. Source: the definition of Gamma-Gamma (Fader & Hardie 2013).
 *
 * @throws UntrustedIntegral as `modelIntegrals`
 */
export function meanSpendIntegral({ p, q, v }: SpendParams, x: number, mean: number): number {
  // nu^(p x) exp(-nu x m) nu^(q - 1) exp(-nu v), and the same by p / nu
  const shape = p * x + q;
  const rate = v + x * mean;
  return p * Math.exp(lnGammaIntegral(shape - 1, rate) - lnGammaIntegral(shape, rate));
}
