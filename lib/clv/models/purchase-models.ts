import { InvariantBrokenError } from '../../errors.ts';
import { bgNbd } from './bg-nbd.ts';
import { mbgNbd } from './mbg-nbd.ts';
import { paretoNbd } from './pareto-nbd.ts';
import type { FittedModel, ModelId, ModelParams, PurchaseModel } from './purchase-model.ts';

const MODELS: Readonly<Record<ModelId, PurchaseModel>> = { 'bg-nbd': bgNbd, 'mbg-nbd': mbgNbd, 'pareto-nbd': paretoNbd };

/** The model of a name. */
export const purchaseModel = (id: ModelId): PurchaseModel => MODELS[id];

/** Parameters by name, from values in the model's order. */
export function namedParams({ parameters }: Pick<PurchaseModel, 'parameters'>, values: ArrayLike<number>): ModelParams {
  return Object.fromEntries(parameters.map((name, i) => [name, values[i] as number]));
}

/** Values in the model's order, from parameters by name. NaN for one that is not there. */
export function valuesOf({ parameters }: Pick<PurchaseModel, 'parameters'>, params: ModelParams): Float64Array {
  return Float64Array.from(parameters, (name) => params[name] ?? Number.NaN);
}

/** True when a search can begin there: all parameters are there, positive, and their logarithms finite. */
export function isUsableStart(values: Float64Array): boolean {
  return values.every((value) => value > 0 && Number.isFinite(Math.log(value)));
}

/**
 * A model with given parameters.
 *
 * @param params by name, times in any one unit, which is that of all its results
 * @throws InvariantBrokenError when one is missing or not a positive number
 */
export function fittedModel(id: ModelId, params: ModelParams): FittedModel {
  const model = purchaseModel(id);
  const values = valuesOf(model, params);
  if (!isUsableStart(values)) {
    throw new InvariantBrokenError(
      `Parameters of ${id}: ${JSON.stringify(params)}, expected ${model.parameters.join(', ')}, each above 0. Report this bug.`,
    );
  }
  return model.fitted(values);
}
