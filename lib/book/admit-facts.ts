import { distinctFacts } from './distinct-facts.ts';
import { type Fact, type FactTable, hashContent, hashCustomer } from './facts.ts';
import type { FoldContext } from './fold-context.ts';
import type { PendingFact } from './pending.ts';
import { INDEX_CODE } from './transaction-index.ts';

const customer = new Uint32Array(4);
const content = new Uint32Array(4);

/**
 * Sorts out the transactions of a night: those of erased customers, copies and conflicts are accounted for here.
 *
 * @returns the facts that are to be applied, each with an entry `pending` in the index
 */
export function admitFacts(context: FoldContext, tables: readonly FactTable[]): PendingFact[] {
  const { counts, money } = context;
  const fresh = distinctFacts(tables, {
    idsOf: (table) => table.columns.transaction_id,
    hashContent: (fact, out) => hashContent(fact, out),
    isDropped: (fact) => dropErased(context, fact),
    onCopy(fact) {
      counts.duplicates++;
      tally(money.of(fact), 'duplicates', amountOf(fact));
    },
  });
  counts.rows = fresh.rows;
  const admitted: PendingFact[] = [];
  for (const group of fresh.rivals) contradict(context, group, admitted);
  for (const fact of fresh.lone) if (!againstKnown(context, fact, admitted)) admit(context, fact, amountOf(fact), admitted);
  return admitted;
}

const amountOf = ({ table, row }: Fact) => table.columns.amount_minor[row] as number;

function tally(
  sums: ReturnType<FoldContext['money']['of']>,
  name: 'duplicates' | 'conflicts' | 'erased',
  amountMinor: number,
): void {
  if (sums) sums[name] += amountMinor;
}

/** True for a fact of an erased customer that happened when the erasure was asked for, or before: it is counted and dropped. */
function dropErased(context: FoldContext, fact: Fact): boolean {
  const erasure = context.erasureOf(fact);
  if (!erasure || (fact.table.columns.occurred_at[fact.row] as number) > erasure.requestedAt) return false;
  context.counts.erased++;
  tally(context.money.of(fact), 'erased', amountOf(fact));
  return true;
}

/** Several contents of one id in one night: an earlier one wins over all; else all are refused and the id stays in conflict. */
function contradict(context: FoldContext, group: readonly Fact[], admitted: PendingFact[]): void {
  const first = group[0] as Fact;
  if (context.entryOf(first) >= 0) {
    for (const fact of group) againstKnown(context, fact, admitted);
    return;
  }
  for (const fact of group) refuseConflict(context, fact, 'other content under this id on the same night');
  hashCustomer(first, customer);
  content.fill(0);
  const day = first.table.columns.business_day[first.row] as number;
  const none = { amountMinor: 0, remainingMinor: 0, currency: 0 };
  context.index.add(context.identity, customer, content, { knownOn: context.night, day, ...none, state: 'conflict' });
}

/** Judges a fact whose id is known. @returns false when the id is new */
function againstKnown(context: FoldContext, fact: Fact, admitted: PendingFact[]): boolean {
  const entry = context.entryOf(fact);
  if (entry < 0) return false;
  const state = context.index.columns.state[entry];
  if (state === INDEX_CODE.conflict) refuseConflict(context, fact, 'the id is in conflict since an earlier night');
  else if (!isSameContent(context, fact, entry)) {
    refuseConflict(context, fact, 'other content under this id is known since an earlier night');
  } else if (state === INDEX_CODE.expired) {
    // delivered again after it waited in vain: what of it was applied then is a copy
    const left = context.index.columns.remaining_minor[entry] as number;
    tally(context.money.of(fact), 'duplicates', amountOf(fact) - left);
    admit(context, fact, left, admitted);
  } else {
    context.counts.duplicates++;
    tally(context.money.of(fact), 'duplicates', amountOf(fact));
  }
  return true;
}

function isSameContent(context: FoldContext, fact: Fact, entry: number): boolean {
  const { content_hash_0: first, content_hash_1: second } = context.index.columns;
  hashContent(fact, content);
  if (first[entry] === content[0] && second[entry] === content[1]) return true;
  if (fact.table.columns.date_only[fact.row] === 0) return false;
  hashContent(fact, content, 1);
  return first[entry] === content[0] && second[entry] === content[1];
}

function refuseConflict(context: FoldContext, fact: Fact, message: string): void {
  context.counts.conflicts++;
  tally(context.money.of(fact), 'conflicts', amountOf(fact));
  context.refuse(fact, 'CONFLICT', message);
}

/** Takes a fact whose entry was just looked for: its identity is still at hand. */
function admit({ index, night, identity }: FoldContext, fact: Fact, amountMinor: number, admitted: PendingFact[]): void {
  const c = fact.table.columns;
  hashCustomer(fact, customer);
  hashContent(fact, content);
  index.add(identity, customer, content, {
    knownOn: night,
    day: c.business_day[fact.row] as number,
    amountMinor: amountOf(fact),
    remainingMinor: 0,
    state: 'pending',
    currency: c.currency[fact.row] as number,
  });
  admitted.push({ fact, amountMinor, reason: 'ORPHAN', knownOn: night, nightsLeft: -1 });
}
