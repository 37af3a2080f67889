import type { ModelParams, PurchaseModel } from '../models/purchase-model.ts';
import { isUsableStart, valuesOf } from '../models/purchase-models.ts';
import type { PurchaseCells } from './compress.ts';
import { type Fit, maximiseLikelihood } from './maximise-likelihood.ts';
import { purchaseObjective } from './purchase-objective.ts';

/** Options of `fitPurchases`. */
export interface FitOptions {
  /** Parameters to start from (the epoch before); unusable ones are ignored. */
  readonly start?: ModelParams | undefined;
}

/**
 * Maximum-likelihood parameters of a model of when customers buy again, with standard errors and a verdict.
 *
 * Source: damped Newton in log-parameters with exact derivatives (`maximiseLikelihood`). Checked against CDNOW in test/golden.
 * @param cells distinct (x, t_x, T) of all customers in one unit of time, sorted as `compressPurchases` does
 * @param options a warm start; when the search from it fails, it is repeated from the model's default start
 * @returns a deterministic function of cells and start, times in the unit of the cells; never throws on odd data: `sound` is
 * false with reasons then
 * Cost: 4 to 15 evaluations of the likelihood (2 or 3 from the parameters of the day before), each as `purchaseObjective` says:
 * 0.3 s in all for a million customers, BG/NBD or MBG/NBD.
 */
export function fitPurchases(model: PurchaseModel, cells: PurchaseCells, options: FitOptions = {}): Fit {
  const longest = cells.tenureDays.reduce((max, tenure) => Math.max(max, tenure), 0) || 1;
  const scale = Float64Array.from(model.isTime, (isTime) => (isTime ? longest : 1));
  const fallback = scale.map((unit, i) => unit * (model.defaultStart[i] as number));
  const warm = options.start && valuesOf(model, options.start);
  const starts = warm && isUsableStart(warm) ? [warm, fallback] : [fallback];
  const customers = cells.weight.reduce((sum, w) => sum + w, 0);
  const repeatCustomers = cells.weight.reduce((sum, w, i) => (cells.x[i] === 0 ? sum : sum + w), 0);
  const nothing = customers === 0 ? 'NO_CUSTOMERS' : repeatCustomers === 0 ? 'NO_REPEAT_CUSTOMERS' : undefined;
  return maximiseLikelihood({
    parameters: model.parameters,
    objective: nothing ?? purchaseObjective(model, cells),
    starts,
    scale,
    customers,
    repeatCustomers,
    cells: cells.x.length,
  });
}
