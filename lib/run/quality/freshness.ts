import { addDays } from '../../time.ts';
import type { Finding } from './check-result.ts';
import { type DateInput, factsOf, isClosed } from './date-input.ts';

/** Newest event of the drop against its date: an older one tells that an old file was delivered again. */
export function freshness({ date, drop, gates }: DateInput): Finding[] {
  const { newestDay } = factsOf(drop, 'transactions');
  const found = { name: 'freshness', date, feed: 'transactions' } as const;
  const least = addDays(date, -gates.maxEventAgeDays);
  const expected = gates.maxEventAgeDays === 0 ? `events of ${date}` : `events of ${least} or later`;
  if (isClosed(date, gates)) {
    return [{ ...found, status: 'closed_day', observed: newestDay || 'no event', expected: 'no business', message: '' }];
  }
  // Whether a day may be without rows at all is for row_count and zero_rows to say.
  if (newestDay === '') return [{ ...found, status: 'passed', observed: 'no event', expected: 'no older event', message: '' }];
  const observed = `newest event on ${newestDay}`;
  if (newestDay >= least) return [{ ...found, status: 'passed', observed, expected, message: '' }];
  const message = `The drop of ${date} holds older events alone: ask the source whether it sent the file of another day.`;
  return [{ ...found, status: 'failed', observed, expected, message }];
}
