import type { HoldoutCells } from './holdout-cells.ts';
import { type ProbabilityScores, probabilityScores } from './probability-scores.ts';

/** What somebody expected of every cell of customers. */
export interface Forecast {
  /** Purchase days of one customer in the horizon, count, shape [cells]. */
  readonly purchases: Float64Array;
  /** Probability of at least one, 0 .. 1, shape [cells]. */
  readonly p: Float64Array;
}

/** Predicted against actual purchase days of a horizon. */
export interface PurchaseScores {
  readonly actual: number;
  readonly predicted: number;
  /** predicted / actual - 1; null when nobody bought. */
  readonly bias: number | null;
  /** Mean over customers of |predicted - actual|; null for no customers. */
  readonly mae: number | null;
  /** Root of the mean over customers of (predicted - actual)^2; null for no customers. */
  readonly rmse: number | null;
  /** Pearson's, of predicted and actual over customers; null when one of them is the same for all. */
  readonly correlation: number | null;
}

/** How good a forecast was. */
export interface ForecastScores {
  readonly totals: PurchaseScores;
  /** Scores of the probability to buy, without its deciles. */
  readonly returns: Omit<ProbabilityScores, 'deciles'>;
}

/** Customers, their actual and their predicted purchase days. */
function sumsOf(
  { later, weight }: HoldoutCells,
  purchases: Float64Array,
): { customers: number; actual: number; predicted: number } {
  let [customers, actual, predicted] = [0, 0, 0];
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i] as number;
    customers += w;
    actual += w * (later[i] as number);
    predicted += w * (purchases[i] as number);
  }
  return { customers, actual, predicted };
}

function scorePurchases(cells: HoldoutCells, purchases: Float64Array): PurchaseScores {
  const { customers, actual, predicted } = sumsOf(cells, purchases);
  let [distance, squares, both, ofActual, ofPredicted] = [0, 0, 0, 0, 0];
  for (let i = 0; i < cells.weight.length; i++) {
    const w = cells.weight[i] as number;
    const error = (purchases[i] as number) - (cells.later[i] as number);
    const a = (cells.later[i] as number) - actual / customers;
    const p = (purchases[i] as number) - predicted / customers;
    distance += w * Math.abs(error);
    squares += w * error * error;
    both += w * a * p;
    ofActual += w * a * a;
    ofPredicted += w * p * p;
  }
  return {
    actual,
    predicted,
    bias: actual > 0 ? predicted / actual - 1 : null,
    mae: customers > 0 ? distance / customers : null,
    rmse: customers > 0 ? Math.sqrt(squares / customers) : null,
    correlation: ofActual > 0 && ofPredicted > 0 ? both / Math.sqrt(ofActual * ofPredicted) : null,
  };
}

/** Customers of each cell that bought in the horizon, count, shape [cells]. */
function returnedOf({ later, weight }: HoldoutCells): Float64Array {
  return weight.map((w, i) => ((later[i] as number) > 0 ? w : 0));
}

/**
 * Source: totals, bias, MAE, RMSE and Pearson's correlation as Fader, Hardie & Lee (2005) compare models on a holdout;
 * `probabilityScores` for the probability to buy.
 *
 * @param cells customers with what they did @param forecast of the same cells, never NaN
 * @returns scores, and the deciles by p; sums in the order of cells; null where undefined; never throws
 * Cost: two passes over cells and one sort.
 */
export function scoreForecast(
  cells: HoldoutCells,
  { purchases, p }: Forecast,
): ForecastScores & Pick<ProbabilityScores, 'deciles'> {
  const { deciles, ...returns } = probabilityScores({ p, customers: cells.weight, returned: returnedOf(cells) });
  return { totals: scorePurchases(cells, purchases), returns, deciles };
}
