import type { Feed } from '../../keys.ts';
import { counted } from '../counted.ts';
import type { Finding } from './check-result.ts';
import { type DateInput, factsOf, isClosed, sameWeekdays } from './date-input.ts';
import { MIN_POINTS, usualOf } from './usual.ts';

/** Feeds that have a usual number of rows; the others come when there is something to say. */
const REGULAR_FEEDS = ['transactions', 'interactions'] as const satisfies readonly Feed[];

/** Row volume against the same weekday of the last weeks: median and some median absolute deviations. */
export function rowCount(input: DateInput): Finding[] {
  return REGULAR_FEEDS.filter((feed) => feed === 'transactions' || isKnown(input, feed)).map((feed) => judge(input, feed));
}

/** True for a feed that was ever delivered. */
const isKnown = ({ drop, history }: DateInput, feed: Feed): boolean => [drop, ...history].some(({ feeds }) => feeds.has(feed));

function judge(input: DateInput, feed: Feed): Finding {
  const { date, gates } = input;
  const { rows } = factsOf(input.drop, feed);
  const found = { name: 'row_count', date, feed, observed: counted(rows, 'row') } as const;
  if (isClosed(date, gates)) return { ...found, status: 'closed_day', expected: 'no business', message: '' };
  const days = sameWeekdays(input).map((drop) => factsOf(drop, feed).rows);
  if (days.length < MIN_POINTS) {
    const expected = `${MIN_POINTS} earlier days of this weekday to compare with, found ${days.length}`;
    return { ...found, status: 'not_enough_history', expected, message: '' };
  }
  const { median, deviation } = usualOf(days);
  const width = deviation * gates.rowCountDeviations;
  const [least, most] = [Math.max(0, Math.ceil(median - width)), Math.floor(median + width)];
  const expected = `${least} to ${most} rows, as on ${days.length} earlier days of this weekday (median ${Math.round(median)})`;
  if (rows >= least && rows <= most) return { ...found, status: 'passed', expected, message: '' };
  const message =
    rows < least
      ? 'Fewer rows than usual: ask the source whether all files came; a file that follows is taken by the next run.'
      : 'More rows than usual: look for a file that was delivered twice in another form.';
  return { ...found, status: 'failed', expected, message };
}
