import type { Feed } from '../../keys.ts';
import type { Finding } from './check-result.ts';
import type { DateInput } from './date-input.ts';
import type { FeedFacts } from './drop-facts.ts';

/** Values of a column that must have been likely before none at all, or some at once, tells that the column came or went. */
const CLEAR_VALUES = 20;

/** A feed whose files may bring some columns alone: the others leave a customer as it is. */
const PARTIAL_FEED: Feed = 'customers';

/**
 * Optional columns that went, or came, since the drop before: where the counts of values leave no doubt. A column that came is
 * told and holds nothing, for nothing is lost by it; as is one that went from the customers feed.
 *
 * A required column that is missing ends the run before any check.
 */
export function schema(input: DateInput): Finding[] {
  const findings: Finding[] = [];
  for (const [feed, facts] of input.drop.feeds) {
    if (facts.accepted > 0) findings.push(judge(input, feed, facts));
  }
  return findings;
}

function judge({ date, history }: DateInput, feed: Feed, facts: FeedFacts): Finding {
  const found = { name: 'schema', date, feed } as const;
  const before = history.findLast((drop) => hasColumnCounts(drop.feeds.get(feed), facts));
  if (!before) {
    return { ...found, status: 'not_enough_history', observed: 'the first rows', expected: 'an earlier drop', message: '' };
  }
  const then = before.feeds.get(feed) as FeedFacts;
  const gone = columnsFilled(then, facts);
  const fresh = columnsFilled(facts, then);
  const expected = `the columns of ${before.date}`;
  if (gone.length === 0 && fresh.length === 0) {
    return { ...found, status: 'passed', observed: 'the same columns', expected, message: '' };
  }
  const parts = [
    ...(gone.length > 0 ? [`without ${gone.join(', ')}`] : []),
    ...(fresh.length > 0 ? [`${fresh.join(', ')} new`] : []),
  ];
  return {
    ...found,
    status: 'failed',
    isMild: gone.length === 0 || feed === PARTIAL_FEED,
    observed: parts.join('; '),
    expected,
    message:
      gone.length > 0
        ? 'A column is missing or was renamed: correct the export, or name the column of the source under "mapping" and run again.'
        : 'Values of a column that had none before: nothing to do when the source means it.',
  };
}

/** True for an earlier drop with rows; lists of the first version did not count their columns. */
const hasColumnCounts = (then: FeedFacts | undefined, now: FeedFacts): boolean =>
  then !== undefined && then.accepted > 0 && (Object.keys(then.empty).length > 0 || Object.keys(now.empty).length === 0);

/** Columns of which one drop has so many values that the other, of none, cannot have the column. */
function columnsFilled(full: FeedFacts, bare: FeedFacts): string[] {
  return Object.entries(full.empty)
    .filter(([column, empty]) => {
      const filled = full.accepted - empty;
      const missing = bare.empty[column] ?? bare.accepted;
      return filled >= CLEAR_VALUES && missing === bare.accepted && (filled / full.accepted) * bare.accepted >= CLEAR_VALUES;
    })
    .map(([column]) => column);
}
