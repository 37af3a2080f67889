import { currencyExponent } from '../../lib/money.ts';
import { uniformStream } from './random.ts';

/** The stream of a seed from which rates are drawn, and the one that gives customers their currencies. */
const STREAMS = { rates: 4, customers: 5 } as const;

/** About what a unit was worth in USD; any other currency counts as one. */
const IN_USD: Readonly<Record<string, number>> = {
  USD: 1,
  EUR: 1.08,
  GBP: 1.27,
  CHF: 1.13,
  JPY: 0.0067,
  CNY: 0.14,
  KRW: 0.00074,
  KWD: 3.25,
  INR: 0.012,
  BRL: 0.19,
};

/** Share of customers who pay in the base currency. */
const BASE_SHARE = 0.7;

/** What is paid in which currency, at which rates. */
export interface Exchange {
  /** Rate of a currency on a day: units of the base currency per unit, six significant digits. */
  readonly rateOf: (currency: string, day: number) => string;
  /** Currency in which a customer pays. */
  readonly currencyOf: (customer: number) => string;
  /** An amount in minor units of the base currency in those of another one, at the rate of a day, at least 1. */
  readonly convert: (minor: number, currency: string, day: number) => number;
}

/**
 * Draws rates that wander by about half a per cent a day, and a currency for every customer.
 *
 * @param base ISO 4217 @param currencies others than the base
 */
export function drawExchange(
  seed: number,
  { base, currencies, days, customers }: { base: string; currencies: readonly string[]; days: number; customers: number },
): Exchange {
  const uniform = uniformStream(seed, STREAMS.rates);
  const rates = new Map<string, string[]>();
  for (const currency of currencies) {
    let rate = (IN_USD[currency] ?? 1) / (IN_USD[base] ?? 1);
    const drawn = Array.from({ length: days }, () => {
      rate *= 1 + 0.01 * (uniform() - 0.5);
      return Number(rate.toPrecision(6)).toFixed(12).replace(/0+$/, '');
    });
    rates.set(currency, drawn);
  }
  const draw = uniformStream(seed, STREAMS.customers);
  const paysIn = Array.from({ length: currencies.length === 0 ? 0 : customers }, () => {
    const u = draw();
    return u < BASE_SHARE ? base : (currencies[Math.floor(((u - BASE_SHARE) / (1 - BASE_SHARE)) * currencies.length)] as string);
  });
  const rateOf = (currency: string, day: number) => rates.get(currency)?.[day] as string;
  return {
    rateOf,
    currencyOf: (customer) => paysIn[customer] ?? base,
    convert: (minor, currency, day) => {
      if (currency === base || minor === 0) return minor;
      const units = minor / 10 ** currencyExponent(base) / Number(rateOf(currency, day));
      return Math.max(1, Math.round(units * 10 ** currencyExponent(currency)));
    },
  };
}
