import { counted } from '../counted.ts';
import type { Finding } from './check-result.ts';
import { type DateInput, factsOf, isClosed, sameWeekdays } from './date-input.ts';
import { MIN_POINTS, median } from './usual.ts';

/** Days that stand for the same weekdays while there are too few of those. */
const RECENT_DAYS = 7;

/** A day without a transaction where many are usual. */
export function zeroRows(input: DateInput): Finding[] {
  const { date, gates, skipped } = input;
  const { rows } = factsOf(input.drop, 'transactions');
  const found = { name: 'zero_rows', date, feed: 'transactions', observed: counted(rows, 'row') } as const;
  if (isClosed(date, gates)) return [{ ...found, status: 'closed_day', expected: 'no business', message: '' }];
  if (rows > 0) return [{ ...found, status: 'passed', expected: 'at least 1 row', message: '' }];
  const weekdays = sameWeekdays(input);
  const open = input.history.filter((drop) => !isClosed(drop.date, gates));
  const days = weekdays.length >= MIN_POINTS ? weekdays : open.slice(-RECENT_DAYS);
  if (days.length === 0)
    return [{ ...found, status: 'not_enough_history', expected: 'an earlier day to compare with', message: '' }];
  const usual = Math.round(median(days.map((drop) => factsOf(drop, 'transactions').rows)));
  if (usual < gates.zeroRowsUsual) {
    const expected = `rows where ${gates.zeroRowsUsual} are usual; ${usual} are`;
    return [{ ...found, status: 'passed', expected, message: '' }];
  }
  const copies = skipped.filter(({ reason }) => reason.startsWith('same content'));
  const why = copies.map(({ key, reason }) => `${key} was not taken: ${reason}. `).join('');
  const message = `${why}Ask the source for the files of ${date}; when it really was a quiet day, approve the run or add the day to gates.closedDays.`;
  return [{ ...found, status: 'failed', expected: `at least 1 row, ${usual} are usual`, message }];
}
