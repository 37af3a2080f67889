import type { Feed } from '../../keys.ts';
import type { BusinessDate } from '../../time.ts';
import type { LedgerSource } from '../plan.ts';

/** What is known of one feed of a drop: counts of rows, summed over its files. */
export interface FeedFacts {
  files: number;
  rows: number;
  accepted: number;
  malformed: number;
  policy: number;
  /** Newest business day of an accepted row; '' without one, and for feeds without events. */
  newestDay: BusinessDate | '';
  /** Accepted rows without a value, by optional column. */
  readonly empty: Record<string, number>;
  /** Refused rows by rule. */
  readonly rules: Record<string, number>;
}

/** What is known of the drop of a date. */
export interface DropFacts {
  readonly date: BusinessDate;
  readonly feeds: ReadonlyMap<Feed, FeedFacts>;
}

/** A feed without a file. */
export const noFacts = (): FeedFacts => ({
  files: 0,
  rows: 0,
  accepted: 0,
  malformed: 0,
  policy: 0,
  newestDay: '',
  empty: {},
  rules: {},
});

/** The date of the folder that a file lies in. */
export const folderOf = (key: string): BusinessDate => key.slice('dt='.length, 'dt=YYYY-MM-DD'.length) as BusinessDate;

/**
 * Sums files up by the date of their folder and their feed.
 *
 * @param dates the dates wanted; each has an entry, in this order, also without a file
 */
export function dropFactsOf(dates: readonly BusinessDate[], sources: Iterable<LedgerSource>): DropFacts[] {
  const drops = new Map(dates.map((date) => [date, new Map<Feed, FeedFacts>()]));
  for (const source of sources) {
    const feeds = drops.get(folderOf(source.key));
    if (!feeds) continue;
    const sum = feeds.get(source.feed) ?? noFacts();
    feeds.set(source.feed, sum);
    addSource(sum, source);
  }
  return [...drops].map(([date, feeds]) => ({ date, feeds }));
}

function addSource(sum: FeedFacts, source: LedgerSource): void {
  sum.files++;
  for (const name of ['rows', 'accepted', 'malformed', 'policy'] as const) sum[name] += source[name];
  const { newestDay, empty, rules } = source.facts;
  if (newestDay > sum.newestDay) sum.newestDay = newestDay;
  for (const [column, rows] of Object.entries(empty)) sum.empty[column] = (sum.empty[column] ?? 0) + rows;
  for (const [rule, rows] of Object.entries(rules)) sum.rules[rule] = (sum.rules[rule] ?? 0) + rows;
}
