import { type ByteColumn, compareRows, textAt } from '../arrow/columns.ts';
import { compareSources } from './facts.ts';
import type { FoldContext } from './fold-context.ts';
import type { CustomerFacts, FactRow } from './night-facts.ts';
import type { FeedCounts } from './night-fold.ts';

type CustomerRow = FactRow<CustomerFacts>;

/** What a row may tell of a customer, in the order in which contents are compared. */
const VALUES = [
  'signed_up_at',
  'signed_up_on',
  'country',
  'consent_email',
  'consent_sms',
  'consent_ads',
  'has_email',
  'has_phone',
] as const;

/**
 * Takes the rows of the customers feed: each makes its customer known and sets what its file tells.
 *
 * Rows are taken by `updated_at` (none first), then by content, so that the order of files and rows does not matter.
 * @returns the rows that were taken, in their order
 */
export function foldCustomers(context: FoldContext, tables: readonly CustomerFacts[], counts: FeedCounts): CustomerRow[] {
  const taken: CustomerRow[] = [];
  for (const table of tables) {
    for (let row = 0; row < table.rows; row++) {
      counts.rows++;
      if (isErased(context, { table, row })) counts.erased++;
      else taken.push({ table, row });
    }
  }
  counts.taken = taken.length;
  taken.sort((a, b) => compareUpdates(a, b) || compareSources(a, b));
  for (const fact of taken) upsert(context, fact);
  return taken;
}

/** True for a row of an erased customer that is not certainly later than the erasure was asked for. */
function isErased(context: FoldContext, fact: CustomerRow): boolean {
  const erasure = context.erasureOf(fact);
  if (!erasure) return false;
  const { updated_at, signed_up_at } = fact.table.columns;
  const updated = updated_at[fact.row] as number;
  const at = Number.isNaN(updated) ? (signed_up_at[fact.row] as number) : updated;
  return Number.isNaN(at) || at <= erasure.requestedAt;
}

/** Order of two rows: `updated_at`, then what their files tell of a customer. 0 when they tell the same. */
export function compareUpdates(a: CustomerRow, b: CustomerRow): number {
  const difference = compareNumbers(a.table.columns.updated_at[a.row] as number, b.table.columns.updated_at[b.row] as number);
  if (difference !== 0) return difference;
  return compareValues(VALUES, { ...a.table, row: a.row }, { ...b.table, row: b.row });
}

/** Values of a row, and which of its columns its file has. */
interface ValueRow<N extends string> {
  readonly columns: Readonly<Record<N, ByteColumn | ArrayLike<number>>>;
  readonly present: ReadonlySet<string>;
  readonly row: number;
}

/** Order of what two rows tell, column by column; one whose file lacks a column comes first. */
export function compareValues<N extends string>(names: readonly N[], a: ValueRow<N>, b: ValueRow<N>): number {
  for (const name of names) {
    const [isThere, isThereToo] = [a.present.has(name), b.present.has(name)];
    if (isThere !== isThereToo) return isThere ? 1 : -1;
    if (!isThere) continue;
    const [left, right] = [a.columns[name], b.columns[name]];
    const difference =
      'offsets' in left
        ? compareRows(left, a.row, right as ByteColumn, b.row)
        : compareNumbers(left[a.row] as number, (right as ArrayLike<number>)[b.row] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Order of numbers, NaN first. */
function compareNumbers(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a - b;
}

function upsert(context: FoldContext, fact: CustomerRow): void {
  const { columns: from, present } = fact.table;
  const { row } = fact;
  const slot = context.knownSlotOf(fact);
  const c = context.book.customers;
  if (present.has('signed_up_on') || present.has('signed_up_at')) c.signedUpDay[slot] = from.signed_up_on[row] as number;
  if (present.has('country')) c.country[slot] = context.book.countryCode(textAt(from.country, row));
  if (present.has('consent_email')) c.consentEmail[slot] = from.consent_email[row] as number;
  if (present.has('consent_sms')) c.consentSms[slot] = from.consent_sms[row] as number;
  if (present.has('consent_ads')) c.consentAds[slot] = from.consent_ads[row] as number;
  if (present.has('has_email')) c.hasEmail[slot] = from.has_email[row] as number;
  if (present.has('has_phone')) c.hasPhone[slot] = from.has_phone[row] as number;
}
