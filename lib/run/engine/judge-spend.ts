import { farBelow } from '../../clv/fit/far-below.ts';
import { fitGammaGamma } from '../../clv/fit/fit-gamma-gamma.ts';
import { frequencySpend } from '../../clv/fit/frequency-spend.ts';
import { meanSpends } from '../../clv/fit/mean-spends.ts';
import type { SpendParams } from '../../clv/models/gamma-gamma.ts';
import { type EpochPopulation, spendCells } from './epoch-population.ts';
import type { SpendEvidence } from './epoch-record.ts';
import { fitEvidence } from './fit-evidence.ts';

/**
 * Fits Gamma-Gamma to the repeat customers of a date and judges it, with the evidence for and against it.
 *
 * @param repeatCustomers of the date, also those without positive spend, whom the fit leaves out
 * @param options decimals of the currency; parameters to start from
 * @returns null parameters when the fit is refused
 */
export function judgeSpend(
  population: EpochPopulation,
  repeatCustomers: number,
  options: { readonly exponent: number; readonly start: SpendParams | undefined },
): { params: SpendParams | null; evidence: SpendEvidence } {
  const cells = spendCells(population);
  const fit = fitGammaGamma(cells, options);
  const means = meanSpends(cells);
  const { pearson, spearman, verdict } = frequencySpend(cells, means);
  return {
    params: fit.sound ? fit.params : null,
    evidence: {
      ...fitEvidence(fit),
      leftOut: repeatCustomers - fit.customers,
      farBelow: farBelow(means),
      pearson,
      spearman,
      verdict,
      reasons: fit.reasons,
    },
  };
}
