import type { Feed } from '../../keys.ts';
import { counted } from '../counted.ts';
import { type Finding, percent } from './check-result.ts';
import { type DateInput, factsOf } from './date-input.ts';
import type { DropFacts, FeedFacts } from './drop-facts.ts';
import { MIN_POINTS, median } from './usual.ts';

/** Rows from which a share of empty values tells something. */
const LEAST_ROWS = 20;

/** How many refunds and voids come differs from day to day. */
const VARYING_COLUMN = 'original_transaction_id';

interface Column {
  readonly name: string;
  readonly emptyShare: number;
  /** Share of empty values at most; undefined when there are too few rows or days and nothing configured. */
  readonly limit: number | undefined;
}

/** Share of empty values per optional column, against what was usual or is configured: one finding per feed. */
export function completeness(input: DateInput): Finding[] {
  const findings: Finding[] = [];
  for (const [feed, facts] of input.drop.feeds) if (facts.accepted > 0) findings.push(judge(input, feed, facts));
  return findings;
}

function judge(input: DateInput, feed: Feed, facts: FeedFacts): Finding {
  const columns = Object.entries(facts.empty).map(([name, empty]): Column => {
    const emptyShare = empty / facts.accepted;
    return { name, emptyShare, limit: configuredLimit(input, feed, name) ?? usualLimit(input, feed, name) };
  });
  const found = { name: 'completeness', date: input.date, feed } as const;
  const judged = columns.filter((column): column is Column & { limit: number } => column.limit !== undefined);
  if (judged.length === 0) {
    const expected =
      columns.length === 0 ? 'no optional column' : `${LEAST_ROWS} rows, and ${MIN_POINTS} earlier days to compare with`;
    const status = columns.length === 0 ? 'passed' : 'not_enough_history';
    return {
      ...found,
      status,
      observed: `${counted(columns.length, 'column')}, ${counted(facts.accepted, 'row')}`,
      expected,
      message: '',
    };
  }
  const broken = judged.filter(({ emptyShare, limit }) => emptyShare > limit);
  if (broken.length === 0) {
    return {
      ...found,
      status: 'passed',
      observed: `${counted(judged.length, 'column')} as usual`,
      expected: 'no emptier ones',
      message: '',
    };
  }
  return {
    ...found,
    status: 'failed',
    observed: broken.map(({ name, emptyShare }) => `${name} ${percent(emptyShare)} empty`).join(', '),
    expected: broken.map(({ name, limit }) => `${name} at most ${percent(limit)}`).join(', '),
    message: 'Values that used to come are missing: ask the source whether it changed the export of these columns.',
  };
}

/** Empty share at most as configured. */
function configuredLimit({ gates }: DateInput, feed: Feed, column: string): number | undefined {
  const configured = gates.minFilled.find((least) => least.feed === feed && least.column === column);
  return configured && 1 - configured.share;
}

/** Empty share at most by what was usual. */
function usualLimit({ drop, history, gates }: DateInput, feed: Feed, column: string): number | undefined {
  if (column === VARYING_COLUMN || factsOf(drop, feed).accepted < LEAST_ROWS) return undefined;
  const shares = history.map((drop) => emptyShareOf(drop, feed, column)).filter((share) => share !== undefined);
  return shares.length < MIN_POINTS ? undefined : Math.min(1, median(shares) + gates.maxEmptyIncrease);
}

function emptyShareOf(drop: DropFacts, feed: Feed, column: string): number | undefined {
  const { accepted, empty } = factsOf(drop, feed);
  const rows = empty[column];
  return accepted === 0 || rows === undefined ? undefined : rows / accepted;
}
