import { probabilityScores } from '../clv/holdout/probability-scores.ts';
import { type Tally, tallyRows } from './tally.ts';

/** Probabilities are summed in millionths, so that the number of shards does not matter. */
export const MILLIONTHS = 1_000_000;

/** Buckets of an octave of probabilities, and octaves below 1: what is less likely than 1 in 4096 is one bucket. */
const PER_OCTAVE = 8;
const OCTAVES = 12;
const MANTISSA_SHIFT = 17;
const LOWEST = (1023 - OCTAVES) * PER_OCTAVE;

/** Number of buckets of probabilities. */
export const RETURN_BUCKETS = OCTAVES * PER_OCTAVE + 2;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Bucket of a probability, 0..1. */
export function returnBucket(p: number): number {
  double[0] = p;
  return Math.max(((words[HIGH] as number) >>> MANTISSA_SHIFT) - LOWEST + 1, 0);
}

/** A prediction of a shard that has matured: sums over the customers that had bought when it was made. */
export interface MaturedCounts {
  readonly customers: number;
  readonly returned: number;
  /** Sums of p, of p of those who bought, and of p squared, in millionths. */
  readonly p: number;
  readonly pReturned: number;
  readonly pSquared: number;
  /** Rows of bucket of p, customers, returned, sum of p in millionths. */
  readonly byReturn: Tally;
  /** Rows of bucket of days of silence when the prediction was made, customers, returned. */
  readonly byRecency: Tally;
}

/** How good predictions were that have matured. */
export interface MaturedFigures {
  readonly customers: number;
  readonly mean_predicted: number | null;
  readonly share_observed: number | null;
  /** Over ten groups of about equal count by p. */
  readonly calibration_error: number | null;
  readonly brier: number | null;
  readonly auc: number | null;
  /** The same of days of silence alone: the less, the likelier. */
  readonly auc_recency: number | null;
}

/**
 * The scores of a matured prediction.
 *
 * Source: as `probabilityScores`. Means and the Brier score are exact to a millionth; the area under the curve and the calibration
 * error take customers of the same bucket (within 12.5 % of one another) as alike.
 */
export function maturedFigures(counts: MaturedCounts): MaturedFigures {
  const { customers: n, returned, p, pReturned, pSquared } = counts;
  const byReturn = tallyRows(counts.byReturn) as [number, number, number, number][];
  const scores = probabilityScores({
    p: byReturn.map(([, customers, , sum]) => sum / customers / MILLIONTHS),
    customers: byReturn.map(([, customers]) => customers),
    returned: byReturn.map(([, , bought]) => bought),
  });
  const byRecency = tallyRows(counts.byRecency) as [number, number, number][];
  const recency = probabilityScores({
    p: byRecency.map(([bucket]) => 1 / (bucket + 1)),
    customers: byRecency.map(([, customers]) => customers),
    returned: byRecency.map(([, , bought]) => bought),
  });
  return {
    customers: n,
    mean_predicted: n === 0 ? null : p / n / MILLIONTHS,
    share_observed: n === 0 ? null : returned / n,
    calibration_error: scores.calibrationError,
    brier: n === 0 ? null : (pSquared - 2 * pReturned + returned * MILLIONTHS) / n / MILLIONTHS,
    auc: scores.auc,
    auc_recency: recency.auc,
  };
}
