import { hypergeometric, JET_SIZE, lnHypergeometricJet } from '../numerics/hypergeometric.ts';
import { lnPoch, lnPochCurvature, lnPochSlope } from '../numerics/pochhammer.ts';
import { expectedUntilLost, residualUntilLost, returnUntilLost } from './pareto-futures.ts';
import type { FittedModel, LikelihoodTerms, PurchaseModel } from './purchase-model.ts';

/** Two rates that wait for each other, each Gamma-distributed: the winner is the one whose event comes first. */
interface Race {
  /** Shape of the winner's rate, its time parameter, and the same of the loser's; all > 0. */
  winner: number;
  winnerTime: number;
  loser: number;
  loserTime: number;
}

/** Positions of a race's parameters, and of pairs of them, in a term. */
interface Positions {
  readonly w: number;
  readonly wTime: number;
  readonly l: number;
  readonly lTime: number;
  readonly ww: number;
  readonly wWTime: number;
  readonly wl: number;
  readonly wLTime: number;
  readonly wTimeWTime: number;
  readonly lWTime: number;
  readonly wTimeLTime: number;
  readonly ll: number;
  readonly lLTime: number;
  readonly lTimeLTime: number;
}

/** The winner is the purchase: (w, wTime, l, lTime) = (r, alpha, s, beta). */
const PURCHASE: Positions = {
  w: 1,
  wTime: 2,
  l: 3,
  lTime: 4,
  ww: 5,
  wWTime: 6,
  wl: 7,
  wLTime: 8,
  wTimeWTime: 9,
  lWTime: 10,
  wTimeLTime: 11,
  ll: 12,
  lLTime: 13,
  lTimeLTime: 14,
};

/** The winner is drop-out: (w, wTime, l, lTime) = (s, beta, r, alpha). */
const DROP_OUT: Positions = {
  w: PURCHASE.l,
  wTime: PURCHASE.lTime,
  l: PURCHASE.w,
  lTime: PURCHASE.wTime,
  ww: PURCHASE.ll,
  wWTime: PURCHASE.lLTime,
  wl: PURCHASE.wl,
  wLTime: PURCHASE.lWTime,
  wTimeWTime: PURCHASE.lTimeLTime,
  lWTime: PURCHASE.wLTime,
  wTimeLTime: PURCHASE.wTimeLTime,
  ll: PURCHASE.ww,
  lLTime: PURCHASE.wWTime,
  lTimeLTime: PURCHASE.wTimeWTime,
};

/**
 * Where both shapes are below it, B is 0 or 1 but for a few, and the chance is its first order in the shapes: what is left out is below
 * (1e-7 ln(wTime / lTime))^2.
 */
const TINY_SHAPE = 1e-7;

/** Probability that the winner wins: E[B / (B + (1 - B) wTime / lTime)], B ~ Beta(winner, loser). */
function chanceToWin({ winner, winnerTime, loser, loserTime }: Race): number {
  const share = winner / (winner + loser);
  if (winner < TINY_SHAPE && loser < TINY_SHAPE) return share * (1 - loser * (Math.log(winnerTime) - Math.log(loserTime)));
  return winnerTime <= loserTime
    ? share * hypergeometric(loser, winner + 1, (loserTime - winnerTime) / winnerTime)
    : share * (loserTime / winnerTime) * hypergeometric(winner + 1, loser, (winnerTime - loserTime) / loserTime);
}

/** The logarithm of `chanceToWin` with derivatives in (winner, loser, ln winnerTime - ln loserTime), ordered as the jet of ln F. */
function fillLnChance({ winner, winnerTime, loser, loserTime }: Race, jet: Float64Array): void {
  const n = winner + loser;
  const ahead = winnerTime <= loserTime;
  if (ahead) {
    lnHypergeometricJet(loser, winner + 1, (loserTime - winnerTime) / winnerTime, jet);
    // b is the loser here, and lambda is the other way round
    const [l, ll, lLambda] = [jet[1] as number, jet[4] as number, jet[6] as number];
    jet[1] = jet[2] as number;
    jet[2] = l;
    jet[3] = -(jet[3] as number);
    jet[4] = jet[7] as number;
    jet[6] = -(jet[8] as number);
    jet[7] = ll;
    jet[8] = -lLambda;
  } else {
    const odds = (winnerTime - loserTime) / loserTime;
    lnHypergeometricJet(winner + 1, loser, odds, jet);
    jet[0] = (jet[0] as number) - Math.log1p(odds);
    jet[3] = (jet[3] as number) - 1;
  }
  const inverse = 1 / (n * n);
  jet[0] = (jet[0] as number) + Math.log(winner / n);
  jet[1] = (jet[1] as number) + loser / (winner * n);
  jet[2] = (jet[2] as number) - 1 / n;
  jet[4] = (jet[4] as number) - (loser * (n + winner) * inverse) / (winner * winner);
  jet[5] = (jet[5] as number) + inverse;
  jet[7] = (jet[7] as number) + inverse;
}

/** The term ln(winnerTime^-winner loserTime^-loser P(the winner wins)); `jet` is room for what it computes. */
function fillTerm(race: Race, at: Positions, jet: Float64Array, out: Float64Array): void {
  const { winner, winnerTime, loser, loserTime } = race;
  fillLnChance(race, jet);
  const lnWinner = Math.log(winnerTime);
  const lnLoser = Math.log(loserTime);
  const perWinner = 1 / winnerTime;
  const perLoser = 1 / loserTime;
  const slope = jet[3] as number;
  const curvature = jet[9] as number;
  out[0] = (jet[0] as number) - winner * lnWinner - loser * lnLoser;
  out[at.w] = (jet[1] as number) - lnWinner;
  out[at.l] = (jet[2] as number) - lnLoser;
  out[at.wTime] = (slope - winner) * perWinner;
  out[at.lTime] = -(slope + loser) * perLoser;
  out[at.ww] = jet[4] as number;
  out[at.wl] = jet[5] as number;
  out[at.ll] = jet[7] as number;
  out[at.wWTime] = ((jet[6] as number) - 1) * perWinner;
  out[at.wLTime] = -(jet[6] as number) * perLoser;
  out[at.lWTime] = (jet[8] as number) * perWinner;
  out[at.lLTime] = -((jet[8] as number) + 1) * perLoser;
  out[at.wTimeWTime] = (curvature - slope + winner) * perWinner * perWinner;
  out[at.wTimeLTime] = -curvature * perWinner * perLoser;
  out[at.lTimeLTime] = (curvature + slope + loser) * perLoser * perLoser;
}

function termsAt(values: Float64Array): LikelihoodTerms {
  const [r = 0, alpha = 0, s = 0, beta = 0] = values;
  const [lnAlpha, lnBeta] = [Math.log(alpha), Math.log(beta)];
  const jet = new Float64Array(JET_SIZE);
  // one race for all calls: a fit asks for 100,000 of them per step
  const race: Race = { winner: 0, winnerTime: 0, loser: 0, loserTime: 0 };
  return {
    count(x, out) {
      out.fill(0);
      out[0] = lnPoch(r, x) + r * lnAlpha + s * lnBeta;
      out[PURCHASE.w] = lnPochSlope(r, x) + lnAlpha;
      out[PURCHASE.wTime] = r / alpha;
      out[PURCHASE.l] = lnBeta;
      out[PURCHASE.lTime] = s / beta;
      out[PURCHASE.ww] = lnPochCurvature(r, x);
      out[PURCHASE.wWTime] = 1 / alpha;
      out[PURCHASE.wTimeWTime] = -r / (alpha * alpha);
      out[PURCHASE.lLTime] = 1 / beta;
      out[PURCHASE.lTimeLTime] = -s / (beta * beta);
    },
    last(x, tx, out) {
      race.winner = s;
      race.winnerTime = beta + tx;
      race.loser = r + x;
      race.loserTime = alpha + tx;
      fillTerm(race, DROP_OUT, jet, out);
    },
    end(x, tenure, out) {
      race.winner = r + x;
      race.winnerTime = alpha + tenure;
      race.loser = s;
      race.loserTime = beta + tenure;
      fillTerm(race, PURCHASE, jet, out);
    },
  };
}

function fittedAt(values: Float64Array): FittedModel {
  const [r = 0, alpha = 0, s = 0, beta = 0] = values;
  /** Probability that a customer alive at t drops out before the next purchase. */
  const lostFirst = (x: number, t: number) =>
    chanceToWin({ winner: s, winnerTime: beta + t, loser: r + x, loserTime: alpha + t });
  /** Probability that a customer alive at t buys before drop-out. */
  const boughtFirst = (x: number, t: number) =>
    chanceToWin({ winner: r + x, winnerTime: alpha + t, loser: s, loserTime: beta + t });
  const lnStay = (x: number, t: number) => -(r + x) * Math.log(alpha + t) - s * Math.log(beta + t);
  const posterior = (x: number, tenure: number) => ({ n: r + x, a: alpha + tenure, s, b: beta + tenure });
  return {
    pAlive(x, tx, tenure) {
      const silence = tenure - tx;
      const lnOdds = (r + x) * Math.log1p(silence / (alpha + tx)) + s * Math.log1p(silence / (beta + tx));
      return Math.min(1, 1 / (lostFirst(x, tx) * Math.exp(lnOdds) + boughtFirst(x, tenure)));
    },
    returnWhileAlive: (x, tenure, horizon) => returnUntilLost(posterior(x, tenure), horizon),
    expectedWhileAlive: (x, tenure, horizon) => expectedUntilLost(posterior(x, tenure), horizon),
    lnLast: (x, tx) => lnStay(x, tx) + Math.log(lostFirst(x, tx)),
    lnEnd: (x, tenure) => lnStay(x, tenure) + Math.log(boughtFirst(x, tenure)),
    aliveShare: (x, tenure) => 1 / boughtFirst(x, tenure),
    residualWhileAlive: (x, tenure, rate) => residualUntilLost(posterior(x, tenure), rate),
  };
}

/**
 * Pareto/NBD: a purchase rate ~ Gamma(r, alpha) and a drop-out rate ~ Gamma(s, beta), independent, so that a customer may drop
 * out at any time, silently.
 *
 * Given the purchases and alive at t, the rates are Gamma(p, alpha + t) and Gamma(s, beta + t) with p = r + x. The likelihood adds
 * two positive terms, "lost between t_x and the purchase that would have been next" and "at T still to buy":
 * count = ln (r)_x + r ln alpha + s ln beta,
 * last = ln[(alpha + t_x)^-p (beta + t_x)^-s P(drop-out comes before a purchase, as of t_x)],
 * end = ln[(alpha + T)^-p (beta + T)^-s P(a purchase comes before drop-out, as of T)], and with those two chances q and 1 - q
 * 1 / P(alive) = q(t_x) ((alpha + T) / (alpha + t_x))^p ((beta + T) / (beta + t_x))^s + (1 - q(T)).
 *
 * Source: Schmittlein, Morrison & Colombo (1987); Fader & Hardie (2005), "A note on deriving the Pareto/NBD model", eq. 18 to 20,
 * 36 and 37, whose difference of two hypergeometric functions is integrated by parts here, so that nothing is subtracted. Checked
 * against 60-digit values in test/golden.
 * @throws nothing
 * Cost: a term with all derivatives one hypergeometric series, ~0.4 us where alpha and beta are alike; P(alive) two, ~0.3 us.
 */
export const paretoNbd: PurchaseModel = {
  id: 'pareto-nbd',
  parameters: ['r', 'alpha', 's', 'beta'],
  isTime: [false, true, false, true],
  defaultStart: [0.5, 0.27, 0.5, 0.27],
  terms: termsAt,
  fitted: fittedAt,
};
