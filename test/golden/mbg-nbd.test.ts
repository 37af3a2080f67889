import { describe, expect, it } from 'vitest';
import { purchaseObjective } from '../../lib/clv/fit/likelihood.ts';
import { expectedWhileAlive } from '../../lib/clv/models/expected-purchases.ts';
import { mbgNbd } from '../../lib/clv/models/mbg-nbd.ts';
import { expectedPurchases, pAlive } from '../../lib/clv/models/mbg-predictions.ts';
import { REFERENCE, relativeError } from './cdnow.ts';

/** Below it a double may give 0. */
const UNDERFLOW = 1e-290;

const toleranceOf = (set: string) => (set.startsWith('cdnow') ? 1e-12 : 1e-9);

describe('MBG/NBD per customer, on the grid', () => {
  it.each(Object.entries(REFERENCE.grid.mbgnbd))('agrees with 60-digit values: %s', (name, { params, customers }) => {
    const point = Float64Array.of(params.r, params.alpha, params.a, params.b).map(Math.log);
    for (const customer of customers) {
      const history = { x: customer.x, txDays: customer.t_x, tenureDays: customer.T };
      const cell = {
        x: Int32Array.of(customer.x),
        txDays: Float64Array.of(customer.t_x),
        tenureDays: Float64Array.of(customer.T),
        weight: Float64Array.of(1),
      };
      const logLikelihood = -purchaseObjective(mbgNbd, cell)(point).value;
      const scale = Math.max(1, Math.abs(Number(customer.loglik)));
      expect(Math.abs(logLikelihood - Number(customer.loglik)) / scale).toBeLessThan(toleranceOf(name));
      if (Number(customer.p_alive) > UNDERFLOW) {
        expect(relativeError(pAlive(params, history), customer.p_alive)).toBeLessThan(toleranceOf(name));
      } else {
        expect(pAlive(params, history)).toBeLessThan(UNDERFLOW);
      }
      for (const [horizon, expected] of Object.entries(customer.expected)) {
        const observed = expectedPurchases(params, history, Number(horizon));
        if (Number(expected) > UNDERFLOW) expect(relativeError(observed, expected)).toBeLessThan(toleranceOf(name));
        else expect(observed).toBeLessThan(UNDERFLOW);
      }
    }
  });

  it('reproduces customer 1516', () => {
    const { params, p_alive, expected_52_weeks } = REFERENCE.anchors.customer_1516_mbg;
    const history = { x: 26, txDays: 216 / 7, tenureDays: 31 };
    expect(relativeError(pAlive(params, history), p_alive)).toBeLessThan(1e-11);
    expect(relativeError(expectedPurchases(params, history, 52), expected_52_weeks)).toBeLessThan(1e-11);
  });
});

describe('expectedWhileAlive', () => {
  // BG/NBD has the same expectation with one survival less; its edge sets (b = 1e6, alpha = 1e-6, a = 12) are harder
  it.each(Object.entries(REFERENCE.grid.bgnbd))('agrees with 60-digit values of BG/NBD: %s', (name, { params, customers }) => {
    for (const customer of customers) {
      const state = {
        n: params.r + customer.x,
        k: params.b + customer.x,
        a: params.a,
        exposure: params.alpha + customer.T,
      };
      for (const [horizon, expected] of Object.entries(customer.expected)) {
        if (Number(expected) < UNDERFLOW) continue;
        const observed = Number(customer.p_alive) * expectedWhileAlive(state, Number(horizon));
        expect(relativeError(observed, expected)).toBeLessThan(toleranceOf(name));
      }
    }
  });
});
