import { textAt } from '../arrow/columns.ts';
import { INTERACTION_KINDS } from '../arrow/schemas.ts';
import { distinctFacts } from './distinct-facts.ts';
import { hashInteraction } from './facts.ts';
import type { FoldContext } from './fold-context.ts';
import { INTERACTION_DAYS } from './interaction-list.ts';
import type { FactRow, InteractionFacts } from './night-facts.ts';
import type { FeedCounts } from './night-fold.ts';
import { FUTURE_NIGHTS } from './pending.ts';

type InteractionRow = FactRow<InteractionFacts>;

/**
 * Takes the interactions of a night: they make their customers known and are kept for 90 days, with their copies found by id
 * within the customer. One of a day to come is kept at once, for readers look at days up to their own; one of a day more than 2
 * nights ahead is refused.
 */
export function foldInteractions(context: FoldContext, tables: readonly InteractionFacts[], counts: FeedCounts): void {
  const { book, night } = context;
  book.interactions.oldest = night - INTERACTION_DAYS + 1;
  const { rows, lone, rivals } = distinctFacts(tables, {
    idsOf: (table) => table.columns.interaction_id,
    hashContent: hashInteraction,
    isDropped(fact) {
      const erasure = context.erasureOf(fact);
      if (!erasure || (fact.table.columns.occurred_at[fact.row] as number) > erasure.requestedAt) return false;
      counts.erased++;
      return true;
    },
    onCopy() {
      counts.duplicates++;
    },
  });
  counts.rows = rows;
  for (const group of rivals) {
    for (const fact of group) {
      if (againstKnown(context, fact, counts)) continue;
      counts.conflicts++;
      refuse(context, fact, 'CONFLICT', 'other content under this id on the same night');
    }
  }
  for (const fact of lone) if (!againstKnown(context, fact, counts)) take(context, fact, counts);
}

/** Judges an interaction whose id is known. @returns false when the id is new */
function againstKnown(context: FoldContext, fact: InteractionRow, counts: FeedCounts): boolean {
  const { customers, interactions } = context.book;
  const slot = context.slotOf(fact);
  if (slot < 0) return false;
  const node = interactions.find(customers.interactionHead[slot] as number, fact.table, fact.row);
  if (node < 0) return false;
  if (interactions.hasContent(node, fact.table, fact.row)) counts.duplicates++;
  else {
    counts.conflicts++;
    refuse(context, fact, 'CONFLICT', 'other content under this id is known since an earlier night');
  }
  return true;
}

function take(context: FoldContext, fact: InteractionRow, counts: FeedCounts): void {
  const { book, night } = context;
  const day = fact.table.columns.business_day[fact.row] as number;
  if (day > night + FUTURE_NIGHTS) {
    counts.refused++;
    refuse(context, fact, 'FUTURE_EVENT', 'its day is more than 2 nights ahead');
    return;
  }
  const slot = context.knownSlotOf(fact);
  if (day < book.interactions.oldest) {
    counts.outdated++;
    return;
  }
  const heads = book.customers.interactionHead;
  heads[slot] = book.interactions.add(heads[slot] as number, fact.table, fact.row);
  counts.taken++;
}

function refuse(context: FoldContext, fact: InteractionRow, rule: string, message: string): void {
  const { columns: c } = fact.table;
  const score = c.score[fact.row] as number;
  const channel = textAt(c.channel, fact.row);
  context.refuseRow(fact, {
    feed: 'interactions',
    rule,
    message,
    fact: {
      interaction_id: textAt(c.interaction_id, fact.row),
      customer_id: textAt(c.customer_id, fact.row),
      occurred_at: new Date(c.occurred_at[fact.row] as number).toISOString(),
      kind: INTERACTION_KINDS[c.kind[fact.row] as number],
      ...(Number.isNaN(score) ? {} : { score }),
      ...(channel === '' ? {} : { channel }),
    },
  });
}
