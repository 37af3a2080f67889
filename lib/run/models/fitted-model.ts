import { MODEL_IDS } from '../../clv/models/purchase-model.ts';

/** Models that can be fitted on their own: those of purchases, and that of spend. */
export const FITTED_MODELS = [...MODEL_IDS, 'gamma-gamma'] as const;

/** A model that can be fitted on its own. */
export type FittedModelId = (typeof FITTED_MODELS)[number];
