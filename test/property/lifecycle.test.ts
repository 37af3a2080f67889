import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FittedModel } from '../../lib/clv/models/purchase-model.ts';
import { fittedModel } from '../../lib/clv/models/purchase-models.ts';
import { createPredictor } from '../../lib/clv/predict/predictor.ts';
import { isLegalEdge } from '../../lib/lifecycle/legal-edges.ts';
import { fillNextChanges, nextChangeDay } from '../../lib/lifecycle/next-change.ts';
import { applyBaseline, replayTimeline } from '../../lib/lifecycle/replay.ts';
import { NEVER, type Rhythm, SilenceTable } from '../../lib/lifecycle/silence-table.ts';
import { NO_STAGE, newStageColumns, STAGE, type StageColumns } from '../../lib/lifecycle/stage-columns.ts';
import { type NightRules, nightRules, type StageRules } from '../../lib/lifecycle/stage-rules.ts';
import { rowsToStep, stepStage } from '../../lib/lifecycle/stage-step.ts';
import { type NaiveCustomer, naiveNight } from '../support/naive-stages.ts';
import { RULES } from '../support/rhythm.ts';

const HORIZONS = {
  horizonDays: 365,
  monthlyDiscountRatio: 0.01,
  discounting: 'exact',
  returnHorizonDays: 90,
} as const;

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const shapes = { r: between(0.2, 4), alpha: between(2, 120) };

/** Fitted models of all kinds, from daily buyers to those of every other month. */
const model: fc.Arbitrary<FittedModel> = fc.oneof(
  fc
    .record({ ...shapes, a: between(0.05, 3), b: between(0.3, 5) })
    .chain((params) => fc.constantFrom('mbg-nbd' as const, 'bg-nbd' as const).map((kind) => fittedModel(kind, params))),
  fc.record({ ...shapes, s: between(0.1, 3), beta: between(3, 200) }).map((params) => fittedModel('pareto-nbd', params)),
);
const rhythm = model.map((fitted): Rhythm => createPredictor(fitted, HORIZONS));

/** Thresholds between the defaults and short ones, so that everything happens within half a year. */
const rules: fc.Arbitrary<StageRules> = fc
  .record({
    dwellNights: fc.integer({ min: 1, max: 5 }),
    loyalPurchaseDays: fc.integer({ min: 3, max: 5 }),
    decliningSilenceDays: fc.integer({ min: 1, max: 20 }),
    churnedSilenceDays: fc.integer({ min: 1, max: 40 }),
    clearBandRatio: fc.constantFrom(0, 0.2, 0.5),
    hardCapDays: fc.integer({ min: 20, max: 130 }),
    fallbackDecliningDays: fc.integer({ min: 1, max: 60 }),
    fallbackChurnedDays: fc.integer({ min: 1, max: 130 }),
  })
  .map((changes) => ({ ...RULES, ...changes }));

/** x and t_x of a customer. */
const history = fc.record({ x: fc.nat(9), gap: fc.integer({ min: 1, max: 60 }) }).map(({ x, gap }) => ({ x, txDays: x * gap }));

describe('q and p_return', () => {
  it('never rise between purchases, and q falls while it can be told, under every model', () => {
    fc.assert(
      fc.property(rhythm, history, ({ q, pReturn }, { x, txDays }) => {
        let [lastQ, lastP] = [1, 1];
        for (let silence = 0; silence <= 500; silence++) {
          const [nowQ, nowP] = [q(x, txDays, txDays + silence), pReturn(x, txDays, txDays + silence)];
          if (!(nowQ <= lastQ && nowP <= lastP) || (silence > 0 && nowQ === lastQ && nowQ > 1e-9))
            expect.fail(`silence ${silence}: q ${nowQ} after ${lastQ}, p_return ${nowP} after ${lastP}`);
          [lastQ, lastP] = [nowQ, nowP];
        }
      }),
      { seed: 41, numRuns: 25 },
    );
  });
});

describe('SilenceTable', () => {
  it('tells of every day what asking q and p_return on that day tells, whatever was asked before', () => {
    const thresholds = [{ q: 0.6 }, { q: 0.5 }, { q: 0.2, pReturn: 0.1 }, { q: 0.001, pReturn: 0.9 }];
    fc.assert(
      fc.property(rhythm, fc.array(history, { minLength: 1, maxLength: 8 }), (asked, customers) => {
        const table = new SilenceTable(asked, thresholds);
        for (const { x, txDays } of customers) {
          for (const [which, { q, pReturn }] of thresholds.entries()) {
            const from = table.days(x, txDays, which);
            // around the limit, and far from it on both sides
            for (const silence of [0, 1, 7, 50, 365, 4095, from - 2, from - 1, from, from + 1]) {
              if (silence < 0 || silence > 4095) continue;
              const isBelow =
                asked.q(x, txDays, txDays + silence) < q && !(pReturn && asked.pReturn(x, txDays, txDays + silence) >= pReturn);
              if (isBelow !== silence >= from) expect.fail(`threshold ${which}: ${isBelow} at ${silence}, table from ${from}`);
            }
            if (from !== NEVER) expect(from).toBeLessThanOrEqual(4095);
          }
        }
      }),
      { seed: 43, numRuns: 15 },
    );
  });
});

/** What is in force on the nights of a course: one epoch after another, some coming in on a baseline night. */
interface Period {
  readonly rhythm: Rhythm | null;
  readonly baseline: boolean;
}

const PERIOD_NIGHTS = 45;
const NIGHTS = 180;

const course = fc.record({
  rules,
  /** null is the fallback. */
  periods: fc.array(fc.record({ rhythm: fc.option(rhythm, { freq: 5 }), baseline: fc.boolean() }), {
    minLength: 1,
    maxLength: NIGHTS / PERIOD_NIGHTS,
  }),
  /** Purchase days of customers, as gaps from the first; a customer without any is a prospect. */
  customers: fc.array(fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 8, max: 110 })), { maxLength: 8 }), {
    minLength: 6,
    maxLength: 6,
  }),
});

function scheduleOf(periods: readonly Period[], thresholds: StageRules) {
  const nights = periods.map(({ rhythm: own }) => nightRules(own, thresholds));
  const at = (day: number): NightRules => {
    const period = Math.min(Math.floor(day / PERIOD_NIGHTS), periods.length - 1);
    const isFirst = period > 0 && day === period * PERIOD_NIGHTS;
    const night = nights[period] as NightRules;
    return isFirst && periods[period]?.baseline ? { ...night, baseline: 'EPOCH_CHANGED' } : night;
  };
  return { at };
}

const daysOf = (gaps: readonly number[]) => {
  let day = 0;
  return gaps.map((gap) => (day += gap));
};

/** Facts with what the rhythm says on the day, as a shard's nights have them. */
function predictedAt(days: readonly number[], day: number, { rhythm: own }: NightRules) {
  const facts = factsAt(days, day);
  const { purchaseDays: n, firstDay: first, lastDay: last } = facts;
  if (!own || n === 0) return facts;
  return { ...facts, q: own.q(n - 1, last - first, day - first), pReturn: own.pReturn(n - 1, last - first, day - first) };
}

function factsAt(days: readonly number[], day: number) {
  const known = days.filter((one) => one <= day);
  return { purchaseDays: known.length, firstDay: known[0] ?? 0, lastDay: known.at(-1) ?? -1 };
}

const predictedColumns = (facts: readonly ReturnType<typeof predictedAt>[]) => ({
  q: Float64Array.from(facts, (own) => ('q' in own ? own.q : Number.NaN)),
  pReturn: Float64Array.from(facts, (own) => ('q' in own ? own.pReturn : Number.NaN)),
});

const stateOf = ({ stage, since, decliningNights, churnNights }: StageColumns, row: number) =>
  [stage[row], since[row], decliningNights[row], churnNights[row]].map(Number);

const isSame = (a: readonly number[], b: readonly number[]) => a.every((value, place) => value === b[place]);

describe('the stage machine', () => {
  it('does what the table of edges says, night by night: legal, upward by purchase alone, downward after the dwell', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(course, ({ rules: thresholds, periods, customers }) => {
        const schedule = scheduleOf(periods, thresholds);
        const bought = customers.map(daysOf);
        const columns = newStageColumns(customers.length);
        const naive: NaiveCustomer[] = customers.map(() => ({ stage: null, since: 0, declining: 0, churn: 0 }));
        const found = new Int32Array(customers.length);
        for (let day = 0; day < NIGHTS; day++) {
          const night = schedule.at(day);
          // every other night decides by the rhythm itself, the others by the tables of silence
          const isPredicted = day % 2 === 1 && night.rhythm !== null;
          const facts = bought.map((days) => (isPredicted ? predictedAt(days, day, night) : factsAt(days, day)));
          if (night.baseline)
            for (const [row, days] of bought.entries()) applyBaseline(columns, row, factsAt(days, day - 1), day, night);
          const purchases = {
            purchaseDays: Int32Array.from(facts, ({ purchaseDays }) => purchaseDays),
            firstDay: Int32Array.from(facts, ({ firstDay }) => firstDay),
            lastDay: Int32Array.from(facts, ({ lastDay }) => lastDay),
          };
          const chances = predictedColumns(bought.map((days) => predictedAt(days, day, night)));
          const now = isPredicted ? chances : undefined;
          const rows = found.subarray(0, rowsToStep(columns, purchases, { rows: customers.length, day, night, now }, found));
          for (const [row, days] of bought.entries()) {
            const own = facts[row] as (typeof facts)[number];
            const before = stateOf(columns, row);
            if (stepStage(columns, row, own, day, night)) {
              const [from, to] = [before[0], columns.stage[row]] as [number, number];
              if (from !== NO_STAGE && !isLegalEdge(from, to)) expect.fail(`day ${day}: ${from} to ${to}`);
              seen.add(`${from}-${to}`);
            }
            const after = stateOf(columns, row);
            if (!rows.includes(row) && !isSame(after, before)) expect.fail(`day ${day}: ${before} to ${after}, told to stay`);
            naiveNight(naive[row] as NaiveCustomer, days, day, night);
            const { stage, since, declining, churn } = naive[row] as NaiveCustomer;
            const expected = [stage === null ? NO_STAGE : STAGE[stage], since, declining, churn];
            if (!isSame(after, expected))
              expect.fail(`day ${day}, purchases ${days}: ${after}, expected ${expected} after ${before}`);
          }
        }
        for (const [row, days] of bought.entries()) {
          if (days.length === 0 || (days[0] as number) >= NIGHTS) continue;
          const replayed = replayTimeline(Int32Array.from(days), days.length, NIGHTS - 1, schedule);
          expect(stateOf(replayed, 0)).toEqual(stateOf(columns, row));
        }
      }),
      { seed: 47, numRuns: 30 },
    );
    // 13 edges, and the first stage
    expect(seen.size).toBe(14);
  });

  it('takes each step down once, however the epochs waver: nothing comes back without a purchase', () => {
    const wavering = fc.record({ fitted: rhythm, rules, noise: fc.array(between(0.9, 1.1), { minLength: 30, maxLength: 30 }) });
    fc.assert(
      fc.property(wavering, history, ({ fitted, rules: thresholds, noise }, { x, txDays }) => {
        const columns = newStageColumns(1);
        const facts = { purchaseDays: x + 1, firstDay: 0, lastDay: txDays };
        const stages: number[] = [];
        let held = 0;
        for (let silence = 0; silence < 150; silence++) {
          const factor = noise[silence % noise.length] as number;
          const own = { ...fitted, q: (...at: Parameters<Rhythm['q']>) => fitted.q(...at) * factor };
          const stage = columns.stage[0] as number;
          stepStage(columns, 0, facts, txDays + silence, nightRules(own, thresholds));
          stages.push(columns.stage[0] as number);
          if (silence === 0 || stage === STAGE.declining || stage === STAGE.churned) continue;
          const q = own.q(x, txDays, txDays + silence);
          if (q >= thresholds.decliningQ * (1 + thresholds.clearBandRatio)) held = 0;
          else if (q < thresholds.decliningQ && silence >= thresholds.decliningSilenceDays) held++;
          // inside the band a night neither counts nor takes away what was counted
          if ((columns.stage[0] === STAGE.declining) !== held >= thresholds.dwellNights)
            expect.fail(`silence ${silence}: stage ${columns.stage[0]} after ${held} nights`);
        }
        const runs = stages.filter((stage, night) => stage !== stages[night - 1]);
        expect(new Set(runs).size).toBe(runs.length);
      }),
      { seed: 53, numRuns: 10 },
    );
  });
});

describe('nextChangeDay', () => {
  it('is the day on which running the empty nights brings the next change, from any stage and any count of nights', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(course, fc.integer({ min: 1, max: NIGHTS }), ({ rules: thresholds, periods, customers }, until) => {
        const schedule = scheduleOf(periods, thresholds);
        for (const days of customers.map(daysOf)) {
          const columns = newStageColumns(1);
          for (let day = 0; day < until; day++) stepStage(columns, 0, factsAt(days, day), day, schedule.at(day));
          const [facts, night] = [factsAt(days, until - 1), schedule.at(until - 1)];
          const counted = Number(columns.decliningNights[0]) + Number(columns.churnNights[0]) > 0;
          const stage = columns.stage[0] as number;
          const told = nextChangeDay(columns, 0, facts, until - 1, night);
          const filled = Int32Array.of(-1);
          const own = {
            purchaseDays: Int32Array.of(facts.purchaseDays),
            firstDay: Int32Array.of(facts.firstDay),
            lastDay: Int32Array.of(facts.lastDay),
          };
          fillNextChanges(columns, own, { order: Int32Array.of(0), day: until - 1, night }, filled);
          expect(filled[0]).toBe(told ?? -1);
          let found: number | undefined;
          for (let day = until; found === undefined && day < until + 600; day++)
            if (stepStage(columns, 0, facts, day, night)) found = day;
          if (found === undefined && told !== undefined && told >= until + 600) continue;
          expect(told).toBe(found);
          reached.add(
            `${stage} ${counted ? 'counted' : ''} ${night.rhythm ? '' : 'fallback'} ${found === undefined ? '' : 'moves'}`,
          );
        }
      }),
      { seed: 59, numRuns: 70 },
    );
    // seven stages, some with and without a count of nights, under a model and the fallback
    expect(reached.size).toBeGreaterThanOrEqual(16);
  });
});
