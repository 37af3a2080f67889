import { describe, expect, it } from 'vitest';
import { MONTH_INTENSITY, purchaseTimes, STEADY_GAP_SHAPE } from '../../../cli/generate/purchase-times.ts';
import { uniformStream } from '../../../cli/generate/random.ts';
import { dayOf, formatDay, parseBusinessDate } from '../../../lib/time.ts';

const FIRST_DAY = dayOf(parseBusinessDate('2025-01-01', 'start'));

describe('purchaseTimes', () => {
  it.each([
    ['mbg-nbd', 1],
    ['bg-nbd', 1],
    ['steady', STEADY_GAP_SHAPE],
  ] as const)('%s: gaps of mean 1 / lambda, their variance %d times smaller than its square', (model, shape) => {
    const next = purchaseTimes({ model, firstDay: FIRST_DAY, days: 10 }, uniformStream(3, 0));
    const lambda = 0.2;
    const gaps = Array.from({ length: 40_000 }, () => next(7, lambda, 2) - 7);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean * lambda).toBeCloseTo(1, 1);
    expect(Math.abs(mean ** 2 / variance / shape - 1)).toBeLessThan(0.05);
  });

  it('seasonal: as many purchases a day as lambda times what the month says, wherever the customer begins', () => {
    const days = 365;
    const next = purchaseTimes({ model: 'seasonal', firstDay: FIRST_DAY, days }, uniformStream(4, 0));
    const lambda = 0.5;
    const months = Array.from({ length: days }, (_, day) => Number(formatDay(FIRST_DAY + day).slice(5, 7)) - 1);
    const counts = new Float64Array(12);
    const exposed = new Float64Array(12);
    for (let customer = 0; customer < 2000; customer++) {
      const arrived = customer % 200;
      for (let day = arrived; day < days; day++) (exposed[months[day] as number] as number) += lambda;
      for (let at = next(0, lambda, arrived); arrived + at < days; at = next(at, lambda, arrived)) {
        (counts[months[Math.floor(arrived + at)] as number] as number) += 1;
      }
    }
    for (const [month, intensity] of MONTH_INTENSITY.entries()) {
      const found = (counts[month] as number) / (exposed[month] as number);
      expect({ month, near: Math.abs(found / intensity - 1) < 0.04 }).toEqual({ month, near: true });
    }
    expect(MONTH_INTENSITY.reduce((sum, one) => sum + one, 0) / 12).toBeCloseTo(1, 10);
    expect(next(days - 1, 1e-6, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
