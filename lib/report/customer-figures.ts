import { STAGES, TIERS, WARNING_LEVELS } from '../lifecycle/words.ts';
import { type Cumulative, type EarlierKpi, isCounted, ratio } from './flow-figures.ts';
import { MILLIONTHS } from './return-buckets.ts';
import { RETENTION_DAYS, SECOND_WITHIN, type ShardFigures, TRAILING_DAYS } from './shard-figures.ts';
import { medianDays } from './tally.ts';
import { valueFigures } from './value-buckets.ts';

/** Of those active in the 30 days before the last 30, who bought in the last 30; by month of the first purchase. */
export function retentionFigures({ cohorts }: ShardFigures) {
  const months = Object.keys(cohorts).sort();
  const rows = months.map((month) => {
    const [active, retained] = cohorts[month] as readonly [number, number];
    return { month, active, retained, rate: ratio(retained, active) };
  });
  const active = rows.reduce((sum, row) => sum + row.active, 0);
  const retained = rows.reduce((sum, row) => sum + row.retained, 0);
  return { window_days: RETENTION_DAYS, active, retained, rate: ratio(retained, active), cohorts: rows };
}

/** Who buys again, and how soon. @param buyers customers with a purchase that stands */
export function repurchaseFigures({ repurchase, values }: ShardFigures, buyers: number) {
  const { repeatBuyers, within, daysToSecond, repeatNetMinor } = repurchase;
  const net = valueFigures(values.net).sum_minor;
  return {
    repeat_buyers: repeatBuyers,
    rate: ratio(repeatBuyers, buyers),
    second_purchase: Object.fromEntries(
      SECOND_WITHIN.map((days, i) => {
        const [due, bought] = within[i] as readonly [number, number];
        return [`within_${days}_days`, { buyers: due, bought, rate: ratio(bought, due) }];
      }),
    ),
    median_days_to_second: medianDays(daysToSecond),
    repeat_revenue_minor: repeatNetMinor,
    repeat_revenue_share: net > 0 ? repeatNetMinor / net : null,
  };
}

/** What customers are worth: distributions, and what each tier has of them. */
export function valueOfCustomers({ values }: ShardFigures, tiers: Readonly<Record<string, number>>) {
  const net = valueFigures(values.net);
  const hasModel = values.predicted !== null;
  return {
    net,
    predicted: values.predicted === null ? null : valueFigures(values.predicted),
    total: valueFigures(values.total),
    tiers: Object.fromEntries(
      TIERS.map((tier, code) => {
        const [netMinor, predictedMinor] = values.tiers[code] ?? [0, 0];
        const customers = tiers[tier] ?? 0;
        const shares = {
          customers,
          customer_share: ratio(customers, net.customers),
          net_minor: netMinor,
          net_share: net.sum_minor > 0 ? netMinor / net.sum_minor : null,
          predicted_minor: hasModel ? predictedMinor : null,
        };
        return [tier, shares];
      }),
    ),
  };
}

/** Reviews, surveys and complaints of 90 days. */
export function satisfactionFigures({ satisfaction: s }: ShardFigures) {
  const judged = s.resolvedSoon + s.resolvedLate + s.overdue;
  return {
    window_days: 90,
    reviews: s.reviews,
    mean_rating: s.reviews === 0 ? null : s.reviewScores / s.reviews / MILLIONTHS,
    negative_reviews: s.badReviews,
    negative_share: ratio(s.badReviews, s.reviews),
    surveys: s.surveys,
    mean_survey_score: s.surveys === 0 ? null : s.surveyScores / s.surveys / MILLIONTHS,
    complaints: s.complaints,
    open_complaints: s.open,
    overdue_complaints: s.overdue,
    resolved: s.resolvedSoon + s.resolvedLate,
    resolved_within_7_days: s.resolvedSoon,
    resolved_within_7_days_share: ratio(s.resolvedSoon, judged),
  };
}

/** First purchases that came by a referral, and who refers others. */
export function referralFigures({ referral: { recent, all, referrers } }: ShardFigures) {
  const of = ([purchases, referred]: readonly [number, number]) => ({
    first_purchases: purchases,
    referred,
    rate: ratio(referred, purchases),
  });
  return {
    [`last_${TRAILING_DAYS}_days`]: of(recent),
    all: of(all),
    referring_customers: Object.fromEntries(STAGES.map((stage, code) => [stage, referrers[code] ?? 0])),
  };
}

/**
 * Who is warned of, and what it may cost. An alert is right when nothing was bought for 90 days and wrong as soon as something is, so
 * precision is told of the alerts alone that were given 90 days ago or earlier: null before there are such dates.
 *
 * @param matured figures of 90 days before
 */
export function warningFigures({ warnings: w, values }: ShardFigures, now: Cumulative, matured: EarlierKpi | undefined) {
  const byLevel = (numbers: readonly number[]) =>
    Object.fromEntries(WARNING_LEVELS.map((level, code) => [level, numbers[code] ?? 0]));
  const { none: _, ...atRisk } = byLevel(w.valueAtRiskMinor);
  return {
    customers: byLevel(w.levels),
    value_at_risk_minor: values.predicted === null ? null : atRisk,
    alerts: w.alerts,
    alerts_right: w.alertsRight,
    alerts_wrong: w.alertsWrong,
    alerts_pending: w.pending,
    precision: isCounted(now, matured) ? precisionOf(now, matured.cumulative) : null,
  };
}

function precisionOf(now: Cumulative, then: Cumulative) {
  const given = then.alerts_right + then.alerts_wrong + then.alerts_pending;
  return { since: now.since, alerts: given, right: now.alerts_right, rate: ratio(now.alerts_right, given) };
}
