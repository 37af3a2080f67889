import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../lib/config/config.ts';
import { LEVEL } from '../../../lib/lifecycle/warning-columns.ts';
import {
  complaintPoints,
  inactivityPoints,
  levelOfPoints,
  noPoints,
  refundPoints,
  reviewPoints,
  slowingPoints,
} from '../../../lib/lifecycle/warning-points.ts';

const rules = configSchema.parse({}).warning;

describe('points of the early warning', () => {
  it('of silence: one, two and three below q 0.70, 0.50 and 0.35; none without a model', () => {
    const at = [1, 0.7, 0.699, 0.5, 0.499, 0.35, 0.349, 0];
    expect(at.map((q) => inactivityPoints(q, rules))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(inactivityPoints(Number.NaN, rules)).toBe(0);
  });

  it('of a slowing rhythm: both of the last two gaps longer than 1.5 times the own', () => {
    expect(slowingPoints(10, 16, 16, rules)).toBe(1);
    expect([slowingPoints(10, 15, 16, rules), slowingPoints(10, 16, 15, rules), slowingPoints(10, 40, 0, rules)]).toEqual([
      0, 0, 0,
    ]);
  });

  it('of complaints: one for two of 90 days or one open for more than seven days, two for three', () => {
    const of = (count: number, openDays?: number) => complaintPoints(count, openDays, rules);
    expect([of(0), of(1), of(1, 7), of(1, 8), of(2), of(3), of(3, 50)]).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });

  it('of bad reviews and of refunds', () => {
    expect([0, 1, 2, 5].map((count) => reviewPoints(count, rules))).toEqual([0, 1, 2, 2]);
    expect([refundPoints(299, 1000, rules), refundPoints(300, 1000, rules), refundPoints(301, 1000, rules)]).toEqual([0, 0, 1]);
    expect(refundPoints(0, 0, rules)).toBe(0);
  });
});

describe('levelOfPoints', () => {
  const levelOf = (points: Partial<ReturnType<typeof noPoints>>) => levelOfPoints({ ...noPoints(), ...points }, rules);

  it('is watch from two points on, warning from three, critical from five', () => {
    expect([levelOf({}), levelOf({ inactivity: 1 })]).toEqual([LEVEL.none, LEVEL.none]);
    expect([levelOf({ inactivity: 2 }), levelOf({ complaints: 1, refunds: 1 })]).toEqual([LEVEL.watch, LEVEL.watch]);
    expect([levelOf({ inactivity: 3 }), levelOf({ inactivity: 3, slowing: 1 })]).toEqual([LEVEL.warning, LEVEL.warning]);
    expect(levelOf({ inactivity: 3, slowing: 1, refunds: 1 })).toBe(LEVEL.critical);
  });

  it('is critical at once for a customer who is silent, complains and reviews badly', () => {
    expect(levelOf({ inactivity: 2, complaints: 1, reviews: 1 })).toBe(LEVEL.critical);
    expect(levelOf({ inactivity: 1, complaints: 1, reviews: 2 })).toBe(LEVEL.warning);
  });
});
