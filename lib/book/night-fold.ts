/** A fact that only the fold could refuse. */
export interface RefusedFact {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
  readonly fact: Record<string, unknown>;
}

/** How the rows and the money of one night were accounted for. Money is minor units. */
export interface FoldCounts {
  rows: number;
  duplicates: number;
  conflicts: number;
  /** Facts that began to wait, and that ended waiting in the quarantine. */
  pendingIn: number;
  expired: number;
  /** Amount of sales put into the book. */
  salesMinor: number;
  sales: number;
  /** Amount of refunds taken from the book. */
  refundsMinor: number;
  refunds: number;
  /** Net amount that voids removed. */
  voidedMinor: number;
  voids: number;
}

/** What one night changed in a shard's book. */
export interface NightFold {
  /** Days before the night that began (true) or ceased (false) to count, by slot. */
  readonly corrected: ReadonlyMap<number, { added: boolean; removed: boolean; transactions: string[] }>;
  readonly refused: RefusedFact[];
  readonly counts: FoldCounts;
}

/** No rows, no money. */
export const emptyCounts = (): FoldCounts => ({
  rows: 0,
  duplicates: 0,
  conflicts: 0,
  pendingIn: 0,
  expired: 0,
  salesMinor: 0,
  sales: 0,
  refundsMinor: 0,
  refunds: 0,
  voidedMinor: 0,
  voids: 0,
});
