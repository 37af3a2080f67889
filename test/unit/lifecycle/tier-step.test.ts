import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../lib/config/config.ts';
import { HIGH, LOW, MID, plainTier, stepTier, type TierCuts, tierCuts } from '../../../lib/lifecycle/tier-step.ts';

const rules = configSchema.parse({}).tiers;
const cuts: TierCuts = { high: { enter: 820, cut: 800, exit: 780 }, mid: { enter: 520, cut: 500, exit: 480 } };

describe('tierCuts', () => {
  it('cuts the top 20 % and the next 30 %, with bands of 2 points around', () => {
    expect(
      tierCuts(
        Float64Array.from({ length: 1000 }, (_, i) => i + 1),
        rules,
      ),
    ).toEqual(cuts);
    expect(tierCuts([], rules)).toBeUndefined();
    expect(tierCuts([5], rules)?.high).toEqual({ enter: 5, cut: 5, exit: 5 });
  });

  it('puts a fifth of all buyers in the high and three tenths in the mid tier', () => {
    const values = Float64Array.from({ length: 1000 }, (_, i) => i + 1);
    const tiers = [...values].map((value) => plainTier(value, cuts));
    expect([LOW, MID, HIGH].map((tier) => tiers.filter((one) => one === tier).length)).toEqual([500, 300, 200]);
  });
});

describe('plainTier', () => {
  it('puts a value on a cut, and every negative value, into the lower tier', () => {
    expect([801, 800, 501, 500, -1].map((value) => plainTier(value, cuts))).toEqual([HIGH, MID, MID, LOW, LOW]);
    const below: TierCuts = { high: { enter: -9, cut: -9, exit: -9 }, mid: { enter: -9, cut: -9, exit: -9 } };
    expect(plainTier(-1, below)).toBe(LOW);
    expect(stepTier(HIGH, 99, -1, below, rules)).toBe(LOW);
  });
});

describe('stepTier', () => {
  const step = (tier: number, value: number, nights = 28) => stepTier(tier, nights, value, cuts, rules);

  it('keeps the tier inside its band', () => {
    expect([781, 800, 820].map((value) => step(HIGH, value))).toEqual([HIGH, HIGH, HIGH]);
    expect([781, 800, 820].map((value) => step(MID, value))).toEqual([MID, MID, MID]);
    expect([481, 500, 520].map((value) => step(MID, value))).toEqual([MID, MID, MID]);
    expect([481, 500, 520].map((value) => step(LOW, value))).toEqual([LOW, LOW, LOW]);
  });

  it('changes it outside, also by two tiers', () => {
    expect([step(MID, 821), step(LOW, 821), step(LOW, 521), step(LOW, 820)]).toEqual([HIGH, HIGH, MID, MID]);
    expect([step(HIGH, 780), step(HIGH, 480), step(MID, 480)]).toEqual([MID, LOW, LOW]);
  });

  it('changes nothing before 28 nights', () => {
    expect([step(HIGH, 0, 27), step(LOW, 999, 27), step(MID, -5, 27)]).toEqual([HIGH, LOW, MID]);
  });
});
