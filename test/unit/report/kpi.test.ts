import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { STAGES, TIERS } from '../../../lib/lifecycle/words.ts';
import { type KpiPartial, mergeKpis } from '../../../lib/report/kpi.ts';
import { encodeKpiParquet, kpiRows, type StoredKpi } from '../../../lib/report/kpi-file.ts';

const code = (stage: (typeof STAGES)[number]) => STAGES.indexOf(stage);
const partial = (changes: Partial<KpiPartial>): KpiPartial => ({
  day: 19_723,
  customers: 0,
  buyers: 0,
  stages: STAGES.map(() => 0),
  tiers: TIERS.map(() => 0),
  erased: STAGES.map(() => 0),
  flows: [],
  restated: 0,
  restatements: [],
  purchasers: 0,
  firstTimeBuyers: 0,
  sales: 0,
  salesMinor: 0,
  refunds: 0,
  refundsMinor: 0,
  voids: 0,
  voidedMinor: 0,
  duplicates: 0,
  conflicts: 0,
  ...changes,
});

const parts = [
  partial({
    customers: 3,
    buyers: 2,
    stages: [1, 2, 0, 0, 0, 0, 0],
    tiers: [1, 0, 1],
    flows: [
      [code('churned'), code('returned'), 1],
      [255, code('new'), 2],
    ],
    restated: 1,
    restatements: [[code('new'), code('growing'), 1]],
    sales: 4,
    salesMinor: 1000,
    refunds: 1,
    refundsMinor: 300,
    voids: 1,
    voidedMinor: 50,
  }),
  partial({
    customers: 2,
    buyers: 2,
    stages: [0, 1, 1, 0, 0, 0, 0],
    tiers: [0, 2, 0],
    flows: [
      [code('new'), code('growing'), 4],
      [255, code('new'), 5],
    ],
    sales: 1,
    salesMinor: 9,
    purchasers: 2,
    firstTimeBuyers: 1,
    duplicates: 7,
    conflicts: 2,
  }),
];

describe('mergeKpis', () => {
  it('sums the shards, and keeps restatements out of the flows', () => {
    expect(mergeKpis('2024-01-01', 'EUR', parts)).toEqual({
      date: '2024-01-01',
      currency: 'EUR',
      customers: 5,
      buyers: 4,
      stages: { prospect: 1, new: 3, growing: 1, loyal: 0, declining: 0, churned: 0, returned: 0 },
      tiers: { low: 1, mid: 2, high: 1, vip: 0 },
      flows: [
        { from: '', to: 'new', customers: 7 },
        { from: 'new', to: 'growing', customers: 4 },
        { from: 'churned', to: 'returned', customers: 1 },
      ],
      restated: 1,
      erased: 0,
      purchasers: 2,
      first_time_buyers: 1,
      sales: 5,
      sales_minor: 1009,
      refunds: 1,
      refunds_minor: 300,
      voids: 1,
      voided_minor: 50,
      revenue_minor: 659,
      duplicates: 7,
      conflicts: 2,
    });
  });

  it('does not depend on the number or the order of shards', () => {
    const merged = mergeKpis('2024-01-01', 'EUR', parts);
    expect(mergeKpis('2024-01-01', 'EUR', parts.toReversed())).toEqual(merged);
    expect(mergeKpis('2024-01-01', 'EUR', [partial({}), ...parts, partial({})])).toEqual(merged);
  });
});

describe('the figures of a date in long form', () => {
  const groups = {
    schemaVersion: 2,
    growth: { that_night: null, last_28_days: { first_time: 3, rate: 0.25 } },
    retention: { rate: 0.5, cohorts: [{ month: '2024-01', active: 4, retained: 2 }] },
    model: { epoch: 'mbg-nbd@2024-01-01' },
  };
  const kpi: StoredKpi = { ...mergeKpis('2024-01-01', 'EUR', parts), ...groups };

  it('are one row per number, null where it is not known, without texts', () => {
    const rows = kpiRows(kpi).map(({ group, measure, value }) => [group, measure, value]);
    for (const row of [
      ['', 'customers', 5],
      ['', 'stage_new', 3],
      ['', 'tier_mid', 2],
      ['', 'flow_none_new', 7],
      ['', 'flow_churned_returned', 1],
      ['growth', 'that_night', null],
      ['growth', 'last_28_days_first_time', 3],
      ['growth', 'last_28_days_rate', 0.25],
      ['retention', 'rate', 0.5],
      ['retention', 'cohort_2024-01_active', 4],
      ['retention', 'cohort_2024-01_retained', 2],
    ]) {
      expect(rows).toContainEqual(row);
    }
    expect(rows.filter(([group]) => group === 'model')).toEqual([]);
    expect(new Set(rows.map((row) => row.slice(0, 2).join(' '))).size).toBe(rows.length);
  });

  it('are the same in Parquet', async () => {
    const bytes = encodeKpiParquet(kpi);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    expect(rows).toEqual(
      kpiRows(kpi).map(({ group, measure, value }) => ({ date: '2024-01-01', currency: 'EUR', measure, value, group })),
    );
  });
});
