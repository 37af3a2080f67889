import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closedMeasures, failedMeasures, openedMeasures, watchedMeasures } from '../../../functions/_shared/measures.ts';
import { METRICS } from '../../../lib/metrics.ts';
import type { Opened, OpenTask } from '../../../lib/run/contracts.ts';

const NOW = Date.parse('2026-03-02T05:15:00Z');
const wait: Opened = { decision: 'wait', missing: 'Drop 2026-03-01: no marker.' };
const task = (scheduledTime?: string): OpenTask => ({
  request: { ...(scheduledTime && { scheduledTime }), waitForDrop: true, snapshots: 'last' },
  execution: '',
});

describe('openedMeasures', () => {
  it('counts a run that goes on, and nothing where there is none to do', () => {
    const go: Opened = { decision: 'go', run: { runId: 'r1', runSeq: 1 }, from: '2026-03-01', to: '2026-03-01', resumed: true };
    expect(openedMeasures(task(), go, NOW)).toEqual({ RunOpened: 1 });
    expect(openedMeasures(task(), { decision: 'done', to: '2026-03-01', runId: 'r1' }, NOW)).toEqual({});
  });

  it('tells the minutes since the scheduled time of a drop that is not there, never less than 0', () => {
    expect(openedMeasures(task('2026-03-02T04:30:00Z'), wait, NOW)).toEqual({ DropLateMinutes: 45 });
    expect(openedMeasures(task('2026-03-02T05:30:00Z'), wait, NOW)).toEqual({ DropLateMinutes: 0 });
    expect(openedMeasures(task(), wait, NOW)).toEqual({});
  });
});

describe('closedMeasures', () => {
  it('takes the counts of a run, with the share of its unreadable rows, and ends what failed or was held before', () => {
    const counts = { rows: 200, unreadable: 3, customers: 90, profilesWritten: 40, transitions: 7, files: 2 };
    expect(closedMeasures(counts)).toEqual({
      RunClosed: 1,
      RunFailed: 0,
      RunHeld: 0,
      RowsRead: 200,
      Customers: 90,
      ProfilesWritten: 40,
      Transitions: 7,
      QuarantineShare: 0.015,
    });
  });

  it('has a share of 0 for a night without rows', () => {
    expect(closedMeasures({ rows: 0, unreadable: 0 }).QuarantineShare).toBe(0);
  });
});

describe('failedMeasures', () => {
  it.each([
    ['HELD', 'DataQualityGateError', { RunHeld: 1 }],
    ['FAILED', 'InvalidDropError', { RunFailed: 1 }],
    ['NONE', 'LockHeldError', { RunFailed: 1 }],
    ['COMMITTED', 'TransientDependencyError', { RunFailed: 1 }],
    ['SUPERSEDED', 'RunSupersededError', {}],
    ['NONE', 'RunSupersededError', {}],
    ['CLOSED', 'Lambda.Unknown', {}],
    ['TOLD', 'States.Timeout', {}],
  ])('of a run that ended %s with %s', (state, name, measures) => {
    expect(failedMeasures({ state, name, message: '' })).toEqual(measures);
  });
});

describe('watchedMeasures', () => {
  it('tells of every look, also when all is well', () => {
    const seen = { night: '2026-03-01', startAt: '', deadlineAt: '', runId: '' };
    expect(watchedMeasures({ ...seen, isOverdue: true })).toEqual({ NightOverdue: 1 });
    expect(watchedMeasures({ ...seen, isOverdue: false })).toEqual({ NightOverdue: 0 });
  });
});

describe('METRICS', () => {
  it('are in docs/architecture.md as the code has them', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/architecture.md'), 'utf8');
    const rows = Object.entries(METRICS).map(
      ([name, { unit, from, meaning }]) => `| \`${name}\` | ${unit} | ${from} | ${meaning} |`,
    );
    expect(page).toContain(`|---|---|---|---|\n${rows.join('\n')}\n\n`);
  });
});
