import type { DistinctValues } from '../numerics/distinct-values.ts';
import { cellRuns } from './cell-runs.ts';
import type { SpendCells } from './compress.ts';
import { meanSpends } from './mean-spends.ts';

/** How far the spend of a purchase day goes with the number of them. Gamma-Gamma takes the two to be independent. */
export interface FrequencySpend {
  /** Repeat customers with positive spend, count. */
  readonly customers: number;
  /** -1 .. 1; null where x or the mean spend is the same for everybody. */
  readonly pearson: number | null;
  /** Of mid-ranks, -1 .. 1; null as above. */
  readonly spearman: number | null;
  /** By the larger of the two; null without them. */
  readonly verdict: 'negligible' | 'weak' | 'strong' | null;
}

/** Cohen's "small" and "medium" effects of a correlation. */
const [SMALL, MEDIUM] = [0.1, 0.3] as const;

/**
 * Correlations of x with the mean spend per repeat purchase day, over customers: Pearson's, and Spearman's with mid-ranks. Verdict
 * `negligible` when both are below 0.1 in size, `weak` when both are below 0.3, else `strong`.
 *
 * Source: Kendall (1970), "Rank correlation methods", for ties at mid-ranks; the limits are those of Cohen (1988), "Statistical power
 * analysis", chapter 3. Pinned on CDNOW in test/unit/clv/fit/frequency-spend.test.ts.
 * @param cells distinct (x > 0, repeat net > 0), sorted, as `compressSpend` gives them: neither the unit of money nor the order of
 * customers matters
 * @param means theirs, for a caller that has them already
 * @returns correlations; null ones where undefined, also for no customers; never NaN, never throws
 * Cost: one sort of cells and a few passes (~0.3 us per cell); allocates 60 bytes per cell.
 */
export function frequencySpend(cells: SpendCells, means: DistinctValues = meanSpends(cells)): FrequencySpend {
  const { weight } = cells;
  const customers = weight.reduce((sum, w) => sum + w, 0);
  const counts = distinctCounts(cells);
  if (counts.values.length < 2 || means.values.length < 2) return { customers, pearson: null, spearman: null, verdict: null };
  const pearson = correlation(byCell(counts, counts.values), byCell(means, means.values), weight);
  const spearman = correlation(byCell(counts, midRanks(counts)), byCell(means, midRanks(means)), weight);
  const size = Math.max(Math.abs(pearson), Math.abs(spearman));
  return { customers, pearson, spearman, verdict: size < SMALL ? 'negligible' : size < MEDIUM ? 'weak' : 'strong' };
}

/** Distinct x; cells are sorted by it. */
function distinctCounts({ x, weight }: SpendCells): DistinctValues {
  const runs = cellRuns(x, weight);
  const placeOf = new Uint32Array(x.length);
  for (const [place, { from, to }] of runs.entries()) placeOf.fill(place, from, to);
  return {
    values: Float64Array.from(runs, (run) => run.x),
    weight: Float64Array.from(runs, (run) => run.weight),
    placeOf,
  };
}

/** What is said of distinct values, by cell. */
function byCell({ placeOf }: DistinctValues, ofDistinct: Float64Array): Float64Array {
  const out = new Float64Array(placeOf.length);
  for (let i = 0; i < out.length; i++) out[i] = ofDistinct[placeOf[i] as number] as number;
  return out;
}

/** Rank of each distinct value: the mean of the places that its customers take, from 1. */
function midRanks({ weight }: DistinctValues): Float64Array {
  let before = 0;
  return weight.map((own) => {
    const rank = before + (own + 1) / 2;
    before += own;
    return rank;
  });
}

/** Pearson's correlation of weighted pairs, deviations from the means first so that nothing large cancels; cut to -1 .. 1. */
function correlation(a: Float64Array, b: Float64Array, weight: Float64Array): number {
  let [total, sumA, sumB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const w = weight[i] as number;
    total += w;
    sumA += w * (a[i] as number);
    sumB += w * (b[i] as number);
  }
  let [squareA, squareB, product] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const w = weight[i] as number;
    const da = (a[i] as number) - sumA / total;
    const db = (b[i] as number) - sumB / total;
    squareA += w * da * da;
    squareB += w * db * db;
    product += w * da * db;
  }
  return Math.max(-1, Math.min(1, product / Math.sqrt(squareA) / Math.sqrt(squareB)));
}
