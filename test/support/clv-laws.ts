import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionalMeanSpend } from '../../lib/clv/models/gamma-gamma.ts';
import { type FittedModel, MODEL_IDS, type ModelId } from '../../lib/clv/models/purchase-model.ts';
import { purchaseModel } from '../../lib/clv/models/purchase-models.ts';
import { type Integrals, type ModelCase, meanSpendIntegral, modelIntegrals, UntrustedIntegral } from './model-integrals.ts';

/** Rounding of a few operations on numbers of any size. */
const SLACK = 1e-12;

/** Probabilities below it may be 0. */
const SMALLEST = 1e-290;

/** Uniform in the logarithm. */
const logUniform = (lowest: number, highest: number) =>
  fc
    .double({ min: Math.log(lowest), max: Math.log(highest), noNaN: true })
    .map((ln) => Math.min(highest, Math.max(lowest, Math.exp(ln))));

const parameter = logUniform(1e-4, 1e6);
const parameters = fc.tuple(parameter, parameter, parameter, parameter);
const count = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 20_000 }));
const span = fc.oneof(fc.constant(0), logUniform(1e-3, 1e5));

/** A customer: x, t_x, T. */
const customer = fc
  .record({ x: count, tenure: span, share: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })) })
  .map(({ x, tenure, share }) => ({ x, tenure, tx: x === 0 ? 0 : tenure * share }));

const anything = fc.record({ values: parameters, who: customer, horizon: span, longer: span, later: span });

/** Parameters and a customer. */
type Case = Pick<ModelCase, 'values' | 'who'>;

function logLikelihood(id: ModelId, { values, who }: Case): number {
  const terms = purchaseModel(id).terms(Float64Array.from(values));
  const term = new Float64Array(15);
  const termOf = (fill: () => void): number => {
    fill();
    return term[0] as number;
  };
  const common = termOf(() => terms.count(who.x, term));
  const last = termOf(() => terms.last(who.x, who.tx, term));
  const end = termOf(() => terms.end(who.x, who.tenure, term));
  return common + Math.max(last, end) + Math.log1p(Math.exp(-Math.abs(last - end)));
}

const modelOf = (id: ModelId, values: readonly number[]): FittedModel => purchaseModel(id).fitted(Float64Array.from(values));

function expectProbability(value: number): void {
  expect(value).toBeGreaterThanOrEqual(0);
  expect(value).toBeLessThanOrEqual(1);
}

/** Relative: powers of shapes and counts multiply the rounding of a logarithm. */
function rounding(id: ModelId, { values, who }: Case): number {
  const { isTime } = purchaseModel(id);
  return 1e-14 * values.reduce((sum, value, i) => (isTime[i] ? sum : sum + value), 100 + who.x);
}

/** Undefined where the quadrature is in doubt. */
function trustedIntegrals(id: ModelId, one: ModelCase): Integrals | undefined {
  try {
    return modelIntegrals(id, one);
  } catch (error) {
    if (error instanceof UntrustedIntegral) return undefined;
    throw error;
  }
}

/** `lower` is at most `upper` but for rounding. */
function expectOrder(lower: number, upper: number, slack = SLACK): void {
  expect(lower).toBeLessThanOrEqual(upper + slack * Math.abs(upper));
}

/** Cases of one seed. */
type Runs = { readonly seed: number; readonly numRuns: number };

function isAlwaysANumber(id: ModelId, runs: Runs): void {
  fc.assert(
    fc.property(anything, ({ values, who, horizon }) => {
      const model = modelOf(id, values);
      const { x, tx, tenure } = who;
      const alive = model.pAlive(x, tx, tenure);
      expectProbability(alive);
      expectProbability(model.returnWhileAlive(x, tenure, horizon));
      const expected = model.expectedWhileAlive(x, tenure, horizon);
      expect(expected).toBeGreaterThanOrEqual(0);
      expect(expected).toBeLessThan(Number.POSITIVE_INFINITY);
      expect(Number.isFinite(logLikelihood(id, { values, who }))).toBe(true);
      // the same from the parts that predictors keep in tables
      const fromParts = model.aliveShare(x, tenure) / (1 + Math.exp(model.lnLast(x, tx) - model.lnEnd(x, tenure)));
      expect(Math.abs(fromParts - alive)).toBeLessThanOrEqual(rounding(id, { values, who }) * alive + SMALLEST);
    }),
    runs,
  );
}

function isInOrder(id: ModelId, runs: Runs): void {
  fc.assert(
    fc.property(anything, ({ values, who, horizon, longer, later }) => {
      const model = modelOf(id, values);
      const { x, tx, tenure } = who;
      const alive = model.pAlive(x, tx, tenure);
      const aliveLater = model.pAlive(x, tx, tenure + later);
      const back = model.returnWhileAlive(x, tenure, horizon);
      const expected = model.expectedWhileAlive(x, tenure, horizon);
      // Markov: whoever buys at least once buys once or more
      expectOrder(back, expected);
      expectOrder(back, model.returnWhileAlive(x, tenure, horizon + longer));
      expectOrder(expected, model.expectedWhileAlive(x, tenure, horizon + longer));
      expectOrder(aliveLater, alive);
      if (x > 0) expectOrder(alive, model.pAlive(x, (tx + tenure) / 2, tenure));
      expectOrder(aliveLater * model.returnWhileAlive(x, tenure + later, horizon), alive * back);
    }),
    runs,
  );
}

function isFreeOfUnits(id: ModelId, runs: Runs): void {
  fc.assert(
    fc.property(anything, ({ values, who, horizon }) => {
      const { isTime } = purchaseModel(id);
      const { x, tx, tenure } = who;
      const days = modelOf(id, values);
      const scaled = values.map((value, i) => (isTime[i] ? 7 * value : value));
      const others = modelOf(id, scaled);
      const slack = rounding(id, { values, who });
      const expectSame = (one: number, other: number, scale = Math.abs(one)) =>
        expect(Math.abs(one - other)).toBeLessThanOrEqual(slack * scale + SMALLEST);
      expectSame(days.pAlive(x, tx, tenure), others.pAlive(x, 7 * tx, 7 * tenure));
      expectSame(days.returnWhileAlive(x, tenure, horizon), others.returnWhileAlive(x, 7 * tenure, 7 * horizon));
      expectSame(days.expectedWhileAlive(x, tenure, horizon), others.expectedWhileAlive(x, 7 * tenure, 7 * horizon));
      const one = logLikelihood(id, { values, who });
      const other = logLikelihood(id, { values: scaled, who: { x, tx: 7 * tx, tenure: 7 * tenure } });
      expectSame(one, other + x * Math.log(7), Math.max(1, Math.abs(one)));
    }),
    runs,
  );
}

function isAsDefined(id: ModelId, runs: Runs): void {
  let trusted = 0;
  const wide = logUniform(1e-2, 1e4);
  const one = fc.record({
    values: fc.tuple(wide, wide, wide, wide),
    who: customer.filter(({ x }) => x <= 3000),
    horizon: logUniform(1e-2, 1e5),
  });
  fc.assert(
    fc.property(one, ({ values, who, horizon }) => {
      const exact = trustedIntegrals(id, { values, who, horizon });
      if (!exact) return;
      trusted++;
      const model = modelOf(id, values);
      const { x, tx, tenure } = who;
      const expectNear = (observed: number, what: keyof typeof exact, least = 0) =>
        expect(Math.abs(observed - exact[what]), `${what}`).toBeLessThanOrEqual(
          1e-9 * Math.max(least, Math.abs(exact[what])) + SMALLEST,
        );
      expectNear(logLikelihood(id, { values, who }), 'logLikelihood', 1);
      expectNear(model.pAlive(x, tx, tenure), 'pAlive');
      expectNear(model.returnWhileAlive(x, tenure, horizon), 'returnWhileAlive');
      expectNear(model.expectedWhileAlive(x, tenure, horizon), 'expectedWhileAlive');
    }),
    runs,
  );
  expect(trusted).toBeGreaterThan(0.9 * runs.numRuns);
}

/**
 * Declares tests of what must hold of every model at any parameters and for any customer: 1e-4 to 1e6, x to 20,000, times to 100,000.
 *
 * @param cases per law and model, of one seed; comparisons with quadrature take a fifth of them
 */
export function describeModelLaws(cases: number): void {
  const runs = { seed: 5, numRuns: cases };
  describe.each(MODEL_IDS)('%s, whatever the parameters and the customer', (id) => {
    it('is never NaN, infinite or negative', () => isAlwaysANumber(id, runs));
    it('says less of life the longer the silence, and expects more of a longer horizon', () => isInOrder(id, runs));
    it('does not depend on the unit of time', () => isFreeOfUnits(id, runs));
    it('agrees with the integrals of its definition', () => isAsDefined(id, { ...runs, numRuns: cases / 5 }));
  });
}

/** Declares tests of the expected spend, likewise. */
export function describeSpendLaws(cases: number): void {
  const runs = { seed: 5, numRuns: cases };

  describe('conditionalMeanSpend', () => {
    const spender = fc.record({
      p: parameter,
      q: parameter,
      v: parameter,
      x: count,
      net: fc.oneof(fc.constant(0), logUniform(0.01, 1e9)),
    });

    const repeater = fc.record({
      p: parameter,
      q: logUniform(1.001, 1e6),
      v: parameter,
      x: fc.integer({ min: 1, max: 20_000 }),
      net: logUniform(0.01, 1e9),
    });

    it('is a positive amount wherever the mean exists, and infinite where it does not', () => {
      fc.assert(
        fc.property(spender, ({ x, net, ...params }) => {
          const spend = conditionalMeanSpend(params, x, net);
          if (params.p * x + params.q > 1) {
            expect(spend).toBeGreaterThan(0);
            expect(spend).toBeLessThan(Number.POSITIVE_INFINITY);
          } else {
            expect(spend).toBe(Number.POSITIVE_INFINITY);
          }
        }),
        runs,
      );
    });

    it('lies between what the customer spent and what all spend, by weights that sum to 1', () => {
      fc.assert(
        fc.property(repeater, ({ x, net, ...params }) => {
          const spend = conditionalMeanSpend(params, x, net);
          const own = net / x;
          const all = conditionalMeanSpend(params, 0, 0);
          expectOrder(Math.min(own, all), spend, 1e-9);
          expectOrder(spend, Math.max(own, all), 1e-9);
          // the unit of money is anybody's choice
          expect(conditionalMeanSpend({ ...params, v: 100 * params.v }, x, 100 * net) / (100 * spend)).toBeCloseTo(1, 12);
        }),
        runs,
      );
    });

    it('agrees with the integral of its definition', () => {
      const wide = logUniform(1e-2, 1e3);
      const one = fc.record({
        p: wide,
        q: logUniform(1.05, 1e3),
        v: wide,
        x: fc.integer({ min: 0, max: 50 }),
        mean: logUniform(0.01, 1e5),
      });
      fc.assert(
        fc.property(one, ({ x, mean, ...params }) => {
          expect(Math.abs(conditionalMeanSpend(params, x, x * mean) / meanSpendIntegral(params, x, mean) - 1)).toBeLessThan(1e-9);
        }),
        { ...runs, numRuns: cases / 5 },
      );
    });
  });
}
