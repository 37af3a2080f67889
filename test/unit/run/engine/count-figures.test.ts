import { describe, expect, it } from 'vitest';
import { NO_FACTS } from '../../../../lib/book/night-facts.ts';
import { configSchema } from '../../../../lib/config/config.ts';
import { STAGE } from '../../../../lib/lifecycle/stage-columns.ts';
import { WARNING_LEVELS } from '../../../../lib/lifecycle/words.ts';
import { MILLIONTHS } from '../../../../lib/report/return-buckets.ts';
import type { ShardFigures } from '../../../../lib/report/shard-figures.ts';
import { tallyRows } from '../../../../lib/report/tally.ts';
import { FigureCounter } from '../../../../lib/run/engine/count-figures.ts';
import { epochAt } from '../../../../lib/run/engine/count-returns.ts';
import { type EpochBook, predictorOf, scheduleOf } from '../../../../lib/run/engine/epoch-record.ts';
import { PriorNights } from '../../../../lib/run/engine/prior-rows.ts';
import { scoreColumns } from '../../../../lib/run/engine/score-table.ts';
import { stateColumns, stateOf } from '../../../../lib/run/engine/shard-state.ts';
import { ShardTimeline } from '../../../../lib/run/engine/shard-timeline.ts';
import { formatDay, weekdayOf } from '../../../../lib/time.ts';
import { calibrationOf, epochOf } from '../../../support/epochs.ts';
import { DAY_0, factTable, refund, sale, type TestFact } from '../../../support/facts.ts';
import { interactionTable } from '../../../support/feed-facts.ts';
import { TestShard } from '../../../support/shard.ts';

const D = DAY_0;
const LAST = D + 200;
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
/** The last night is an epoch date, on which predictions that matured are looked at. */
const weekday = WEEKDAYS[weekdayOf(LAST)];
const config = configSchema.parse({ epochs: { weekday } });
const customers = Array.from({ length: 120 }, (_, i) => `c${String(i).padStart(3, '0')}`);

/** Days on either side of the windows' edges: the first customers have every choice of them. */
const EDGE_DAYS = [91, 90, 60, 31, 30, 1].map((ago) => LAST - ago);
const EDGES = 63;

/** Sales of customers who buy every few days, or weeks, and of whom some leave; every fifth came by a referral. */
function drawFacts(): TestFact[] {
  return customers.flatMap((customer, i) => {
    const [first, gap, count] = [D + ((i * 37) % 150), 2 + ((i * 13) % 45), 1 + ((i * 7) % 9)];
    const drawn = Array.from({ length: count }, (_, k) => first + k * gap + ((i + k) % 3)).filter((day) => day <= LAST);
    const days = i < EDGES ? EDGE_DAYS.filter((_, bit) => ((i + 1) >> bit) % 2 === 1) : drawn;
    const sales = days.map((day, k) => ({
      ...sale(`${customer}-${k}`, customer, day, 500 + ((i * 7919 + k * 104_729) % 90_000)),
      ...(i % 5 === 0 && k === 0 ? { referrer: 'friend' } : {}),
    }));
    const isReturned = i % 11 === 0 && days.length > 1;
    const amount = sales[1]?.amount ?? 0;
    return isReturned ? [...sales, refund(`${customer}-r`, customer, days[1] as number, amount, `${customer}-1`)] : sales;
  });
}

const interactions = [
  { id: 'a', customer: 'c001', day: LAST - 40, kind: 'complaint' },
  { id: 'b', customer: 'c001', day: LAST - 36, kind: 'complaint_resolved' },
  { id: 'c', customer: 'c001', day: LAST - 30, kind: 'complaint' },
  { id: 'd', customer: 'c002', day: LAST - 3, kind: 'complaint' },
  { id: 'e', customer: 'c003', day: LAST - 60, kind: 'complaint' },
  { id: 'f', customer: 'c003', day: LAST - 20, kind: 'complaint_resolved' },
  { id: 'g', customer: 'c004', day: LAST - 10, kind: 'review', score: 1 },
  { id: 'h', customer: 'c004', day: LAST - 9, kind: 'review', score: 4.5 },
  { id: 'i', customer: 'c005', day: LAST - 9, kind: 'review' },
  { id: 'j', customer: 'c005', day: LAST - 9, kind: 'survey', score: 8 },
  { id: 'k', customer: 'c006', day: LAST, kind: 'referral' },
  { id: 'l', customer: 'c006', day: LAST + 1, kind: 'review', score: 1 },
] as const;

const epochs: EpochBook = {
  firstDataDate: formatDay(D),
  changes: [
    { date: formatDay(D), epoch: null, baseline: null, rules: config.stages },
    { date: formatDay(LAST - 60), epoch: epochOf(LAST - 60), baseline: null, rules: config.stages },
    {
      date: formatDay(LAST - 20),
      epoch: epochOf(LAST - 20, { params: { r: 0.6, alpha: 30, a: 0.9, b: 2.5 } }),
      baseline: null,
      rules: config.stages,
    },
  ],
};
const calibrationAt = (day: number) => calibrationOf(day, { epoch: epochAt(epochs, day) });

/** The shard after its last night, with its figures: of a book that stayed in memory, or one that was read back before the last night. */
function play(isReread: boolean): { shard: TestShard; timeline: ShardTimeline; figures: ShardFigures } {
  const shard = new TestShard();
  let timeline = new ShardTimeline(shard.book, shard.index, undefined, scheduleOf(epochs, config), config);
  const facts = drawFacts();
  for (let day = D; day <= LAST; day++) {
    const tables = [factTable(facts.filter((fact) => fact.day === day))];
    if (isReread && day === LAST) {
      const order = timeline.book.order();
      const state = stateOf(stateColumns(timeline.state, order), order.length);
      shard.saveAndLoad(tables);
      timeline = new ShardTimeline(shard.book, shard.index, state, scheduleOf(epochs, config), config);
    }
    const heard = interactions.filter((one) => one.day === day || (day === LAST && one.day > day));
    const night = { ...NO_FACTS, transactions: tables, interactions: [interactionTable(heard)] };
    const advanced = timeline.advance(day, night, calibrationAt(day));
    if (day < LAST) continue;
    const figures = new FigureCounter(epochs, config).count(timeline, day, advanced);
    return { shard, timeline, figures };
  }
  throw new Error('no night');
}

const { shard, timeline, figures } = play(false);
const daysOf = (customer: string) => shard.countingDays(customer);
const buyers = customers.map(daysOf).filter((days) => days.length > 0);
const count = (test: (days: readonly number[]) => boolean) => buyers.filter(test).length;

describe('FigureCounter', () => {
  it('counts the same of a book that was read back', () => {
    expect(play(true).figures).toEqual(figures);
  });

  it('counts who buys again, from the days alone', () => {
    const isActive = (days: readonly number[]) => days.some((day) => day > LAST - 60 && day <= LAST - 30);
    const isRetained = (days: readonly number[]) => days.some((day) => day > LAST - 30);
    const cohorts = Object.values(figures.cohorts);
    expect([cohorts.reduce((sum, [n]) => sum + n, 0), cohorts.reduce((sum, [, n]) => sum + n, 0)]).toEqual([
      count(isActive),
      count((days) => isActive(days) && isRetained(days)),
    ]);
    expect(cohorts.length).toBeGreaterThan(2);
    for (const [i, limit] of [30, 60, 90].entries()) {
      const isDue = (days: readonly number[]) => (days[0] as number) <= LAST - limit;
      const bought = count((days) => isDue(days) && days.length > 1 && (days[1] as number) - (days[0] as number) <= limit);
      expect(figures.repurchase.within[i]).toEqual([count(isDue), bought]);
    }
    expect(figures.repurchase.repeatBuyers).toBe(count((days) => days.length > 1));
  });

  it('compares the predictions of 30 days ago with what happened, those of 90 days ago not without a model', () => {
    const day = LAST - 30;
    const stages = { ...config.stages, returnHorizonDays: 30 };
    const predictor = predictorOf(epochOf(LAST - 60), { ...config, stages });
    const prior = buyers.map((days) => days.filter((on) => on <= day)).filter((days) => days.length > 0);
    const chances = prior.map((days) => {
      const [first, last] = [days[0] as number, days.at(-1) as number];
      return predictor.pReturn(days.length - 1, last - first, day - first);
    });
    const [near, far] = figures.matured ?? [];
    expect(far).toBeNull();
    expect(near?.customers).toBe(prior.length);
    expect(near?.returned).toBe(count((days) => (days[0] as number) <= day && (days.at(-1) as number) > day));
    expect(near?.p).toBe(chances.reduce((sum, p) => sum + Math.round(p * MILLIONTHS), 0));
    const silences = tallyRows(near?.byRecency ?? '');
    expect(silences.reduce((sum, [days, n]) => sum + (days as number) * (n as number), 0)).toBe(
      prior.reduce((sum, days) => sum + day - (days.at(-1) as number), 0),
    );
  });

  it('looks at no prediction that matured on a date that is no epoch date', () => {
    const own = play(false).timeline;
    const advanced = own.advance(LAST + 1, NO_FACTS, calibrationAt(LAST + 1));
    expect(figures.matured).not.toBeNull();
    expect(new FigureCounter(epochs, config).count(own, LAST + 1, advanced).matured).toBeNull();
  });

  it('looks back at every customer as the days alone do', () => {
    const prior = new PriorNights();
    prior.fill(shard.book, LAST);
    for (const [rows, ago] of [
      [prior.near, 30],
      [prior.far, 90],
    ] as const) {
      for (const customer of customers) {
        const [slot, days] = [shard.slot(customer), daysOf(customer)];
        const before = days.filter((day) => day <= LAST - ago);
        const found = rows.x[slot] === -1 ? null : [rows.x[slot], rows.txDays[slot], rows.tenureDays[slot], rows.bought[slot]];
        const [first, last] = [before[0] as number, before.at(-1) as number];
        const expected =
          before.length === 0 ? null : [before.length - 1, last - first, LAST - ago - first, Number(before.length < days.length)];
        expect({ customer, ago, found }).toEqual({ customer, ago, found: expected });
      }
    }
  });

  it('counts values and what is at risk as the scores tell them', () => {
    const scores = scoreColumns(timeline, timeline.book.order(), calibrationAt(LAST), config);
    const sumOf = (tally: string | null) => tallyRows(tally ?? '').reduce((sum, row) => sum + (row[2] as number), 0);
    const all = (column: Float64Array) => column.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0);
    expect(sumOf(figures.values.net)).toBe(all(scores.monetary_minor));
    expect(sumOf(figures.values.predicted)).toBe(all(scores.clv_minor));
    expect(sumOf(figures.values.total)).toBe(all(scores.total_clv_minor));
    for (const level of WARNING_LEVELS.keys()) {
      const atRisk = scores.value_at_risk_minor.map((value, row) =>
        scores.warning_level[row] === level && level > 0 ? value : 0,
      );
      expect(figures.warnings.valueAtRiskMinor[level]).toBe(all(atRisk));
      expect(figures.warnings.levels[level]).toBe(scores.warning_level.filter((one) => one === level).length);
    }
    expect(figures.warnings.valueAtRiskMinor.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0);
  });

  it('counts reviews and complaints of 90 days, and who came by a referral', () => {
    expect(figures.satisfaction).toEqual({
      reviews: 2,
      reviewScores: 5_500_000,
      badReviews: 1,
      surveys: 1,
      surveyScores: 8_000_000,
      complaints: 4,
      open: 2,
      overdue: 1,
      resolvedSoon: 1,
      resolvedLate: 1,
    });
    expect(figures.referral.all).toEqual([buyers.length, 24]);
    const recent = customers.filter((customer) => (daysOf(customer)[0] ?? 0) > LAST - 28);
    expect(figures.referral.recent).toEqual([
      recent.length,
      recent.filter((customer) => Number(customer.slice(1)) % 5 === 0).length,
    ]);
    const stage = timeline.stages.stage[shard.slot('c006')] as number;
    expect(figures.referral.referrers[stage]).toBe(1);
    expect(stage).not.toBe(STAGE.prospect);
  });
});
