import type { NightRules } from '../../lib/lifecycle/stage-rules.ts';
import type { Stage } from '../../lib/lifecycle/words.ts';

/** A customer's stage and counts of nights, as docs/lifecycle.md speaks of them; null before the first night. */
export interface NaiveCustomer {
  stage: Stage | null;
  /** Day of the last change. */
  since: number;
  declining: number;
  churn: number;
}

/** What the conditions of docs/lifecycle.md say of a customer on a day, asked of q and p_return themselves. */
function conditions(days: readonly number[], day: number, { rhythm, rules }: NightRules) {
  const [first, last] = [days[0], days.at(-1)] as [number, number];
  const silence = day - last;
  if (!rhythm) {
    const declines = silence >= rules.fallbackDecliningDays;
    return { declines, clears: !declines, churns: silence >= rules.fallbackChurnedDays };
  }
  const q = rhythm.q(days.length - 1, last - first, day - first);
  const p = rhythm.pReturn(days.length - 1, last - first, day - first);
  const isGone = q < rules.churnedQ && p < rules.churnedReturnProbability && silence >= rules.churnedSilenceDays;
  return {
    declines: q < rules.decliningQ && silence >= rules.decliningSilenceDays,
    clears: q >= rules.decliningQ * (1 + rules.clearBandRatio),
    churns: isGone || silence >= rules.hardCapDays,
  };
}

const byCount = (n: number, { rules }: NightRules): Stage =>
  n === 0 ? 'prospect' : n === 1 ? 'new' : n < rules.loyalPurchaseDays ? 'growing' : 'loyal';

function enter(customer: NaiveCustomer, stage: Stage, day: number): void {
  customer.declining = 0;
  customer.churn = 0;
  if (customer.stage === stage) return;
  customer.stage = stage;
  customer.since = day;
}

/**
 * One night of one customer straight from docs/lifecycle.md, in words and whole lists: what the columns are checked against.
 *
 * @param bought purchase days, ascending; those after `day` are to come
 */
export function naiveNight(customer: NaiveCustomer, bought: readonly number[], day: number, night: NightRules): void {
  const before = bought.filter((one) => one < day);
  if (night.baseline && customer.stage !== null) enter(customer, baselineOf(customer.stage, before, day - 1, night), day);
  const days = bought.filter((one) => one <= day);
  const { stage } = customer;
  if (stage === null) enter(customer, byCount(days.length, night), day);
  else if (days.at(-1) === day) enter(customer, stage === 'churned' ? 'returned' : byCount(days.length, night), day);
  else if (stage === 'declining') {
    customer.churn = conditions(days, day, night).churns ? customer.churn + 1 : 0;
    if (customer.churn >= night.rules.dwellNights) enter(customer, 'churned', day);
  } else if (stage !== 'prospect' && stage !== 'churned') {
    const { declines, clears } = conditions(days, day, night);
    if (declines) customer.declining++;
    else if (clears) customer.declining = 0;
    if (customer.declining >= night.rules.dwellNights) enter(customer, 'declining', day);
  }
}

function baselineOf(stage: Stage, days: readonly number[], day: number, night: NightRules): Stage {
  if (days.length === 0) return 'prospect';
  const { churns, declines } = conditions(days, day, night);
  if (churns) return 'churned';
  if (declines) return 'declining';
  return stage === 'returned' ? stage : byCount(days.length, night);
}
