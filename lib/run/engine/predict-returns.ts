import type { PurchaseCells } from '../../clv/fit/compress.ts';
import type { Predictor } from '../../clv/predict/predictor.ts';

/** p_return of the customers of each cell, shape [cells]. */
export function predictReturns(predictor: Predictor, cells: PurchaseCells): Float64Array {
  const pReturn = new Float64Array(cells.x.length);
  predictor.fill(cells, { pReturn });
  return pReturn;
}

/** |mean p_return - share that bought| over cells with their customers and those of them that bought; null for no customers. */
export function returnError(
  p: Float64Array,
  { weight, returned }: { readonly weight: Float64Array; readonly returned: Float64Array },
): number | null {
  let [expected, bought, customers] = [0, 0, 0];
  for (let i = 0; i < p.length; i++) {
    expected += (weight[i] as number) * (p[i] as number);
    bought += returned[i] as number;
    customers += weight[i] as number;
  }
  return customers === 0 ? null : Math.abs(expected - bought) / customers;
}
