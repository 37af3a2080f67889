import { quantileType1 } from '../rfm/cut-points.ts';
import { TIERS, type Tier } from './words.ts';

/** Code of the low, mid, high and vip tier. */
export const [LOW, MID, HIGH, VIP] = [...TIERS.keys()] as [number, number, number, number];

/** Shares, band and stay of the value tiers: the `tiers` section of the configuration. */
export interface TierRules {
  /** 0: there is no tier vip. */
  readonly vipShare: number;
  /** Share of the tiers high and vip together. */
  readonly highShare: number;
  readonly midShare: number;
  readonly bandShare: number;
  readonly minNights: number;
}

/** Where a tier begins, minor units of total value: entered above `enter`, left at or below `exit`. */
interface TierCut {
  readonly enter: number;
  readonly cut: number;
  readonly exit: number;
}

/** Cut points of the value tiers. Without `vip` nobody is in that tier. */
export interface TierCuts {
  readonly vip?: TierCut;
  readonly high: TierCut;
  readonly mid: TierCut;
}

/**
 * Cut points of the tiers over the buyers' total values. The band of vip is as wide in proportion to its share as that of high: one of
 * the full width would leave no room above the cut of a share of one percent.
 *
 * @param sorted total value of every buyer, minor units, ascending, shape [n]
 * @returns undefined when n is 0
 */
export function tierCuts(sorted: ArrayLike<number>, rules: TierRules): TierCuts | undefined {
  if (sorted.length === 0) return undefined;
  const at = (topShare: number) => quantileType1(sorted, Math.min(Math.max(1 - topShare, 0), 1));
  const cuts = (topShare: number, band: number): TierCut => ({
    enter: at(topShare - band),
    cut: at(topShare),
    exit: at(topShare + band),
  });
  const { vipShare, highShare, midShare, bandShare } = rules;
  const vip = vipShare > 0 ? { vip: cuts(vipShare, (bandShare * vipShare) / highShare) } : {};
  return { ...vip, high: cuts(highShare, bandShare), mid: cuts(highShare + midShare, bandShare) };
}

/**
 * What a buyer is ranked by, minor units: the total value, but a negative net stands for itself, so that a prediction cannot cover
 * that the customer has cost more than was paid.
 */
export function rankedValueMinor(netMinor: number, totalMinor: number): number {
  return netMinor < 0 ? netMinor : totalMinor;
}

/** Tier by the cut points alone: of a new buyer, and of everybody on a baseline night. @param valueMinor `rankedValueMinor` */
export function plainTier(valueMinor: number, cuts: TierCuts): number {
  if (valueMinor < 0) return LOW;
  if (cuts.vip && valueMinor > cuts.vip.cut) return VIP;
  return valueMinor > cuts.high.cut ? HIGH : valueMinor > cuts.mid.cut ? MID : LOW;
}

/**
 * Tier of a buyer on one night: the former one, unless the value left its band and the stay is over. A negative value is low at once,
 * and so ends a tier that the configuration no longer has.
 *
 * @param tier code of the former tier @param nights nights since it was entered @param valueMinor `rankedValueMinor`
 */
export function stepTier(tier: number, nights: number, valueMinor: number, cuts: TierCuts, rules: TierRules): number {
  if (valueMinor < 0) return LOW;
  const former = tier === VIP && !cuts.vip ? HIGH : tier;
  if (nights < rules.minNights) return former;
  if (cuts.vip && valueMinor > (former === VIP ? cuts.vip.exit : cuts.vip.enter)) return VIP;
  if (valueMinor > (former >= HIGH ? cuts.high.exit : cuts.high.enter)) return HIGH;
  return valueMinor > (former >= MID ? cuts.mid.exit : cuts.mid.enter) ? MID : LOW;
}

/** Why a customer is in a tier although the rank alone does not tell. */
export type TierReason = 'NET_NEGATIVE';

/**
 * The reason of a tier that needs one: a negative net or total value is low whatever the rank.
 *
 * @param values minor units; `totalMinor` is net historic plus predicted
 * @returns null for a customer without a tier, and where the rank decided
 */
export function tierReason({
  tier,
  netMinor,
  totalMinor,
}: {
  tier: Tier | null;
  netMinor: number;
  totalMinor: number;
}): TierReason | null {
  return tier === 'low' && rankedValueMinor(netMinor, totalMinor) < 0 ? 'NET_NEGATIVE' : null;
}
