import { describe, expect, it } from 'vitest';
import { NO_CODE, NO_INT } from '../../../../lib/arrow/columns.ts';
import { configSchema } from '../../../../lib/config/config.ts';
import { HIGH, LOW, MID, type TierCuts, VIP } from '../../../../lib/lifecycle/tier-step.ts';
import { stepTiers } from '../../../../lib/run/engine/step-tiers.ts';
import { calibrationOf } from '../../../support/epochs.ts';
import { DAY_0, sale } from '../../../support/facts.ts';
import { TestShard } from '../../../support/shard.ts';

const D = DAY_0;
const config = configSchema.parse({ tiers: { vipShare: 0.01 } });
const at = (cut: number) => ({ enter: cut, cut, exit: cut });
const cuts: TierCuts = { vip: at(900), high: at(500), mid: at(100) };

/** Ann and Bob with a value of 1000 each, a vip since `since`. */
function vips(since: number) {
  const shard = new TestShard();
  shard.fold(D, [sale('1', 'ann', D, 1000), sale('2', 'bob', D, 1000)]);
  return { book: shard.book, tiers: { tier: Uint8Array.of(VIP, VIP), since: Int32Array.of(since, since) } };
}
const night = (day: number, tierCuts: TierCuts) => ({
  day,
  calibration: calibrationOf(day, { tierCuts }),
  isBaseline: false,
  clvMinor: null,
});

describe('stepTiers', () => {
  it('makes a customer low at once whose net became negative, and leaves the others their stay', () => {
    const { book, tiers } = vips(D);
    book.customers.net.set([-1, 200]);
    stepTiers(book, tiers, night(D + 3, cuts), config);
    expect([[...tiers.tier], [...tiers.since]]).toEqual([
      [LOW, VIP],
      [D + 3, D],
    ]);
    stepTiers(book, tiers, night(D + 28, cuts), config);
    expect([[...tiers.tier], [...tiers.since]]).toEqual([
      [LOW, MID],
      [D + 3, D + 28],
    ]);
  });

  it('ends the tier vip on the night whose cuts have none', () => {
    const { book, tiers } = vips(D);
    stepTiers(book, tiers, night(D + 1, { high: cuts.high, mid: cuts.mid }), config);
    expect([...tiers.tier]).toEqual([HIGH, HIGH]);
  });

  it('gives a first tier by the plain cuts, and takes it where no purchase stands', () => {
    const { book, tiers } = vips(D);
    tiers.tier.fill(NO_CODE);
    book.customers.net.set([901, 900]);
    stepTiers(book, tiers, night(D, cuts), config);
    expect([...tiers.tier]).toEqual([VIP, HIGH]);
    book.customers.purchaseDays[0] = 0;
    stepTiers(book, tiers, night(D + 1, cuts), config);
    expect([[...tiers.tier], [...tiers.since]]).toEqual([
      [NO_CODE, HIGH],
      [NO_INT, D],
    ]);
  });
});
