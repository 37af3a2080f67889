import { describe, expect, it } from 'vitest';
import { calibrationText } from '../../../cli/views/calibration.ts';
import { calibrationsText } from '../../../cli/views/calibrations.ts';
import { configSchema } from '../../../lib/config/config.ts';
import type { Calibration, EpochRecord } from '../../../lib/run/engine/epoch-record.ts';
import { formatDay } from '../../../lib/time.ts';
import { calibrationOf, epochOf } from '../../support/epochs.ts';
import { DAY_0 } from '../../support/facts.ts';

const candidateOf = (
  day: number,
  movedShare: number | null,
  reasons: string[] = [],
  accepted = reasons.length === 0,
): EpochRecord => {
  const epoch = epochOf(DAY_0 + day);
  return { ...epoch, reasons, accepted, evidence: { ...epoch.evidence, movedShare } };
};
const night = (day: number, changes: Partial<Calibration>, restated: number | null = 0) => ({
  calibration: calibrationOf(DAY_0 + day, changes),
  restated,
});

const first = candidateOf(7, null);
const moved = candidateOf(14, 0.0312, ['MOVED_TOO_MANY']);
const taken = candidateOf(21, 0.025, ['MOVED_TOO_MANY'], true);
const nights = [
  night(0, { candidate: candidateOf(0, null, ['HISTORY_TOO_SHORT', 'TOO_FEW_REPEAT_CUSTOMERS', 'NOT_CONVERGED']) }),
  night(1, { candidate: candidateOf(0, null, ['HISTORY_TOO_SHORT']) }),
  night(7, { epoch: first, candidate: first, baseline: 'EPOCH_CHANGED' }, 1234),
  night(14, { epoch: first, candidate: moved, movedRefusals: 3 }),
  night(15, { epoch: first, candidate: moved, movedRefusals: 3 }),
  night(21, { epoch: taken, candidate: taken, baseline: 'EPOCH_CHANGED' }, 1),
  night(22, { epoch: taken, candidate: taken, baseline: 'RULES_CHANGED' }, null),
];

describe('calibrationsText', () => {
  const lines = calibrationsText(nights).split('\n');
  const of = (day: number) =>
    lines.filter((line) => line.startsWith(`  ${formatDay(DAY_0 + day)} `)).map((line) => line.replaceAll(/ {2,}/g, '|').trim());

  it('sums up what became of the fits', () => {
    expect(lines[0]).toBe(
      `Calibrations of ${formatDay(DAY_0)} to ${formatDay(DAY_0 + 22)}: 4 fits, 2 accepted, 2 refused (1 for moved customers alone), 3 baseline nights.`,
    );
  });

  it('has one line for each date on which something happened', () => {
    expect(lines.filter((line) => /^ {2}\d/.test(line))).toHaveLength(5);
    expect([of(1), of(15)]).toEqual([[], []]);
    const [a, b] = [first.id, taken.id];
    expect([of(0), of(7), of(14), of(21), of(22)].flat()).toEqual([
      `|${formatDay(DAY_0)}|days of silence|refused|the history is too short; and 2 more reasons`,
      `|${formatDay(DAY_0 + 7)}|${a}|accepted|baseline night for the epoch, 1,234 customers restated`,
      `|${formatDay(DAY_0 + 14)}|${a}|refused|3.12 %|3|it would move too many customers to another stage at once`,
      `|${formatDay(DAY_0 + 21)}|${b}|accepted|2.50 %|it would move too many customers to another stage at once; baseline night for the epoch, 1 customer restated`,
      `|${formatDay(DAY_0 + 22)}|${b}|baseline night for the section \`stages\``,
    ]);
  });

  it('says what was in force throughout when nothing happened', () => {
    expect(calibrationsText([night(15, { epoch: first, candidate: moved })])).toBe(
      `Calibrations of ${formatDay(DAY_0 + 15)}: 0 fits, 0 accepted, 0 refused (0 for moved customers alone), 0 baseline nights.\nIn force throughout: ${first.id}.\n`,
    );
  });
});

describe('calibrationText', () => {
  it('counts whom a baseline night restated, where that is known', () => {
    const text = (restated: number | null) =>
      calibrationText(calibrationOf(DAY_0, { baseline: 'RULES_CHANGED' }), configSchema.parse({}), restated).replaceAll(
        /\s+/g,
        ' ',
      );
    expect(text(2)).toContain('was changed; 2 customers restated');
    expect(text(null)).not.toContain('restated');
  });
});
