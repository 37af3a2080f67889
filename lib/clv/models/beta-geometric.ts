import { lnPoch, lnPochCurvature, lnPochRatio, lnPochSlope } from '../numerics/pochhammer.ts';
import { expectedWhileAlive } from './expected-purchases.ts';
import type { FittedModel, LikelihoodTerms, ModelId, PurchaseModel } from './purchase-model.ts';

/** Positions in a term, of those that are not 0 everywhere, in (r, alpha, a, b). */
const AT = { value: 0, r: 1, alpha: 2, a: 3, b: 4, rr: 5, rAlpha: 6, alphaAlpha: 9, aa: 12, ab: 13, bb: 14 } as const;

/** Terms of -n ln((alpha + t) / alpha), n = r + x. */
function fillExposure(n: number, alpha: number, t: number, out: Float64Array): void {
  const exposure = alpha + t;
  const ln = Math.log1p(t / alpha);
  const share = t / alpha / exposure;
  out.fill(0);
  out[AT.value] = -n * ln;
  out[AT.r] = -ln;
  out[AT.alpha] = n * share;
  out[AT.rAlpha] = share;
  out[AT.alphaAlpha] = -n * share * (1 / alpha + 1 / exposure);
}

function termsAt(values: Float64Array, firstChances: 0 | 1): LikelihoodTerms {
  const [r = 0, alpha = 0, a = 0, b = 0] = values;
  return {
    count(x, out) {
      const k = x + firstChances;
      const slope = lnPochSlope(a + b, k);
      const curvature = lnPochCurvature(a + b, k);
      out.fill(0);
      out[AT.value] = lnPoch(r, x) - x * Math.log(alpha) + lnPochRatio(b, a, k);
      out[AT.r] = lnPochSlope(r, x);
      out[AT.alpha] = -x / alpha;
      out[AT.a] = -slope;
      out[AT.b] = lnPochSlope(b, k) - slope;
      out[AT.rr] = lnPochCurvature(r, x);
      out[AT.alphaAlpha] = x / (alpha * alpha);
      out[AT.aa] = -curvature;
      out[AT.ab] = -curvature;
      out[AT.bb] = lnPochCurvature(b, k) - curvature;
    },
    last(x, tx, out) {
      const k = x + firstChances;
      if (k === 0) {
        out.fill(0);
        out[AT.value] = Number.NEGATIVE_INFINITY;
        return;
      }
      const stayed = b + (k - 1);
      fillExposure(r + x, alpha, tx, out);
      out[AT.value] = Math.log(a / stayed) + (out[AT.value] as number);
      out[AT.a] = 1 / a;
      out[AT.b] = -1 / stayed;
      out[AT.aa] = -1 / (a * a);
      out[AT.bb] = 1 / (stayed * stayed);
    },
    end(x, tenure, out) {
      fillExposure(r + x, alpha, tenure, out);
    },
  };
}

function fittedAt(values: Float64Array, firstChances: 0 | 1): FittedModel {
  const [r = 0, alpha = 0, a = 0, b = 0] = values;
  /** Odds of having dropped out at the last purchase, before the silence since is known. */
  const odds = (x: number) => (x + firstChances === 0 ? 0 : a / (b + (x + firstChances - 1)));
  /** By x: what its expectations share. */
  const ratios = new Map<number, number[]>();
  const ratiosOf = (x: number): number[] => {
    const known = ratios.get(x) ?? [];
    if (known.length === 0) ratios.set(x, known);
    return known;
  };
  return {
    pAlive(x, tx, tenure) {
      const lost = odds(x);
      return lost === 0 ? 1 : 1 / (1 + lost * Math.exp((r + x) * Math.log1p((tenure - tx) / (alpha + tx))));
    },
    returnWhileAlive: (x, tenure, horizon) => -Math.expm1(-(r + x) * Math.log1p(horizon / (alpha + tenure))),
    expectedWhileAlive: (x, tenure, horizon) =>
      expectedWhileAlive({ n: r + x, k: b + (x + firstChances), a, exposure: alpha + tenure }, horizon, ratiosOf(x)),
    lnLast: (x, tx) => Math.log(odds(x)) - (r + x) * Math.log1p(tx / alpha),
    lnEnd: (x, tenure) => -(r + x) * Math.log1p(tenure / alpha),
    aliveShare: () => 1,
    residualWhileAlive: undefined,
  };
}

/**
 * The models with a purchase rate ~ Gamma(r, alpha) and a chance ~ Beta(a, b) to drop out at purchases: in BG/NBD at repeat
 * purchases, in MBG/NBD at the first one too. With k chances (x, or x + 1):
 * count = ln (r)_x - x ln alpha + ln (b)_k - ln (a + b)_k, last = ln a - ln(b + k - 1) - (r + x) ln(1 + t_x / alpha) for k > 0,
 * end = -(r + x) ln(1 + T / alpha).
 *
 * Source: Fader, Hardie & Lee (2005), eq. 6 and 10, and Batislam, Denizel & Filiztekin (2007); P(alive) Fader & Hardie (2008); all
 * in a form without cancellation. P(return) = P(alive) (1 - ((alpha + T) / (alpha + T + H))^(r + x)): given alive at T the rate is
 * Gamma(r + x, alpha + T), and drop-out happens only at purchases. Checked against 60-digit values in test/golden.
 * @param firstChances chances to drop out with the first purchase, 0 or 1
 * @throws nothing
 * Cost: P(alive) one exponential and one logarithm; the expectation one hypergeometric series (~0.3 us).
 */
export function betaGeometric(id: ModelId, firstChances: 0 | 1): PurchaseModel {
  return {
    id,
    parameters: ['r', 'alpha', 'a', 'b'],
    isTime: [false, true, false, false],
    defaultStart: [0.25, 0.1, 1, Math.E],
    terms: (values) => termsAt(values, firstChances),
    fitted: (values) => fittedAt(values, firstChances),
  };
}
