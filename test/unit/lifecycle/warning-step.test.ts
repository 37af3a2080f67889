import { describe, expect, it } from 'vitest';
import { LEVEL, NO_DAY, NO_LEVEL, newWarningColumns } from '../../../lib/lifecycle/warning-columns.ts';
import { isCalm, stepWarning } from '../../../lib/lifecycle/warning-step.ts';
import { WARNING_LEVELS } from '../../../lib/lifecycle/words.ts';

type Raw = keyof typeof LEVEL | 'gone';

/** Goes night by night from day 0. @returns `day:level` of every change, `day:alert`, `day:right`, `day:wrong` */
function walk(raw: readonly Raw[], bought: readonly number[] = []) {
  const columns = newWarningColumns(1);
  const told: string[] = [];
  raw.forEach((word, day) => {
    const former = columns.level[0];
    const counts = { alerts: 0, alertsRight: 0, alertsWrong: 0 };
    const lastPurchaseDay = bought.findLast((one) => one <= day) ?? NO_DAY;
    const night = { day, level: word === 'gone' ? NO_LEVEL : LEVEL[word], lastPurchaseDay, quietNights: 7 };
    const before = JSON.stringify(columns);
    const isQuiet = isCalm(columns, 0, night);
    stepWarning(columns, 0, night, counts);
    if (isQuiet) expect([JSON.stringify(columns), counts]).toEqual([before, { alerts: 0, alertsRight: 0, alertsWrong: 0 }]);
    if (columns.level[0] !== former) told.push(`${day}:${WARNING_LEVELS[columns.level[0] as number] ?? 'gone'}`);
    if (counts.alerts > 0) told.push(`${day}:alert`);
    if (counts.alertsRight > 0) told.push(`${day}:right`);
    if (counts.alertsWrong > 0) told.push(`${day}:wrong`);
  });
  return { told, columns };
}

const times = (count: number, raw: Raw): Raw[] => Array.from({ length: count }, () => raw);

describe('stepWarning', () => {
  it('rises at once and falls by one level after seven quiet nights, and by another after seven more', () => {
    expect(walk(['none', 'critical', ...times(30, 'none')]).told).toEqual([
      '0:none',
      '1:critical',
      '1:alert',
      '8:warning',
      '15:watch',
      '22:none',
    ]);
  });

  it('begins to count quiet nights again after one that is not quiet', () => {
    expect(walk(['watch', ...times(6, 'none'), 'watch', ...times(6, 'none'), 'watch']).told).toEqual(['0:watch', '0:alert']);
  });

  it('gives one alert per episode, and another for a higher level alone', () => {
    const { told, columns } = walk([
      'watch',
      'critical',
      ...times(7, 'warning'),
      'critical',
      ...times(21, 'none'),
      'watch',
      'watch',
    ]);
    expect(told.filter((one) => one.endsWith('alert'))).toEqual(['0:alert', '1:alert', '31:alert']);
    expect([columns.episodeOn[0], columns.alertedOn[0], columns.alertedLevel[0]]).toEqual([31, 31, LEVEL.watch]);
  });

  it('ends the episode of a customer who is gone, and begins another after a return', () => {
    const { told } = walk(['warning', 'gone', 'gone', 'watch']);
    expect(told).toEqual(['0:warning', '0:alert', '1:gone', '3:watch', '3:alert']);
  });

  it('judges an alert by what was bought in the 90 days after it', () => {
    expect(walk(times(95, 'watch')).told).toContain('90:right');
    expect(walk(times(95, 'watch'), [0]).told).toContain('90:right');
    expect(walk(times(95, 'watch'), [0, 90]).told).toContain('90:wrong');
    expect(walk(['watch', ...times(20, 'none')], [9]).told).toEqual(['0:watch', '0:alert', '7:none', '9:wrong']);
    // the outcome is waited for also when the customer is gone
    expect(walk(['warning', ...times(94, 'gone')]).told).toContain('90:right');
  });
});
