import type { FeedCounts, OtherFeed } from '../book/night-fold.ts';
import { FEEDS, type Feed } from '../keys.ts';
import { STAGES } from '../lifecycle/words.ts';
import type { FoldReceipt, IngestReceipt, ScoreReceipt } from './receipts.ts';
import { sumOf } from './sum.ts';

/** Two sums that must be equal, or something was lost or made up. */
export interface Equality {
  readonly name: string;
  readonly passed: boolean;
  readonly observed: number;
  readonly expected: number;
}

type Sources = IngestReceipt['sources'];

const equal = (name: string, observed: number, expected: number): Equality => ({
  name,
  passed: observed === expected,
  observed,
  expected,
});

/**
 * What must be equal on both sides of every step: rows of each feed, money of each currency, customers and stages
 * (docs/runbook.md, Held).
 */
export function conservation(
  ingested: readonly IngestReceipt[],
  folded: readonly FoldReceipt[],
  scored: readonly ScoreReceipt[],
): Equality[] {
  const sources = ingested.flatMap((receipt) => receipt.sources);
  return [
    equal(
      'rows_read',
      sumOf(sources, (s) => ledgerRows(s) + s.malformed + s.policy),
      sumOf(sources, (s) => s.rows),
    ),
    ...FEEDS.flatMap((feed) => rowsOfFeed(feed, sources, folded)),
    ...moneyOfCurrencies(folded),
    ...books(folded),
    ...passes(folded, scored),
    ...stageFlows(scored),
  ];
}

/** Rows that lie in the ledger: of feeds by shard those of their files. */
function ledgerRows({ feed, files, accepted }: Sources[number]): number {
  return feed === 'rates' || feed === 'erasures' ? accepted : sumOf(files, ({ rows }) => rows);
}

/** Every accepted row of a feed was folded, and became one thing. Of a feed without rows there is nothing to tell. */
function rowsOfFeed(feed: Feed, sources: Sources, folded: readonly FoldReceipt[]): Equality[] {
  const accepted = sumOf(
    sources.filter((source) => source.feed === feed),
    (source) => source.accepted,
  );
  if (feed === 'transactions') {
    const rows = sumOf(folded, ({ counts }) => counts.rows);
    return [equal('rows_folded', rows, accepted), equal('rows_accounted_for', accountedTransactions(folded), rows)];
  }
  const rows = sumOf(folded, ({ feeds }) => feeds[feed].rows);
  if (rows === 0 && accepted === 0) return [];
  const accounted = sumOf(folded, ({ feeds }) => accountedRows(feeds[feed as OtherFeed]));
  return [equal(`rows_folded_${feed}`, rows, accepted), equal(`rows_accounted_for_${feed}`, accounted, rows)];
}

const accountedRows = (c: FeedCounts) => c.taken + c.duplicates + c.conflicts + c.refused + c.outdated + c.erased;

/** Transactions applied, dropped, refused or waiting; those that waited before the run are taken off. */
function accountedTransactions(folded: readonly FoldReceipt[]): number {
  return sumOf(folded, ({ counts: c, before, after }) => {
    const applied = c.sales + c.refunds + c.voids;
    const settled = applied + c.duplicates + c.conflicts + c.expired + c.refused + c.erased + c.erasedPending;
    return settled + after.pending - before.pending;
  });
}

/**
 * Money in, as read from the ledger, and what waited before = money in the books, dropped, in quarantine, erased, and what waits;
 * of each currency in its own minor units, sales and refunds apart.
 */
function moneyOfCurrencies(folded: readonly FoldReceipt[]): Equality[] {
  const sides = new Map<string, { in: number; out: number }>();
  const add = (name: string, side: 'in' | 'out', amount: number) => {
    const sums = sides.get(name) ?? { in: 0, out: 0 };
    sums[side] += amount;
    sides.set(name, sums);
  };
  for (const { amounts, money, before, after } of folded) {
    for (const [name, amount] of Object.entries(amounts)) add(name, 'in', amount);
    for (const [name, amount] of Object.entries(before.pendingAmounts)) add(name, 'in', amount);
    for (const [name, amount] of Object.entries(after.pendingAmounts)) add(name, 'out', amount);
    for (const { currency, type, ...m } of money) {
      add(`${currency} ${type}`, 'out', m.applied + m.duplicates + m.conflicts + m.refused + m.erased);
    }
  }
  return [...sides.keys()].sort().map((name) => {
    const sums = sides.get(name) as { in: number; out: number };
    return equal(`money_${name.replace(' ', '_')}_minor`, sums.out, sums.in);
  });
}

/** Net amount and number of customers of the books change by what was applied and erased, and by nothing else. */
function books(folded: readonly FoldReceipt[]): Equality[] {
  const counts = (name: keyof FoldReceipt['counts']) => sumOf(folded, (receipt) => receipt.counts[name]);
  const money = counts('salesMinor') - counts('refundsMinor') - counts('voidedMinor') - counts('erasedMinor');
  const netChange = sumOf(folded, ({ before, after }) => after.netMinor - before.netMinor);
  const customers = sumOf(folded, ({ before, after }) => after.customers - before.customers);
  return [equal('net_minor', netChange, money), equal('customers', customers, counts('customersIn') - counts('customersErased'))];
}

/** Both passes over the shards came to the same books. */
function passes(folded: readonly FoldReceipt[], scored: readonly ScoreReceipt[]): Equality[] {
  const customers = sumOf(folded, ({ after }) => after.customers);
  return [
    equal(
      'net_minor_of_passes',
      sumOf(scored, ({ after }) => after.netMinor),
      sumOf(folded, ({ after }) => after.netMinor),
    ),
    equal(
      'customers_of_passes',
      sumOf(scored, ({ after }) => after.customers),
      customers,
    ),
    equal(
      'customers_staged',
      sumOf(scored, (receipt) => sumOf(receipt.kpis.at(-1)?.stages ?? [], (n) => n)),
      customers,
    ),
  ];
}

/** Every stage: customers before, plus those who came, less those who went or were erased, are the customers after. */
function stageFlows(scored: readonly ScoreReceipt[]): Equality[] {
  return STAGES.map((stage, code) => {
    const before = sumOf(scored, (receipt) => receipt.stagesBefore[code] ?? 0);
    const after = sumOf(scored, (receipt) => receipt.kpis.at(-1)?.stages[code] ?? 0);
    const moved = sumOf(scored, (receipt) =>
      sumOf(
        receipt.kpis,
        (kpi) =>
          sumOf([...kpi.flows, ...kpi.restatements], ([from, to, n]) => (to === code ? n : 0) - (from === code ? n : 0)) -
          (kpi.erased[code] as number),
      ),
    );
    return equal(`stage_${stage}`, after, before + moved);
  });
}
