import type { Counts } from './contracts.ts';
import type { FoldReceipt, IngestReceipt } from './receipts.ts';
import { sumOf } from './sum.ts';

/** Prefix of the counts of waiting facts by reason: `pending_MISSING_RATE`. */
export const PENDING_PREFIX = 'pending_';

/**
 * What became of the rows of a run: `rows` is `applied`, `copies`, `waiting`, `unreadable`, `refused` and `passedOver` (of erased
 * customers, or too old to be kept) together. `expired` are rows of earlier nights; `quarantined` are they, the unreadable and the
 * refused. `pending` is all that waits, rows of earlier nights included.
 */
export function countRows(sources: IngestReceipt['sources'], folded: readonly FoldReceipt[]): Counts {
  const feeds = folded.flatMap((receipt) => Object.values(receipt.feeds));
  const rows = sumOf(sources, (source) => source.rows);
  const unreadable = sumOf(sources, ({ malformed }) => malformed);
  const expired = sumOf(folded, ({ refusedEarlier = 0 }) => refusedEarlier);
  const refused = sumOf(sources, ({ policy }) => policy) + sumOf(folded, (receipt) => receipt.refused) - expired;
  const duplicates = sumOf(folded, ({ counts }) => counts.duplicates);
  const copies = duplicates + sumOf(feeds, (feed) => feed.duplicates);
  const waiting = sumOf(folded, ({ pendingOwn = 0 }) => pendingOwn);
  const passedOver = sumOf(folded, ({ counts }) => counts.erased) + sumOf(feeds, ({ erased, outdated }) => erased + outdated);
  return {
    rows,
    accepted: sumOf(sources, ({ accepted }) => accepted),
    applied: rows - copies - waiting - unreadable - refused - passedOver,
    copies,
    waiting,
    unreadable,
    refused,
    passedOver,
    expired,
    quarantined: unreadable + refused + expired,
    duplicates,
    conflicts: sumOf(folded, ({ counts }) => counts.conflicts),
    pending: sumOf(folded, ({ after }) => after.pending),
    ...pendingByReason(folded),
  };
}

function pendingByReason(folded: readonly FoldReceipt[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { after } of folded) {
    for (const [reason, facts] of Object.entries(after.pendingReasons ?? {})) {
      const name = `${PENDING_PREFIX}${reason}`;
      sums[name] = (sums[name] ?? 0) + facts;
    }
  }
  return sums;
}
