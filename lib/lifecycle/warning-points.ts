import { type Rhythm, SilenceTable } from './silence-table.ts';
import { LEVEL } from './warning-columns.ts';

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

/** Days of silence at which a rhythm gives one, two and three points for inactivity. */
export const inactivityTable = (rhythm: Rhythm, { inactivityQ }: WarningRules): SilenceTable =>
  new SilenceTable(
    rhythm,
    inactivityQ.map((q) => ({ q })),
  );

/** Points 0..3 for days of silence; without a rhythm none. */
export function inactivityPoints(table: SilenceTable | null, x: number, txDays: number, silenceDays: number): number {
  if (!table) return 0;
  let points = 0;
  while (points < 3 && silenceDays >= table.days(x, txDays, points)) points++;
  return points;
}

/** Code of the level that the points of a night stand for. */
export function levelOfPoints(points: WarningPoints, { levelPoints: [watch, warning, critical] }: WarningRules): number {
  const total = totalPoints(points);
  const isUrgent = points.inactivity >= 2 && points.complaints >= 1 && points.reviews >= 1;
  if (total >= critical || isUrgent) return LEVEL.critical;
  if (total >= warning) return LEVEL.warning;
  return total >= watch ? LEVEL.watch : LEVEL.none;
}
