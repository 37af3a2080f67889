import { betaDraws, exponentialDraws, gammaDraws, type Uniform, uniformStream } from '../../cli/generate/random.ts';
import type { PurchaseRows, SpendRows } from '../../lib/clv/fit/compress.ts';
import type { SpendParams } from '../../lib/clv/models/gamma-gamma.ts';
import type { ModelId, ModelParams } from '../../lib/clv/models/purchase-model.ts';

/** A population with the parameters that it was drawn from; times in days. */
export interface BuyerPopulation {
  readonly params: ModelParams;
  readonly rows: PurchaseRows;
}

/** A population of spenders, of whom all bought again. */
export interface SpenderPopulation {
  /** v in major units of 100 minor ones. */
  readonly params: SpendParams;
  readonly rows: SpendRows;
}

/** Five years are observed; the last customers arrive a year before their end, so that everybody has time to return. */
const WINDOW_DAYS = 1826;
const ARRIVAL_DAYS = 1461;

/** The first draws of stream 0 of a small seed are all near 1; those of later streams are not. */
const WELL_MIXED = 1;

/** Draws from lowest to highest, uniform in the logarithm. */
function between(uniform: Uniform, lowest: number, highest: number): number {
  return lowest * (highest / lowest) ** uniform();
}

/**
 * Mean purchase rates: a purchase in 600 to in 200 days, 2 to 5 in the years of a customer who stays.
 *
 * Days are no part of the models, whose time is continuous: what is bought on one day counts once, and the last day counts as its beginning. The
 * larger the rate, the more this moves parameters, and coverage is a statement about models, not about days. Measured over 40 populations: at a
 * purchase in 200 to 60 days over three years alpha of BG/NBD is 3 to 4 % too large, as much as its standard error at 5,000 buyers, and its
 * intervals hold the truth 86 times in 100; at these rates it is an eighth of the standard error.
 */
const RATES = [1 / 600, 1 / 200] as const;

function drawRate(uniform: Uniform): { r: number; alpha: number } {
  const r = between(uniform, 0.4, 2.5);
  return { r, alpha: r / between(uniform, ...RATES) };
}

/** Mean chances to leave after a purchase of one in ten to one in three, that differ much (a 0.4) to little (a 2.5) between customers. */
function drawDropOut(uniform: Uniform): { a: number; b: number } {
  const a = between(uniform, 0.4, 2.5);
  const share = between(uniform, 0.1, 1 / 3);
  return { a, b: (a * (1 - share)) / share };
}

/** Mean rates to leave of once in 800 to once in 200 days. */
function drawLifetime(uniform: Uniform): { s: number; beta: number } {
  const s = between(uniform, 0.4, 2.5);
  return { s, beta: s * between(uniform, 200, 800) };
}

/** When a customer stops, asked after each purchase. */
interface Exit {
  /** Begins a customer. */
  arrive(): void;
  /** True when the customer, who has just bought (for the first time if so told), never buys again. */
  leavesAfter(isFirst: boolean): boolean;
  /** Time since arrival after which the customer buys no more. */
  lifetime(): number;
}

function exitOf(model: ModelId, params: ModelParams, uniform: Uniform): Exit {
  if (model === 'pareto-nbd') {
    const drawMu = gammaDraws(uniform, params['s'] as number, params['beta'] as number);
    const drawExponential = exponentialDraws(uniform);
    return { arrive: () => undefined, leavesAfter: () => false, lifetime: () => drawExponential() / drawMu() };
  }
  const drawChance = betaDraws(uniform, params['a'] as number, params['b'] as number);
  let chance = 0;
  return {
    arrive() {
      chance = drawChance();
    },
    // in BG/NBD nobody leaves after the first purchase
    leavesAfter: (isFirst) => !(isFirst && model === 'bg-nbd') && uniform() < chance,
    lifetime: () => Number.POSITIVE_INFINITY,
  };
}

/**
 * Buyers drawn from a model's own definition, cut to what the product sees of them.
 *
 * A customer arrives (and buys) at a moment of the window, then buys at exponential gaps of an own rate ~ Gamma(r, alpha) until leaving: after
 * a purchase with an own chance ~ Beta(a, b) (BG/NBD: not the first), or after an own exponential lifetime of rate ~ Gamma(s, beta) (Pareto/NBD). Sources:
 * Fader, Hardie & Lee (2005); Batislam, Denizel & Filiztekin (2007); Schmittlein, Morrison & Colombo (1987). Purchases are then counted by
 * business day: x later days with a purchase, t_x from the first to the last, T to the last day of the window.
 * @param seed of the population; parameters are drawn from it too, log-uniform in the ranges above
 * @param buyers customers, count
 */
export function drawBuyers(model: ModelId, seed: number, buyers: number): BuyerPopulation {
  const uniform = uniformStream(seed, WELL_MIXED);
  const params: ModelParams = {
    ...drawRate(uniform),
    ...(model === 'pareto-nbd' ? drawLifetime(uniform) : drawDropOut(uniform)),
  };
  const drawLambda = gammaDraws(uniform, params['r'] as number, params['alpha'] as number);
  const drawGap = exponentialDraws(uniform);
  const exit = exitOf(model, params, uniform);
  const x = new Int32Array(buyers);
  const txDays = new Int32Array(buyers);
  const tenureDays = new Int32Array(buyers);
  for (let i = 0; i < buyers; i++) {
    const arrival = uniform() * ARRIVAL_DAYS;
    const firstDay = Math.floor(arrival);
    const lambda = drawLambda();
    exit.arrive();
    const end = Math.min(WINDOW_DAYS, arrival + exit.lifetime());
    let day = firstDay;
    let days = 0;
    let moment = arrival;
    for (let isFirst = true; !exit.leavesAfter(isFirst); isFirst = false) {
      moment += drawGap() / lambda;
      if (!(moment < end)) break;
      if (Math.floor(moment) > day) days++;
      day = Math.floor(moment);
    }
    x[i] = days;
    txDays[i] = day - firstDay;
    tenureDays[i] = WINDOW_DAYS - 1 - firstDay;
  }
  return { params, rows: { x, txDays, tenureDays } };
}

/**
 * Spenders drawn from Gamma-Gamma: spend per day ~ Gamma(p, nu), nu ~ Gamma(q, v) per customer, in whole minor units. Source: Fader & Hardie (2013).
 *
 * Mean spend 15 to 150 major units, so that rounding to a minor unit is nothing; q from 2, for a mean that exists, to 6; one to about twenty days with a purchase.
 * @param seed of the population; parameters are drawn from it too
 * @param spenders customers who bought again, count
 */
export function drawSpenders(seed: number, spenders: number): SpenderPopulation {
  const uniform = uniformStream(seed, WELL_MIXED);
  const p = between(uniform, 1, 10);
  const q = between(uniform, 2, 6);
  const params: SpendParams = { p, q, v: (between(uniform, 15, 150) * (q - 1)) / p };
  const drawNu = gammaDraws(uniform, q, params.v);
  const drawSpend = gammaDraws(uniform, p, 1);
  const drawExtraDays = exponentialDraws(uniform);
  const x = new Int32Array(spenders);
  const repeatNetMinor = new Float64Array(spenders);
  for (let i = 0; i < spenders; i++) {
    const days = 1 + Math.floor(2.5 * drawExtraDays());
    const nu = drawNu();
    let net = 0;
    for (let day = 0; day < days; day++) net += Math.max(1, Math.round((100 * drawSpend()) / nu));
    x[i] = days;
    repeatNetMinor[i] = net;
  }
  return { params, rows: { x, repeatNetMinor } };
}
