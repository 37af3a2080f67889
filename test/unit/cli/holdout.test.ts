import { describe, expect, it } from 'vitest';
import { holdoutText } from '../../../cli/views/holdout.ts';
import type { PurchaseHistories } from '../../../lib/book/purchase-histories.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { type HoldoutReport, type HoldoutRequest, reportHoldout } from '../../../lib/run/models/holdout-report.ts';
import { type BusinessDate, dayOf } from '../../../lib/time.ts';
import { uniform } from '../clv/synthetic.ts';

const FIRST = '2024-01-01' as BusinessDate;
const REQUEST: HoldoutRequest = {
  calibrateTo: '2024-12-31' as BusinessDate,
  to: '2025-03-31' as BusinessDate,
  model: 'mbg-nbd',
  config: parseConfig({}, 'test'),
  currency: 'USD',
};

/** Customers who buy at rates of their own from some day of the first year on, and stop with chances of their own at purchases. */
function drawHistories(customers: number): PurchaseHistories {
  const random = uniform(7);
  const [starts, days, netMinor]: [number[], number[], number[]] = [[0], [], []];
  for (let i = 0; i < customers; i++) {
    const rate = -Math.log(random()) / 45;
    const dropOut = 0.6 * random() ** 2;
    for (let day = Math.floor(random() * 365); day <= 455; day += Math.max(1, Math.ceil(-Math.log(random()) / rate))) {
      days.push(dayOf(FIRST) + day);
      netMinor.push(500 + Math.floor(random() * 9000));
      if (random() < dropOut) break;
    }
    starts.push(days.length);
  }
  return { starts: Int32Array.from(starts), days: Int32Array.from(days), netMinor: Float64Array.from(netMinor) };
}

describe('reportHoldout', () => {
  it('fits on what lies before and counts what lies after, whole days', () => {
    const report = reportHoldout([drawHistories(600)], REQUEST);
    expect(report).toMatchObject({
      model: 'mbg-nbd',
      customers: 600,
      horizonDays: 90,
      innerDays: 90,
      currency: 'USD',
      guards: [],
    });
    expect(report.fit).toMatchObject({ degenerate: false, customers: 600, date: '2024-12-31', unit: 'days' });
    expect(report.params).toEqual(report.fit.params);
    // drawn from nearly such a population: within a fifth of what they did
    expect(Math.abs(report.totals?.bias ?? 1)).toBeLessThan(0.2);
    expect(report.returns?.auc).toBeGreaterThan(0.7);
    expect(report.spendFit.model).toBe('gamma-gamma');
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('looks back half of a short history, and says what a night would miss', () => {
    const early = { ...REQUEST, calibrateTo: '2024-02-11' as BusinessDate };
    const report = reportHoldout([drawHistories(600)], early);
    expect([report.innerDays, report.horizonDays]).toEqual([20, 414]);
    expect(report.guards).toEqual(['TOO_FEW_REPEAT_CUSTOMERS', 'HISTORY_TOO_SHORT']);
  });

  it('has nothing but rules of thumb where nobody had bought twice', () => {
    const once = { starts: Int32Array.of(0, 1), days: Int32Array.of(dayOf(FIRST)), netMinor: Float64Array.of(100) };
    const report = reportHoldout([once], REQUEST);
    expect(report).toMatchObject({ params: null, totals: null, spendMethod: null, customers: 1 });
    expect(report.fit).toMatchObject({ degenerate: true, reasons: ['NO_REPEAT_CUSTOMERS'] });
    const text = holdoutText(report);
    expect(text).toContain('degenerate: it predicts nothing');
    expect(text).not.toContain('decile');
    expect(text).not.toContain('no forecast');
    const sameDay = holdoutText(reportHoldout([once], { ...REQUEST, calibrateTo: FIRST }));
    expect(sameDay).toMatch(/ {2}recency_only +no forecast: the first purchase is less than two days before,.*\n\n {2}totals/);
  });

  it('refuses a date before the first purchase', () => {
    const before = { ...REQUEST, calibrateTo: '2023-12-31' as BusinessDate };
    expect(() => reportHoldout([drawHistories(20)], before)).toThrow('nobody had bought by 2023-12-31');
    expect(() => reportHoldout([], REQUEST)).toThrow('nobody had bought');
  });
});

describe('holdoutText', () => {
  const report = reportHoldout([drawHistories(600)], REQUEST);
  const lines = holdoutText(report).split('\n');

  it('is at most 100 columns wide, its tables aligned', () => {
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    const wide = holdoutText({ ...report, customers: 12_345_678, actual: { ...report.actual, purchases: 98_765_432 } });
    expect(Math.max(...wide.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    const head = lines.findIndex((line) => line.includes('recency_only'));
    const end = (line: number, text: string) => (lines[line] ?? '').indexOf(text) + text.length;
    expect(end(head + 1, (report.baselines.naive_rate?.totals.predicted ?? 0).toFixed(0))).toBe(end(head, 'naive_rate'));
  });

  it('shows a correlation of nearly nothing without a sign', () => {
    const line = (correlation: number) => {
      const changed = { ...report, totals: { ...report.totals, correlation } } as HoldoutReport;
      return /correlation +(\S+)/.exec(holdoutText(changed))?.[1];
    };
    expect([line(-1e-9), line(-0.25), line(0.12344)]).toEqual(['0.0000', '-0.2500', '0.1234']);
  });

  it('shows the totals, a line per bin and a line per decile', () => {
    const text = lines.join('\n');
    expect(text).toContain(`fitted as of 2024-12-31, compared on the 90 days to 2025-03-31`);
    expect(text).toMatch(/bias +[+-]\d+\.\d % +[+-]/);
    expect(lines.filter((line) => /^ {2}(\d|7\+) .*\d\.\d\d/.test(line))).toHaveLength(report.bins.length);
    expect(lines.filter((line) => /^ +\d+ +\d+ +\d+\.\d % +\d+\.\d % /.test(line))).toHaveLength(10);
  });
});
