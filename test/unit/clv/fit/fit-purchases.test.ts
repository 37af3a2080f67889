import { describe, expect, it } from 'vitest';
import { compressPurchases } from '../../../../lib/clv/fit/compress.ts';
import { fitPurchases } from '../../../../lib/clv/fit/fit-purchases.ts';
import { mbgNbd } from '../../../../lib/clv/models/mbg-nbd.ts';
import { drawCells, uniform } from '../synthetic.ts';

const same = (n: number, x: number, tx: number, tenure: number) =>
  compressPurchases([{ x: Array(n).fill(x), txDays: Array(n).fill(tx), tenureDays: Array(n).fill(tenure) }]);

describe('fitPurchases', () => {
  it('says that there is nobody to fit', () => {
    const fit = fitPurchases(mbgNbd, compressPurchases([]));
    expect(fit).toMatchObject({ sound: false, converged: false, iterations: 0, reasons: ['NO_CUSTOMERS'] });
    expect(fit.logLikelihood).toBeNaN();
  });

  it.each([[same(500, 0, 0, 200)], [same(3, 0, 0, 0)]])('says that nobody came back', (cells) => {
    const start = { r: 1, alpha: 2, a: 3, b: 4 };
    expect(fitPurchases(mbgNbd, cells, { start })).toMatchObject({
      sound: false,
      reasons: ['NO_REPEAT_CUSTOMERS'],
      params: start,
    });
  });

  it.each([
    ['one customer', same(1, 1, 10, 20)],
    ['identical customers', same(1000, 5, 100, 200)],
    ['purchases on the last day alone', same(50, 3, 30, 30)],
    ['a tenure of 0', compressPurchases([{ x: [1], txDays: [0], tenureDays: [0] }])],
    ['a handful of customers', drawCells(4, 0.2, (random) => 0.05 * random())],
    ['nobody drops out', drawCells(1500, 0, (random) => 0.04 * -Math.log(random()))],
    ['one rate for all', drawCells(1500, 0.2, () => 0.03)],
    ['a huge count', same(10, 2000, 3000, 3000)],
  ])('refuses degenerate data with reasons, and ends: %s', (_name, cells) => {
    const fit = fitPurchases(mbgNbd, cells);
    expect(fit.sound).toBe(false);
    expect(fit.reasons.length).toBeGreaterThan(0);
    for (const value of Object.values(fit.params)) expect(value).toBeGreaterThan(0);
  });

  it('gives the same bits for any order of customers and any split into shards', () => {
    const random = uniform(3);
    const rows = Array.from({ length: 600 }, () => {
      const tenure = Math.floor(400 * random());
      const x = Math.floor(2 / random()) - 2;
      return [x, x === 0 ? 0 : Math.floor((tenure + 1) * random()), tenure] as const;
    });
    const shard = (part: typeof rows) => ({
      x: part.map(([x]) => x),
      txDays: part.map(([, tx]) => tx),
      tenureDays: part.map(([, , tenure]) => tenure),
    });
    const fit = fitPurchases(mbgNbd, compressPurchases([shard(rows)]));
    const shards = [0, 1, 2].map((k) => shard(rows.filter((_, i) => i % 3 === k).toReversed()));
    expect(fitPurchases(mbgNbd, compressPurchases(shards))).toEqual(fit);
    expect(fit.iterations).toBeGreaterThan(0);
  });

  it('does not depend on a start that makes no sense', () => {
    const cells = drawCells(2000, 0.25, (random) => 0.03 * -Math.log(random()));
    const fit = fitPurchases(mbgNbd, cells);
    for (const bad of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) {
      expect(fitPurchases(mbgNbd, cells, { start: { r: 1, alpha: bad, a: 1, b: 1 } })).toEqual(fit);
    }
  });

  it('falls back to its own start when the search from the given one fails', () => {
    const cells = drawCells(2000, 0.25, (random) => 0.03 * -Math.log(random()));
    const far = fitPurchases(mbgNbd, cells, { start: { r: 1e-300, alpha: 1e300, a: 1e300, b: 1e-300 } });
    const cold = fitPurchases(mbgNbd, cells);
    expect(far.params).toEqual(cold.params);
    expect([far.restarted, cold.restarted]).toEqual([true, false]);
    expect(far.iterations).toBeGreaterThanOrEqual(cold.iterations);
  });
});
