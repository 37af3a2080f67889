import { textAt } from '../arrow/columns.ts';
import type { Tombstone } from './erased-customers.ts';
import type { FoldContext } from './fold-context.ts';
import type { ErasureFacts } from './night-facts.ts';
import type { FeedCounts } from './night-fold.ts';

/** Who was removed from a book on a night. */
export interface Erased {
  readonly slots: readonly number[];
  /** Ids of all of them, those who were known by a waiting fact alone included. Never to be written. */
  readonly ids: readonly string[];
}

/**
 * Takes the erasures of a night: the customers are removed from the book with all that is known of them, waiting facts included.
 * Facts of the same night come afterwards: a later one of theirs begins a new customer.
 */
export function foldErasures(context: FoldContext, tables: readonly ErasureFacts[], counts: FeedCounts): Erased {
  const fresh = takeTombstones(context, tables, counts);
  if (fresh.size === 0) return { slots: [], ids: [] };
  const { book, night, money } = context;
  const ids = new Set<string>();
  const isErased = (bytes: Uint8Array, start: number, end: number) => book.erased.find(bytes, start, end)?.knownOn === night;
  book.pending = book.pending.filter((pending) => {
    const { table, row } = pending.fact;
    const column = table.columns.customer_id;
    if (!isErased(column.bytes, column.offsets[row] as number, column.offsets[row + 1] as number)) return true;
    ids.add(textAt(column, row));
    context.counts.erasedPending++;
    const sums = money.of(pending.fact);
    if (sums) sums.erased += pending.amountMinor;
    return false;
  });
  const slots: number[] = [];
  const column = book.ids.column;
  for (let slot = 0; slot < book.size; slot++) {
    if (book.isRemoved(slot) || !isErased(column.bytes, column.offsets[slot] as number, column.offsets[slot + 1] as number))
      continue;
    ids.add(textAt(column, slot));
    slots.push(slot);
    context.counts.customersErased++;
    context.counts.erasedMinor += book.customers.net[slot] as number;
    book.remove(slot);
  }
  return { slots, ids: [...ids] };
}

/** Of several erasures of a customer the latest counts; one that asks for nothing new is a copy. @returns keys of the new ones */
function takeTombstones(context: FoldContext, tables: readonly ErasureFacts[], counts: FeedCounts): Set<string> {
  const latest = new Map<string, Tombstone>();
  for (const { rows, columns: c } of tables) {
    for (let row = 0; row < rows; row++) {
      counts.rows++;
      const key = textAt(c.customer_key, row);
      const requestedAt = c.requested_at[row] as number;
      const known = latest.get(key);
      if (known && known.requestedAt >= requestedAt) continue;
      latest.set(key, { key, bucket: c.bucket[row] as number, requestedAt, knownOn: context.night });
    }
  }
  const fresh = new Set<string>();
  for (const tombstone of latest.values()) if (context.book.erased.add(tombstone)) fresh.add(tombstone.key);
  counts.taken += fresh.size;
  counts.duplicates = counts.rows - counts.taken;
  return fresh;
}
