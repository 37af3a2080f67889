import { describe, expect, it } from 'vitest';
import { uniformStream } from '../../cli/generate/random.ts';
import { purchaseCellsOf, spendCellsOf } from '../../lib/clv/fit/cells-of-counts.ts';
import type { PurchaseCells, SpendCells } from '../../lib/clv/fit/compress.ts';
import { fitGammaGamma } from '../../lib/clv/fit/fit-gamma-gamma.ts';
import { fitPurchases } from '../../lib/clv/fit/fit-purchases.ts';
import type { Fit } from '../../lib/clv/fit/maximise-likelihood.ts';
import { purchaseObjective } from '../../lib/clv/fit/purchase-objective.ts';
import { spendObjective } from '../../lib/clv/fit/spend-objective.ts';
import { populationMeanSpend, type SpendParams } from '../../lib/clv/models/gamma-gamma.ts';
import { MODEL_IDS, type ModelParams } from '../../lib/clv/models/purchase-model.ts';
import { namedParams, purchaseModel } from '../../lib/clv/models/purchase-models.ts';
import { minimise, type Objective } from '../../lib/clv/numerics/newton.ts';
import { cdnowCells, cdnowSpendCells, REFERENCE, type ReferenceFit, relativeError } from './cdnow.ts';

const cells = { days: cdnowCells(), weeks: cdnowCells(7), rounded_weeks: roundedWeeks(cdnowCells()) };
const spend = { exact: cdnowSpendCells(), csv2dp: roundedMeans(cdnowSpendCells()) };

/** Weeks as `cdnow_customers_summary.csv` gives them: with two decimals. */
function roundedWeeks({ x, txDays, tenureDays, weight }: PurchaseCells): PurchaseCells {
  const weeks = (days: number | undefined) => Math.round(((days ?? 0) / 7) * 100) / 100;
  return purchaseCellsOf(Array.from(x, (count, i) => [count, weeks(txDays[i]), weeks(tenureDays[i]), weight[i] ?? 0] as const));
}

/** Mean spends as the same file gives them: in whole cents. */
function roundedMeans({ x, repeatNetMinor, weight }: SpendCells): SpendCells {
  return spendCellsOf(Array.from(x, (n, i) => [n, Math.round((repeatNetMinor[i] ?? 0) / n) * n, weight[i] ?? 0] as const));
}

interface Case {
  readonly name: string;
  readonly reference: ReferenceFit;
  readonly parameters: readonly string[];
  /** Natural scale of each parameter, which the default start is relative to. */
  readonly scale: readonly number[];
  readonly defaultStart: readonly number[];
  readonly objective: Objective;
  readonly search: (start?: ModelParams) => Fit;
}

const PURCHASE_CASES = MODEL_IDS.flatMap((id) =>
  (['days', 'weeks', 'rounded_weeks'] as const).map((unit): Case => {
    const model = purchaseModel(id);
    const longest = Math.max(...cells[unit].tenureDays);
    return {
      name: `${id}, ${unit}`,
      reference: REFERENCE.fits[unit][id],
      parameters: model.parameters,
      scale: model.isTime.map((isTime) => (isTime ? longest : 1)),
      defaultStart: model.defaultStart,
      objective: purchaseObjective(model, cells[unit]),
      search: (start) => fitPurchases(model, cells[unit], { start }),
    };
  }),
);

const SPEND_CASES = (['exact', 'csv2dp'] as const).map(
  (data): Case => ({
    name: `gamma-gamma, ${data}`,
    reference: REFERENCE.gamma_gamma[data],
    parameters: ['p', 'q', 'v'],
    scale: [1, 1, 35],
    defaultStart: [Math.E, Math.E, 1],
    objective: spendObjective(spend[data], 2),
    search: (start) => fitGammaGamma(spend[data], { exponent: 2, start: start as SpendParams | undefined }),
  }),
);

/** Where Python lifetimes begins: every logarithm is 0.1, in the unit of the cells. */
const lifetimesStart = ({ parameters }: Case) => Float64Array.from(parameters, () => Math.exp(0.1));

/** Starts within e^+-reach of the default one. */
function drawStarts({ scale, defaultStart }: Case, { count, reach, seed }: { count: number; reach: number; seed: number }) {
  const uniform = uniformStream(seed, 0);
  const draw = (value: number, i: number) => value * (scale[i] ?? 1) * Math.exp((2 * uniform() - 1) * reach);
  return Array.from({ length: count }, () => Float64Array.from(defaultStart, draw));
}

/** The reference's standard errors come from finite differences of doubles: 7 digits, and 5 of Pareto/NBD. */
const errorTolerance = (name: string) => (name.startsWith('pareto') ? 5e-5 : 1e-7);

/** Standard errors of Pareto/NBD in weeks from second differences of its log-likelihood in 40 digits. */
const PARETO_ERRORS = { r: 0.0476279259791355, alpha: 0.842722533816439, s: 0.187281342311656, beta: 6.21111359059594 };

/** Drop-out parameters of Pareto/NBD are flat: its log-likelihood changes by 1e-14 where they change by 1e-7. */
const tolerance = (name: string) => (name === 's' || name === 'beta' ? 1e-7 : 1e-8);

describe.each([...PURCHASE_CASES, ...SPEND_CASES])('fit of CDNOW: $name', (data) => {
  const { name, reference, parameters, search } = data;
  const starts = [undefined, lifetimesStart(data), ...drawStarts(data, { count: 4, reach: 2, seed: 1 })];

  it('reproduces the exact optimum from the default start, that of lifetimes and four drawn ones', () => {
    for (const start of starts) {
      const found = search(start && namedParams({ parameters }, start));
      expect(found).toMatchObject({ sound: true, converged: true, reasons: [], warnings: [] });
      for (const parameter of parameters) {
        const observed = found.params[parameter] ?? Number.NaN;
        expect(relativeError(observed, reference.params[parameter] ?? 0), `${parameter}`).toBeLessThan(tolerance(parameter));
        const error = relativeError(found.standardErrors[parameter] ?? Number.NaN, reference.se[parameter] ?? 0);
        expect(error, `standard error of ${parameter}`).toBeLessThan(errorTolerance(name));
      }
      expect(Math.abs(found.logLikelihood - Number(reference.ll))).toBeLessThan(1e-6);
    }
  });
});

describe('standard errors of Pareto/NBD', () => {
  it('are those of 40 digits', () => {
    const { standardErrors } = fitPurchases(purchaseModel('pareto-nbd'), cells.weeks);
    for (const [name, error] of Object.entries(PARETO_ERRORS)) {
      expect(relativeError(standardErrors[name] ?? Number.NaN, error), `${name}`).toBeLessThan(1e-10);
    }
  });
});

describe('minimise on CDNOW', () => {
  const everyDay = [...PURCHASE_CASES, ...SPEND_CASES].filter(({ name }) => /days|exact/.test(name));

  it.each(everyDay)('converges from drawn starts within e^+-3 of the default, and from that of lifetimes: $name', (data) => {
    const centre = Float64Array.from(data.scale, Math.log);
    // Pareto/NBD takes five times as long
    const count = data.name.startsWith('pareto') ? 10 : 40;
    const starts = [lifetimesStart(data), ...drawStarts(data, { count, reach: 3, seed: 2 })];
    const results = starts.map((start) => minimise(data.objective, start.map(Math.log), centre));
    const best = Math.min(...results.map(({ evaluation }) => evaluation.value));
    for (const { stop, iterations, evaluation } of results) {
      expect(stop).toBe('converged');
      expect(iterations).toBeLessThanOrEqual(30);
      expect(evaluation.value - best).toBeLessThan(1e-12);
    }
  });
});

describe('a fit from the parameters of the day before', () => {
  const { x, txDays, tenureDays, weight } = cells.days;
  const dayBefore = purchaseCellsOf(
    Array.from(
      x,
      (n, i) => [n, txDays[i] ?? 0, (tenureDays[i] ?? 0) - 1, txDays[i] === tenureDays[i] ? 0 : (weight[i] ?? 0)] as const,
    ),
  );

  it.each(MODEL_IDS)('needs a few steps: %s', (id) => {
    const model = purchaseModel(id);
    const cold = fitPurchases(model, cells.days);
    const warm = fitPurchases(model, cells.days, { start: fitPurchases(model, dayBefore).params });
    expect(cold.iterations).toBeLessThanOrEqual(10);
    // 2 or 3 from one day to the next; here a whole day of customers and purchases is missing from a small sample
    expect(warm.iterations).toBeLessThanOrEqual(5);
    expect(fitPurchases(model, cells.days, { start: cold.params }).iterations).toBeLessThanOrEqual(2);
    for (const parameter of model.parameters) {
      expect(relativeError(warm.params[parameter] ?? Number.NaN, cold.params[parameter] ?? 0)).toBeLessThan(1e-10);
    }
  });
});

describe('populationMeanSpend of CDNOW', () => {
  it.each(['exact', 'csv2dp'] as const)('is the mean of the reference: %s', (data) => {
    const { params } = fitGammaGamma(spend[data], { exponent: 2 });
    expect(relativeError(populationMeanSpend(params), REFERENCE.gamma_gamma[data].pop_mean)).toBeLessThan(1e-9);
  });
});
