import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../lib/config/config.ts';
import {
  HIGH,
  LOW,
  MID,
  plainTier,
  rankedValueMinor,
  stepTier,
  type TierCuts,
  tierCuts,
  tierReason,
  VIP,
} from '../../../lib/lifecycle/tier-step.ts';

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

  it('changes nothing before 28 nights, but for a negative value, which is low at once', () => {
    expect([step(HIGH, 0, 27), step(LOW, 999, 27), step(MID, 0, 27)]).toEqual([HIGH, LOW, MID]);
    expect([step(HIGH, -1, 0), step(MID, -5, 27), step(LOW, -5, 28)]).toEqual([LOW, LOW, LOW]);
  });
});

describe('the tier vip', () => {
  const withVip = { ...rules, vipShare: 0.01 };
  const vipCuts = tierCuts(
    Float64Array.from({ length: 1000 }, (_, i) => i + 1),
    withVip,
  ) as TierCuts;
  const step = (tier: number, value: number, nights = 28) => stepTier(tier, nights, value, vipCuts, withVip);

  it('is the best part of the high tier, with a band as wide in proportion', () => {
    expect(vipCuts).toEqual({ ...cuts, vip: { enter: 991, cut: 990, exit: 989 } });
    const tiers = Array.from({ length: 1000 }, (_, i) => plainTier(i + 1, vipCuts));
    expect([LOW, MID, HIGH, VIP].map((tier) => tiers.filter((one) => one === tier).length)).toEqual([500, 300, 190, 10]);
  });

  it('is entered and left outside its band only, after the stay', () => {
    expect([step(HIGH, 991), step(HIGH, 992), step(LOW, 992), step(VIP, 990), step(VIP, 989)]).toEqual([
      HIGH,
      VIP,
      VIP,
      VIP,
      HIGH,
    ]);
    expect([step(VIP, 780), step(VIP, 300), step(VIP, 989, 27), step(HIGH, 999, 27)]).toEqual([MID, LOW, VIP, HIGH]);
  });

  it('ends at once where the configuration no longer has it', () => {
    expect([stepTier(VIP, 0, 995, cuts, rules), stepTier(VIP, 0, -1, cuts, rules), stepTier(VIP, 28, 700, cuts, rules)]).toEqual([
      HIGH,
      LOW,
      MID,
    ]);
    expect(configSchema.safeParse({ tiers: { vipShare: 0.2 } }).error?.issues[0]?.message).toBe(
      'is 0.2, expected less than highShare, 0.2, or 0 for no such tier',
    );
  });
});

describe('tierReason', () => {
  it('names a negative net or total value, and nothing that the rank decides', () => {
    const reason = (tier: 'low' | 'mid' | null, netMinor: number, totalMinor: number) =>
      tierReason({ tier, netMinor, totalMinor });
    expect([reason('low', -1, 500), reason('low', 5, -1), reason('low', 0, 0)]).toEqual(['NET_NEGATIVE', 'NET_NEGATIVE', null]);
    expect([reason('mid', -1, -1), reason(null, -1, -1)]).toEqual([null, null]);
    expect([rankedValueMinor(-1, 500), rankedValueMinor(0, 500)]).toEqual([-1, 500]);
  });
});
