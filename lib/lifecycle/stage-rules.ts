import { type Rhythm, SEARCHED_DAYS, SilenceTable } from './silence-table.ts';
import { REASON } from './stage-columns.ts';

/** Thresholds of the stage machine: the `stages` section of the configuration. */
export interface StageRules {
  readonly loyalPurchaseDays: number;
  readonly decliningQ: number;
  readonly decliningSilenceDays: number;
  readonly clearBandRatio: number;
  readonly churnedQ: number;
  readonly churnedReturnProbability: number;
  readonly churnedSilenceDays: number;
  readonly hardCapDays: number;
  readonly dwellNights: number;
  readonly fallbackDecliningDays: number;
  readonly fallbackChurnedDays: number;
}

/** A customer's purchase days as of a night. */
export interface PurchaseFacts {
  /** Days that count, n. */
  readonly purchaseDays: number;
  /** First and last of them, epoch days; without meaning when n is 0. */
  readonly firstDay: number;
  readonly lastDay: number;
  /** What the rhythm says on the night itself, where it was asked already: spares the look-ups. Without both, tables decide. */
  readonly q?: number;
  readonly pReturn?: number;
}

/** Position in the table of silence of the threshold below which a pending decline is not cleared. */
const PENDING = 0;

/** Positions in the table of silence of the thresholds of the two conditions. */
export const [DECLINING, CHURNED] = [1, 2] as const;

/** What is in force on one night. */
export interface NightRules {
  /** Null under the fallback: days of silence decide. */
  readonly rhythm: Rhythm | null;
  /** Days of silence at which the rhythm passes the thresholds of `rules`; null with it. */
  readonly silence: SilenceTable | null;
  /** Why this is a baseline night (docs/lifecycle.md, Baseline nights), or null. */
  readonly baseline: 'EPOCH_CHANGED' | 'RULES_CHANGED' | null;
  readonly rules: StageRules;
}

/** q below which a pending decline is not cleared. */
const pendingQ = ({ decliningQ, clearBandRatio }: StageRules): number => decliningQ * (1 + clearBandRatio);

/** The rules of a night under a rhythm, or under the fallback. */
export function nightRules(rhythm: Rhythm | null, rules: StageRules, baseline: NightRules['baseline'] = null): NightRules {
  const thresholds = [
    { q: pendingQ(rules) },
    { q: rules.decliningQ },
    { q: rules.churnedQ, pReturn: rules.churnedReturnProbability },
  ];
  return { rhythm, silence: rhythm && new SilenceTable(rhythm, thresholds), baseline, rules };
}

/** Silence, days, before which the declining condition holds for nobody. */
export const earliestDecline = ({ silence, rules }: NightRules): number =>
  silence ? rules.decliningSilenceDays : rules.fallbackDecliningDays;

/** Silence, days, before which nobody is gone by q and p_return. */
export const earliestChurn = ({ rules }: NightRules): number => rules.churnedSilenceDays;

/** Silence, days, from which on the churn condition holds whatever the rhythm. */
export const hardCapOf = ({ silence, rules }: NightRules): number => (silence ? rules.hardCapDays : rules.fallbackChurnedDays);

/** Silence, days, from which on the declining condition holds without a purchase. */
export function decliningFrom({ purchaseDays: n, firstDay, lastDay }: PurchaseFacts, { silence, rules }: NightRules): number {
  if (!silence) return rules.fallbackDecliningDays;
  return Math.max(rules.decliningSilenceDays, silence.days(n - 1, lastDay - firstDay, DECLINING));
}

/** Silence, days, before which a count of nights towards declining is cleared. */
function clearUntil({ purchaseDays: n, firstDay, lastDay }: PurchaseFacts, { silence, rules }: NightRules): number {
  if (!silence) return rules.fallbackDecliningDays;
  return silence.days(n - 1, lastDay - firstDay, PENDING);
}

/** Silence, days, from which on q and p_return say that the customer is gone; the hard cap left out. */
function goneFrom({ purchaseDays: n, firstDay, lastDay }: PurchaseFacts, { silence, rules }: NightRules): number {
  if (!silence) return rules.fallbackChurnedDays;
  return Math.max(rules.churnedSilenceDays, silence.days(n - 1, lastDay - firstDay, CHURNED));
}

/** Silence, days, from which on the churn condition holds without a purchase. */
export function churnedFrom(facts: PurchaseFacts, night: NightRules): number {
  const gone = goneFrom(facts, night);
  return night.silence ? Math.min(gone, night.rules.hardCapDays) : gone;
}

/** Whether the declining condition holds on a day, without dwell. `pending` inside the band: neither holds nor clears. */
export function decliningCondition(facts: PurchaseFacts, day: number, night: NightRules): 'holds' | 'pending' | 'clear' {
  const silence = day - facts.lastDay;
  const { q } = facts;
  if (q !== undefined && night.silence && silence <= SEARCHED_DAYS) {
    const { decliningQ, decliningSilenceDays } = night.rules;
    if (!(q < pendingQ(night.rules))) return 'clear';
    return q < decliningQ && silence >= decliningSilenceDays ? 'holds' : 'pending';
  }
  if (silence < clearUntil(facts, night)) return 'clear';
  return silence >= decliningFrom(facts, night) ? 'holds' : 'pending';
}

/** Whether the churn condition holds on a day, without dwell, and why. */
export function churnCondition(facts: PurchaseFacts, day: number, night: NightRules): number | undefined {
  const silence = day - facts.lastDay;
  if (night.silence && isGone(facts, silence, night)) return REASON.LONG_SILENCE;
  return silence >= hardCapOf(night) ? REASON.HARD_CAP : undefined;
}

function isGone(facts: PurchaseFacts, silence: number, night: NightRules): boolean {
  const { q, pReturn } = facts;
  if (q === undefined || pReturn === undefined || silence > SEARCHED_DAYS) return silence >= goneFrom(facts, night);
  const { churnedQ, churnedReturnProbability, churnedSilenceDays } = night.rules;
  return q < churnedQ && pReturn < churnedReturnProbability && silence >= churnedSilenceDays;
}
