import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textAt } from '../../../../lib/arrow/columns.ts';
import type { FactTable } from '../../../../lib/book/facts.ts';
import { NO_FACTS } from '../../../../lib/book/night-facts.ts';
import { configSchema } from '../../../../lib/config/config.ts';
import { replayTimeline, type Schedule } from '../../../../lib/lifecycle/replay.ts';
import { NO_STAGE, STAGE } from '../../../../lib/lifecycle/stage-columns.ts';
import { REASONS, STAGES, TIERS } from '../../../../lib/lifecycle/words.ts';
import type { KpiPartial } from '../../../../lib/report/kpi.ts';
import { countNight } from '../../../../lib/run/engine/count-night.ts';
import type { Calibration, RegimeChange } from '../../../../lib/run/engine/epoch-record.ts';
import { scheduleOf } from '../../../../lib/run/engine/epoch-record.ts';
import { scoreColumns } from '../../../../lib/run/engine/score-table.ts';
import { stateColumns, stateOf } from '../../../../lib/run/engine/shard-state.ts';
import { ShardTimeline } from '../../../../lib/run/engine/shard-timeline.ts';
import { formatDay } from '../../../../lib/time.ts';
import { CUSTOMERS, history, tablesOf } from '../../../support/drawn-history.ts';
import { calibrationOf, epochOf } from '../../../support/epochs.ts';
import { DAY_0, factTable, refund, sale, type TestFact, voidOf } from '../../../support/facts.ts';
import { TestShard } from '../../../support/shard.ts';

const D = DAY_0;
const NIGHTS = 30;
/** Thresholds so short that all stages fit into 30 nights. */
const config = configSchema.parse({
  stages: {
    loyalPurchaseDays: 3,
    decliningSilenceDays: 2,
    churnedSilenceDays: 4,
    hardCapDays: 12,
    dwellNights: 2,
    fallbackDecliningDays: 3,
    fallbackChurnedDays: 6,
  },
  tiers: { minNights: 3 },
});
const later = { ...config.stages, decliningQ: 0.7, loyalPurchaseDays: 4 };
const quick = epochOf(D + 8, { params: { r: 3, alpha: 4, a: 1, b: 1 } });
const quicker = epochOf(D + 14, { params: { r: 4, alpha: 3, a: 2, b: 1 } });

const other = epochOf(D + 22, { id: 'bg-nbd', model: 'bg-nbd', params: { r: 1, alpha: 4, a: 3, b: 1 } });

/** The fallback, a first epoch, a second as usual, other thresholds, another model. */
const CHANGES: readonly RegimeChange[] = [
  { date: formatDay(D), epoch: null, baseline: null, rules: config.stages },
  { date: formatDay(D + 8), epoch: quick, baseline: 'EPOCH_CHANGED', rules: config.stages },
  { date: formatDay(D + 14), epoch: quicker, baseline: null, rules: config.stages },
  { date: formatDay(D + 18), epoch: quicker, baseline: 'RULES_CHANGED', rules: later },
  { date: formatDay(D + 22), epoch: other, baseline: 'EPOCH_CHANGED', rules: later },
];
const schedule = (): Schedule => scheduleOf({ firstDataDate: formatDay(D), changes: CHANGES }, config);
const cuts = { high: { enter: 9, cut: 8, exit: 7 }, mid: { enter: 4, cut: 3, exit: 2 } };

function calibrationAt(night: number): Calibration {
  const change = CHANGES.findLast(({ date }) => date <= formatDay(D + night)) as RegimeChange;
  const baseline = change.date === formatDay(D + night) ? change.baseline : null;
  return calibrationOf(D + night, { epoch: change.epoch, baseline, tierCuts: night < 2 ? null : cuts });
}

interface Change {
  readonly day: number;
  readonly from: number;
  readonly to: number;
  readonly kind: number;
  readonly reason: number;
  readonly evidence: Record<string, unknown>;
}

/** A timeline of a test: its nights, its stages of every night by customer, its changes by customer. */
class Course {
  shard = new TestShard();
  timeline = new ShardTimeline(this.shard.book, this.shard.index, undefined, schedule(), config);
  readonly stages: Record<string, number>[] = [];
  readonly kpis: KpiPartial[] = [];
  readonly changes: Record<string, Change[]> = {};

  advance(night: number, tables: readonly FactTable[]): void {
    const logged = this.timeline.log.rows;
    const fold = this.timeline.advance(D + night, { ...NO_FACTS, transactions: tables }, calibrationAt(night));
    this.kpis.push(countNight(this.timeline, D + night, fold, logged));
    const { book, stages } = this.timeline;
    const ids = book.ids.column;
    this.stages.push(
      Object.fromEntries(Array.from({ length: book.size }, (_, slot) => [textAt(ids, slot), stages.stage[slot] as number])),
    );
    const tonight = this.timeline.log.byDay(ids, 'v').get(D + night);
    for (let row = 0; row < (tonight?.rows ?? 0); row++) {
      const c = (tonight as NonNullable<typeof tonight>).columns;
      const customer = textAt(c.customer_id, row);
      this.changes[customer] ??= [];
      this.changes[customer].push({
        day: c.as_of[row] as number,
        from: c.from[row] as number,
        to: c.to[row] as number,
        kind: c.kind[row] as number,
        reason: c.reason_code[row] as number,
        evidence: JSON.parse(textAt(c.evidence, row)) as Record<string, unknown>,
      });
    }
  }

  /** Goes on from the files of the night, as the next run does. */
  saveAndLoad(coming: readonly FactTable[]): void {
    const order = this.timeline.book.order();
    const state = stateOf(stateColumns(this.timeline.state, order), order.length);
    this.shard.saveAndLoad(coming);
    this.timeline = new ShardTimeline(this.shard.book, this.shard.index, state, schedule(), config);
  }

  /** What the next run goes on from: stages, tiers, warnings with their episodes. */
  state() {
    return stateColumns(this.timeline.state, this.timeline.book.order());
  }

  scores() {
    const columns = scoreColumns(this.timeline, this.timeline.book.order(), calibrationAt(NIGHTS - 1), config);
    const { offsets, bytes } = columns.customer_id;
    return { ...columns, customer_id: Buffer.from(bytes).toString('hex') + String(offsets) };
  }
}

/** Figures with their flows in one order: that of the file does not matter, since shards are merged. */
function inOrder({ flows, restatements, ...rest }: KpiPartial) {
  const texts = (triples: KpiPartial['flows']) => triples.map(String).sort();
  return { ...rest, flows: texts(flows), restatements: texts(restatements) };
}

/** Late facts of 12 nights, drawn out over 30: two nights of silence after each. */
const spread = history.map((nights) =>
  Array.from({ length: NIGHTS }, (_, night) => (night % 2 === 0 ? tablesOf(moved(nights[night / 2] ?? [], night / 2)) : [])),
);

function moved<T extends TestFact>(facts: readonly T[], by: number): T[] {
  return facts.map((fact) => ({ ...fact, day: fact.day + by }));
}

function courseOf(nights: readonly (readonly FactTable[])[], isCut: (night: number) => boolean = () => false): Course {
  const course = new Course();
  nights.forEach((tables, night) => {
    if (isCut(night)) course.saveAndLoad(nights.slice(night).flat());
    course.advance(night, tables);
  });
  return course;
}

describe('ShardTimeline', () => {
  it('keeps the accounts: committed + at most one restatement + at most one step = the next committed, every night', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(spread, (nights) => {
        const course = courseOf(nights);
        for (const customer of CUSTOMERS) {
          const changes = course.changes[customer] ?? [];
          let stage = NO_STAGE;
          course.stages.forEach((stages, night) => {
            const tonight = changes.filter(({ day }) => day === D + night);
            // a restatement (1) at the most, before a step (0) at the most
            expect(['', '1', '0', '10']).toContain(tonight.map(({ kind }) => kind).join(''));
            for (const { from, to, kind } of tonight) {
              expect(from).toBe(stage);
              expect(to).not.toBe(from);
              stage = to;
              if (kind === 1) reached.add(`${STAGES[from] ?? 'none'}>${STAGES[to]}`);
            }
            expect(stages[customer] ?? NO_STAGE).toBe(stage);
          });
          const slot = course.shard.slot(customer);
          const last = changes.at(-1);
          if (slot < 0 || !last) continue;
          const { since, previous, reason } = course.timeline.stages;
          expect([since[slot], previous[slot], reason[slot]]).toEqual([last.day, last.from, last.reason]);
        }
      }),
      { seed: 23, numRuns: 150 },
    );
    expect(reached.size).toBeGreaterThan(15);
  });

  it('stands on every night where a replay of what is known stands', () => {
    fc.assert(
      fc.property(spread, (nights) => {
        const course = new Course();
        nights.forEach((tables, night) => {
          course.advance(night, tables);
          for (const customer of CUSTOMERS) {
            const slot = course.shard.slot(customer);
            if (slot < 0) continue;
            const days = Int32Array.from(course.shard.countingDays(customer));
            const replayed = replayTimeline(days, days.length, D + night, schedule());
            const { stage, decliningNights, churnNights } = course.timeline.stages;
            const expected = days.length === 0 ? STAGE.prospect : replayed.stage[0];
            expect([stage[slot], decliningNights[slot], churnNights[slot]]).toEqual([
              expected,
              replayed.decliningNights[0],
              replayed.churnNights[0],
            ]);
          }
        });
      }),
      { seed: 29, numRuns: 80 },
    );
  });

  it('goes on from its files as from memory', () => {
    fc.assert(
      fc.property(spread, fc.array(fc.boolean(), { minLength: NIGHTS, maxLength: NIGHTS }), (nights, cut) => {
        const [kept, stored] = [courseOf(nights), courseOf(nights, (night) => night % 3 === 0 && cut[night] === true)];
        expect(stored.scores()).toEqual(kept.scores());
        expect(stored.state()).toEqual(kept.state());
        expect(stored.changes).toEqual(kept.changes);
        expect(stored.kpis.map(inOrder)).toEqual(kept.kpis.map(inOrder));
      }),
      { seed: 31, numRuns: 25 },
    );
  });

  it('counts stages, flows and restatements that add up from night to night', () => {
    fc.assert(
      fc.property(spread, (nights) => {
        const { kpis } = courseOf(nights);
        let before: readonly number[] = STAGES.map(() => 0);
        for (const kpi of kpis) {
          const after = [...before];
          for (const [from, to, count] of [...kpi.flows, ...kpi.restatements]) {
            if (from !== NO_STAGE) (after[from] as number) -= count;
            (after[to] as number) += count;
          }
          expect(kpi.stages).toEqual(after);
          expect(kpi.stages.reduce((sum, count) => sum + count, 0)).toBe(kpi.customers);
          expect(kpi.restatements.reduce((sum, [, , count]) => sum + count, 0)).toBe(kpi.restated);
          before = kpi.stages;
        }
      }),
      { seed: 37, numRuns: 60 },
    );
  });
});

describe('a correction', () => {
  const at = (night: number, ...facts: TestFact[]) => [night, facts] as const;
  function run(nights: number, ...given: (readonly [number, readonly TestFact[]])[]): Course {
    const course = new Course();
    for (let night = 0; night < nights; night++) {
      const facts = given.filter(([one]) => one === night).flatMap(([, list]) => list);
      course.advance(night, facts.length > 0 ? [factTable(facts)] : []);
    }
    return course;
  }
  const told = ({ changes }: Course, customer: string) =>
    (changes[customer] ?? []).map(
      ({ day, from, to, kind, reason }) =>
        `${day - D} ${STAGES[from] ?? ''}>${STAGES[to]} ${kind === 1 ? 'restated' : 'transition'} ${REASONS[reason]}`,
    );

  it('of late data restates the stage of the night before, then steps', () => {
    const course = run(4, at(0, sale('1', 'ann', D, 9)), at(3, sale('late', 'ann', D + 1, 9), sale('2', 'ann', D + 3, 9)));
    expect(told(course, 'ann')).toEqual([
      '0 >new transition FIRST_PURCHASE',
      '3 new>growing restated LATE_DATA',
      '3 growing>loyal transition REACHED_LOYAL',
    ]);
    expect(course.changes['ann']?.[1]?.evidence).toEqual({
      q: null,
      p90: null,
      z: null,
      s: 1,
      n: 2,
      g: null,
      epoch: null,
      transactions: ['late'],
    });
  });

  it('by a void may end anywhere, also as a prospect, and is followed by a first purchase', () => {
    const course = run(
      5,
      at(0, sale('1', 'ann', D, 9)),
      at(2, voidOf('v', 'ann', D + 2, '1')),
      at(4, sale('2', 'ann', D + 4, 9)),
    );
    expect(told(course, 'ann')).toEqual([
      '0 >new transition FIRST_PURCHASE',
      '2 new>prospect restated REBUILT_AFTER_REFUND',
      '4 prospect>new transition FIRST_PURCHASE',
    ]);
  });

  it('of a customer first known late has an empty stage before', () => {
    expect(told(run(2, at(1, sale('1', 'ann', D - 3, 9))), 'ann')).toEqual([
      '1 >new restated LATE_DATA',
      '1 new>declining transition LONG_SILENCE',
    ]);
  });

  it('that leaves the stage as it was tells nothing and keeps the account of it', () => {
    const course = run(
      4,
      at(0, sale('1', 'ann', D, 9), sale('2', 'ann', D, 9)),
      at(2, refund('r', 'ann', D + 2, 9, '1'), sale('3', 'bob', D, 5)),
    );
    expect(told(course, 'ann')).toEqual(['0 >new transition FIRST_PURCHASE']);
    const slot = course.shard.slot('ann');
    expect(course.timeline.stages.since[slot]).toBe(D);
  });

  it('is one with the restatement of a baseline night', () => {
    // growing under the old rules, churned under the new ones but for the late purchase
    const course = run(9, at(0, sale('1', 'ann', D, 9)), at(8, sale('late', 'ann', D + 7, 9)));
    expect(told(course, 'ann').filter((line) => line.startsWith('8'))).toEqual(['8 churned>growing restated LATE_DATA']);
    expect(course.changes['ann']?.at(-1)?.evidence).toMatchObject({ n: 2, s: 0, epoch: quick.id, transactions: ['late'] });
  });

  it('of the night on which another model comes in is told as such, before a legal step', () => {
    // silent for too long under MBG/NBD; under BG/NBD nobody with one purchase day has dropped out
    const course = run(24, at(14, sale('1', 'ann', D + 14, 9), sale('2', 'bob', D + 14, 9)), at(22, sale('3', 'bob', D + 22, 9)));
    const last = (customer: string) => told(course, customer).filter((line) => line.startsWith('22'));
    expect(last('ann')).toEqual(['22 churned>new restated EPOCH_CHANGED']);
    expect(last('bob')).toEqual(['22 churned>new restated EPOCH_CHANGED', '22 new>growing transition SECOND_PURCHASE']);
    expect(course.changes['ann']?.at(-1)?.evidence).toMatchObject({ n: 1, s: 7, epoch: 'bg-nbd' });
  });
});

describe('tiers of the timeline', () => {
  it('begin with the first cuts, stay three nights, are set afresh on a baseline night, and end with the last purchase', () => {
    const course = new Course();
    const tiers: (string | undefined)[] = [];
    const facts: Record<number, TestFact[]> = {
      0: [sale('1', 'ann', D, 5)],
      3: [sale('2', 'ann', D + 3, 10)],
      6: [refund('3', 'ann', D + 6, 10, '2')],
    };
    for (let night = 0; night < 8; night++) {
      course.advance(night, [factTable(facts[night] ?? [])]);
      tiers.push(TIERS[course.timeline.tiers.tier[0] as number]);
    }
    expect(tiers).toEqual([undefined, undefined, 'mid', 'mid', 'mid', 'high', 'high', 'high']);
    expect(course.timeline.tiers.since[0]).toBe(D + 5);
    course.advance(8, [factTable([voidOf('4', 'ann', D + 8, '1')])]);
    expect([course.timeline.tiers.tier[0], course.timeline.tiers.since[0]]).toEqual([255, -(2 ** 31)]);
  });
});
