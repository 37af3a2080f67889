import { describe, expect, it } from 'vitest';
import { horizonsOf } from '../../../../lib/clv/predict/horizons-of.ts';
import { parseConfig } from '../../../../lib/config/load.ts';

describe('horizonsOf', () => {
  const dert = parseConfig({ clv: { model: 'pareto-nbd', discounting: 'dert', horizonDays: 180 } }, 'x');

  it('takes what the configuration says', () => {
    expect(horizonsOf('pareto-nbd', dert)).toEqual({
      horizonDays: 180,
      monthlyDiscountRatio: 0.01,
      discounting: 'dert',
      returnHorizonDays: 90,
    });
    const weekly = parseConfig({ clv: { discounting: 'lifetimes-weeks' }, stages: { returnHorizonDays: 30 } }, 'x');
    expect(horizonsOf('bg-nbd', weekly)).toMatchObject({ discounting: 'lifetimes-weeks', returnHorizonDays: 30 });
  });

  it.each(['bg-nbd', 'mbg-nbd'] as const)('discounts %s by exact months where dert is asked of Pareto/NBD', (model) => {
    expect(horizonsOf(model, dert)).toMatchObject({ discounting: 'exact', horizonDays: 180 });
  });
});
