import { describe, expect, it } from 'vitest';
import { fixedDaysHistory } from '../../../bench/calm/fixed-days.ts';
import { calmnessOf, type StageChange } from '../../../bench/calm/stage-history.ts';

/** A customer's changes: `from>to` on days; `!` marks a restatement. */
const changes = (customer: string, ...told: [number, string][]): StageChange[] =>
  told.map(([day, text]) => {
    const [from = '', to = ''] = text.replace('!', '').split('>');
    return { customer, day, from: from || null, to, isRestated: text.startsWith('!') };
  });

const NONE = new Set<number>();
const bought = (days: Record<string, number[]>) => new Map(Object.entries(days));

describe('calmnessOf', () => {
  it('counts steps, restatements and what became of the churned', () => {
    const history = changes('a', [1, '>new'], [60, 'new>declining'], [200, 'declining>churned'], [230, 'churned>returned']);
    const calm = calmnessOf(
      [...history, ...changes('b', [3, '>new'], [50, '!new>churned'])],
      bought({ a: [1, 230], b: [3] }),
      new Set([50]),
    );
    expect(calm).toMatchObject({ customers: 2, steps: 5, restated: 1, illegal: 0, bounces: 0 });
    expect(calm).toMatchObject({ churned: 1, churnedByRestatement: 1, returned: 1, silenceAtChurnDays: 199 });
  });

  it('finds steps that no edge allows, and a history with a gap', () => {
    expect(calmnessOf(changes('a', [1, '>new'], [9, 'new>loyal']), bought({ a: [1, 9] }), NONE).illegal).toBe(1);
    expect(calmnessOf(changes('a', [1, '>new'], [9, 'growing>loyal']), bought({ a: [1, 9] }), NONE).illegal).toBe(1);
    const restated = (baseline: number) =>
      calmnessOf(changes('a', [1, '>new'], [9, '!new>loyal']), bought({ a: [1] }), new Set([baseline]));
    expect(restated(9).illegal).toBe(0);
    expect(restated(8).illegal).toBe(1);
  });

  it('finds A to B to A within 14 days without a purchase between', () => {
    const back = (day: number, days: number[]) => {
      const told = changes('a', [1, '>new'], [40, 'new>declining'], [day, 'declining>new']);
      return calmnessOf(told, bought({ a: [1, ...days] }), NONE).bounces;
    };
    expect(back(54, [])).toBe(1);
    expect(back(55, [])).toBe(0);
    expect(back(50, [50])).toBe(0);
    // the purchase that made the first of the two changes does not excuse the second
    expect(back(50, [40])).toBe(1);
  });

  it('knows that a restatement comes before the purchases of its night', () => {
    const told = changes('a', [1, '>new'], [40, '!new>declining'], [40, 'declining>new']);
    expect(calmnessOf(told, bought({ a: [1, 40] }), new Set([40])).bounces).toBe(0);
    expect(calmnessOf(told, bought({ a: [1] }), new Set([40])).bounces).toBe(1);
  });

  it('names the worst night of those outside the baseline, of the customers known by then', () => {
    const told = [
      ...changes('a', [1, '>new'], [5, 'new>declining']),
      ...changes('b', [2, '>new'], [5, 'new>growing']),
      ...changes('c', [3, '>new'], [6, '!new>declining']),
      ...changes('d', [4, '>new'], [6, '!new>declining']),
      ...changes('e', [7, '>new']),
    ].sort((one, other) => one.day - other.day);
    const { worstNight } = calmnessOf(told, bought({ a: [1], b: [2, 5], c: [3], d: [4], e: [7] }), new Set([6]));
    expect(worstNight).toEqual({ day: 5, share: 1 / 4 });
  });
});

describe('fixedDaysHistory', () => {
  it('declines at 90 days of silence and churns at 180, and not on the day of a purchase', () => {
    const purchases = bought({ a: [0, 90, 100, 281, 290] });
    const told = fixedDaysHistory(purchases, 379).map(({ day, from, to }) => `${day} ${from ?? ''}>${to}`);
    expect(told).toEqual([
      '0 >new',
      '90 new>growing',
      '190 growing>declining',
      '280 declining>churned',
      '281 churned>returned',
      '290 returned>loyal',
    ]);
    expect(calmnessOf(fixedDaysHistory(purchases, 380), purchases, NONE)).toMatchObject({ illegal: 0, steps: 7 });
  });
});
