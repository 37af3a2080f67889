import { quantileType1 } from '../rfm/cut-points.ts';
import { TIERS } from './words.ts';

/** Code of the low, mid and high tier. */
export const [LOW, MID, HIGH] = [TIERS.indexOf('low'), TIERS.indexOf('mid'), TIERS.indexOf('high')] as const;

/** Shares, band and stay of the value tiers: the `tiers` section of the configuration. */
export interface TierRules {
  readonly highShare: number;
  readonly midShare: number;
  readonly bandShare: number;
  readonly minNights: number;
}

/** Cut points of the value tiers, minor units of total value: a tier is entered above `enter`, left at or below `exit`. */
export interface TierCuts {
  readonly high: { readonly enter: number; readonly cut: number; readonly exit: number };
  readonly mid: { readonly enter: number; readonly cut: number; readonly exit: number };
}

/**
 * Cut points of the tiers over the buyers' total values.
 *
 * @param sorted total value of every buyer, minor units, ascending, shape [n]
 * @returns undefined when n is 0
 */
export function tierCuts(sorted: ArrayLike<number>, rules: TierRules): TierCuts | undefined {
  if (sorted.length === 0) return undefined;
  const at = (topShare: number) => quantileType1(sorted, Math.min(Math.max(1 - topShare, 0), 1));
  const cuts = (topShare: number) => ({
    enter: at(topShare - rules.bandShare),
    cut: at(topShare),
    exit: at(topShare + rules.bandShare),
  });
  return { high: cuts(rules.highShare), mid: cuts(rules.highShare + rules.midShare) };
}

/** Tier by the cut points alone: of a new buyer, and of everybody on a baseline night. */
export function plainTier(totalMinor: number, cuts: TierCuts): number {
  if (totalMinor < 0) return LOW;
  return totalMinor > cuts.high.cut ? HIGH : totalMinor > cuts.mid.cut ? MID : LOW;
}

/**
 * Tier of a buyer on one night: the former one, unless the value left its band and the stay is over.
 *
 * @param tier code of the former tier @param nights nights since it was entered
 */
export function stepTier(tier: number, nights: number, totalMinor: number, cuts: TierCuts, rules: TierRules): number {
  if (nights < rules.minNights) return tier;
  if (totalMinor < 0) return LOW;
  if (tier < HIGH && totalMinor > cuts.high.enter) return HIGH;
  if (tier === LOW) return totalMinor > cuts.mid.enter ? MID : LOW;
  if (tier === HIGH && totalMinor > cuts.high.exit) return HIGH;
  return totalMinor > cuts.mid.exit ? MID : LOW;
}
