import type { SpendParams } from '../models/gamma-gamma.ts';
import type { ModelParams, PurchaseModel } from '../models/purchase-model.ts';
import type { PurchaseCells, SpendCells } from './compress.ts';
import type { Interval } from './confidence-intervals.ts';
import { fitGammaGamma } from './fit-gamma-gamma.ts';
import { fitPurchases } from './fit-purchases.ts';
import type { FitReason } from './fit-verdict.ts';
import type { Fit } from './maximise-likelihood.ts';

/** How a bootstrap draws. */
export interface BootstrapDraws {
  /** Samples to draw and fit, count, whole, >= 1. */
  readonly replicates: number;
  /** Draws a count ~ Poisson(mean) from a seeded stream; called in the order of cells, once per cell and replicate. */
  readonly poisson: (mean: number) => number;
  /** Told after each replicate. */
  readonly onReplicate?: (() => void) | undefined;
}

/** Fits of redrawn samples. */
export interface BootstrapFits<P extends ModelParams = ModelParams> {
  readonly replicates: number;
  /** Parameters of the sound fits, in the order of drawing. */
  readonly accepted: readonly P[];
  /** Fits that are not sound, count; they enter no interval. */
  readonly refused: number;
  /** How many of these had each reason; one fit may have several. */
  readonly reasons: Readonly<Partial<Record<FitReason, number>>>;
}

/** Cells that a sample holds: their positions and how often each customer-weight was drawn. */
interface Sample {
  /** Positions of the cells with a weight above 0, ascending. */
  readonly kept: Int32Array;
  readonly weight: Float64Array;
}

function drawSample(weight: Float64Array, poisson: BootstrapDraws['poisson']): Sample {
  const kept = new Int32Array(weight.length);
  const drawn = new Float64Array(weight.length);
  let used = 0;
  for (let i = 0; i < weight.length; i++) {
    const count = poisson(weight[i] as number);
    if (count === 0) continue;
    kept[used] = i;
    drawn[used++] = count;
  }
  return { kept: kept.subarray(0, used), weight: drawn.slice(0, used) };
}

function pick<A extends Int32Array | Float64Array>(column: A, kept: Int32Array): A {
  const picked = column.slice(0, kept.length) as A;
  for (let i = 0; i < kept.length; i++) picked[i] = column[kept[i] as number] as number;
  return picked;
}

function fitSamples<P extends ModelParams>(
  weight: Float64Array,
  { replicates, poisson, onReplicate }: BootstrapDraws,
  fitTo: (sample: Sample) => Fit<P>,
): BootstrapFits<P> {
  const accepted: P[] = [];
  const reasons: Partial<Record<FitReason, number>> = {};
  for (let i = 0; i < replicates; i++) {
    const found = fitTo(drawSample(weight, poisson));
    if (found.sound) accepted.push(found.params);
    for (const reason of found.reasons) reasons[reason] = (reasons[reason] ?? 0) + 1;
    onReplicate?.();
  }
  return { replicates, accepted, refused: replicates - accepted.length, reasons };
}

/**
 * Fits of a model to samples drawn from its own cells: the spread of their parameters is that of the estimate.
 *
 * Source: Poisson bootstrap, where every customer enters a sample ~ Poisson(1) times, so that a cell of w customers weighs
 * ~ Poisson(w); cells of weight 0 are left out. Checked against the errors of the Hessian in test/unit/clv/fit/bootstrap.test.ts.
 * @param cells distinct (x, t_x, T), sorted as `compressPurchases` does; so draws do not depend on the order of rows or on shards
 * @param options draws; `start` the parameters fitted to the cells, from which every fit starts (and again from the model's
 * default when that fails)
 * @returns a deterministic function of cells, start and stream; a sample without customers counts as refused; never throws
 * Cost: per replicate one draw per cell (~50 ns) and a warm fit, about 3 evaluations of the likelihood.
 */
export function bootstrapFits(
  model: PurchaseModel,
  cells: PurchaseCells,
  options: BootstrapDraws & { readonly start: ModelParams },
): BootstrapFits {
  return fitSamples(cells.weight, options, ({ kept, weight }) =>
    fitPurchases(
      model,
      { x: pick(cells.x, kept), txDays: pick(cells.txDays, kept), tenureDays: pick(cells.tenureDays, kept), weight },
      { start: options.start },
    ),
  );
}

/**
 * The same for Gamma-Gamma.
 *
 * Source: as `bootstrapFits`.
 * @param cells distinct (x > 0, repeat net > 0), minor units, as `compressSpend` gives them
 * @param options draws; `exponent` decimals of the currency; `start` the parameters fitted to the cells
 * @returns v in major units; as `bootstrapFits`, also samples with q <= 1 are refused; never throws
 * Cost: per replicate one draw and about 3 evaluations of ~50 ns per cell.
 */
export function bootstrapSpendFits(
  cells: SpendCells,
  options: BootstrapDraws & { readonly exponent: number; readonly start: SpendParams },
): BootstrapFits<SpendParams> {
  const { exponent, start } = options;
  return fitSamples(cells.weight, options, ({ kept, weight }) =>
    fitGammaGamma({ x: pick(cells.x, kept), repeatNetMinor: pick(cells.repeatNetMinor, kept), weight }, { exponent, start }),
  );
}

/**
 * Percentile interval of replicated values: the quantiles (1 - level) / 2 and (1 + level) / 2, linear between order statistics.
 *
 * Source: Efron & Tibshirani (1993), "An introduction to the bootstrap", chapter 13; quantiles of type 7.
 * @param values shape [n], any order, finite
 * @param level share of the values inside, 0 < level < 1
 * @returns undefined for fewer than two values; never throws
 * Cost: one sort.
 */
export function percentileInterval(values: readonly number[], level = 0.95): Interval | undefined {
  if (values.length < 2) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const low = sorted[below] as number;
    return low + (place - below) * ((sorted[Math.min(below + 1, sorted.length - 1)] as number) - low);
  };
  return [at((1 - level) / 2), at((1 + level) / 2)];
}

/**
 * Percentile interval of every parameter over the sound fits.
 *
 * Source: `percentileInterval`.
 * @returns by name, in the units of the parameters; empty for fewer than two sound fits; never throws
 * Cost: one sort per parameter.
 */
export function parameterIntervals<P extends ModelParams>(
  { accepted }: BootstrapFits<P>,
  level = 0.95,
): Record<string, Interval> {
  const found = Object.keys(accepted[0] ?? {}).map((name) => {
    const values = accepted.map((params) => params[name] as number);
    return [name, percentileInterval(values, level)] as const;
  });
  return Object.fromEntries(found.filter((entry): entry is [string, Interval] => entry[1] !== undefined));
}
