import type { EpochDay } from '../time.ts';
import type { CustomerFacts, FactRow } from './night-facts.ts';

/** A fact that only the fold could refuse. */
export interface RefusedFact {
  readonly feed: 'transactions' | 'interactions' | 'rates';
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
  readonly fact: Record<string, unknown>;
}

/** How the transactions of one night were accounted for, and what became of the book. Money is minor units of the base currency. */
export interface FoldCounts {
  rows: number;
  duplicates: number;
  conflicts: number;
  /** Facts that began to wait, and that ended waiting in the quarantine. */
  pendingIn: number;
  expired: number;
  /** Facts that were refused at once, conflicts apart. */
  refused: number;
  /** Rows of erased customers that were dropped, and facts of theirs that had waited. */
  erased: number;
  erasedPending: number;
  /** Amount of sales put into the book. */
  salesMinor: number;
  sales: number;
  /** Amount of refunds taken from the book. */
  refundsMinor: number;
  refunds: number;
  /** Net amount that voids removed. */
  voidedMinor: number;
  voids: number;
  /** Customers that became known, and that were erased, with their net amount. */
  customersIn: number;
  customersErased: number;
  erasedMinor: number;
}

/** How the rows of another feed were accounted for: every row is in exactly one of the others. */
export interface FeedCounts {
  rows: number;
  taken: number;
  duplicates: number;
  conflicts: number;
  refused: number;
  /** Too old to be kept. */
  outdated: number;
  /** Of erased customers. */
  erased: number;
}

/** The feeds beside transactions. */
export type OtherFeed = 'interactions' | 'customers' | 'rates' | 'erasures';

/** Counts of the feeds beside transactions. */
export type OtherCounts = Record<OtherFeed, FeedCounts>;

/** What became of the amounts of one currency and type, in its own minor units. Voids have none. */
export interface MoneyTally {
  /** ISO 4217. */
  readonly currency: string;
  readonly type: 'sale' | 'refund';
  applied: number;
  duplicates: number;
  conflicts: number;
  /** Ended in the quarantine otherwise. */
  refused: number;
  /** Of erased customers, waiting facts included. */
  erased: number;
}

/** What one night changed in a shard's book. */
export interface NightFold {
  /** Days before the night that began (true) or ceased (false) to count, by slot. */
  readonly corrected: ReadonlyMap<number, { added: boolean; removed: boolean; transactions: string[] }>;
  /** Slots whose customers were erased, before the facts of the night: one may be back with these. */
  readonly erased: readonly number[];
  /** Ids of customers that were erased, known to the book or not by transactions. Never to be written. */
  readonly erasedIds: readonly string[];
  /** Rows of the customers feed that were taken, in their order. */
  readonly upserts: readonly FactRow<CustomerFacts>[];
  readonly refused: RefusedFact[];
  /** Nights on which those of `refused` that were applied in vain had become known: earlier ones waited. */
  readonly gaveUp: readonly EpochDay[];
  readonly counts: FoldCounts;
  readonly feeds: OtherCounts;
  readonly money: readonly MoneyTally[];
}

/** No rows, no money. */
export const emptyCounts = (): FoldCounts => ({
  rows: 0,
  duplicates: 0,
  conflicts: 0,
  pendingIn: 0,
  expired: 0,
  refused: 0,
  erased: 0,
  erasedPending: 0,
  salesMinor: 0,
  sales: 0,
  refundsMinor: 0,
  refunds: 0,
  voidedMinor: 0,
  voids: 0,
  customersIn: 0,
  customersErased: 0,
  erasedMinor: 0,
});

const emptyFeed = (): FeedCounts => ({
  rows: 0,
  taken: 0,
  duplicates: 0,
  conflicts: 0,
  refused: 0,
  outdated: 0,
  erased: 0,
});

/** No rows of any other feed. */
export const emptyFeeds = (): OtherCounts => ({
  interactions: emptyFeed(),
  customers: emptyFeed(),
  rates: emptyFeed(),
  erasures: emptyFeed(),
});

/** Adds counts to a sum of them. */
export function addCounts<T extends { [N in keyof T]: number }>(sum: T, counts: T): void {
  for (const name of Object.keys(sum) as (keyof T)[])
    sum[name] = ((sum[name] as number) + (counts[name] as number)) as T[keyof T];
}

/** Adds the counts of the other feeds to a sum of them. */
export function addFeeds(sum: OtherCounts, feeds: OtherCounts): void {
  for (const feed of Object.keys(sum) as OtherFeed[]) addCounts(sum[feed], feeds[feed]);
}
