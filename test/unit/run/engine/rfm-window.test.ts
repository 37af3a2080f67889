import { describe, expect, it } from 'vitest';
import { textAt } from '../../../../lib/arrow/columns.ts';
import { summariseEpoch } from '../../../../lib/book/epoch-rows.ts';
import { NO_FACTS } from '../../../../lib/book/night-facts.ts';
import { windowColumns } from '../../../../lib/book/purchases-after.ts';
import { configSchema, type PerennialConfig } from '../../../../lib/config/config.ts';
import { RFM_SEGMENTS } from '../../../../lib/rfm/segment-map.ts';
import { calibrateDate } from '../../../../lib/run/engine/calibrate-date.ts';
import { scheduleOf } from '../../../../lib/run/engine/epoch-record.ts';
import { profileValues } from '../../../../lib/run/engine/profile-values.ts';
import { scoreColumns } from '../../../../lib/run/engine/score-table.ts';
import { ShardTimeline } from '../../../../lib/run/engine/shard-timeline.ts';
import { formatDay } from '../../../../lib/time.ts';
import { calibrationOf, epochOf } from '../../../support/epochs.ts';
import { DAY_0, factTable, refund, sale } from '../../../support/facts.ts';
import { TestShard } from '../../../support/shard.ts';

const D = DAY_0;
const WINDOW = 30;
const windowed = configSchema.parse({ rfm: { windowDays: WINDOW } });
const lifetime = configSchema.parse({});
const facts = [
  sale('1', 'both', D - 200, 5000),
  sale('2', 'both', D - 30, 700),
  sale('3', 'both', D - 29, 300),
  sale('4', 'both', D, 200),
  sale('5', 'past', D - 31, 9000),
  sale('6', 'undone', D - 90, 400),
  sale('7', 'undone', D - 5, 100),
  refund('8', 'undone', D, 100, '7'),
];

/** The scores of night D by customer. */
function scoresOf(config: PerennialConfig) {
  const shard = new TestShard();
  const calibration = calibrationOf(D, {
    epoch: epochOf(D),
    tierCutsDate: formatDay(D),
    rfmCuts: {
      recency: [-100, -50, -20, -10].map((offset) => formatDay(D + offset)),
      frequency: [0, 1, 2, 3],
      monetary: [0, 100, 1000, 8000],
    },
  });
  const changes = [{ date: formatDay(D), epoch: calibration.epoch, baseline: null, rules: config.stages }];
  const schedule = scheduleOf({ firstDataDate: null, changes }, config);
  const timeline = new ShardTimeline(shard.book, shard.index, undefined, schedule, config);
  timeline.advance(D, { ...NO_FACTS, transactions: [factTable(facts)] }, calibration);
  const order = shard.book.order();
  const columns = scoreColumns(timeline, order, calibration, config);
  const shown = profileValues(columns, timeline, order, calibration, config);
  return Object.fromEntries(
    Array.from(order, (_, row) => {
      const names = ['frequency', 'monetary_minor', 'r', 'f', 'm', 'x', 't_x_days', 'total_clv_minor', 'clv_minor'] as const;
      const values = Object.fromEntries(names.map((name) => [name, columns[name][row]])) as Record<
        (typeof names)[number],
        number
      >;
      const segment = RFM_SEGMENTS[columns.rfm_segment[row] as number];
      return [textAt(columns.customer_id, row), { ...values, segment, shown: shown.clvMinor[row] }];
    }),
  );
}

describe('scores of a window', () => {
  it('count the days and the money of (D - window, D], and score them', () => {
    const scores = scoresOf(windowed);
    expect(scores['both']).toMatchObject({ frequency: 2, monetary_minor: 500, r: 5, f: 3, m: 3 });
    // bought, but not in the window: scored with 0 days and 0 money
    expect(scores['past']).toMatchObject({ frequency: 0, monetary_minor: 0, r: 3, f: 1, m: 1, segment: 'About to Sleep' });
    expect(scores['undone']).toMatchObject({ frequency: 0, monetary_minor: 0, r: 2, f: 1, m: 1 });
  });

  it('leave x, t_x, values and what profiles show as they are', () => {
    const [some, all] = [scoresOf(windowed), scoresOf(lifetime)];
    for (const id of ['both', 'past', 'undone']) {
      for (const name of ['r', 'x', 't_x_days', 'clv_minor', 'total_clv_minor', 'shown'] as const) {
        expect([name, some[id]?.[name]]).toEqual([name, all[id]?.[name]]);
      }
      expect(some[id]?.clv_minor).toBeGreaterThan(0);
      expect(some[id]?.shown).toBeGreaterThan(0);
    }
    expect(all['both']).toMatchObject({ frequency: 4, monetary_minor: 6200, x: 3, t_x_days: 200 });
  });
});

describe('cuts of a window', () => {
  it('are taken over every buyer, those without a purchase in it with zeros', () => {
    const shard = new TestShard();
    shard.fold(D, facts);
    const { rows, columns, gaps } = summariseEpoch(shard.book, D, 90);
    const window = windowColumns(shard.book, rows, D - WINDOW);
    expect([[...window.frequency], [...window.monetary_minor]]).toEqual([
      [2, 0, 0],
      [500, 0, 0],
    ]);
    const book = { firstDataDate: formatDay(D), changes: [] };
    const cutsOf = (part: Parameters<typeof calibrateDate>[3], config: PerennialConfig) =>
      calibrateDate(formatDay(D), undefined, book, part, config).calibration.rfmCuts;
    const cuts = cutsOf({ parts: [{ rows, columns: { ...columns, ...window } }], gaps }, windowed);
    expect([cuts?.frequency, cuts?.monetary]).toEqual([
      [0, 0, 0, 2],
      [0, 0, 0, 500],
    ]);
    const whole = cutsOf({ parts: [{ rows, columns }], gaps }, lifetime);
    expect([whole?.frequency, whole?.monetary]).toEqual([
      [1, 1, 1, 4],
      [400, 6200, 6200, 9000],
    ]);
    expect(cuts?.recency).toEqual(whole?.recency);
  });
});

describe('a custom map', () => {
  it('gives the codes of its own names', () => {
    const segmentMap = [
      { name: 'Asleep', r: [1, 3] },
      { name: 'Awake', r: [4, 5] },
    ];
    const scores = scoresOf(configSchema.parse({ rfm: { segmentMap } }));
    // shown through the default names: place 0 and 1
    expect([scores['past']?.segment, scores['both']?.segment]).toEqual([RFM_SEGMENTS[0], RFM_SEGMENTS[1]]);
  });
});
