import { describe, expect, it } from 'vitest';
import { purchaseObjective } from '../../lib/clv/fit/purchase-objective.ts';
import { MODEL_IDS } from '../../lib/clv/models/purchase-model.ts';
import { fittedModel, purchaseModel, valuesOf } from '../../lib/clv/models/purchase-models.ts';
import { REFERENCE, relativeError } from './cdnow.ts';

/** Below it a double may give 0. */
const UNDERFLOW = 1e-290;

const toleranceOf = (set: string) => (set.startsWith('cdnow') ? 1e-12 : 1e-9);

const SETS = MODEL_IDS.flatMap((id) => Object.entries(REFERENCE.grid[id]).map(([name, set]) => [id, name, set] as const));

describe.each(SETS)('%s per customer, on the grid: %s', (id, name, { params, customers }) => {
  const tolerance = toleranceOf(name);
  const fitted = fittedModel(id, params);

  it('has the log-likelihood of 60-digit values', () => {
    const point = valuesOf(purchaseModel(id), params).map(Math.log);
    for (const { x, t_x, T, loglik } of customers) {
      const cell = {
        x: Int32Array.of(x),
        txDays: Float64Array.of(t_x),
        tenureDays: Float64Array.of(T),
        weight: Float64Array.of(1),
      };
      const observed = -purchaseObjective(purchaseModel(id), cell)(point).value;
      const scale = Math.max(1, Math.abs(Number(loglik)));
      expect(Math.abs(observed - Number(loglik)) / scale, `x ${x}, t_x ${t_x}, T ${T}`).toBeLessThan(tolerance);
    }
  });

  it('has P(alive) and expected purchases of 60-digit values', () => {
    for (const { x, t_x, T, p_alive, expected } of customers) {
      const alive = fitted.pAlive(x, t_x, T);
      const check = (observed: number, exact: string | number, what: string) => {
        if (Number(exact) < UNDERFLOW) expect(observed).toBeLessThan(UNDERFLOW);
        else expect(relativeError(observed, exact), `${what} of x ${x}, t_x ${t_x}, T ${T}`).toBeLessThan(tolerance);
      };
      check(alive, p_alive, 'P(alive)');
      for (const [horizon, exact] of Object.entries(expected)) {
        check(alive * fitted.expectedWhileAlive(x, T, Number(horizon)), exact, `E(${horizon})`);
      }
    }
  });
});
