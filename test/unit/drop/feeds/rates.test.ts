import { describe, expect, it } from 'vitest';
import { plainRate, readRates } from '../../../../lib/drop/feeds/rates.ts';
import { sourceOf } from '../../../support/drop-reading.ts';
import { feedOptions, keepRefused, rowsOfTable } from '../../../support/feed-reading.ts';

async function read(text: string) {
  const { refused, sink } = keepRefused();
  const result = await readRates(sourceOf('r.csv', `date,currency,rate\n${text}`), feedOptions('rates'), sink);
  return { ...result, refused };
}

describe('plainRate', () => {
  it('keeps a decimal number above 0 exactly, without needless zeros', () => {
    const cases = { '1': '1', '1.0': '1', '01.0825': '1.0825', '0.000000000001': '0.000000000001', '10': '10', '1.2500': '1.25' };
    expect(Object.keys(cases).map(plainRate)).toEqual(Object.values(cases));
    expect(plainRate('999999999999999.123456789012')).toBe('999999999999999.123456789012');
  });

  it('refuses everything else', () => {
    const cases = ['', '0', '0.000', '-1', '+1', '.5', '1.', '1e3', '1,5', '1.0000000000001', ' 1', '1234567890123456', 'NaN'];
    expect(cases.map(plainRate)).toEqual(cases.map(() => undefined));
  });
});

describe('readRates', () => {
  it('reads one rate per date and currency', async () => {
    const { table, accepted } = await read('2024-03-05,EUR,1.0850\n2024-03-05,JPY,0.0067\n');
    expect(accepted).toBe(2);
    expect(rowsOfTable(table)).toEqual([
      { rate_on: 19_787, currency: 'EUR', rate: '1.085', source_line: 2 },
      { rate_on: 19_787, currency: 'JPY', rate: '0.0067', source_line: 3 },
    ]);
  });

  it('refuses the base currency, unknown currencies, and what is no rate', async () => {
    const { refused } = await read('2024-03-05,USD,1\n2024-03-05,EURO,1\n2024-03-05,EUR,0\n2024-02-30,EUR,1\n2024-03-05,,1\n');
    expect(refused.map(({ rule }) => rule)).toEqual([
      'RATE_OF_BASE',
      'UNKNOWN_CURRENCY',
      'INVALID_RATE',
      'NO_SUCH_DATE',
      'MISSING_VALUE',
    ]);
  });
});
