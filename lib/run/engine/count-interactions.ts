import { INTERACTION_KINDS } from '../../arrow/schemas.ts';
import { INTERACTION_DAYS } from '../../book/interaction-list.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import { ComplaintQueue } from '../../lifecycle/complaint-queue.ts';
import { STAGES } from '../../lifecycle/words.ts';
import type { ShardFigures } from '../../report/shard-figures.ts';

/** Days within which a complaint is to be resolved. */
const RESOLVED_DAYS = 7;

const MILLIONTHS = 1_000_000;
const [COMPLAINT, RESOLVED, REVIEW, SURVEY, REFERRAL] = (
  ['complaint', 'complaint_resolved', 'review', 'survey', 'referral'] as const
).map((kind) => INTERACTION_KINDS.indexOf(kind));

/**
 * What customers said and did beside buying, in the 90 days up to a night.
 *
 * Cost: lists are walked of those alone who have one.
 * @param stages code of each customer's stage by slot @param badScore score at or below which a review is negative
 */
export function countInteractions(
  book: ShardBook,
  stages: Uint8Array,
  { day, badScore }: { readonly day: number; readonly badScore: number },
): Pick<ShardFigures, 'satisfaction'> & { readonly referrers: number[] } {
  const counts = {
    reviews: 0,
    reviewScores: 0,
    badReviews: 0,
    surveys: 0,
    surveyScores: 0,
    complaints: 0,
    open: 0,
    overdue: 0,
    resolvedSoon: 0,
    resolvedLate: 0,
  };
  const referrers = STAGES.map(() => 0);
  const { interactionHead } = book.customers;
  const queue = new ComplaintQueue();
  for (let slot = 0; book.interactions.size > 0 && slot < book.size; slot++) {
    const head = interactionHead[slot] as number;
    if (head < 0 || book.isRemoved(slot)) continue;
    if (countCustomer(book, head, { day, badScore, queue }, counts)) (referrers[stages[slot] as number] as number) += 1;
  }
  return { satisfaction: counts, referrers };
}

type Counts = { -readonly [Name in keyof ShardFigures['satisfaction']]: number };

/** @returns whether the customer referred somebody */
function countCustomer(
  book: ShardBook,
  head: number,
  { day: tonight, badScore, queue }: { readonly day: number; readonly badScore: number; readonly queue: ComplaintQueue },
  counts: Counts,
): boolean {
  const { next, day, kind, score, occurredAt } = book.interactions.nodes;
  let hasReferred = false;
  queue.clear();
  for (let node = head; node >= 0; node = next[node] as number) {
    const on = day[node] as number;
    if (on <= tonight - INTERACTION_DAYS || on > tonight) continue;
    const what = kind[node] as number;
    const given = score[node] as number;
    if (what === COMPLAINT) {
      if (queue.complain(on, occurredAt[node] as number)) counts.resolvedSoon++;
    } else if (what === RESOLVED) {
      const since = queue.resolve(occurredAt[node] as number);
      if (since !== undefined && on - since <= RESOLVED_DAYS) counts.resolvedSoon++;
      else if (since !== undefined) counts.resolvedLate++;
    } else if (what === REFERRAL) hasReferred = true;
    else if (Number.isNaN(given)) continue;
    else if (what === REVIEW) {
      counts.reviews++;
      counts.reviewScores += Math.round(given * MILLIONTHS);
      if (given <= badScore) counts.badReviews++;
    } else if (what === SURVEY) {
      counts.surveys++;
      counts.surveyScores += Math.round(given * MILLIONTHS);
    }
  }
  counts.complaints += queue.count;
  counts.open += queue.open;
  counts.overdue += queue.openBefore(tonight - RESOLVED_DAYS);
  return hasReferred;
}
