import { describe, expect, it } from 'vitest';
import { baseShare, canonicalRate, ExchangeRates } from '../../../lib/book/exchange.ts';
import { currencyNumber } from '../../../lib/money.ts';
import { DAY_0 } from '../../support/facts.ts';

const D = DAY_0;
const [JPY, KWD, EUR, CLF] = ['JPY', 'KWD', 'EUR', 'CLF'].map(currencyNumber) as [number, number, number, number];

function ratesOf(base: string, maxAgeDays: number, ...rows: [number, number, string][]): ExchangeRates {
  const rates = new ExchangeRates(base, maxAgeDays);
  for (const [day, currency, rate] of rows) rates.set(day, currency, canonicalRate(rate));
  return rates;
}

describe('ExchangeRates', () => {
  it('converts between exponents of 0, 2, 3 and 4 decimals, rounded once, half away from zero', () => {
    const usd = ratesOf('USD', 0, [D, JPY, '0.00712'], [D, KWD, '3.255'], [D, EUR, '1.0850'], [D, CLF, '40']);
    expect(usd.toBase(1000, JPY, D)).toBe(712);
    expect(usd.toBase(1234, JPY, D)).toBe(879); // 8.78608 USD
    expect(usd.toBase(5000, KWD, D)).toBe(1628); // 16.275 USD: a half, away from zero
    expect(usd.toBase(1, KWD, D)).toBe(0); // 0.003255 USD
    expect(usd.toBase(100, EUR, D)).toBe(109); // 1.085 USD: a half
    expect(usd.toBase(12_345, CLF, D)).toBe(4938); // 1.2345 units at 40
    const yen = ratesOf('JPY', 0, [D, KWD, '457.15'], [D, EUR, '162.50']);
    expect(yen.toBase(1500, KWD, D)).toBe(686); // 685.725 yen
    expect(yen.toBase(300, EUR, D)).toBe(488); // 487.5 yen: a half
  });

  it('is exact where doubles are not', () => {
    const rates = ratesOf('USD', 0, [D, EUR, '1.0000000000000001']);
    expect(rates.toBase(9_007_199_254_740_991, EUR, D)).toBe(9_007_199_254_740_992);
    // 1.005 * 100 is 100.49999999999999 in doubles
    expect(ratesOf('USD', 0, [D, EUR, '1.005']).toBase(100, EUR, D)).toBe(101);
  });

  it('uses the rate of the day, or one of at most the given age, and never one of a later day', () => {
    const rows: [number, number, string][] = [
      [D - 4, EUR, '1.2'],
      [D - 1, EUR, '1.1'],
      [D + 1, EUR, '1.3'],
    ];
    expect(ratesOf('USD', 0, ...rows).toBase(100, EUR, D)).toBeUndefined();
    expect(ratesOf('USD', 0, ...rows).toBase(100, EUR, D - 1)).toBe(110);
    expect(ratesOf('USD', 1, ...rows).toBase(100, EUR, D)).toBe(110);
    expect(ratesOf('USD', 4, ...rows).toBase(100, EUR, D - 5)).toBeUndefined();
    expect(ratesOf('USD', 4, ...rows).toBase(100, EUR, D - 2)).toBe(120);
    expect(ratesOf('USD', 1, ...rows).toBase(100, JPY, D)).toBeUndefined();
  });

  it('goes through its table', () => {
    const rates = ratesOf('USD', 0, [D, JPY, '0.007'], [D - 400, EUR, '01.50'], [D, EUR, '1.1']);
    const { rows, columns } = rates.table();
    expect([...columns.rate_on]).toEqual([D - 400, D, D]);
    const again = new ExchangeRates('USD', 0);
    again.load(columns, rows);
    expect(again.table()).toEqual(rates.table());
    expect([again.rateOn(D - 400, EUR), again.rateOn(D, JPY), again.size]).toEqual(['1.5', '0.007', 3]);
  });
});

describe('canonicalRate', () => {
  it('gives equal rates equal texts', () => {
    expect(['1', '1.', '01.10', '1.1', '0.5', '00', '0.0', '-1', '', '1e3'].map(attempt)).toEqual([
      '1',
      'refused',
      '1.1',
      '1.1',
      '0.5',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
    ]);
  });
});

function attempt(text: string): string {
  try {
    return canonicalRate(text);
  } catch {
    return 'refused';
  }
}

describe('baseShare', () => {
  it('splits a converted amount so that the parts are the whole', () => {
    // 10 units came to 7: each unit is 0.7
    const parts = Array.from({ length: 10 }, (_, i) => baseShare(7, 10, 10 - i, 9 - i));
    expect(parts).toEqual([1, 0, 1, 1, 0, 1, 1, 1, 0, 1]);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(7);
    expect([baseShare(7, 10, 10, 0), baseShare(0, 10, 10, 0), baseShare(7, 10, 10, 10)]).toEqual([7, 0, 0]);
  });
});
