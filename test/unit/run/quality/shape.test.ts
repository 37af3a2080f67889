import { describe, expect, it } from 'vitest';
import { gates } from '../../../../lib/config/gates.ts';
import { dropFactsOf } from '../../../../lib/run/quality/drop-facts.ts';
import { placement } from '../../../../lib/run/quality/placement.ts';
import { quarantineShare } from '../../../../lib/run/quality/quarantine-share.ts';
import { schema } from '../../../../lib/run/quality/schema.ts';
import { addDays, type BusinessDate } from '../../../../lib/time.ts';
import { dateInput, dropOf, FRIDAY } from '../../../support/date-input.ts';

const YESTERDAY = addDays(FRIDAY, -1);

describe('schema', () => {
  const filled = (date: BusinessDate, channel: number, accepted = 200) =>
    dropOf(date, { rows: accepted, empty: { channel: accepted - channel } });
  const judge = (before: number, now: number, rows = 200) =>
    schema(dateInput({ drop: filled(FRIDAY, now, rows), history: [filled(YESTERDAY, before)] }))[0];

  it('finds a column that went since the drop before', () => {
    expect(judge(200, 0)).toMatchObject({
      status: 'failed',
      isMild: false,
      observed: 'without channel',
      expected: `the columns of ${YESTERDAY}`,
    });
  });

  it('only tells it of customers, whose files may bring some columns alone', () => {
    const people = (date: BusinessDate, country: number) =>
      dropOf(date, { rows: 200, empty: { country: 200 - country } }, 'customers');
    const input = dateInput({ drop: people(FRIDAY, 0), history: [people(YESTERDAY, 200)] });
    expect(schema(input)).toMatchObject([{ feed: 'customers', status: 'failed', isMild: true }]);
  });

  it('tells a column that came, and holds nothing for it', () => {
    expect(judge(0, 200)).toMatchObject({ status: 'failed', isMild: true, observed: 'channel new' });
  });

  it.each([
    ['of which there were too few values', 19, 0, 200],
    ['of which too few were to be expected', 200, 0, 19],
    ['that has one value left', 200, 1, 200],
  ])('leaves a column alone %s', (_, before, now, rows) => {
    expect(judge(before, now, rows)?.status).toBe('passed');
  });

  it('looks past days without rows, and says when there is no earlier drop', () => {
    const history = [filled(addDays(FRIDAY, -2), 200), dropOf(YESTERDAY, {})];
    expect(schema(dateInput({ drop: filled(FRIDAY, 0), history }))[0]?.status).toBe('failed');
    expect(schema(dateInput({ drop: filled(FRIDAY, 0) }))[0]?.status).toBe('not_enough_history');
  });
});

describe('quarantine_share', () => {
  it.each([
    [5, 'passed', true],
    [6, 'failed', true],
    [50, 'failed', true],
    [51, 'failed', false],
  ])('finds %i of 1000 rows unreadable: %s', (malformed, status, isMild) => {
    expect(quarantineShare(FRIDAY, { rows: 1000, malformed }, gates.parse({}))).toMatchObject({ status, isMild });
  });

  it('takes a day without rows', () => {
    expect(quarantineShare(null, { rows: 0, malformed: 0 }, gates.parse({})).status).toBe('passed');
  });
});

describe('placement', () => {
  it('tells misplaced files; early drops are told and no breach, copies are not told', () => {
    const early = { key: 'dt=2025-08-09', reason: `an early drop, after ${FRIDAY}: the run of its date takes it` };
    const copy = { key: 'dt=2025-08-08/transactions/b.csv', reason: 'same content as dt=2025-08-07/transactions/a.csv' };
    expect(placement([early, copy])).toMatchObject([{ status: 'passed', message: `${early.key}: ${early.reason}.` }]);
    const odd = { key: 'sales.csv', reason: 'lies beside the dates' };
    expect(placement([early, copy, odd])).toMatchObject([
      {
        status: 'failed',
        observed: '1 misplaced file or folder, 1 early drop',
        message: expect.stringMatching(/^sales\.csv: /),
      },
    ]);
    expect(placement([])).toMatchObject([{ status: 'passed', message: '' }]);
  });
});

describe('dropFactsOf', () => {
  it('files late files under the date of their folder', () => {
    const source = (key: string, rows: number, newestDay: BusinessDate) => ({
      feed: 'transactions' as const,
      key,
      sha256: '',
      rows,
      accepted: rows - 1,
      malformed: 1,
      policy: 0,
      files: [],
      identifiers: [],
      shared: '',
      quarantine: '',
      facts: { late: 0, future: 0, newestDay, empty: { channel: 1 }, rules: { INVALID_DATE: 1 } },
    });
    const sources = [
      source(`dt=${FRIDAY}/transactions/a.csv`, 5, YESTERDAY),
      source(`dt=${FRIDAY}/transactions/b.csv`, 7, FRIDAY),
      source(`dt=${YESTERDAY}/transactions/late.csv`, 3, YESTERDAY),
      source('dt=2020-01-01/transactions/other.csv', 3, YESTERDAY),
    ];
    const [before, today] = dropFactsOf([YESTERDAY, FRIDAY], sources as Parameters<typeof dropFactsOf>[1]);
    expect(before?.feeds.get('transactions')).toMatchObject({ files: 1, rows: 3 });
    expect(today?.feeds.get('transactions')).toEqual({
      files: 2,
      rows: 12,
      accepted: 10,
      malformed: 2,
      policy: 0,
      newestDay: FRIDAY,
      empty: { channel: 2 },
      rules: { INVALID_DATE: 2 },
    });
  });
});
