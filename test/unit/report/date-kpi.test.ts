import { describe, expect, it } from 'vitest';
import { FEEDS } from '../../../lib/keys.ts';
import { STAGES, TIERS, WARNING_LEVELS } from '../../../lib/lifecycle/words.ts';
import { dateKpi } from '../../../lib/report/date-kpi.ts';
import type { EarlierKpi } from '../../../lib/report/flow-figures.ts';
import type { Kpi } from '../../../lib/report/kpi.ts';
import { addFigures, type ShardFigures } from '../../../lib/report/shard-figures.ts';

const kpi = (changes: Partial<Kpi>): Kpi => ({
  date: '2025-03-01',
  currency: 'EUR',
  customers: 100,
  buyers: 90,
  stages: { prospect: 10, new: 20, growing: 20, loyal: 20, declining: 10, churned: 18, returned: 2 },
  tiers: { low: 50, mid: 30, high: 10 },
  flows: [],
  restated: 0,
  erased: 0,
  purchasers: 0,
  first_time_buyers: 0,
  sales: 0,
  sales_minor: 0,
  refunds: 0,
  refunds_minor: 0,
  voids: 0,
  voided_minor: 0,
  revenue_minor: 0,
  duplicates: 0,
  conflicts: 0,
  ...changes,
});

const figures = (changes: Partial<ShardFigures> = {}): ShardFigures => ({
  cohorts: { '2025-01': [4, 1] },
  repurchase: {
    repeatBuyers: 30,
    within: [
      [10, 2],
      [8, 3],
      [0, 0],
    ],
    daysToSecond: '3 1,9 2',
    repeatNetMinor: 250,
  },
  returnedAfter: '',
  values: { net: '5 2 1000', predicted: null, total: '5 2 1000', tiers: TIERS.map(() => [0, 0]) },
  satisfaction: {
    reviews: 2,
    reviewScores: 7_000_000,
    badReviews: 1,
    surveys: 0,
    surveyScores: 0,
    complaints: 5,
    open: 2,
    overdue: 1,
    resolvedSoon: 2,
    resolvedLate: 1,
  },
  referral: { recent: [4, 1], all: [90, 9], referrers: STAGES.map(() => 1) },
  matured: [null, null],
  warnings: {
    levels: WARNING_LEVELS.map(() => 1),
    valueAtRiskMinor: WARNING_LEVELS.map(() => 0),
    alerts: 3,
    alertsRight: 2,
    alertsWrong: 1,
    pending: 6,
  },
  feeds: Object.fromEntries(FEEDS.map((feed) => [feed, { duplicates: 0, refused: 1 }])) as ShardFigures['feeds'],
  waiting: { ORPHAN: 2, MISSING_RATE: 1 },
  ...changes,
});

const calibration = { epoch: null, epochAgeDays: null, baseline: null, candidate: null, refusalsInRow: 0, matured: [] };
const nothing = { day: undefined, week: undefined, trailing: undefined, matured: undefined };
const feeds = { transactions: { files: 1, rows: 9, accepted: 8, refused: 1, late: 2 } };

const flows = [
  { from: '', to: 'prospect', customers: 7 },
  { from: '', to: 'new', customers: 5 },
  { from: 'prospect', to: 'growing', customers: 1 },
  { from: 'churned', to: 'returned', customers: 2 },
  { from: 'declining', to: 'churned', customers: 3 },
  { from: 'loyal', to: 'declining', customers: 4 },
];

const earlier = (date: string, changes: Partial<EarlierKpi['cumulative']> = {}): EarlierKpi => ({
  date,
  stages: { prospect: 5, new: 30, churned: 20, declining: 10 },
  cumulative: {
    since: '2025-01-01',
    first_time: 10,
    churned: 5,
    returned: 1,
    restated_churned_baseline: 0,
    restated_churned_late_data: 1,
    alerts: 4,
    alerts_right: 1,
    alerts_wrong: 1,
    alerts_pending: 2,
    returned_after: '40 1',
    ...changes,
  },
});

describe('dateKpi', () => {
  it('tells nothing of windows that began before the first date', () => {
    const first = dateKpi(kpi({ flows }), figures(), 0, { calibration, feeds, earlier: nothing });
    expect(first.growth).toEqual({ that_night: null, last_28_days: null });
    expect(first.stage_changes).toEqual({ last_7_days: null, last_28_days: null });
    expect(first.churn['last_28_days']).toBeNull();
    expect(first.warnings.precision).toBeNull();
    expect(first.cumulative).toMatchObject({ since: '2025-03-01', first_time: 6, churned: 3, returned: 2, alerts: 3 });
    expect(first.churn.false_churn).toEqual({ since: '2025-03-01', churned: 3, returned: 2, rate: 2 / 3 });
  });

  it('adds up from date to date, and takes windows as differences of sums', () => {
    const sources = {
      calibration,
      feeds,
      earlier: {
        day: earlier('2025-02-28', { churned: 9, returned: 3, first_time: 12, returned_after: '40 2,60 1' }),
        week: undefined,
        trailing: earlier('2025-02-01'),
        matured: earlier('2024-12-01'),
      },
    };
    const night = dateKpi(kpi({ flows }), figures({ returnedAfter: '100 2' }), 1, sources);
    expect(night.growth.that_night).toEqual({ active_at_start: 40, first_time: 6, returned: 2, churned: 3, rate: 5 / 40 });
    expect(night.growth.last_28_days).toEqual({ active_at_start: 40, first_time: 8, returned: 4, churned: 7, rate: 5 / 40 });
    expect(night.churn['last_28_days']).toEqual({
      active_at_start: 40,
      churned: 7,
      churn_rate: 7 / 40,
      churned_at_start: 20,
      returned: 4,
      win_back_rate: 4 / 20,
      median_silent_days_before_return: 60,
    });
    expect(night.churn.restated_into_churned).toEqual({ baseline: 0, late_data: 2 });
    expect(night.stage_changes.last_28_days).toMatchObject({ prospect: 5, new: -10, churned: -2, loyal: 20 });
    // of the four that were given 90 days before, by now two more came true
    expect(night.warnings.precision).toEqual({ since: '2025-01-01', alerts: 4, right: 3, rate: 3 / 4 });
  });

  it('does not take a difference over dates that were counted from another one on', () => {
    const sources = {
      calibration,
      feeds,
      earlier: { ...nothing, day: earlier('2025-02-28', { since: '2025-02-20' }), trailing: earlier('2025-02-01') },
    };
    const night = dateKpi(kpi({ flows }), figures(), 0, sources);
    expect([night.growth.last_28_days, night.churn['last_28_days']]).toEqual([null, null]);
    expect(night.growth.that_night).not.toBeNull();
  });

  it('tells restatements of a baseline night apart, and who was moved by silence alone', () => {
    const baseline = { ...calibration, baseline: 'EPOCH_CHANGED' };
    const night = dateKpi(kpi({ flows, restated: 6 }), figures(), 4, { calibration: baseline, feeds, earlier: nothing });
    expect(night.churn.restated_into_churned).toEqual({ baseline: 4, late_data: 0 });
    expect(night.calm).toMatchObject({
      changed_without_purchase: 7,
      changed_without_purchase_share: 0.07,
      restated_by_baseline: 6,
    });
  });

  it('tells shares and means of what was counted', () => {
    const night = dateKpi(kpi({}), figures(), 0, { calibration, feeds, earlier: nothing });
    expect(night.retention).toMatchObject({ active: 4, retained: 1, rate: 0.25 });
    expect(night.repurchase.second_purchase).toMatchObject({
      within_30_days: { rate: 0.2 },
      within_90_days: { buyers: 0, rate: null },
    });
    expect(night.repurchase).toMatchObject({ rate: 30 / 90, median_days_to_second: 9, repeat_revenue_share: 0.25 });
    expect(night.satisfaction).toMatchObject({ mean_rating: 3.5, negative_share: 0.5, resolved_within_7_days_share: 0.5 });
    expect(night.satisfaction.mean_survey_score).toBeNull();
    expect(night.referral).toMatchObject({ last_28_days: { rate: 0.25 }, all: { rate: 0.1 } });
    expect(night.data.feeds['transactions']).toEqual({ files: 1, rows: 9, accepted: 8, quarantined: 2, late: 2, duplicates: 0 });
    expect(night.data).toMatchObject({ waiting: 3, orphan_refunds: 2, missing_rates: 1 });
  });

  it('tells of predictions that matured on epoch dates, and repeats them with their date until the next one', () => {
    const counts = {
      customers: 2,
      returned: 1,
      p: 1e6,
      pReturned: 6e5,
      pSquared: 5e5,
      byReturn: '90 2 1 1000000',
      byRecency: '3 2 1',
    };
    const epochs = [30, 90].map((days) => ({ asOf: `${days} before`, epoch: 'e' }));
    const sources = { calibration: { ...calibration, matured: epochs }, feeds, earlier: nothing };
    const onEpoch = dateKpi(kpi({}), figures({ matured: [counts, null] }), 0, sources);
    expect(onEpoch.model.matured['after_30_days']).toMatchObject({ as_of: '30 before', epoch: 'e', mean_predicted: 0.5 });
    expect(onEpoch.model.matured['after_90_days']).toBeNull();
    const later = { ...sources, calibration, earlier: { ...nothing, day: onEpoch } };
    expect(dateKpi(kpi({}), figures({ matured: null }), 0, later).model.matured).toEqual(onEpoch.model.matured);
    const first = dateKpi(kpi({}), figures({ matured: null }), 0, sources);
    expect(first.model.matured).toEqual({ after_30_days: null, after_90_days: null });
  });

  it('adds up shards in any order', () => {
    const a = figures();
    const b = figures({ cohorts: { '2025-02': [2, 2] }, waiting: { ORPHAN: 1 }, returnedAfter: '4 1' });
    expect(addFigures(a, b)).toEqual(addFigures(b, a));
    expect(addFigures(a, b)).toMatchObject({
      cohorts: { '2025-01': [4, 1], '2025-02': [2, 2] },
      waiting: { ORPHAN: 3, MISSING_RATE: 1 },
      repurchase: { daysToSecond: '3 2,9 4' },
      matured: [null, null],
    });
  });
});
