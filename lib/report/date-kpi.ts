import { FEEDS, type Feed } from '../keys.ts';
import {
  referralFigures,
  repurchaseFigures,
  retentionFigures,
  satisfactionFigures,
  valueOfCustomers,
  warningFigures,
} from './customer-figures.ts';
import {
  type Cumulative,
  churnFigures,
  cumulate,
  type EarlierKpi,
  type Flows,
  flowOf,
  growthSince,
  nightFlows,
  ratio,
  stageChange,
} from './flow-figures.ts';
import type { Kpi } from './kpi.ts';
import { type MaturedFigures, maturedFigures } from './return-buckets.ts';
import { MATURED_DAYS, type ShardFigures, TRAILING_DAYS } from './shard-figures.ts';

/** Version of the figures of a date: what an older file tells is not counted on. */
export const KPI_VERSION = 2;

/** What was in force on a date, and how the newest fit was judged. */
export interface CalibrationFigures {
  /** Id of the epoch in force; null under the fallback. */
  readonly epoch: string | null;
  /** Days since its date. */
  readonly epochAgeDays: number | null;
  /** Why this is a baseline night, or null. */
  readonly baseline: string | null;
  /** A fit of this date; null on a date without one. */
  readonly candidate: {
    readonly id: string;
    readonly accepted: boolean;
    readonly reasons: readonly string[];
    readonly movedShare: number | null;
  } | null;
  readonly refusalsInRow: number;
  /** The epochs that were in force `MATURED_DAYS` ago, with these dates. */
  readonly matured: readonly { readonly asOf: string; readonly epoch: string | null }[];
}

/** What came in of a feed, as its files tell. */
export interface FeedFigures {
  readonly files: number;
  readonly rows: number;
  readonly accepted: number;
  readonly refused: number;
  readonly late: number;
}

/** The figures of the date before, of which the model's health stands until the next epoch date. */
interface DayBefore extends EarlierKpi {
  readonly model?: { readonly matured: MaturedReports };
}

/** What the figures of a date are made from, beside those of the date itself. */
interface DateSources {
  readonly calibration: CalibrationFigures;
  readonly feeds: Readonly<Partial<Record<Feed, FeedFigures>>>;
  /** Figures of the dates before; undefined where they are not known. */
  readonly earlier: {
    readonly day: DayBefore | undefined;
    readonly week: EarlierKpi | undefined;
    readonly trailing: EarlierKpi | undefined;
    /** As many days before as an alert needs to mature. */
    readonly matured: EarlierKpi | undefined;
  };
}

/** The figures of a date, all shards: those of version 1, then the groups of docs/kpis.md. */
export type DateKpi = ReturnType<typeof dateKpi>;

/**
 * The figures of a date from the sums of its shards.
 *
 * @param restatements triples of the night, all shards
 */
export function dateKpi(
  kpi: Kpi,
  figures: ShardFigures,
  restatedIntoChurned: number,
  { calibration, feeds, earlier }: DateSources,
) {
  const { alerts, alertsRight, alertsWrong, pending } = figures.warnings;
  const isBaseline = calibration.baseline !== null;
  const night = {
    ...nightFlows(kpi.flows),
    restated_churned_baseline: isBaseline ? restatedIntoChurned : 0,
    restated_churned_late_data: isBaseline ? 0 : restatedIntoChurned,
    alerts,
    alerts_right: alertsRight,
    alerts_wrong: alertsWrong,
    alerts_pending: pending,
    returned_after: figures.returnedAfter,
  };
  const cumulative: Cumulative = cumulate(kpi.date, night, earlier.day?.cumulative);
  const trailing = `last_${TRAILING_DAYS}_days` as const;
  return {
    ...kpi,
    schemaVersion: KPI_VERSION,
    stage_changes: { last_7_days: stageChange(kpi.stages, earlier.week), [trailing]: stageChange(kpi.stages, earlier.trailing) },
    growth: { that_night: growthSince(cumulative, earlier.day), [trailing]: growthSince(cumulative, earlier.trailing) },
    retention: retentionFigures(figures),
    repurchase: repurchaseFigures(figures, kpi.buyers),
    churn: churnFigures(cumulative, earlier.trailing),
    clv: valueOfCustomers(figures, kpi.tiers),
    satisfaction: satisfactionFigures(figures),
    referral: referralFigures(figures),
    warnings: warningFigures(figures, cumulative, earlier.matured),
    model: modelFigures(figures, calibration, earlier.day?.model?.matured),
    calm: calmFigures(kpi, calibration),
    data: dataFigures(figures, feeds),
    cumulative,
  };
}

/** How good a prediction was, with the date that it was made on and the epoch that made it. */
interface MaturedReport extends MaturedFigures {
  readonly as_of: string;
  readonly epoch: string | null;
}

/** By `after_30_days`, `after_90_days`; null where no model was in force then. */
type MaturedReports = Readonly<Record<string, MaturedReport | null>>;

/** @param before of the date before, which stand until the next epoch date; undefined where they are not known */
function modelFigures(
  { matured }: ShardFigures,
  { epoch, epochAgeDays, matured: epochs }: CalibrationFigures,
  before: MaturedReports | undefined,
) {
  const of = (days: number, i: number): [string, MaturedReport | null] => {
    const name = `after_${days}_days`;
    if (matured === null) return [name, before?.[name] ?? null];
    const counts = matured[i] ?? null;
    const then = epochs[i];
    return [name, counts && then ? { as_of: then.asOf, epoch: then.epoch, ...maturedFigures(counts) } : null];
  };
  const reports: MaturedReports = Object.fromEntries(MATURED_DAYS.map(of));
  return { epoch, epoch_age_days: epochAgeDays, matured: reports };
}

function calmFigures({ flows, customers, restated }: Kpi, { baseline, candidate, refusalsInRow }: CalibrationFigures) {
  const changed = changedBySilence(flows);
  return {
    changed_without_purchase: changed,
    changed_without_purchase_share: ratio(changed, customers),
    baseline,
    restated_by_baseline: baseline === null ? 0 : restated,
    candidate: candidate && {
      id: candidate.id,
      accepted: candidate.accepted,
      reasons: candidate.reasons,
      moved_share: candidate.movedShare,
    },
    refusals_in_a_row: refusalsInRow,
  };
}

/** Customers that silence alone moved: only these two stages are entered without a purchase. */
const changedBySilence = (flows: Flows): number => flowOf(flows, (_, to) => to === 'declining' || to === 'churned');

const NOTHING: FeedFigures = { files: 0, rows: 0, accepted: 0, refused: 0, late: 0 };

function dataFigures({ feeds: folded, waiting }: ShardFigures, feeds: DateSources['feeds']) {
  const of = (feed: Feed) => {
    const { files, rows, accepted, refused, late } = feeds[feed] ?? NOTHING;
    const { duplicates, refused: refusedLater } = folded[feed];
    return [feed, { files, rows, accepted, quarantined: refused + refusedLater, late, duplicates }];
  };
  return {
    feeds: Object.fromEntries(FEEDS.map(of)),
    waiting: Object.values(waiting).reduce((sum, n) => sum + n, 0),
    orphan_refunds: (waiting.ORPHAN ?? 0) + (waiting.EXCESS_REFUND ?? 0) + (waiting.UNCOVERED_REFUND ?? 0),
    missing_rates: waiting.MISSING_RATE ?? 0,
  };
}
