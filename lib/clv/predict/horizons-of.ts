import type { PerennialConfig } from '../../config/config.ts';
import type { ModelId } from '../models/purchase-model.ts';
import type { PredictionHorizons } from './predictor.ts';

/**
 * What a configuration has a model look ahead. `dert` is known for Pareto/NBD alone: another model - an epoch that is still in force
 * after `clv.model` was changed, a fit of the command line - is discounted by exact months then (docs/adr/0020-models-and-discounting.md).
 */
export function horizonsOf(model: ModelId, { clv, stages }: Pick<PerennialConfig, 'clv' | 'stages'>): PredictionHorizons {
  const { horizonDays, monthlyDiscountRatio, discounting } = clv;
  return {
    horizonDays,
    monthlyDiscountRatio,
    discounting: discounting === 'dert' && model !== 'pareto-nbd' ? 'exact' : discounting,
    returnHorizonDays: stages.returnHorizonDays,
  };
}
