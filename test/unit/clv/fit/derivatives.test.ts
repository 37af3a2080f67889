import { describe, expect, it } from 'vitest';
import { compressSpend } from '../../../../lib/clv/fit/compress.ts';
import { purchaseObjective } from '../../../../lib/clv/fit/purchase-objective.ts';
import { spendObjective } from '../../../../lib/clv/fit/spend-objective.ts';
import { MODEL_IDS } from '../../../../lib/clv/models/purchase-model.ts';
import { purchaseModel } from '../../../../lib/clv/models/purchase-models.ts';
import type { Objective } from '../../../../lib/clv/numerics/newton.ts';
import { drawCells, uniform } from '../synthetic.ts';

const H = 1e-4;

/** Largest distance of the gradient and the Hessian from central differences. */
function largestError(objective: Objective, point: number[]): number {
  const d = point.length;
  const { gradient, hessian } = objective(Float64Array.from(point));
  let worst = 0;
  for (let i = 0; i < d; i++) {
    const at = (shift: number) => objective(Float64Array.from(point, (value, j) => value + (i === j ? shift : 0)));
    const [up, down] = [at(H), at(-H)];
    worst = Math.max(worst, Math.abs((up.value - down.value) / (2 * H) - (gradient[i] ?? Number.NaN)));
    for (let j = 0; j < d; j++) {
      const difference = ((up.gradient[j] ?? Number.NaN) - (down.gradient[j] ?? Number.NaN)) / (2 * H);
      worst = Math.max(worst, Math.abs(difference - (hessian[i * d + j] ?? Number.NaN)));
    }
  }
  return worst;
}

describe.each(MODEL_IDS)('purchaseObjective of %s', (id) => {
  const model = purchaseModel(id);
  const cells = drawCells(300, 0.2, (random) => 0.05 * random());

  it.each([
    [-0.6, 3.8, -0.1, 0.5],
    [2, 1, -3, 4],
    [-3, 6, 3, -2],
  ])('has exact derivatives at %d %d %d %d', (...point) => {
    expect(largestError(purchaseObjective(model, cells), point)).toBeLessThan(2e-6);
  });

  it('has exact derivatives for counts above 40, where gamma functions replace sums', () => {
    const busy = { x: Int32Array.of(41, 300), txDays: Float64Array.of(90, 310), tenureDays: Float64Array.of(200, 311) };
    expect(
      largestError(purchaseObjective(model, { ...busy, weight: Float64Array.of(2, 1) }), [-0.6, 3.8, -0.1, 0.5]),
    ).toBeLessThan(1e-4);
  });
});

describe('spendObjective', () => {
  const random = uniform(3);
  const list = Array.from({ length: 200 }, () => [1 + Math.floor(random() * 60), 100 + Math.floor(random() * 90_000)] as const);
  const cells = compressSpend([{ x: list.map(([x]) => x), repeatNetMinor: list.map(([, net]) => net) }]);

  it.each([
    [1.8, 1.3, 2.7],
    [0, 0, 0],
    [-2, 3, 6],
  ])('has exact derivatives at %d %d %d', (...point) => {
    expect(largestError(spendObjective(cells, 2), point)).toBeLessThan(1e-5);
  });
});
