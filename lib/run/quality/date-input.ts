import { type GatesConfig, WEEKDAYS } from '../../config/gates.ts';
import type { Feed } from '../../keys.ts';
import { type BusinessDate, dayOf, weekdayOf } from '../../time.ts';
import type { Remark } from '../plan.ts';
import { type DropFacts, type FeedFacts, noFacts } from './drop-facts.ts';

/** How the fold accounted for the transactions of one night. */
export interface NightRows {
  readonly rows: number;
  readonly duplicates: number;
  readonly conflicts: number;
}

/** All that the checks of one date look at. */
export interface DateInput {
  readonly date: BusinessDate;
  readonly drop: DropFacts;
  /** Earlier drops that were accepted, ascending by date. */
  readonly history: readonly DropFacts[];
  readonly night: NightRows;
  /** Refunds and voids that became known this night and wait for an original. */
  readonly orphans: number;
  /** Rows that the manifest promises, by feed; left out for feeds of which it says nothing. */
  readonly promised: ReadonlyMap<Feed, number>;
  /** Files of the date's folder that were not taken, and why. */
  readonly skipped: readonly Remark[];
  readonly gates: GatesConfig;
}

/** A feed of a drop; all zero when it has no file. */
export const factsOf = (drop: DropFacts, feed: Feed): FeedFacts => drop.feeds.get(feed) ?? noFacts();

/** True for a day on which the configuration expects no business. */
export function isClosed(date: BusinessDate, { closedDays }: Pick<GatesConfig, 'closedDays'>): boolean {
  return closedDays.includes(date) || closedDays.includes(WEEKDAYS[weekdayOf(dayOf(date))] as string);
}

/** Earlier open days of the same weekday. */
export function sameWeekdays({ date, history, gates }: DateInput): DropFacts[] {
  const weekday = weekdayOf(dayOf(date));
  return history.filter((drop) => weekdayOf(dayOf(drop.date)) === weekday && !isClosed(drop.date, gates));
}
