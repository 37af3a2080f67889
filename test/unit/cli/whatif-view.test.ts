import { describe, expect, it } from 'vitest';
import { whatIfText } from '../../../cli/views/whatif.ts';
import type { ReplayFigures } from '../../../lib/run/whatif/replay-figures.ts';
import type { WhatIf } from '../../../lib/run/whatif/what-if.ts';
import { addDays, type BusinessDate } from '../../../lib/time.ts';

/** A day of February; 0 is the last of January. */
const on = (day: number) => addDays('2025-01-31' as BusinessDate, day);

const figures: ReplayFigures = {
  epoch: 'mbg-nbd@2025-02-03',
  fits: { accepted: 1, refused: 2 },
  baselineNights: [],
  customers: 1500,
  stages: { prospect: 0, new: 500, growing: 300, loyal: 200, declining: 400, churned: 90, returned: 10 },
  tiers: { low: 750, mid: 450, high: 300 },
  warnings: { none: 1000, watch: 300, warning: 110, critical: 0 },
  rfmSegments: { Champions: 100 },
  segments: { kept: 40, gone: 7 },
  heldOut: { kept: 4 },
  flows: [
    { from: '', to: 'new', customers: 30 },
    { from: 'new', to: 'declining', customers: 1200 },
    { from: 'churned', to: 'returned', customers: 1 },
  ],
  transitions: 1231,
  restated: 4,
  falseChurn: { churned: 0, returned: 1, share: null },
  busiestNight: { date: on(5), share: 0.0123 },
};
const other: ReplayFigures = {
  ...figures,
  epoch: null,
  baselineNights: [{ date: on(1), reason: 'RULES_CHANGED', restated: 1 }],
  stages: { ...figures.stages, new: 450, declining: 450 },
  tiers: { low: 749, mid: 451, high: 300 },
  segments: { kept: 50, added: 3 },
  flows: [figures.flows[0], { from: 'declining', to: 'churned', customers: 5 }, figures.flows[2]] as ReplayFigures['flows'],
  transitions: 36,
  falseChurn: { churned: 5, returned: 1, share: 0.2 },
  busiestNight: { date: on(6), share: 0.01 },
};
const found: WhatIf = {
  from: on(3),
  to: on(9),
  replayedFrom: on(1),
  base: { runId: 'r7', dt: on(0) },
  configRun: 'r9',
  changes: [
    { key: 'stages.decliningQ', before: '0.5', now: '0.6' },
    ...['gates.a', 'gates.b', 'gates.c', 'lateFileDays'].map((key) => ({ key, before: null, now: '1' })),
  ],
  withoutEffect: ['gates.a', 'gates.b', 'gates.c', 'lateFileDays'],
  inForce: figures,
  whatIf: other,
  moved: {
    stages: [
      { inForce: 'new', whatIf: 'declining', customers: 60 },
      { inForce: 'declining', whatIf: 'new', customers: 10 },
    ],
    segmentsInBoth: { kept: 38 },
  },
};

/** The cells of the line that begins with a text. */
const cellsOf = (text: string, begins: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`  ${begins}`))
    .map((line) => line.trim().split(/ {2,}/));

describe('whatIfText', () => {
  const text = whatIfText(found, 'other.json');
  const row = (begins: string) => cellsOf(text, begins)[0];

  it('says what is compared, on what, and which baseline nights there are', () => {
    const [title, ...lines] = (text.split('\n\n')[0] ?? '').split('\n');
    expect(title).toBe('What if other.json had held, 2025-02-03 to 2025-02-09');
    expect(lines).toEqual([
      '  In force: the configuration of run r9.',
      '  Replayed from 2025-02-01, on the books of 2025-01-31 (run r7): none are kept of 2025-02-02.',
      '  Baseline night, what if: 2025-02-01, for the section stages changes; stages and tiers are set afresh, 1 customer restated.',
      '  No replay shows what 4 other changes would do: gates.a, gates.b, gates.c and 1 more.',
    ]);
    const whole = whatIfText({ ...found, replayedFrom: found.from, base: null, withoutEffect: [] }, 'x');
    expect(whole).toContain('\n  Replayed from 2025-02-03, the first date, on nothing.\n');
    expect(cellsOf(text, 'stages.').concat(cellsOf(text, 'gates'))).toEqual([['stages.decliningQ', '0.5', '0.6']]);
  });

  it('has both figures and the difference of stages, stage changes and segments', () => {
    expect(row('new ')).toEqual(['new', '新', '500', '450', '-50']);
    expect(row('loyal ')).toEqual(['loyal', '忠诚', '200', '200', '0']);
    expect(text).toContain('\n  70 of 1,500 customers would have another stage:\n');
    expect(cellsOf(text, 'new ')[1]).toEqual(['new', 'declining', '60']);
    const changes = ['(first) → new', 'new → declining', 'declining → churned', 'churned → returned'];
    const flows = text.split('\n').filter((line) => / → /.test(line) && !line.includes('over all'));
    expect(flows.map((line) => line.trim().split(/ {2,}/)[0])).toEqual(changes);
    expect(row('new → declining')).toEqual(['new → declining', '1,200', '0', '-1,200']);
    expect(row('all ')).toEqual(['all', '1,231', '36', '-1,195']);
    expect(row('false churn')).toEqual(['false churn', '-', '20.00 %']);
    expect(row('busiest night')).toEqual(['busiest night', '1.23 %', '1.00 %', '-0.23']);
    expect(row('kept')).toEqual(['kept', '40', '50', '+10', '12', '2']);
    expect([row('gone'), row('added')]).toEqual([
      ['gone', '7', '-'],
      ['added', '-', '3'],
    ]);
    expect(text).toContain('in force mbg-nbd@2025-02-03 (1 fit accepted, 2 refused); what if days of silence (1 fit accepted');
  });

  it('shows tiers, warnings and RFM segments where they differ', () => {
    expect(row('low ')).toEqual(['low', '低', '750', '749', '-1']);
    expect(text).toContain('\nEarly warning on 2025-02-09: no difference.\n');
    expect(text).toContain('\nRFM segments on 2025-02-09: no difference.\n');
  });

  it('says so when nobody would stand elsewhere, and sums up rare pairs', () => {
    const nobody = whatIfText({ ...found, moved: { ...found.moved, stages: [] } }, 'x');
    expect(nobody).toContain('\n  Nobody would have another stage.\n');
    const pairs = (['new', 'growing', 'loyal', 'declining', 'churned', 'returned', 'prospect', 'new'] as const).map((stage) => ({
      inForce: stage,
      whatIf: 'declining' as const,
      customers: 2,
    }));
    const many = whatIfText({ ...found, moved: { ...found.moved, stages: pairs } }, 'x');
    expect(cellsOf(many, 'others')).toEqual([['others', '4']]);
  });
});
