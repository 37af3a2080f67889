import { INTERACTION_KINDS } from '../../arrow/schemas.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import { ComplaintQueue } from '../../lifecycle/complaint-queue.ts';
import { ownGapDays } from '../../lifecycle/own-gap.ts';
import type { SilenceTable } from '../../lifecycle/silence-table.ts';
import {
  complaintPoints,
  inactivityPoints,
  noPoints,
  refundPoints,
  reviewPoints,
  SIGNAL_DAYS,
  slowingPoints,
  type WarningPoints,
  type WarningRules,
} from '../../lifecycle/warning-points.ts';

/** What the warnings of a night are computed from, beside the customers themselves. */
export interface WarningNight {
  /** Epoch day. */
  readonly day: number;
  readonly rules: WarningRules;
  /** Null under the fallback. */
  readonly inactivity: SilenceTable | null;
  /** Median gap of the cohort, days; null under the fallback, and without a repeat purchase. */
  readonly medianGapDays: number | null;
}

const COMPLAINT = INTERACTION_KINDS.indexOf('complaint');
const RESOLVED = INTERACTION_KINDS.indexOf('complaint_resolved');
const REVIEW = INTERACTION_KINDS.indexOf('review');

/**
 * The signals of a shard's buyers on one night. Source: docs/lifecycle.md, Early warning.
 *
 * Cost: a look-up per customer; lists are walked of those alone who have interactions, or a refund of the last 90 days.
 */
export class WarningSignals {
  readonly #book: ShardBook;
  readonly #night: WarningNight;
  readonly #complaints = new ComplaintQueue();
  readonly #found = noPoints();

  constructor(book: ShardBook, night: WarningNight) {
    this.#book = book;
    this.#night = night;
  }

  /** Points of a customer with a purchase that stands; the object is the same one at each call. */
  pointsOf(slot: number): WarningPoints {
    const { day, rules, inactivity, medianGapDays } = this.#night;
    const c = this.#book.customers;
    const found = this.#found;
    const n = c.purchaseDays[slot] as number;
    const last = c.lastDay[slot] as number;
    const txDays = last - (c.firstDay[slot] as number);
    found.inactivity = inactivityPoints(inactivity, n - 1, txDays, day - last);
    const gapBefore = c.gapBefore[slot] as number;
    found.slowing =
      medianGapDays !== null && gapBefore > 0
        ? slowingPoints(ownGapDays(n, txDays, medianGapDays), c.lastGap[slot] as number, gapBefore, rules)
        : 0;
    found.complaints = 0;
    found.reviews = 0;
    found.refunds = 0;
    const head = c.interactionHead[slot] as number;
    if (head >= 0) this.#hear(head);
    if ((c.lastRefundedDay[slot] as number) > day - SIGNAL_DAYS) this.#lookAtRefunds(slot);
    return found;
  }

  /** Points of the interactions of the 90 days up to the night: one of a day to come does not count yet. */
  #hear(head: number): void {
    const { day: tonight, rules } = this.#night;
    const { next, day, kind, score, occurredAt } = this.#book.interactions.nodes;
    const complaints = this.#complaints;
    complaints.clear();
    let badReviews = 0;
    for (let node = head; node >= 0; node = next[node] as number) {
      const on = day[node] as number;
      if (on <= tonight - SIGNAL_DAYS || on > tonight) continue;
      const what = kind[node] as number;
      if (what === COMPLAINT) complaints.complain(on, occurredAt[node] as number);
      else if (what === RESOLVED) complaints.resolve(occurredAt[node] as number);
      // a review without a score is NaN, and never bad
      else if (what === REVIEW && (score[node] as number) <= rules.badReviewScore) badReviews++;
    }
    const { openSince } = complaints;
    const openDays = openSince === undefined ? undefined : tonight - openSince;
    this.#found.complaints = complaintPoints(complaints.count, openDays, rules);
    this.#found.reviews = reviewPoints(badReviews, rules);
  }

  #lookAtRefunds(slot: number): void {
    const { day: tonight, rules } = this.#night;
    const { next, day, gross, refunded } = this.#book.days;
    let [grossMinor, refundedMinor] = [0, 0];
    for (let node = this.#book.customers.dayHead[slot] as number; node >= 0; node = next[node] as number) {
      if ((day[node] as number) <= tonight - SIGNAL_DAYS) continue;
      grossMinor += gross[node] as number;
      refundedMinor += refunded[node] as number;
    }
    this.#found.refunds = refundPoints(refundedMinor, grossMinor, rules);
  }
}
