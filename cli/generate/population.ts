import type { PopulationModel, PopulationParameters } from './options.ts';
import { purchaseTimes } from './purchase-times.ts';
import { betaDraws, gammaDraws, type Uniform, uniformStream } from './random.ts';

/** Ways to buy; a customer has a favourite and uses it for 85 % of the purchases at least. */
export const CHANNELS = ['web', 'store', 'app'] as const;

/** Cumulated shares of the channels: half of the customers favour the web, three in ten the store. */
const CHANNEL_BOUNDS = [0.5, 0.8] as const;
const FAVOURITE_SHARE = 0.85;

/** Most customers (85 %) arrive at a steady rate in the first 60 % of the window; the others keep arriving until its end. */
const OPENING_WINDOW = 0.6;
const OPENING_SHARE = 0.85;

/** Purchases of two orders on the same day; the two amounts sum to the drawn one. */
const SPLIT_SHARE = 0.03;

/** What is drawn. */
export interface PopulationRequest {
  readonly model: PopulationModel;
  readonly parameters: PopulationParameters;
  /** Epoch day of day 0: what season it is. */
  readonly firstDay: number;
  readonly days: number;
  readonly customers: number;
  readonly seed: number;
  /** Decimals of the currency. */
  readonly exponent: number;
}

/** The customers, in order of arrival; every column has one value per customer. */
export interface CustomerColumns {
  /** Day of the first purchase, 0 = first day of the window. */
  readonly arrivedDay: Int32Array;
  readonly lambdaPerDay: Float64Array;
  /** Chance to stop after a purchase. */
  readonly dropoutRatio: Float64Array;
  /** Days with a purchase within the window, the first included: x + 1. */
  readonly purchases: Int32Array;
  /** 1 when the customer had not stopped by the end of the window. */
  readonly alive: Uint8Array;
  /** Expected spend on a day with a purchase, units of the currency. */
  readonly meanSpend: Float64Array;
}

/** The sales, ordered by day, then second, then customer; every column has one value per sale. */
export interface SaleColumns {
  readonly count: number;
  readonly customer: Int32Array;
  readonly day: Int32Array;
  /** Seconds since the start of the business day, 28,800 (08:00) to 81,000 (22:30). */
  readonly second: Int32Array;
  /** Minor units of the currency, at least 1. */
  readonly amountMinor: Float64Array;
  /** Position in CHANNELS. */
  readonly channel: Uint8Array;
}

/** A drawn population. */
export interface Population {
  readonly customers: CustomerColumns;
  readonly sales: SaleColumns;
}

/**
 * Draws customers and their sales from BG/NBD, MBG/NBD or a population near it, with Gamma-Gamma spend. Pure: equal requests give equal columns.
 *
 * A customer buys on arrival, then after gaps of mean 1 / lambda (`purchaseTimes`), and stops after a purchase with the drawn
 * chance (BG/NBD: never after the first). Times since the arrival are rounded to days, at most one purchase a day, so that days
 * counted at the end of the last day (x, t_x, T) follow the model. Sources: Fader, Hardie & Lee (2005), "Counting your
 * customers the easy way"; Batislam, Denizel & Filiztekin (2007) for the stop after the first purchase; Fader & Hardie
 * (2013), "The Gamma-Gamma model of monetary value".
 *
 * Cost: about 0.5 us per customer and sale; columns alone outlive the draw.
 */
export function drawPopulation(request: PopulationRequest): Population {
  const { model, parameters, days, customers: count, seed, exponent } = request;
  const uniform = uniformStream(seed, 0);
  const drawLambda = gammaDraws(uniform, parameters.r, parameters.alpha);
  const drawDropout = betaDraws(uniform, parameters.a, parameters.b);
  const drawNu = gammaDraws(uniform, parameters.q, parameters.v);
  const drawSpend = gammaDraws(uniform, parameters.p, 1);
  const nextTime = purchaseTimes(request, uniform);
  const minorPerUnit = 10 ** exponent;

  const customers: CustomerColumns = {
    arrivedDay: new Int32Array(count),
    lambdaPerDay: new Float64Array(count),
    dropoutRatio: new Float64Array(count),
    purchases: new Int32Array(count),
    alive: new Uint8Array(count),
    meanSpend: new Float64Array(count),
  };
  const sales = new SaleBuffer(count * 4);
  for (let customer = 0; customer < count; customer++) {
    const lambda = drawLambda();
    const dropout = drawDropout();
    const nu = drawNu();
    const favourite = drawChannel(uniform());
    const arrived = Math.min(days - 1, Math.floor(arrivalOf((customer + uniform()) / count) * days));
    const horizonDays = days - 1 - arrived;
    customers.arrivedDay[customer] = arrived;
    customers.lambdaPerDay[customer] = lambda;
    customers.dropoutRatio[customer] = dropout;
    customers.meanSpend[customer] = parameters.p / nu;
    let purchases = 0;
    let alive = true;
    let timeDays = 0;
    let sinceDays = 0;
    while (timeDays <= horizonDays && sinceDays <= horizonDays) {
      const amountMinor = Math.max(1, Math.round((drawSpend() / nu) * minorPerUnit));
      const channel = uniform() < FAVOURITE_SHARE ? favourite : drawChannel(uniform());
      const firstMinor = amountMinor > 1 && uniform() < SPLIT_SHARE ? Math.ceil(uniform() * (amountMinor - 1)) : amountMinor;
      sales.push(customer, arrived + sinceDays, drawSecond(uniform), firstMinor, channel);
      if (firstMinor < amountMinor)
        sales.push(customer, arrived + sinceDays, drawSecond(uniform), amountMinor - firstMinor, channel);
      purchases++;
      if (purchases > 1 || model !== 'bg-nbd') alive = uniform() >= dropout;
      if (!alive) break;
      timeDays = nextTime(timeDays, lambda, arrived);
      sinceDays = Math.max(sinceDays + 1, Math.min(horizonDays, Math.round(timeDays)));
    }
    customers.purchases[customer] = purchases;
    customers.alive[customer] = alive ? 1 : 0;
  }
  return { customers, sales: sales.sorted(days) };
}

/** When (0..1 of the window) the customer at this place (0..1) of the order of arrival comes. */
function arrivalOf(place: number): number {
  return place < OPENING_SHARE
    ? (place / OPENING_SHARE) * OPENING_WINDOW
    : OPENING_WINDOW + ((place - OPENING_SHARE) / (1 - OPENING_SHARE)) * (1 - OPENING_WINDOW);
}

function drawChannel(u: number): number {
  return u < CHANNEL_BOUNDS[0] ? 0 : u < CHANNEL_BOUNDS[1] ? 1 : 2;
}

/**
 * Second of the day of a sale: three in five around 13:00, the others around 19:45.
 *
 * The latest is 22:30, so that a sale stays within a day of 23 hours too.
 */
function drawSecond(uniform: Uniform): number {
  const daytime = uniform() < 0.6;
  const bell = (uniform() + uniform()) / 2;
  return Math.floor(3600 * (daytime ? 8 + 10 * bell : 17 + 5.5 * bell));
}

/** Growing columns of sales, in the order of drawing. */
class SaleBuffer {
  #count = 0;
  #customer: Int32Array;
  #day: Int32Array;
  #second: Int32Array;
  #amountMinor: Float64Array;
  #channel: Uint8Array;

  constructor(capacity: number) {
    this.#customer = new Int32Array(capacity);
    this.#day = new Int32Array(capacity);
    this.#second = new Int32Array(capacity);
    this.#amountMinor = new Float64Array(capacity);
    this.#channel = new Uint8Array(capacity);
  }

  push(customer: number, day: number, second: number, amountMinor: number, channel: number): void {
    if (this.#count === this.#customer.length) this.#grow();
    const at = this.#count++;
    this.#customer[at] = customer;
    this.#day[at] = day;
    this.#second[at] = second;
    this.#amountMinor[at] = amountMinor;
    this.#channel[at] = channel;
  }

  #grow(): void {
    const double = <T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const capacity = this.#customer.length * 2;
    this.#customer = double(this.#customer, new Int32Array(capacity));
    this.#day = double(this.#day, new Int32Array(capacity));
    this.#second = double(this.#second, new Int32Array(capacity));
    this.#amountMinor = double(this.#amountMinor, new Float64Array(capacity));
    this.#channel = double(this.#channel, new Uint8Array(capacity));
  }

  sorted(days: number): SaleColumns {
    const count = this.#count;
    const { order } = orderByDay(this.#day.subarray(0, count), this.#second, days);
    const sales = {
      count,
      customer: new Int32Array(count),
      day: new Int32Array(count),
      second: new Int32Array(count),
      amountMinor: new Float64Array(count),
      channel: new Uint8Array(count),
    };
    for (let at = 0; at < count; at++) {
      const from = order[at] as number;
      sales.customer[at] = this.#customer[from] as number;
      sales.day[at] = this.#day[from] as number;
      sales.second[at] = this.#second[from] as number;
      sales.amountMinor[at] = this.#amountMinor[from] as number;
      sales.channel[at] = this.#channel[from] as number;
    }
    return sales;
  }
}

/** Rows grouped by day. */
export interface DayOrder {
  /** Row numbers, by day, then key, then row. */
  readonly order: Uint32Array;
  /** The rows of day d are `order[ends[d]]` up to `order[ends[d + 1]]` (excluded), shape [days + 1]. */
  readonly ends: Uint32Array;
}

/**
 * The order of rows by day, then key, then row: a counting sort of the days, then a numeric sort within each.
 *
 * @param day  0 <= day < days, shape [n]
 * @param key  integers 0 <= key < 2^21, shape [n] at least
 */
export function orderByDay(day: Int32Array, key: Int32Array, days: number): DayOrder {
  const ends = new Uint32Array(days + 1);
  for (const d of day) ends[d + 1] = (ends[d + 1] as number) + 1;
  for (let d = 0; d < days; d++) ends[d + 1] = (ends[d + 1] as number) + (ends[d] as number);
  const cursor = ends.slice();
  // A key and a row in one double: 21 + 32 bits are exact.
  const packed = new Float64Array(day.length);
  for (let row = 0; row < day.length; row++) {
    const d = day[row] as number;
    packed[cursor[d] as number] = (key[row] as number) * 2 ** 32 + row;
    cursor[d] = (cursor[d] as number) + 1;
  }
  const order = new Uint32Array(day.length);
  for (let d = 0; d < days; d++) packed.subarray(ends[d], ends[d + 1]).sort();
  for (let at = 0; at < packed.length; at++) order[at] = (packed[at] as number) % 2 ** 32;
  return { order, ends };
}
