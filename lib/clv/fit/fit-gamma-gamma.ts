import type { SpendParams } from '../models/gamma-gamma.ts';
import { isUsableStart } from '../models/purchase-models.ts';
import type { SpendCells } from './compress.ts';
import { confidenceIntervals } from './confidence-intervals.ts';
import { type Examined, type Fit, maximiseLikelihood } from './maximise-likelihood.ts';
import { spendObjective } from './spend-objective.ts';

/** Options of `fitGammaGamma`. */
export interface SpendFitOptions {
  /** Decimals of the currency, count: parameters are in 10^exponent minor units. */
  readonly exponent: number;
  /** Parameters to start from (the epoch before); unusable ones are ignored. */
  readonly start?: SpendParams | undefined;
}

/**
 * The population mean p v / (q - 1) answers a change of q by q / (q - 1) times as much: 11 times at q = 1.1, so that an error of
 * 1 % in q makes one of 11 % in the spend of every one-time buyer.
 */
const NEAR_INFINITE_Q = 1.1;

/** No mean for q <= 1; a doubtful one where q is near 1, or where 1 is within its 95 % interval. */
function examineMean(params: SpendParams, logStandardErrors: SpendParams): Examined {
  if (!(params.q > 1)) return { reasons: ['MEAN_INFINITE'], warnings: [] };
  const [lowest] = confidenceIntervals({ params, logStandardErrors })['q'] ?? [1];
  return { reasons: [], warnings: params.q < NEAR_INFINITE_Q || lowest <= 1 ? ['MEAN_NEARLY_INFINITE'] : [] };
}

/** Mean over customers of the mean spend per repeat purchase day, major units. */
function meanSpend(cells: SpendCells, exponent: number): number {
  let sum = 0;
  let customers = 0;
  for (let i = 0; i < cells.x.length; i++) {
    const w = cells.weight[i] as number;
    sum += (w * (cells.repeatNetMinor[i] as number)) / (cells.x[i] as number);
    customers += w;
  }
  return customers === 0 ? 1 : sum / customers / 10 ** exponent;
}

/**
 * Maximum-likelihood parameters of Gamma-Gamma, with standard errors and a verdict.
 *
 * Source: Fader & Hardie (2013); damped Newton in log-parameters with exact derivatives (`maximiseLikelihood`), default start
 * p = q = e, v = mean spend. Checked against CDNOW in test/golden/gamma-gamma.test.ts.
 * @param cells distinct (x > 0, repeat net > 0), minor units, as `compressSpend` gives them
 * @param options decimals of the currency; a warm start, repeated from the default one when it fails
 * @returns a deterministic function of cells and start, v in major units, the log-likelihood of the mean spend in major units;
 * never throws on odd data: `sound` is false with reasons then, among them MEAN_INFINITE when q <= 1;
 * near 1 the fit is sound, with the warning MEAN_NEARLY_INFINITE
 * Cost: 7 to 10 evaluations of the likelihood (2 to 3 from a warm start), ~50 ns per cell each.
 */
export function fitGammaGamma(cells: SpendCells, { exponent, start }: SpendFitOptions): Fit<SpendParams> {
  const mean = meanSpend(cells, exponent);
  const fallback = Float64Array.of(Math.E, Math.E, mean);
  const warm = start && Float64Array.of(start.p, start.q, start.v);
  const customers = cells.weight.reduce((sum, w) => sum + w, 0);
  return maximiseLikelihood<SpendParams>({
    parameters: ['p', 'q', 'v'],
    objective: customers === 0 ? 'NO_REPEAT_CUSTOMERS' : spendObjective(cells, exponent),
    starts: warm && isUsableStart(warm) ? [warm, fallback] : [fallback],
    scale: Float64Array.of(1, 1, mean),
    customers,
    repeatCustomers: customers,
    cells: cells.x.length,
    examine: examineMean,
  });
}
