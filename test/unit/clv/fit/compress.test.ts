import { describe, expect, it } from 'vitest';
import { compressPurchases, compressSpend } from '../../../../lib/clv/fit/compress.ts';
import { InvariantBrokenError } from '../../../../lib/errors.ts';
import { uniform } from '../synthetic.ts';

const rows = (list: [number, number, number][]) => ({
  x: Int32Array.from(list, ([x]) => x),
  txDays: Int32Array.from(list, ([, tx]) => tx),
  tenureDays: Int32Array.from(list, ([, , tenure]) => tenure),
});

const spend = (list: [number, number][]) => ({
  x: Int32Array.from(list, ([x]) => x),
  repeatNetMinor: Float64Array.from(list, ([, net]) => net),
});

describe('compressPurchases', () => {
  const customers: [number, number, number][] = [
    [2, 30, 40],
    [0, 0, 40],
    [2, 30, 40],
    [1, 65_535, 65_535],
    [0, 0, 39],
    [2, 29, 41],
    [0, 0, 40],
  ];

  it('counts customers per distinct cell, sorted by x, t_x, T', () => {
    expect(compressPurchases([rows(customers)])).toEqual({
      x: Int32Array.of(0, 0, 1, 2, 2),
      txDays: Float64Array.of(0, 0, 65_535, 29, 30),
      tenureDays: Float64Array.of(39, 40, 65_535, 41, 40),
      weight: Float64Array.of(1, 2, 1, 1, 2),
    });
  });

  it('gives the same cells for any order and any split into parts', () => {
    const whole = compressPurchases([rows(customers)]);
    expect(compressPurchases([rows(customers.toReversed())])).toEqual(whole);
    expect(compressPurchases([rows(customers.slice(4)), rows([]), rows(customers.slice(0, 4))])).toEqual(whole);
  });

  it('gives what sorting pairs gives, over the whole range of days', () => {
    const random = uniform(5);
    const drawn = Array.from({ length: 3000 }, (): [number, number, number] => {
      const tenure = Math.floor(65_536 * random() ** 4);
      return [Math.floor(3 / random()) - 3, Math.floor((tenure + 1) * random() ** 3), tenure];
    });
    const counted = new Map<string, [number, number, number, number]>();
    for (const [x, tx, tenure] of drawn) {
      const cell = counted.get(`${x} ${tx} ${tenure}`) ?? [x, tx, tenure, 0];
      counted.set(`${x} ${tx} ${tenure}`, [x, tx, tenure, cell[3] + 1]);
    }
    const sorted = [...counted.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    expect(sorted.some(([, , , customers]) => customers > 1)).toBe(true);
    expect(compressPurchases([rows(drawn)])).toEqual({
      x: Int32Array.from(sorted, ([x]) => x),
      txDays: Float64Array.from(sorted, ([, tx]) => tx),
      tenureDays: Float64Array.from(sorted, ([, , tenure]) => tenure),
      weight: Float64Array.from(sorted, ([, , , customers]) => customers),
    });
  });

  it('leaves out customers without a purchase and accepts no customers at all', () => {
    expect(
      compressPurchases([
        rows([
          [-1, 0, 0],
          [0, 0, 3],
        ]),
      ]).weight,
    ).toEqual(Float64Array.of(1));
    expect(compressPurchases([]).x).toHaveLength(0);
    expect(compressPurchases([rows([])]).x).toHaveLength(0);
  });

  it.each([[[1, 5, 4]], [[1, -1, 4]], [[1, 1, 65_536]], [[2_097_152, 1, 2]]] as [number, number, number][][])(
    'refuses the impossible customer %j',
    (customer) => {
      expect(() => compressPurchases([rows([customer])])).toThrow(InvariantBrokenError);
    },
  );

  it('refuses parts of days and columns of unequal lengths', () => {
    expect(() => compressPurchases([{ x: [1], txDays: [1.5], tenureDays: [2] }])).toThrow(InvariantBrokenError);
    expect(() => compressPurchases([{ x: [1], txDays: [1, 2], tenureDays: [2] }])).toThrow(InvariantBrokenError);
  });
});

describe('compressSpend', () => {
  it('keeps repeat customers with a positive net, counted and sorted by x, then net', () => {
    const parts = [
      spend([
        [2, 500],
        [1, 700],
        [0, 0],
        [2, -4],
      ]),
      spend([
        [1, 700],
        [2, 0],
        [1, 20],
      ]),
    ];
    expect(compressSpend(parts)).toEqual({
      x: Int32Array.of(1, 1, 2),
      repeatNetMinor: Float64Array.of(20, 700, 500),
      weight: Float64Array.of(1, 2, 1),
    });
  });

  it('gives the same cells where x and net do not fit in 53 bits together', () => {
    const list: [number, number][] = [
      [7, 500],
      [1, 700],
      [1, 700],
      [7, 20],
      [3, 9],
    ];
    const small = compressSpend([spend(list)]);
    const large = compressSpend([spend([...list, [9, 9e15]])]);
    expect(large.x.slice(0, -1)).toEqual(small.x);
    expect(large.repeatNetMinor.slice(0, -1)).toEqual(small.repeatNetMinor);
    expect(large.weight.slice(0, -1)).toEqual(small.weight);
    expect(large.repeatNetMinor.at(-1)).toBe(9e15);
  });

  it('refuses a net that is not whole and accepts no customers', () => {
    expect(() => compressSpend([spend([[1, 0.5]])])).toThrow(InvariantBrokenError);
    expect(compressSpend([]).weight).toHaveLength(0);
  });
});
