import { describe, expect, it } from 'vitest';
import { holdoutTable } from '../../../cli/views/held-out.ts';
import { type HoldoutFigures, holdoutFigures } from '../../../lib/report/export-figures.ts';

const segment = { id: 'loyal', holdoutShare: 0.125 };
const base = { asOf: '2025-03-01', days: 28 };
const group = (customers: number, buyers: number, netMinor: number) => ({ customers, buyers, netMinor });
const compared = (heldOut: ReturnType<typeof group>): HoldoutFigures =>
  holdoutFigures(segment, base, [{ segment: 'loyal', treated: group(1200, 412, 1_480_800), heldOut }]);
const linesOf = (...holdouts: HoldoutFigures[]) =>
  holdoutTable(holdouts, 'JPY')
    .split('\n')
    .map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));

describe('holdoutTable', () => {
  it('is empty when no segment holds anybody out', () => {
    expect(holdoutTable([], 'EUR')).toBe('');
  });

  it('shows both groups, then what they say in English and Chinese', () => {
    expect(linesOf(compared(group(133, 31, -13_300)))).toEqual([
      'holdout 对照组 | members of | group | customers | bought since | share | net a customer',
      'loyal | 2025-03-01, 28 days | exported 导出组 | 1,200 | 412 | 34.3 % | 1234 JPY',
      'held out 对照组 | 133 | 31 | 23.3 % | -100 JPY',
      '',
      'loyal | 12.5 % held out: +11.0 points (95 % interval +2.7 to +18.0), those exported buy more',
      '保留 12.5 % 对照：相差 +11.0 个百分点（95 % 区间 +2.7 至 +18.0），导出组购买更多',
      '',
    ]);
  });

  it('says why it does not compare', () => {
    const said = (figures: HoldoutFigures) => linesOf(figures).filter((line) => line.startsWith('loyal | 12.5'));
    expect(said(compared(group(0, 0, 0)))).toEqual(['loyal | 12.5 % held out: not enough data, each group needs 50 customers']);
    expect(linesOf(compared(group(0, 0, 0)))[2]).toBe('held out 对照组 | 0 | 0 | - | -');
    expect(linesOf(holdoutFigures(segment, undefined, []))).toEqual([
      'loyal | 12.5 % held out: compared once a publication with this share is 21 days old',
      '保留 12.5 % 对照：按此比例发布满 21 天后比较',
      '',
    ]);
    expect(said(holdoutFigures(segment, base, null))).toEqual([
      'loyal | 12.5 % held out: the members of 2025-03-01 are no longer kept',
    ]);
  });
});
