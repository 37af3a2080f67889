import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FactTable } from '../../lib/book/facts.ts';
import { NO_FACTS } from '../../lib/book/night-facts.ts';
import { configSchema } from '../../lib/config/config.ts';
import { NO_DAY, NO_LEVEL } from '../../lib/lifecycle/warning-columns.ts';
import { STAGES } from '../../lib/lifecycle/words.ts';
import { type EpochRecord, predictorOf, type RegimeChange, scheduleOf } from '../../lib/run/engine/epoch-record.ts';
import { stateColumns, stateOf } from '../../lib/run/engine/shard-state.ts';
import { ShardTimeline } from '../../lib/run/engine/shard-timeline.ts';
import { formatDay } from '../../lib/time.ts';
import { calibrationOf, epochOf } from '../support/epochs.ts';
import { DAY_0, factTable, type TestFact } from '../support/facts.ts';
import { interactionTable, type TestInteraction } from '../support/feed-facts.ts';
import { boughtOn, type NaiveCustomer, NaiveWarning, naiveLevel, naivePoints } from '../support/naive-warnings.ts';
import { TestShard } from '../support/shard.ts';

const D = DAY_0;
const NIGHTS = 150;
const CUSTOMERS = ['a', 'b'];
const config = configSchema.parse({ warning: { badReviewScore: 2.5 } });
const quick = epochOf(D + 20, { params: { r: 1.5, alpha: 20, a: 0.5, b: 2 }, medianGapDays: 2 });
const slower = epochOf(D + 70, { params: { r: 1, alpha: 25, a: 0.8, b: 2 }, medianGapDays: 7 });

/** The fallback, a first epoch, a second with another median gap. */
const CHANGES: readonly RegimeChange[] = [
  { date: formatDay(D), epoch: null, baseline: null, rules: config.stages },
  { date: formatDay(D + 20), epoch: quick, baseline: 'EPOCH_CHANGED', rules: config.stages },
  { date: formatDay(D + 70), epoch: slower, baseline: null, rules: config.stages },
];
const schedule = () => scheduleOf({ firstDataDate: formatDay(D), changes: CHANGES }, config);
const epochAt = (day: number): EpochRecord | null =>
  (CHANGES.findLast(({ date }) => date <= formatDay(day)) as RegimeChange).epoch;

const KINDS = [
  'sale',
  'sale',
  'sale',
  'sale',
  'refund',
  'complaint',
  'complaint',
  'complaint_resolved',
  'review',
  'visit',
] as const;
const drawn = fc.record({
  customer: fc.constantFrom(...CUSTOMERS),
  night: fc.oneof(fc.nat(NIGHTS - 1), fc.integer({ min: 15, max: 60 })),
  kind: fc.constantFrom(...KINDS),
  offset: fc.constantFrom(0, 0, 0, 0, -1, -5, -88, 1, 2),
  second: fc.nat(1),
  share: fc.constantFrom(0.2, 0.5, 1),
  score: fc.constantFrom(1, 2.5, 3, undefined),
});

interface Night {
  readonly sales: TestFact[];
  readonly interactions: TestInteraction[];
}

/** What becomes known on each night: sales of the past or the day, refunds of sales that are known, interactions of any day near. */
const nightsOf = (rows: readonly (typeof drawn extends fc.Arbitrary<infer T> ? T : never)[]): Night[] => {
  const nights = Array.from({ length: NIGHTS }, (): Night => ({ sales: [], interactions: [] }));
  const open: TestFact[] = [];
  const sorted = rows.map((row, i) => ({ ...row, i })).sort((a, b) => a.night - b.night);
  for (const { customer, night, kind, offset, second, share, score, i } of sorted) {
    const id = `t${(i * 7) % 10}${i}`;
    const day = D + night;
    const { sales, interactions } = nights[night] as Night;
    if (kind === 'sale') {
      const fact = { id, customer, day: day + Math.min(offset, 0), amount: 1000 };
      sales.push(fact);
      open.push(fact);
    } else if (kind === 'refund') {
      const at = open.findIndex((sale) => sale.customer === customer);
      const [of] = at < 0 ? [] : open.splice(at, 1);
      if (of) sales.push({ id, customer, day, amount: 1000 * share, type: 'refund', original: of.id });
    } else interactions.push({ id, customer, day: day + offset, second, kind, ...(score === undefined ? {} : { score }) });
  }
  return nights;
};

/** What the rules see of a customer on a night, from the facts of the customer that are known by then. */
function known({ sales: own, interactions }: Night, night: number, stage: string): NaiveCustomer {
  const days = new Map<number, { day: number; gross: number; refunded: number }>();
  for (const { id, day, amount, type } of own) {
    if (type === 'refund') continue;
    const entry = days.get(day) ?? { day, gross: 0, refunded: 0 };
    entry.gross += amount;
    for (const other of own) if (other.original === id) entry.refunded += other.amount;
    days.set(day, entry);
  }
  const facts = { days: [...days.values()].sort((a, b) => a.day - b.day) };
  const epoch = epochAt(D + night);
  const bought = boughtOn(facts);
  const [first, last] = [bought[0] ?? 0, bought.at(-1) ?? 0];
  return {
    ...facts,
    day: D + night,
    isWarned: bought.length > 0 && stage !== 'prospect' && stage !== 'churned',
    interactions,
    q: epoch && bought.length > 0 ? predictorOf(epoch, config).q(bought.length - 1, last - first, D + night - first) : null,
    medianGapDays: epoch?.medianGapDays ?? null,
  };
}

const orNull = (value: number | undefined, missing: number) => (value === undefined || value === missing ? null : value);

/** The warning of a slot as the columns hold it, in the words of the rules written down again. */
function warningOf({ state: { warnings: w }, warningPoints }: ShardTimeline, slot: number) {
  return {
    level: orNull(w.level[slot], NO_LEVEL),
    since: orNull(w.since[slot], NO_DAY),
    quiet: w.quietNights[slot] as number,
    episodeOn: orNull(w.episodeOn[slot], NO_DAY),
    alertedLevel: orNull(w.alertedLevel[slot], NO_LEVEL),
    alertedOn: orNull(w.alertedOn[slot], NO_DAY),
    pendingOn: orNull(w.alertPendingOn[slot], NO_DAY),
    points: orNull(warningPoints[slot], NO_LEVEL),
  };
}

const sumOf = (points: Record<string, number>) => Object.values(points).reduce((sum, point) => sum + point, 0);

it('every night has the points, levels, episodes and alerts that the rules written down again give, from memory and from files', () => {
  const seen = new Map<string, number>();
  const see = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  const history = fc.array(drawn, { minLength: 12, maxLength: 60 });
  fc.assert(
    fc.property(history, fc.constantFrom(14, 31, NIGHTS), (rows, nightsOfARun) => {
      const nights = nightsOf(rows);
      const factsOf = nights.map(({ sales }) => factTable(sales));
      const shard = new TestShard();
      let timeline = new ShardTimeline(shard.book, shard.index, undefined, schedule(), config);
      const naive = new Map(CUSTOMERS.map((customer) => [customer, new NaiveWarning()]));
      const facts = new Map(CUSTOMERS.map((customer) => [customer, { sales: [], interactions: [] } as Night]));
      const counted = { alerts: 0, alertsRight: 0, alertsWrong: 0 };
      for (const [night, { sales, interactions }] of nights.entries()) {
        if (night % nightsOfARun === 8) {
          const order = timeline.book.order();
          const state = stateOf(stateColumns(timeline.state, order), order.length);
          shard.saveAndLoad(factsOf.slice(night));
          timeline = new ShardTimeline(shard.book, shard.index, state, schedule(), config);
        }
        const tables = {
          transactions: sales.length > 0 ? [factsOf[night] as FactTable] : [],
          interactions: interactions.length > 0 ? [interactionTable(interactions)] : [],
        };
        const calibration = calibrationOf(D + night, { epoch: epochAt(D + night) });
        const { warnings } = timeline.advance(D + night, { ...NO_FACTS, ...tables }, calibration);
        for (const name of ['alerts', 'alertsRight', 'alertsWrong'] as const) counted[name] += warnings[name];
        for (const fact of sales) facts.get(fact.customer)?.sales.push(fact);
        for (const one of interactions) facts.get(one.customer)?.interactions.push(one);
        for (const [customer, own] of facts) {
          const slot = shard.slot(customer);
          if (slot < 0) continue;
          const one = known(own, night, STAGES[timeline.stages.stage[slot] as number] as string);
          const points = naivePoints(one, config.warning);
          const warning = naive.get(customer) as NaiveWarning;
          const level = one.isWarned ? naiveLevel(points, config.warning) : null;
          warning.take(D + night, level, boughtOn(one).at(-1), config.warning.quietNights);
          const expected = { ...warning.state(), points: one.isWarned ? sumOf(points) : null };
          const found = warningOf(timeline, slot);
          // as text first: thousands of nights
          if (JSON.stringify(found) !== JSON.stringify(expected)) expect({ night, ...found }).toEqual({ night, ...expected });
          if (one.isWarned) for (const [signal, point] of Object.entries(points)) if (point > 0) see(`${signal} ${point}`);
          see(`level ${found.level}`);
        }
      }
      const all = [...naive.values()];
      const sum = (of: (warning: NaiveWarning) => number) => all.reduce((total, warning) => total + of(warning), 0);
      expect(counted).toEqual({
        alerts: sum(({ alerts }) => alerts.length),
        alertsRight: sum(({ right }) => right),
        alertsWrong: sum(({ wrong }) => wrong),
      });
      for (const [name, count] of Object.entries(counted)) if (count > 0) see(name);
    }),
    { seed: 41, numRuns: 8 },
  );
  // a history that lacks what it should show proves nothing
  const wanted = [
    'inactivity 1',
    'inactivity 2',
    'inactivity 3',
    'slowing 1',
    'complaints 1',
    'complaints 2',
    'reviews 1',
    'reviews 2',
  ];
  const levels = ['level null', 'level 0', 'level 1', 'level 2', 'level 3'];
  const missing = [...wanted, ...levels, 'refunds 1', 'alerts', 'alertsRight', 'alertsWrong'].filter((what) => !seen.has(what));
  expect(missing).toEqual([]);
});
