import { describe, expect, it } from 'vitest';
import { textAt } from '../../../../lib/arrow/columns.ts';
import { SCORES } from '../../../../lib/arrow/schemas.ts';
import { tableRows } from '../../../../lib/arrow/table-rows.ts';
import { type NightFacts, NO_FACTS } from '../../../../lib/book/night-facts.ts';
import { configSchema } from '../../../../lib/config/config.ts';
import { STAGES, type Stage } from '../../../../lib/lifecycle/words.ts';
import { RFM_SEGMENTS } from '../../../../lib/rfm/segment-map.ts';
import { scheduleOf } from '../../../../lib/run/engine/epoch-record.ts';
import { scoreColumns } from '../../../../lib/run/engine/score-table.ts';
import { ShardTimeline } from '../../../../lib/run/engine/shard-timeline.ts';
import { whatNext } from '../../../../lib/run/explain/next.ts';
import { foldOwnFacts } from '../../../../lib/run/explain/own-history.ts';
import type { OwnScores, ScoreRow } from '../../../../lib/run/explain/own-scores.ts';
import { pointsBySignal, type Today, todaySentences } from '../../../../lib/run/explain/today.ts';
import { formatDay } from '../../../../lib/time.ts';
import { calibrationOf, epochOf } from '../../../support/epochs.ts';
import { DAY_0, factTable, refund, sale, type TestFact } from '../../../support/facts.ts';
import { RULES, TestShard } from '../../../support/shard.ts';

const D = DAY_0;
const LAST = 90;
const config = configSchema.parse({});
const epoch = epochOf(D);
const FACTS: readonly TestFact[] = [
  sale('1', 'once', D, 1000),
  ...[0, 18, 40].map((at) => sale(`2-${at}`, 'grows', D + at, 2000)),
  ...[0, 10, 25, 31, 60, 88].map((at) => sale(`3-${at}`, 'loyal', D + at, 5000)),
  ...[0, 2, 4, 7].map((at) => sale(`4-${at}`, 'quick', D + at, 900)),
  sale('5', 'back', D + 60, 4000),
  refund('6', 'back', D + 61, 2500, '5'),
];
const cuts = {
  rfmCuts: {
    recency: [10, 35, 50, 80].map((at) => formatDay(D + at)),
    frequency: [1, 2, 3, 5],
    monetary: [999, 1500, 4000, 9000],
  },
  tierCuts: { high: { enter: 9000, cut: 8000, exit: 7000 }, mid: { enter: 3000, cut: 2000, exit: 1500 } },
};
const calibration = (day: number) => calibrationOf(day, { epoch, ...cuts });
const factsOf = (day: number, facts: readonly TestFact[]): NightFacts => ({
  ...NO_FACTS,
  transactions: [factTable(facts.filter((fact) => fact.day === day))],
});

/** A timeline of all customers up to `LAST`. */
function course(): ShardTimeline {
  const shard = new TestShard();
  const change = { date: formatDay(D), epoch, baseline: null, rules: config.stages };
  const schedule = scheduleOf({ firstDataDate: formatDay(D), changes: [change] }, config);
  const timeline = new ShardTimeline(shard.book, shard.index, undefined, schedule, config);
  for (let day = D; day <= D + LAST; day++) timeline.advance(day, factsOf(day, FACTS), calibration(day));
  return timeline;
}

/** What explanations are made from, by customer. */
function todays(timeline: ShardTimeline): Map<string, Today> {
  const order = timeline.book.order();
  const at = calibration(D + LAST);
  const columns = scoreColumns(timeline, order, at, config);
  const rows = [...tableRows(SCORES, order.length, columns, { epoch: [epoch.id], rfm_segment: RFM_SEGMENTS })];
  return new Map(
    rows.map((values, row) => {
      const scores = Object.fromEntries(Object.keys(SCORES).map((name, i) => [name, values[i]])) as ScoreRow;
      const id = textAt(columns.customer_id, row);
      const own: OwnScores = {
        scores,
        currency: 'USD',
        warningSince: null,
        episodeOn: null,
        alertedOn: null,
        segments: ['loyal_to_thank'],
        heldOutOf: ['gone'],
      };
      const nights = Array.from({ length: LAST + 1 }, (_, i) => ({
        date: formatDay(D + i),
        facts: factsOf(
          D + i,
          FACTS.filter(({ customer }) => customer === id),
        ),
      }));
      const history = foldOwnFacts(nights, Buffer.from(id), RULES);
      const c = timeline.book.customers;
      const slot = order[row] as number;
      const customer = {
        stage: scores.stage as Stage,
        nextChangeOn: scores.next_change_on as never,
        facts: { purchaseDays: c.purchaseDays[slot], firstDay: c.firstDay[slot], lastDay: c.lastDay[slot] } as never,
      };
      return [id, { own, history, calibration: at, config, next: whatNext(customer, at, config) }];
    }),
  );
}

describe('todaySentences', () => {
  const all = todays(course());
  const sentences = (id: string, language: 'en' | 'zh') =>
    todaySentences(all.get(id) as Today).map((sentence) => `${sentence.topic}: ${sentence[language]}`);

  it('puts a sentence behind every number', () => {
    expect(sentences('grows', 'en')).toEqual([
      'stage: Growing since 2024-01-19, new before.',
      'rhythm: Usually buys every 20 days, silent for 50.',
      'return: 43 % likely to buy within 90 days; 73 % just after the last purchase (q 0.59).',
      'value: Expected to bring 58.66 USD in the next 365 days, discounted: 2.8 purchase days of 22.00 USD (the own spend, drawn towards that of all).',
      'value: Total value 118.66 USD: 60.00 USD net so far and 58.66 USD expected.',
      'tier: Tier high since 2024-01-01: 118.66 USD (high above 80.00 USD, mid above 20.00 USD).',
      'rfm: RFM segment Loyal, code 334.',
      'rfm: R 3: last purchase 2024-02-10, after 2024-02-05 and up to 2024-02-20.',
      'rfm: F 3: purchase days 3, above 2 and up to 3.',
      'rfm: M 4: net value 60.00 USD, above 40.00 USD and up to 90.00 USD.',
      'warning: No warning: 1 point (inactivity 1); without complaints and bad reviews, for none are delivered.',
      'segments: Lists: Loyal customers to thank. Held out of gone, to compare.',
      'next: If nothing is bought, declining on 2024-04-16, churned on 2024-07-30.',
      'next: A purchase (purchase day 4) makes the stage loyal.',
    ]);
    expect(sentences('once', 'zh')).toEqual([
      'stage: 自 2024-03-04 起为「衰退」阶段，此前为「新」。',
      'rhythm: 仅购买过一天，已 90 天未购买；其他客户约 20 天后再次购买。',
      'return: 90 天内再次购买的可能性为 17 %；上次购买时为 44 %（q 0.39）。',
      'value: 预计未来 365 天带来 22.28 USD（已贴现）：0.8 个购买日，每次 30.00 USD（取总体均值，因仅一次购买不足以判断）。',
      'value: 总价值 32.28 USD：已实现净额 10.00 USD，预计 22.28 USD。',
      'tier: 价值层级「中」，自 2024-01-29 起：32.28 USD（「高」须高于 80.00 USD，「中」须高于 20.00 USD）。',
      'rfm: RFM 分群「沉寂」，代码 112。',
      'rfm: R 1：最近购买 2024-01-01，不晚于 2024-01-11。',
      'rfm: F 1：购买天数 1，不超过 1。',
      'rfm: M 2：净消费 10.00 USD，高于 9.99 USD 且不超过 15.00 USD。',
      'warning: 预警级别「关注」：2 分（沉默 2）；未收到互动数据，未计投诉与差评。',
      'warning: 因沉默，预期价值中有 5.94 USD 面临流失风险。',
      'segments: 所在名单：「待答谢的忠诚客户」。作为对照，未列入：「gone」。',
      'next: 若不再购买，将于 2024-07-14 变为「流失」。',
      'next: 再次购买（第 2 个购买日）将变为「成长」。',
    ]);
  });

  it('tells the points of a warning by signal', () => {
    for (const [id, today] of all) {
      const points = pointsBySignal(today);
      expect([id, points]).toEqual([id, expect.anything()]);
      expect(Object.values(points ?? {}).reduce((a, b) => a + b, 0)).toBe(today.own.scores.warning_points);
    }
    expect(pointsBySignal(all.get('back') as Today)).toMatchObject({ refunds: 1 });
    const elsewhere = all.get('back') as Today;
    const own = { ...elsewhere.own, scores: { ...elsewhere.own.scores, warning_points: 7 } };
    expect(pointsBySignal({ ...elsewhere, own })).toBeNull();
  });
});

describe('whatNext', () => {
  it('tells the dates on which empty nights take the next two steps', () => {
    const timeline = course();
    const all = todays(timeline);
    const { size } = timeline.book;
    const before = timeline.stages.stage.slice(0, size);
    const taken: string[][] = Array.from({ length: size }, () => []);
    for (let day = D + LAST + 1; day <= D + LAST + 370; day++) {
      timeline.advance(day, NO_FACTS, calibration(day));
      for (let slot = 0; slot < size; slot++) {
        const stage = timeline.stages.stage[slot] as number;
        if (stage === before[slot]) continue;
        before[slot] = stage;
        taken[slot]?.push(`${STAGES[stage]} on ${formatDay(day)}`);
      }
    }
    const order = timeline.book.order();
    const told = [...all.values()].map(({ next: { without, after } }) =>
      [without, after].flatMap((step) => (step ? [`${step.to} on ${step.on}`] : [])),
    );
    expect(told).toEqual(Array.from(order, (slot) => taken[slot]));
    expect(new Set(told.map((steps) => steps.length))).toEqual(new Set([1, 2]));
  });

  it('tells the stage that a purchase of the next day gives', () => {
    const timeline = course();
    const all = todays(timeline);
    const day = D + LAST + 1;
    const bought = [...all.keys()].map((id) => sale(`n-${id}`, id, day, 100));
    timeline.advance(day, factsOf(day, bought), calibration(day));
    const order = timeline.book.order();
    const given = Array.from(order, (slot) => ({
      to: STAGES[timeline.stages.stage[slot] as number],
      purchaseDays: timeline.book.customers.purchaseDays[slot],
    }));
    expect([...all.values()].map(({ next }) => next.withPurchase)).toEqual(given);
  });
});
