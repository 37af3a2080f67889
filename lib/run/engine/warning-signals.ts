import { INTERACTION_KINDS } from '../../arrow/schemas.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import { ComplaintQueue } from '../../lifecycle/complaint-queue.ts';
import { ownGapDays } from '../../lifecycle/own-gap.ts';
import type { Rhythm } from '../../lifecycle/silence-table.ts';
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
  /** Median gap of the cohort, days; null under the fallback, and without a repeat purchase. */
  readonly medianGapDays: number | null;
}

const COMPLAINT = INTERACTION_KINDS.indexOf('complaint');
const RESOLVED = INTERACTION_KINDS.indexOf('complaint_resolved');
const REVIEW = INTERACTION_KINDS.indexOf('review');

/**
 * The signals of a shard's buyers on one night. Source: docs/lifecycle.md, Early warning.
 *
 * Cost: lists are walked of those alone who have interactions, or a refund of the last 90 days.
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

  /** `pointsOf` under a rhythm; null under the fallback. */
  pointsUnder(rhythm: Rhythm | null, slot: number): WarningPoints {
    const { purchaseDays, firstDay, lastDay } = this.#book.customers;
    const [first, last] = [firstDay[slot] as number, lastDay[slot] as number];
    const q = rhythm ? rhythm.q((purchaseDays[slot] as number) - 1, last - first, this.#night.day - first) : Number.NaN;
    return this.pointsOf(slot, q);
  }

  /**
   * Points of a customer with a purchase that stands; the object is the same one at each call.
   *
   * @param q of the rhythm on the night; NaN under the fallback
   */
  pointsOf(slot: number, q: number): WarningPoints {
    const { day, rules, medianGapDays } = this.#night;
    const c = this.#book.customers;
    const found = this.#found;
    found.inactivity = inactivityPoints(q, rules);
    const gapBefore = c.gapBefore[slot] as number;
    found.slowing = 0;
    if (medianGapDays !== null && gapBefore > 0) {
      const txDays = (c.lastDay[slot] as number) - (c.firstDay[slot] as number);
      const own = ownGapDays(c.purchaseDays[slot] as number, txDays, medianGapDays);
      found.slowing = slowingPoints(own, c.lastGap[slot] as number, gapBefore, rules);
    }
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
