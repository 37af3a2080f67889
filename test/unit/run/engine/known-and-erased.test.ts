import { describe, expect, it } from 'vitest';
import { textAt } from '../../../../lib/arrow/columns.ts';
import { type NightFacts, NO_FACTS } from '../../../../lib/book/night-facts.ts';
import { configSchema } from '../../../../lib/config/config.ts';
import { REASONS, STAGES } from '../../../../lib/lifecycle/words.ts';
import type { KpiPartial } from '../../../../lib/report/kpi.ts';
import { countNight } from '../../../../lib/run/engine/count-night.ts';
import { scheduleOf } from '../../../../lib/run/engine/epoch-record.ts';
import { scoreColumns } from '../../../../lib/run/engine/score-table.ts';
import { stateColumns } from '../../../../lib/run/engine/shard-state.ts';
import { ShardTimeline } from '../../../../lib/run/engine/shard-timeline.ts';
import { formatDay } from '../../../../lib/time.ts';
import { calibrationOf } from '../../../support/epochs.ts';
import { DAY_0, factTable, sale } from '../../../support/facts.ts';
import { customerTable, erasureTable, interactionTable } from '../../../support/feed-facts.ts';
import { TestShard } from '../../../support/shard.ts';

const D = DAY_0;
const DAY = 86_400;
const config = configSchema.parse({});
const code = (stage: (typeof STAGES)[number]) => STAGES.indexOf(stage);

/** A shard that goes through nights, with the figures of each. */
class Course {
  readonly shard = new TestShard();
  readonly timeline = new ShardTimeline(
    this.shard.book,
    this.shard.index,
    undefined,
    scheduleOf(
      { firstDataDate: null, changes: [{ date: formatDay(D), epoch: null, baseline: null, rules: config.stages }] },
      config,
    ),
    config,
  );
  readonly kpis: KpiPartial[] = [];

  night(day: number, facts: Partial<NightFacts>): void {
    const logged = this.timeline.log.rows;
    const fold = this.timeline.advance(day, { ...NO_FACTS, ...facts }, calibrationOf(day, {}));
    this.kpis.push(countNight(this.timeline, day, fold, logged));
  }

  /** Stage changes in the files: `<night> <customer> <from>><to> <reason>`. */
  changes(): string[] {
    const word = (stage: number) => STAGES[stage] ?? '';
    return [...this.timeline.log.byDay(this.shard.book.ids.column, 'v')].flatMap(([day, { rows, columns: c }]) =>
      Array.from(
        { length: rows },
        (_, row) =>
          `${day - D} ${textAt(c.customer_id, row)} ${word(c.from[row] as number)}>${word(c.to[row] as number)} ${REASONS[c.reason_code[row] as number]}`,
      ),
    );
  }
}

describe('ShardTimeline, customers without purchases', () => {
  it('stand as prospects from the night they became known, until they buy', () => {
    const course = new Course();
    course.night(D, {
      customers: [customerTable([{ customer: 'ann', country: 'DE' }])],
      interactions: [interactionTable([{ id: '1', customer: 'bob', day: D }])],
    });
    course.night(D + 1, { transactions: [factTable([sale('1', 'ann', D + 1, 5)])] });
    expect(course.changes()).toEqual([
      '0 ann >prospect BECAME_KNOWN',
      '0 bob >prospect BECAME_KNOWN',
      '1 ann prospect>new FIRST_PURCHASE',
    ]);
    const columns = scoreColumns(course.timeline, course.shard.book.order(), calibrationOf(D + 1, {}), config);
    expect([...columns.stage]).toEqual([code('new'), code('prospect')]);
    expect([columns.frequency[1], columns.monetary_minor[1], columns.total_clv_minor[1]]).toEqual([0, 0, Number.NaN]);
    expect(course.kpis.map(({ customers, buyers }) => [customers, buyers])).toEqual([
      [2, 0],
      [2, 1],
    ]);
  });
});

describe('ShardTimeline, erased customers', () => {
  it('vanish from stages, tiers and the changes of the run, and are counted by stage', () => {
    const course = new Course();
    course.night(D, { transactions: [factTable([sale('1', 'ann', D, 5), sale('2', 'bob', D, 7)])] });
    course.night(D + 1, { erasures: [erasureTable([['ann', D * DAY]])] });
    expect(course.changes()).toEqual(['0 bob >new FIRST_PURCHASE']);
    const { erased, stages, customers } = course.kpis[1] as KpiPartial;
    expect([erased[code('new')], stages[code('new')], customers]).toEqual([1, 1, 1]);
    const order = course.shard.book.order();
    expect(stateColumns(course.timeline.state, order).stage).toHaveLength(1);
    expect(course.timeline.log.rows).toBe(2);
  });

  it('begin anew with a later purchase, on the same night or after', () => {
    const course = new Course();
    const later = (id: string, customer: string, day: number) => ({ ...sale(id, customer, day, 5), second: 9 });
    course.night(D, { transactions: [factTable([sale('1', 'ann', D, 5), sale('2', 'bob', D, 7)])] });
    course.night(D + 1, {
      erasures: [
        erasureTable([
          ['ann', (D + 1) * DAY],
          ['bob', (D + 1) * DAY],
        ]),
      ],
      transactions: [factTable([later('3', 'ann', D + 1)])],
    });
    course.night(D + 2, { transactions: [factTable([later('4', 'bob', D + 2), later('5', 'ann', D + 2)])] });
    expect(course.changes()).toEqual([
      '1 ann >new FIRST_PURCHASE',
      '2 ann new>growing SECOND_PURCHASE',
      '2 bob >new FIRST_PURCHASE',
    ]);
    const total = (kpi: KpiPartial | undefined, name: 'stages' | 'erased') => kpi?.[name].reduce((sum, n) => sum + n, 0);
    expect(course.kpis.map((kpi) => [total(kpi, 'stages'), total(kpi, 'erased')])).toEqual([
      [2, 0],
      [1, 2],
      [2, 0],
    ]);
  });
});
