import { describe, expect, it } from 'vitest';
import { NO_CODE, NO_INT, textAt } from '../../../../lib/arrow/columns.ts';
import { CLV_METHODS, SCORES } from '../../../../lib/arrow/schemas.ts';
import { NO_FACTS } from '../../../../lib/book/night-facts.ts';
import { configSchema, type PerennialConfig } from '../../../../lib/config/config.ts';
import { STAGES, TIERS } from '../../../../lib/lifecycle/words.ts';
import { RFM_SEGMENTS } from '../../../../lib/rfm/segment-map.ts';
import type { Calibration } from '../../../../lib/run/engine/epoch-record.ts';
import { scheduleOf } from '../../../../lib/run/engine/epoch-record.ts';
import { scoreColumns } from '../../../../lib/run/engine/score-table.ts';
import { ShardTimeline } from '../../../../lib/run/engine/shard-timeline.ts';
import { formatDay } from '../../../../lib/time.ts';
import { calibrationOf, epochOf } from '../../../support/epochs.ts';
import { DAY_0, factTable, refund, sale, voidOf } from '../../../support/facts.ts';
import { TestShard } from '../../../support/shard.ts';

const D = DAY_0;
const DEFAULTS = configSchema.parse({});
const facts = [
  sale('1', 'zoe', D - 30, 1000),
  sale('2', 'zoe', D - 10, 2000),
  sale('3', 'zoe', D - 4, 3000),
  sale('4', 'one', D - 20, 500),
  refund('5', 'one', D, 100, '4'),
  sale('6', 'gone', D, 700),
  voidOf('7', 'gone', D, '6'),
];
const cuts = {
  rfmCuts: {
    recency: [-25, -15, -8, -2].map((offset) => formatDay(D + offset)),
    frequency: [1, 1, 2, 3],
    monetary: [399, 400, 5000, 6000],
  },
  tierCuts: { high: { enter: 5000, cut: 5000, exit: 5000 }, mid: { enter: 100, cut: 100, exit: 100 } },
};

/** The scores of night D as records: nulls as null, codes as words. */
function scoresOf(changes: Partial<Calibration>, config: PerennialConfig = DEFAULTS) {
  const calibration = calibrationOf(D, changes);
  const shard = new TestShard();
  const { epoch } = calibration;
  const schedule = scheduleOf(
    { firstDataDate: null, changes: [{ date: formatDay(D), epoch, baseline: null, rules: config.stages }] },
    config,
  );
  const timeline = new ShardTimeline(shard.book, shard.index, undefined, schedule, config);
  timeline.advance(D, { ...NO_FACTS, transactions: [factTable(facts)] }, calibration);
  const columns = scoreColumns(timeline, shard.book.ids.sortedSlots(), calibration, config);
  const words: Record<string, readonly string[]> = {
    stage: STAGES,
    tier: TIERS,
    rfm_segment: RFM_SEGMENTS,
    clv_method: CLV_METHODS,
    epoch: ['e'],
  };
  return Array.from({ length: 3 }, (_, row) =>
    Object.fromEntries(
      Object.entries(SCORES).map(([name, { kind }]) => {
        const values = columns[name as keyof typeof SCORES];
        if (kind === 'utf8') return [name, textAt(columns.customer_id, row)];
        const value = (values as Float64Array)[row] as number;
        const isNull = Number.isNaN(value) || (kind === 'code' || kind === 'uint8' ? value === NO_CODE : value === NO_INT);
        return [name, isNull ? null : (words[name]?.[value] ?? value)];
      }),
    ),
  );
}

const MODEL_COLUMNS = [
  'p_alive',
  'p_return',
  'q',
  'expected_purchases',
  'expected_spend_minor',
  'clv_minor',
  'clv_method',
  'epoch',
  'value_at_risk_minor',
];
const nullsOf = (row: Record<string, unknown>) => Object.keys(row).filter((name) => row[name] === null);

describe('scoreColumns', () => {
  it('orders customers by id and gives what their purchases tell', () => {
    const rows = scoresOf(cuts);
    expect(rows.map((row) => row['customer_id'])).toEqual(['gone', 'one', 'zoe']);
    expect(rows[2]).toMatchObject({
      as_of: D,
      first_purchase_on: D - 30,
      last_purchase_on: D - 4,
      recency_days: 4,
      frequency: 3,
      monetary_minor: 6000,
      x: 2,
      t_x_days: 26,
      tenure_days: 30,
      r: 4,
      f: 4,
      m: 4,
      rfm_segment: 'Loyal',
      stage: 'growing',
      tier: 'high',
      tier_since: D,
      total_clv_minor: 6000,
    });
    expect(rows[1]).toMatchObject({
      frequency: 1,
      monetary_minor: 400,
      x: 0,
      r: 2,
      f: 1,
      m: 2,
      rfm_segment: 'Hibernating',
      tier: 'mid',
    });
  });

  it('leaves a prospect everything about purchases null but frequency and monetary', () => {
    for (const changes of [cuts, { ...cuts, epoch: epochOf(D) }]) {
      const [gone] = scoresOf(changes) as [Record<string, unknown>];
      expect(gone).toMatchObject({ stage: 'prospect', frequency: 0, monetary_minor: 0, stage_since: D });
      const kept = ['customer_id', 'as_of', 'frequency', 'monetary_minor', 'stage', 'stage_since', 'change_reason'];
      expect(nullsOf(gone)).toEqual(Object.keys(SCORES).filter((name) => !kept.includes(name)));
    }
  });

  it('leaves the model columns null under the fallback; the total is net historic', () => {
    const [, one] = scoresOf(cuts) as [unknown, Record<string, unknown>];
    expect(
      nullsOf(one)
        .filter((name) => name !== 'previous_stage')
        .sort(),
    ).toEqual([...MODEL_COLUMNS].sort());
    expect(one['total_clv_minor']).toBe(400);
  });

  it('fills them under a model: population mean for one purchase day, else the own spend', () => {
    const [, one, zoe] = scoresOf({ ...cuts, epoch: epochOf(D) }) as [unknown, Record<string, number>, Record<string, number>];
    for (const name of MODEL_COLUMNS) expect([name, one[name], zoe[name]]).not.toContain(null);
    // Gamma-Gamma p 6, q 4, v 15: population mean p v / (q - 1) = 30.00; own mean (p (q - 1) ... ) of two days at 25.00
    expect([one['clv_method'], one['expected_spend_minor']]).toEqual(['population_mean', 3000]);
    expect([zoe['clv_method'], zoe['expected_spend_minor']]).toEqual([
      'gamma_gamma',
      Math.round((6 * (1500 + 2 * 2500)) / (6 * 2 + 4 - 1)),
    ]);
    for (const row of [one, zoe]) {
      expect(row['total_clv_minor']).toBe((row['monetary_minor'] as number) + (row['clv_minor'] as number));
      expect(row['q']).toBeLessThan(1);
      expect(row['p_return']).toBeLessThan(row['p_alive'] as number);
    }
  });

  it('scores under every model, and leaves all but the value alone when it is of the whole future', () => {
    const paretoNbd = epochOf(D, { model: 'pareto-nbd', params: { r: 0.55, alpha: 74, s: 0.6, beta: 82 } });
    const bgNbd = epochOf(D, { model: 'bg-nbd', params: { r: 0.24, alpha: 31, a: 0.8, b: 2.4 } });
    for (const epoch of [paretoNbd, bgNbd]) {
      const [, one, zoe] = scoresOf({ ...cuts, epoch }) as [unknown, Record<string, number>, Record<string, number>];
      for (const name of MODEL_COLUMNS) expect([name, one[name], zoe[name]]).not.toContain(null);
      expect(one['p_alive']).toBeLessThanOrEqual(1);
      expect(one['p_return']).toBeLessThan(one['p_alive'] as number);
    }
    const dert = configSchema.parse({ clv: { model: 'pareto-nbd', discounting: 'dert' } });
    const ofValue = { clv_minor: null, total_clv_minor: null, value_at_risk_minor: null, tier: null };
    const yearsOf = (row: Record<string, unknown>) => ({ ...row, ...ofValue });
    const [year, future] = [scoresOf({ ...cuts, epoch: paretoNbd }), scoresOf({ ...cuts, epoch: paretoNbd }, dert)];
    expect(future.map(yearsOf)).toEqual(year.map(yearsOf));
    expect(future[2]?.['clv_minor']).toBeGreaterThan((year[2]?.['clv_minor'] as number) * 1.5);
    // the epoch before the change of the model knows no such sum
    expect(scoresOf({ ...cuts, epoch: bgNbd }, dert)).toEqual(scoresOf({ ...cuts, epoch: bgNbd }));
  });

  it('takes the mean of the cohort when Gamma-Gamma was refused', () => {
    const rows = scoresOf({ ...cuts, epoch: epochOf(D, { spend: null, cohortMeanMinor: 1234.5 }) }).slice(1);
    expect(rows.map((row) => [row['clv_method'], row['expected_spend_minor']])).toEqual([
      ['cohort_mean', 1235],
      ['cohort_mean', 1235],
    ]);
  });

  it('has no RFM scores and no tiers before the first cuts', () => {
    for (const row of scoresOf({})) {
      expect([row['r'], row['f'], row['m'], row['rfm_segment'], row['tier'], row['tier_since']]).toEqual([
        null,
        null,
        null,
        null,
        null,
        null,
      ]);
    }
  });
});
