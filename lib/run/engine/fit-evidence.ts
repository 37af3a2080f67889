import { confidenceIntervals } from '../../clv/fit/confidence-intervals.ts';
import type { Fit } from '../../clv/fit/maximise-likelihood.ts';
import type { ModelParams } from '../../clv/models/purchase-model.ts';

/** What a record keeps of a fit, of purchases or of spend: JSON, null where a number is not finite. */
export function fitEvidence<P extends ModelParams>(fit: Fit<P>) {
  const { customers, cells, logLikelihood, iterations, standardErrors, warnings } = fit;
  return {
    customers,
    cells,
    logLikelihood: Number.isFinite(logLikelihood) ? logLikelihood : null,
    iterations,
    standardErrors: Object.values(standardErrors).every(Number.isFinite) ? standardErrors : null,
    intervals: confidenceIntervals(fit),
    warnings,
  };
}
