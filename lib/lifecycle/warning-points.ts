import { LEVEL } from './warning-columns.ts';

/** Days that complaints, reviews and refunds are looked back on: as many as the book keeps interactions for. */
export const SIGNAL_DAYS = 90;

/** Thresholds of the early warning: the `warning` section of the configuration. */
export interface WarningRules {
  readonly inactivityQ: readonly [number, number, number];
  readonly slowGapRatio: number;
  readonly openComplaintDays: number;
  readonly complaints: readonly [number, number];
  readonly badReviewScore: number;
  readonly badReviews: readonly [number, number];
  readonly refundShare: number;
  readonly levelPoints: readonly [number, number, number];
  readonly quietNights: number;
}

/** Points of one customer on one night, by signal (docs/lifecycle.md, Early warning). */
export interface WarningPoints {
  /** 0..3 */
  inactivity: number;
  /** 0..1 */
  slowing: number;
  /** 0..2 */
  complaints: number;
  /** 0..2 */
  reviews: number;
  /** 0..1 */
  refunds: number;
}

/** No points. */
export const noPoints = (): WarningPoints => ({ inactivity: 0, slowing: 0, complaints: 0, reviews: 0, refunds: 0 });

/** The sum of the points. */
export const totalPoints = (p: WarningPoints): number => p.inactivity + p.slowing + p.complaints + p.reviews + p.refunds;

/** Points 0..3: the thresholds, the highest first, that q lies below. @param q NaN without a model: none */
export function inactivityPoints(q: number, { inactivityQ: [first, second, third] }: WarningRules): number {
  if (!(q < first)) return 0;
  if (!(q < second)) return 1;
  return q < third ? 3 : 2;
}

/** 1 when both of the last two gaps are long for the customer. Days, 0 for a gap that there is none of. @param ownGap see own-gap.ts */
export const slowingPoints = (ownGap: number, lastGap: number, gapBefore: number, { slowGapRatio }: WarningRules): number =>
  lastGap > slowGapRatio * ownGap && gapBefore > slowGapRatio * ownGap ? 1 : 0;

/** Points 0..2. @param count complaints of 90 days @param openDays days for which the oldest open one has been open; undefined for none */
export function complaintPoints(count: number, openDays: number | undefined, rules: WarningRules): number {
  const [some, many] = rules.complaints;
  if (count >= many) return 2;
  return count >= some || (openDays !== undefined && openDays > rules.openComplaintDays) ? 1 : 0;
}

/** Points 0..2. @param count bad reviews of 90 days */
export const reviewPoints = (count: number, { badReviews: [some, many] }: WarningRules): number =>
  count >= many ? 2 : count >= some ? 1 : 0;

/** Points 0..1. @param refundedMinor refunds of the purchases of 90 days @param grossMinor what these came to before */
export const refundPoints = (refundedMinor: number, grossMinor: number, { refundShare }: WarningRules): number =>
  refundedMinor > refundShare * grossMinor ? 1 : 0;

/** Code of the level that the points of a night stand for. */
export function levelOfPoints(points: WarningPoints, { levelPoints: [watch, warning, critical] }: WarningRules): number {
  const total = totalPoints(points);
  const isUrgent = points.inactivity >= 2 && points.complaints >= 1 && points.reviews >= 1;
  if (total >= critical || isUrgent) return LEVEL.critical;
  if (total >= warning) return LEVEL.warning;
  return total >= watch ? LEVEL.watch : LEVEL.none;
}
