import { STAGES, type Stage } from '../lifecycle/words.ts';
import { TRAILING_DAYS } from './shard-figures.ts';
import { addTallies, medianDays, type Tally } from './tally.ts';

/** What has been counted since `since`, the first date of the chain whose figures are known: never an answer without it. */
export interface Cumulative {
  readonly since: string;
  /** Customers who became buyers: from no stage, or prospect, to one of a buyer. */
  readonly first_time: number;
  readonly churned: number;
  readonly returned: number;
  /** Restated into churned, and no flow: on baseline nights, and by late data or refunds. */
  readonly restated_churned_baseline: number;
  readonly restated_churned_late_data: number;
  readonly alerts: number;
  readonly alerts_right: number;
  readonly alerts_wrong: number;
  /** Alerts that had been given by the date and wait for their outcome: not a sum. */
  readonly alerts_pending: number;
  /** Days of silence of those who returned: `days customers`, separated by commas; beyond 365 in buckets of 30 days. */
  readonly returned_after: Tally;
}

/** What a night adds to the sums. */
type NightSums = Omit<Cumulative, 'since'>;

/** Sums up to a date. @param before those of the date before; undefined where they are not known */
export function cumulate(date: string, night: NightSums, before: Cumulative | undefined): Cumulative {
  if (!before) return { since: date, ...night };
  const sum = (name: keyof Omit<NightSums, 'returned_after' | 'alerts_pending'>) => before[name] + night[name];
  return {
    since: before.since,
    first_time: sum('first_time'),
    churned: sum('churned'),
    returned: sum('returned'),
    restated_churned_baseline: sum('restated_churned_baseline'),
    restated_churned_late_data: sum('restated_churned_late_data'),
    alerts: sum('alerts'),
    alerts_right: sum('alerts_right'),
    alerts_wrong: sum('alerts_wrong'),
    alerts_pending: night.alerts_pending,
    returned_after: addTallies(before.returned_after, night.returned_after),
  };
}

/** Flows of stages as they are told: `from` is empty for a first stage. */
export type Flows = readonly { readonly from: string; readonly to: string; readonly customers: number }[];

/** Customers of flows that pass a test. */
export const flowOf = (flows: Flows, test: (from: string, to: string) => boolean): number =>
  flows.reduce((sum, { from, to, customers }) => (test(from, to) ? sum + customers : sum), 0);

/** True for no stage and prospect: nothing was bought yet. */
const isBefore = (stage: string) => stage === '' || stage === 'prospect';

/** Flows of a night that growth and churn are made of. */
export const nightFlows = (flows: Flows): Pick<NightSums, 'first_time' | 'churned' | 'returned'> => ({
  first_time: flowOf(flows, (from, to) => isBefore(from) && to !== 'prospect'),
  churned: flowOf(flows, (_, to) => to === 'churned'),
  returned: flowOf(flows, (from, to) => from === 'churned' && to === 'returned'),
});

/** Customers of the stages of one who buys or may buy again: all but prospect and churned. */
const activeOf = (stages: Readonly<Record<string, number>>): number =>
  Object.entries(stages).reduce((sum, [stage, n]) => (stage === 'prospect' || stage === 'churned' ? sum : sum + n), 0);

/** a / b; null when b is 0. */
export const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);

/** What an earlier date tells. */
export interface EarlierKpi {
  readonly date: string;
  readonly stages: Readonly<Record<string, number>>;
  readonly cumulative: Cumulative;
}

/** Growth of a night or a window. */
export interface Growth {
  readonly active_at_start: number;
  readonly first_time: number;
  readonly returned: number;
  readonly churned: number;
  /** (first_time + returned - churned) / active_at_start. */
  readonly rate: number | null;
}

/** Growth since an earlier date; null where its figures are not known. */
export function growthSince(now: Cumulative, earlier: EarlierKpi | undefined): Growth | null {
  if (!isCounted(now, earlier)) return null;
  const [first, back, gone] = (['first_time', 'returned', 'churned'] as const).map(
    (name) => now[name] - earlier.cumulative[name],
  ) as [number, number, number];
  const active = activeOf(earlier.stages);
  return { active_at_start: active, first_time: first, returned: back, churned: gone, rate: ratio(first + back - gone, active) };
}

/** True where both dates were counted from the same one on, so that their difference is what happened in between. */
export const isCounted = (now: Cumulative, earlier: EarlierKpi | undefined): earlier is EarlierKpi =>
  earlier !== undefined && earlier.cumulative.since === now.since;

/** Churn and win-back of the trailing days, and false churn since the first date. */
export function churnFigures(now: Cumulative, earlier: EarlierKpi | undefined) {
  const growth = growthSince(now, earlier);
  const gone = earlier?.stages['churned'] ?? 0;
  return {
    [`last_${TRAILING_DAYS}_days`]:
      growth && earlier
        ? {
            active_at_start: growth.active_at_start,
            churned: growth.churned,
            churn_rate: ratio(growth.churned, growth.active_at_start),
            churned_at_start: gone,
            returned: growth.returned,
            win_back_rate: ratio(growth.returned, gone),
            median_silent_days_before_return: medianDays(addTallies(now.returned_after, earlier.cumulative.returned_after, -1)),
          }
        : null,
    false_churn: { since: now.since, churned: now.churned, returned: now.returned, rate: ratio(now.returned, now.churned) },
    restated_into_churned: { baseline: now.restated_churned_baseline, late_data: now.restated_churned_late_data },
  };
}

/** Change of the customers by stage since an earlier date; null where it is not known. */
export function stageChange(
  stages: Readonly<Record<string, number>>,
  earlier: EarlierKpi | undefined,
): Readonly<Record<Stage, number>> | null {
  if (!earlier) return null;
  const changes = STAGES.map((stage) => [stage, (stages[stage] ?? 0) - (earlier.stages[stage] ?? 0)]);
  return Object.fromEntries(changes) as Record<Stage, number>;
}
