import type { TestInteraction } from './feed-facts.ts';

/** Thresholds of the rules written down again. */
export interface NaiveRules {
  readonly inactivityQ: readonly number[];
  readonly slowGapRatio: number;
  readonly openComplaintDays: number;
  readonly complaints: readonly number[];
  readonly badReviewScore: number;
  readonly badReviews: readonly number[];
  readonly refundShare: number;
  readonly levelPoints: readonly number[];
  readonly quietNights: number;
}

/** What is known of one customer on one night. */
export interface NaiveCustomer {
  readonly day: number;
  readonly isWarned: boolean;
  /** Gross and refunds of each day with sales, minor units; ascending. */
  readonly days: readonly { readonly day: number; readonly gross: number; readonly refunded: number }[];
  readonly interactions: readonly TestInteraction[];
  /** q on this night, and g0 in days; null under the fallback. */
  readonly q: number | null;
  readonly medianGapDays: number | null;
}

const within = (day: number, tonight: number) => day > tonight - 90 && day <= tonight;
const stands = ({ gross, refunded }: NaiveCustomer['days'][number]) => refunded === 0 || gross > refunded;
const reached = (count: number, steps: readonly number[]) => steps.filter((step) => count >= step).length;

/** Days on which a customer bought, ascending. */
export const boughtOn = ({ days }: Pick<NaiveCustomer, 'days'>): number[] => days.filter(stands).map(({ day }) => day);

/** Points of a night by signal, from all that is known and from nothing else. */
export function naivePoints(customer: NaiveCustomer, rules: NaiveRules): Record<string, number> {
  const { day: tonight, q, medianGapDays, days } = customer;
  const bought = boughtOn(customer);
  const gaps = bought.slice(1).map((day, i) => day - (bought[i] as number));
  const ownGap = (gaps.reduce((sum, gap) => sum + gap, 0) + 2 * (medianGapDays ?? 0)) / (bought.length + 1);
  const heard = customer.interactions.filter(({ day }) => within(day, tonight));
  const complained = heard.filter(({ kind }) => kind === 'complaint');
  const bad = heard.filter(({ kind, score }) => kind === 'review' && score !== undefined && score <= rules.badReviewScore);
  const recent = days.filter(({ day }) => within(day, tonight));
  const sum = (name: 'gross' | 'refunded') => recent.reduce((total, day) => total + day[name], 0);
  const overdue = openComplaints(heard).filter(({ day }) => tonight - day > rules.openComplaintDays);
  return {
    inactivity: q === null ? 0 : rules.inactivityQ.filter((limit) => q < limit).length,
    slowing: Number(
      medianGapDays !== null && gaps.length >= 2 && gaps.slice(-2).every((gap) => gap > rules.slowGapRatio * ownGap),
    ),
    complaints: Math.max(reached(complained.length, rules.complaints), Number(overdue.length > 0)),
    reviews: reached(bad.length, rules.badReviews),
    refunds: Number(sum('refunded') > rules.refundShare * sum('gross')),
  };
}

/** Complaints that are left when each resolution takes away the oldest one; of one instant complaints come first. */
function openComplaints(heard: readonly TestInteraction[]): TestInteraction[] {
  const at = ({ day, second = 0 }: TestInteraction) => day * 86_400 + second;
  const open: TestInteraction[] = [];
  const told = heard.filter(({ kind }) => kind === 'complaint' || kind === 'complaint_resolved');
  told.sort((a, b) => at(a) - at(b) || (a.kind ?? '').localeCompare(b.kind ?? '') || (a.id < b.id ? -1 : 1));
  for (const one of told) {
    if (one.kind === 'complaint') open.push(one);
    else open.shift();
  }
  return open;
}

/** Level that points stand for. */
export function naiveLevel(points: Record<string, number>, rules: NaiveRules): number {
  const { inactivity = 0, complaints = 0, reviews = 0 } = points;
  if (inactivity >= 2 && complaints >= 1 && reviews >= 1) return 3;
  const total = Object.values(points).reduce((sum, one) => sum + one, 0);
  return reached(total, rules.levelPoints);
}

/** The nights of one customer's warning, told from the nights before by looking back on all of them. */
export class NaiveWarning {
  /** Level of each night, null where nobody is warned of. */
  readonly levels: (number | null)[] = [];
  /** Level that the points of each night stood for. */
  readonly #raw: (number | null)[] = [];
  readonly #days: number[] = [];
  /** Days of the alerts. */
  readonly alerts: number[] = [];
  #pending: number | null = null;
  right = 0;
  wrong = 0;

  /** @param raw null for a customer who is not warned of @param bought last purchase day, if any */
  take(day: number, raw: number | null, bought: number | undefined, quietNights: number): void {
    this.#judgeAlert(day, bought);
    const former = this.levels.at(-1) ?? null;
    this.#raw.push(raw);
    this.#days.push(day);
    let level = raw;
    if (raw !== null && former !== null && raw < former) level = this.#quiet(former) >= quietNights ? former - 1 : former;
    this.levels.push(level);
    const before = Math.max(
      0,
      ...this.#episode()
        .slice(0, -1)
        .map((night) => this.levels[night] as number),
    );
    if (level === null || level <= before) return;
    this.alerts.push(day);
    this.#pending ??= day;
  }

  /** What the columns of the night should hold. */
  state(): Record<string, number | null> {
    const last = this.levels.length - 1;
    const level = this.levels[last] ?? null;
    const changed = this.levels.findLastIndex((_, night) => this.levels[night] !== (this.levels[night - 1] ?? null));
    const episode = this.#episode();
    const quiet = level !== null && changed !== last ? this.#quiet(level) : 0;
    return {
      level,
      since: level === null ? null : (this.#days[changed] as number),
      quiet,
      episodeOn: episode.length === 0 ? null : (this.#days[episode[0] as number] as number),
      alertedLevel: episode.length === 0 ? null : Math.max(...episode.map((night) => this.levels[night] as number)),
      alertedOn: this.alerts.at(-1) ?? null,
      pendingOn: this.#pending,
    };
  }

  /** Nights of the episode that goes on: the last ones at a level. */
  #episode(): number[] {
    const nights: number[] = [];
    for (let night = this.levels.length - 1; night >= 0 && (this.levels[night] ?? 0) > 0; night--) nights.unshift(night);
    return nights;
  }

  /** Nights in a row up to the last on which the points stood for less than a level that did not change on them. */
  #quiet(level: number): number {
    let quiet = 0;
    for (let night = this.#raw.length - 1; night > 0; night--) {
      const isKept = this.levels[night] === undefined || this.levels[night] === level;
      if (!isKept || this.levels[night - 1] !== level || (this.#raw[night] as number) >= level) break;
      quiet++;
    }
    return quiet;
  }

  #judgeAlert(day: number, bought: number | undefined): void {
    if (this.#pending === null) return;
    if (bought !== undefined && bought > this.#pending) this.wrong++;
    else if (day >= this.#pending + 90) this.right++;
    else return;
    this.#pending = null;
  }
}
