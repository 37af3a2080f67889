import { NO_CODE, NO_INT } from '../../arrow/columns.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { HIGH, plainTier, rankedValueMinor, stepTier, VIP } from '../../lifecycle/tier-step.ts';
import type { Calibration } from './epoch-record.ts';
import type { TierColumns } from './shard-state.ts';

/** What tiers are stepped with on one night. */
interface TierNight {
  readonly day: number;
  readonly calibration: Pick<Calibration, 'tierCuts'>;
  /** Tiers are set afresh by the cuts. */
  readonly isBaseline: boolean;
  /** Predicted value by slot, minor units; null under the fallback, where the net alone ranks. */
  readonly clvMinor: Float64Array | null;
}

/**
 * One night of the value tiers of a shard: nobody has one before the first cuts, or without a purchase.
 *
 * @param tiers changed in place
 */
export function stepTiers(
  book: ShardBook,
  { tier, since }: TierColumns,
  { day, calibration, isBaseline, clvMinor }: TierNight,
  config: PerennialConfig,
): void {
  const { tierCuts: cuts } = calibration;
  if (!cuts) return;
  const { size } = book;
  const { purchaseDays, net } = book.customers;
  const { tiers: rules } = config;
  const hasVip = cuts.vip !== undefined;
  for (let slot = 0; slot < size; slot++) {
    if (purchaseDays[slot] === 0) {
      tier[slot] = NO_CODE;
      since[slot] = NO_INT;
      continue;
    }
    const former = tier[slot] as number;
    const netMinor = net[slot] as number;
    const isFresh = former === NO_CODE || isBaseline;
    const nights = day - (since[slot] as number);
    // a stay that is not over needs no value, unless the customer has cost more than was paid
    if (!isFresh && nights < rules.minNights && netMinor >= 0 && (former !== VIP || hasVip)) continue;
    // what was paid keeps the highest tier already, whatever is predicted
    if (former === HIGH && !hasVip && !isBaseline && netMinor > cuts.high.exit) continue;
    const value = rankedValueMinor(netMinor, clvMinor === null ? netMinor : netMinor + (clvMinor[slot] as number));
    const next = isFresh ? plainTier(value, cuts) : stepTier(former, nights, value, cuts, rules);
    if (next === former) continue;
    tier[slot] = next;
    since[slot] = day;
  }
}
