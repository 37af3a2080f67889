import { describe, expect, it } from 'vitest';
import { freshness } from '../../../../lib/run/quality/freshness.ts';
import { rowCount } from '../../../../lib/run/quality/row-count.ts';
import { zeroRows } from '../../../../lib/run/quality/zero-rows.ts';
import { addDays } from '../../../../lib/time.ts';
import { dateInput, daysBefore, dropOf, FRIDAY } from '../../../support/date-input.ts';

const rows = (count: number) => dropOf(FRIDAY, { rows: count, newestDay: FRIDAY });
/** Fridays with 90, 100, 110, 120: median 105, deviation 10. */
const FRIDAYS = daysBefore(FRIDAY, [90, 100, 110, 120], 7);

describe('row_count', () => {
  it.each([
    [64, 'failed'],
    [65, 'passed'],
    [145, 'passed'],
    [146, 'failed'],
  ])('finds %i rows where 65 to 145 are usual: %s', (count, status) => {
    const [found] = rowCount(dateInput({ drop: rows(count), history: FRIDAYS }));
    expect(found).toMatchObject({
      name: 'row_count',
      date: FRIDAY,
      status,
      observed: `${count} rows`,
      expected: '65 to 145 rows, as on 4 earlier days of this weekday (median 105)',
    });
  });

  it('looks at the same weekday alone, and says when there are fewer than four', () => {
    const history = [...FRIDAYS.slice(1), ...daysBefore(FRIDAY, [1, 1, 1, 1, 1, 1])];
    expect(rowCount(dateInput({ history }))).toMatchObject([
      { status: 'not_enough_history', expected: '4 earlier days of this weekday to compare with, found 3' },
    ]);
  });

  it('gives days that were all alike a band of at least a tenth', () => {
    const history = daysBefore(FRIDAY, [1000, 1000, 1000, 1000], 7);
    const status = (count: number) => rowCount(dateInput({ drop: rows(count), history }))[0]?.status;
    expect([900, 1100, 899, 1101].map(status)).toEqual(['passed', 'passed', 'failed', 'failed']);
  });

  it('is silent on a closed day, and leaves closed days out of the history', () => {
    expect(rowCount(dateInput({ drop: rows(0), history: FRIDAYS, gates: { closedDays: ['friday'] } }))).toMatchObject([
      { status: 'closed_day', message: '' },
    ]);
    const closedDays = [FRIDAYS[0]?.date ?? ''];
    expect(rowCount(dateInput({ history: FRIDAYS, gates: { closedDays } }))[0]?.status).toBe('not_enough_history');
  });

  it('judges interactions from the day on which they were first delivered', () => {
    const history = [1, 2, 3, 4].map((weeks) => dropOf(addDays(FRIDAY, -7 * weeks), { rows: 50 }, 'interactions'));
    const found = rowCount(dateInput({ history })).map(({ feed, status, observed }) => [feed, status, observed]);
    expect(found).toContainEqual(['interactions', 'failed', '0 rows']);
    expect(rowCount(dateInput()).map(({ feed }) => feed)).toEqual(['transactions']);
  });
});

describe('zero_rows', () => {
  const quiet = { drop: rows(0) };

  it('is a breach where at least 100 are usual on this weekday', () => {
    expect(zeroRows(dateInput({ ...quiet, history: FRIDAYS }))).toMatchObject([
      { status: 'failed', observed: '0 rows', expected: 'at least 1 row, 105 are usual' },
    ]);
    const small = daysBefore(FRIDAY, [99, 99, 99, 99], 7);
    expect(zeroRows(dateInput({ ...quiet, history: small }))[0]?.status).toBe('passed');
  });

  it('takes the last days while there are fewer than four of the weekday', () => {
    expect(zeroRows(dateInput({ ...quiet, history: daysBefore(FRIDAY, [300]) }))[0]?.status).toBe('failed');
    expect(zeroRows(dateInput({ ...quiet, history: daysBefore(FRIDAY, [900, 900, 0, 0, 0, 0, 0, 0, 0]) }))[0]?.status).toBe(
      'passed',
    );
    expect(zeroRows(dateInput(quiet))[0]?.status).toBe('not_enough_history');
  });

  it('names a file that was not taken because it is an earlier one again', () => {
    const skipped = [{ key: `dt=${FRIDAY}/transactions/b.csv`, reason: 'same content as dt=2025-08-07/transactions/a.csv' }];
    expect(zeroRows(dateInput({ ...quiet, history: FRIDAYS, skipped }))[0]?.message).toContain(
      `dt=${FRIDAY}/transactions/b.csv was not taken: same content as dt=2025-08-07/transactions/a.csv. `,
    );
  });

  it('is silent on closed days and content with any row', () => {
    expect(zeroRows(dateInput({ ...quiet, history: FRIDAYS, gates: { closedDays: [FRIDAY] } }))[0]?.status).toBe('closed_day');
    expect(zeroRows(dateInput({ drop: rows(1), history: FRIDAYS }))[0]?.status).toBe('passed');
  });
});

describe('freshness', () => {
  it.each([
    [FRIDAY, 0, 'passed'],
    [addDays(FRIDAY, -1), 0, 'failed'],
    [addDays(FRIDAY, -1), 1, 'passed'],
    [addDays(FRIDAY, 1), 0, 'passed'],
  ] as const)('finds a newest event of %s with an age of %i allowed: %s', (newestDay, maxEventAgeDays, status) => {
    const drop = dropOf(FRIDAY, { rows: 5, newestDay });
    const found = freshness(dateInput({ drop, gates: { maxEventAgeDays } }));
    expect(found).toMatchObject([{ status, observed: `newest event on ${newestDay}` }]);
  });

  it('has nothing to say of a day without events, or of a closed one', () => {
    expect(freshness(dateInput({ drop: dropOf(FRIDAY, {}) }))).toMatchObject([{ status: 'passed', observed: 'no event' }]);
    const old = dropOf(FRIDAY, { rows: 5, newestDay: addDays(FRIDAY, -9) });
    expect(freshness(dateInput({ drop: old, gates: { closedDays: ['friday'] } }))[0]?.status).toBe('closed_day');
  });
});
