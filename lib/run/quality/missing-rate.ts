import type { BusinessDate } from '../../time.ts';
import { counted } from '../counted.ts';
import type { Finding } from './check-result.ts';

/** What the run says of rows in foreign currencies. */
export interface RateInput {
  /** Last date of the run. */
  readonly date: BusinessDate;
  /** Facts that wait for a rate at the end of the run, by ISO 4217. */
  readonly missing: ReadonlyMap<string, number>;
  /** True when facts of the run wait for nothing but rates and originals, and no sale was ever applied. */
  readonly isAll: boolean;
  /** The configured currency. */
  readonly currency: string;
}

/** Facts that wait for an exchange rate. When none could be applied, the configured currency is likely wrong, and that is said first. */
export function missingRate({ date, missing, isAll, currency }: RateInput): Finding[] {
  const rows = [...missing].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const observed = rows.map(([code, facts]) => `${counted(facts, 'row')} in ${code}`).join(', ');
  const found = { name: 'missing_rate', date, feed: 'transactions', expected: 'a rate for every row' } as const;
  if (rows.length === 0) return [{ ...found, status: 'passed', observed: 'no row without a rate', message: '' }];
  const facts = rows.reduce((sum, [, n]) => sum + n, 0);
  const all = `Nothing could be applied: ${facts === 1 ? 'the row is' : `all ${counted(facts, 'row')} are`} in ${rows.map(([code]) => code).join(', ')}, the configured currency is ${currency}, and no rate is known. `;
  const advice = `Rows wait 7 nights for a rate, then go to quarantine: deliver the rates feed, or set "currency" when ${currency} is not the currency of the shop.`;
  return [{ ...found, status: 'failed', observed, message: `${isAll ? all : ''}${advice}` }];
}
