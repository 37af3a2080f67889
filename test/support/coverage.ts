import { compressPurchases, compressSpend } from '../../lib/clv/fit/compress.ts';
import { confidenceIntervals } from '../../lib/clv/fit/confidence-intervals.ts';
import { fitGammaGamma } from '../../lib/clv/fit/fit-gamma-gamma.ts';
import { fitPurchases } from '../../lib/clv/fit/fit-purchases.ts';
import type { Fit } from '../../lib/clv/fit/maximise-likelihood.ts';
import { MODEL_IDS, type ModelId, type ModelParams } from '../../lib/clv/models/purchase-model.ts';
import { purchaseModel } from '../../lib/clv/models/purchase-models.ts';
import { drawBuyers, drawSpenders } from './populations.ts';

/** Models whose intervals are tried. */
export const COVERED_MODELS = [...MODEL_IDS, 'gamma-gamma'] as const;

/** Model of purchases or of spend. */
export type CoveredModel = (typeof COVERED_MODELS)[number];

/** How often the intervals of many populations held the truth. */
export interface Coverage {
  readonly model: CoveredModel;
  readonly populations: number;
  /** Fits that were sound, count; only their intervals are counted. */
  readonly fitted: number;
  /** By parameter: intervals that held the truth, count. */
  readonly held: Readonly<Record<string, number>>;
  /** Fits that were refused: what they were drawn from and why. */
  readonly refused: readonly { readonly seed: number; readonly params: ModelParams; readonly reasons: readonly string[] }[];
}

function drawAndFit(model: CoveredModel, seed: number, buyers: number): { params: ModelParams; fit: Fit } {
  if (model === 'gamma-gamma') {
    const { params, rows } = drawSpenders(seed, buyers);
    return { params, fit: fitGammaGamma(compressSpend([rows]), { exponent: 2 }) };
  }
  const { params, rows } = drawBuyers(model satisfies ModelId, seed, buyers);
  return { params, fit: fitPurchases(purchaseModel(model), compressPurchases([rows])) };
}

/**
 * Draws populations, fits each, and counts how many 95 % intervals (`confidenceIntervals`) hold the parameter that the population was drawn
 * from. Intervals that are right hold it 95 times in 100.
 *
 * @param populations of seeds 1, 2, ..., count
 * @param buyers of each
 * Cost: 30 ms per population of 5,000 buyers.
 */
export function coverageOf(model: CoveredModel, populations: number, buyers: number): Coverage {
  const held: Record<string, number> = {};
  const refused: Coverage['refused'][number][] = [];
  for (let seed = 1; seed <= populations; seed++) {
    const { params, fit } = drawAndFit(model, seed, buyers);
    if (!fit.sound) {
      refused.push({ seed, params, reasons: fit.reasons });
      continue;
    }
    const intervals = confidenceIntervals(fit);
    for (const [name, value] of Object.entries(params)) {
      const [lower, upper] = intervals[name] ?? [Number.NaN, Number.NaN];
      held[name] = (held[name] ?? 0) + (lower <= value && value <= upper ? 1 : 0);
    }
  }
  return { model, populations, fitted: populations - refused.length, held, refused };
}

/** Share of all intervals that held the truth. */
export function overallCoverage({ fitted, held }: Coverage): number {
  const counts = Object.values(held);
  return counts.reduce((sum, count) => sum + count, 0) / (fitted * counts.length);
}

/** One line of figures, and one of each refused fit. */
export function describeCoverage(coverage: Coverage): string {
  const { model, populations, fitted, held, refused } = coverage;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const each = Object.entries(held).map(([name, count]) => `${name} ${percent(count / fitted)}`);
  const lines = refused.map(
    ({ seed, params, reasons }) => `  refused: seed ${seed}, ${JSON.stringify(params)}: ${reasons.join(', ')}`,
  );
  return [
    `${model}: ${populations} populations, ${fitted} fits, coverage ${percent(overallCoverage(coverage))} (${each.join(', ')})`,
    ...lines,
  ].join('\n');
}
