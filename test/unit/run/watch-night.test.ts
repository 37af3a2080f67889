import { describe, expect, it } from 'vitest';
import type { RunRecord, RunState } from '../../../lib/run/run-ledger.ts';
import { type WatchTask, watchNight, watchTask } from '../../../lib/run/watch-night.ts';
import { addDays, type BusinessDate } from '../../../lib/time.ts';
import { emptyPlaces, memoryDeps } from '../../support/run-in-memory.ts';

/** A look at an instant over a start at 04:30 in Paris, with two hours of time. */
const look = (scheduledTime: string, changes: Partial<WatchTask> = {}): WatchTask => ({
  scheduledTime,
  start: { hour: 4, minute: 30, timeZone: 'Europe/Paris' },
  deadlineMinutes: 120,
  ...changes,
});

interface Ledger {
  readonly runs?: readonly (Pick<RunRecord, 'to' | 'state'> & Partial<RunRecord>)[];
  readonly current?: { readonly runId: string; readonly dt: string };
}

const record = (state: RunState, from: string, to = from) => ({ state, from: from as BusinessDate, to: to as BusinessDate });

/** What the watch sees of a ledger. */
async function watch(task: WatchTask, { runs = [], current }: Ledger = {}, config: object = { timeZone: 'Europe/Paris' }) {
  const places = emptyPlaces();
  for (const [index, run] of runs.entries()) {
    const runId = `r${index + 1}`;
    await places.runs.put({ pk: 'RUN', sk: runId, runId, openedAt: `2026-01-01T00:00:0${index}.000Z`, ...run });
  }
  if (current) await places.runs.put({ pk: 'CURRENT', sk: '-', ...current });
  return watchNight(task, memoryDeps(places, config));
}

describe('watchNight', () => {
  it('asks for the business day before the last start whose deadline has passed', async () => {
    // 06:30 in Paris is 05:30 UTC in winter.
    expect(await watch(look('2026-01-15T05:30:00Z'))).toEqual({
      night: '2026-01-14',
      startAt: '2026-01-15T03:30:00.000Z',
      deadlineAt: '2026-01-15T05:30:00.000Z',
      isOverdue: true,
      runId: '',
    });
    expect((await watch(look('2026-01-15T05:29:59Z'))).night).toBe('2026-01-13');
    expect((await watch(look('2026-01-15T23:45:00Z'))).night).toBe('2026-01-14');
  });

  it.each([
    ['clocks go forward, deadline an hour earlier in UTC', '2026-03-29T04:30:00Z', '2026-03-28'],
    ['just before that deadline', '2026-03-29T04:29:00Z', '2026-03-27'],
    ['clocks go back, deadline an hour later in UTC', '2026-10-25T05:30:00Z', '2026-10-24'],
    ['just before that deadline', '2026-10-25T05:29:00Z', '2026-10-23'],
    ['first of a month', '2026-03-01T05:30:00Z', '2026-02-28'],
    ['first of March of a leap year', '2028-03-01T05:30:00Z', '2028-02-29'],
    ['first of January', '2027-01-01T05:30:00Z', '2026-12-31'],
  ])('finds the night when %s', async (_, time, night) => {
    expect((await watch(look(time))).night).toBe(night);
    const before = addDays(night as BusinessDate, -1);
    expect((await watch(look(time), { runs: [record('OPEN', before)] })).isOverdue).toBe(true);
    expect((await watch(look(time), { runs: [record('OPEN', night)] })).isOverdue).toBe(false);
  });

  it('counts a start that the clocks skip: nobody started that night', async () => {
    // 02:30 of 2026-03-29 does not exist in Paris; EventBridge skips it.
    const start = { hour: 2, minute: 30, timeZone: 'Europe/Paris' };
    const seen = await watch(look('2026-03-29T03:30:00Z', { start }));
    expect(seen).toMatchObject({ night: '2026-03-28', isOverdue: true });
  });

  it('finds a deadline after midnight, and one of a start in another time zone than the business', async () => {
    const late = { hour: 23, minute: 30, timeZone: 'Asia/Shanghai' };
    const shanghai = { timeZone: 'Asia/Shanghai' };
    // The start of 23:30 on the 15th is for the 14th, and due at 01:30 on the 16th.
    expect((await watch(look('2026-01-15T17:30:00Z', { start: late }), {}, shanghai)).night).toBe('2026-01-14');
    expect((await watch(look('2026-01-15T17:29:00Z', { start: late }), {}, shanghai)).night).toBe('2026-01-13');
    // 04:30 UTC is 20:30 of the day before in Los Angeles.
    const utc = { hour: 4, minute: 30, timeZone: 'UTC' };
    const inLosAngeles = { timeZone: 'America/Los_Angeles' };
    expect((await watch(look('2026-01-15T06:30:00Z', { start: utc }), {}, inLosAngeles)).night).toBe('2026-01-13');
  });

  it.each(['OPEN', 'HELD', 'FAILED', 'SUPERSEDED', 'COMMITTED', 'CLOSED'] as const)(
    'takes a night for opened by a run in state %s',
    async (state) => {
      const runs = [record('CLOSED', '2026-01-13'), record(state, '2026-01-14')];
      expect(await watch(look('2026-01-15T05:30:00Z'), { runs })).toMatchObject({ isOverdue: false, runId: 'r2' });
    },
  );

  it('takes a range for every night in it, and no other', async () => {
    const runs = [record('OPEN', '2026-01-01', '2026-01-13')];
    expect((await watch(look('2026-01-14T05:30:00Z'), { runs })).isOverdue).toBe(false);
    expect((await watch(look('2026-01-15T05:30:00Z'), { runs })).isOverdue).toBe(true);
  });

  it('asks CURRENT alone when it is as far as the night', async () => {
    const current = { runId: 'r9', dt: '2026-01-14' };
    expect(await watch(look('2026-01-15T05:30:00Z'), { current })).toMatchObject({ isOverdue: false, runId: 'r9' });
    expect((await watch(look('2026-01-16T05:30:00Z'), { current })).isOverdue).toBe(true);
  });

  it('takes a run that was rolled back for its own night, and not for later ones', async () => {
    const current = { runId: 'r1', dt: '2026-01-13' };
    const runs = [record('CLOSED', '2026-01-13'), record('SUPERSEDED', '2026-01-14')];
    expect((await watch(look('2026-01-15T05:30:00Z'), { runs, current })).isOverdue).toBe(false);
    expect((await watch(look('2026-01-16T05:30:00Z'), { runs, current })).isOverdue).toBe(true);
  });

  it('refuses a scheduled time that was not filled in', async () => {
    await expect(watch(look('<aws.scheduler.scheduled-time>'))).rejects.toThrow(
      /^Scheduled time <aws\.scheduler\.scheduled-time>: not a time, expected ISO 8601 such as .*Correct the schedule's input\.$/,
    );
  });

  it('refuses a deadline that is not before the next start', () => {
    expect(watchTask.safeParse(look('2026-01-15T05:30:00Z')).success).toBe(true);
    expect(watchTask.safeParse(look('2026-01-15T05:30:00Z', { deadlineMinutes: 1440 })).success).toBe(false);
  });
});
