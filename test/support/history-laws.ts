import { expect } from 'vitest';
import { PENDING_REASONS } from '../../lib/arrow/schemas.ts';
import type { DrawnHistory, DrawnRow } from './history-drops.ts';
import { shownOf } from './places-state.ts';
import { comparableBytes, type Outcome, outcomeOf, play, rebuild } from './play-history.ts';

/** Histories of one run of the tests. */
export const HISTORIES = Number(process.env['PERENNIAL_HISTORIES'] ?? 64);

/**
 * Runs a history night by night and in another way: in ranges of the same files and shards, in one range of other shards and other
 * files, or made anew from the ledger or the drops. Rows and figures must be the same; bytes too where the shards are.
 *
 * @returns what the history showed
 */
export async function checkHistory(history: DrawnHistory): Promise<ReadonlySet<string>> {
  const { shards, otherShards, layouts, cuts, nights, compared } = history;
  const everyNight = { shards, cuts: Array.from({ length: nights }, (_, night) => night), layout: layouts[0] };
  const places = await play(history, everyNight);
  const nightly = await outcomeOf(places, history);
  const hasMoney = expectAccounted(nightly, history);
  if (compared === 'ranges') {
    const ranges = await outcomeOf(await play(history, { shards, cuts, layout: layouts[0] }), history);
    expect(comparableBytes(ranges, history)).toEqual(comparableBytes(nightly, history));
    expect([ranges.transitions, refusedBy(ranges)]).toEqual([nightly.transitions, refusedBy(nightly)]);
  } else if (compared === 'others') {
    const others = await outcomeOf(await play(history, { shards: otherShards, cuts: [], layout: layouts[1] }), history);
    expectAccounted(others, history);
    expect(rowsOf(others)).toEqual(rowsOf(nightly));
  } else {
    const runId = await rebuild(places, everyNight, otherShards, compared === 'drops');
    const anew = await outcomeOf(places, history);
    const { scores, transitions } = nightly;
    expect({ scores: anew.scores, transitions: anew.transitions }).toEqual({ scores, transitions });
    expect(shownOf(anew.state)['transitions']).toEqual(shownOf(nightly.state)['transitions']);
    if (shards === otherShards) expect(comparableBytes(anew, history, runId)).toEqual(comparableBytes(nightly, history));
  }
  return new Set([...shownBy(nightly), `compared with ${compared}`, ...(hasMoney ? ['money told by the rows'] : [])]);
}

/** Every refusal with its file, line and night. */
const refusedBy = ({ refusals }: Outcome) => refusals.map((one) => JSON.stringify(one)).sort();

/** What no way of running may change: rows and figures. A rate in conflict is refused in every shard. */
function rowsOf({ scores, transitions, kpis, refusals }: Outcome): unknown {
  const rules = refusals.flatMap(({ rule, file }) => (file.includes('/rates/') ? [] : [rule]));
  return { scores, transitions, kpis: kpis.map(withoutFiles), rules: rules.sort() };
}

/** The figures of a date but the number of files. */
const withoutFiles = ({ data, ...kpi }: Outcome['kpis'][number]) => ({
  ...kpi,
  data: {
    ...data,
    feeds: Object.fromEntries(Object.entries(data.feeds).map(([feed, rows]) => [feed, { ...(rows as object), files: 0 }])),
  },
});

function shownBy({ refusals, pending, kpis, counts }: Outcome): ReadonlySet<string> {
  return new Set([
    ...refusals.map(({ rule }) => rule),
    ...pending.map(({ reason }) => `pending ${PENDING_REASONS[reason]}`),
    ...(kpis.some(({ restated }) => restated > 0) ? ['restated'] : []),
    ...((counts['duplicates'] ?? 0) > 0 ? ['duplicates'] : []),
  ]);
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0);

/** Every row went one way, every amount too. @returns true when the money was told by the rows alone */
function expectAccounted(outcome: Outcome, { rows }: DrawnHistory): boolean {
  const { kpis, refusals, pending, counts } = outcome;
  const kpi = (name: 'sales' | 'refunds' | 'voids' | 'duplicates' | 'revenue_minor') => sumOf(kpis.map((one) => one[name]));
  expect(counts['rows']).toBe(rows.length);
  const isTransaction = ({ file }: { readonly file: string }) => file.includes('/transactions/');
  const placed = [...refusals, ...pending].filter(isTransaction).map(({ file, line }) => `${file}:${line}`);
  // Nothing is refused twice, or refused and waiting. A rate in conflict is, in every shard that could have used it.
  expect(new Set(placed).size).toBe(placed.length);
  if (rows.some(({ feed }) => feed === 'erasures')) return false;
  const transactions = rows.filter(({ feed }) => feed === 'transactions').length;
  const applied = kpi('sales') + kpi('refunds') + kpi('voids');
  expect(applied + kpi('duplicates') + placed.length).toBe(transactions);
  expect(outcome.netMinor).toBe(kpi('revenue_minor'));
  return expectMoney(outcome, rows);
}

/** A sale as its id, customer, instant and minor units tell it. */
const saleOf = (id: unknown, customer: unknown, at: unknown, minor: number) =>
  JSON.stringify([id, customer, Date.parse(String(at)), minor]);

/**
 * The sales that came in, each content once, are those of the books, those that wait and those in quarantine: the rows alone tell what
 * came. Histories of one currency only, since books hold what others were converted to.
 *
 * @returns false when it cannot be told
 */
function expectMoney({ refusals, pending, kpis }: Outcome, rows: readonly DrawnRow[]): boolean {
  const sales = rows.filter(({ feed, fields }) => feed === 'transactions' && fields[5] === 'sale' && fields[3] !== 'much');
  if (sales.some(({ fields }) => fields[4] !== 'USD')) return false;
  const came = new Map<string, { readonly minor: number; rows: number }>();
  for (const { fields } of sales) {
    const minor = Math.round(Number(fields[3]) * 100);
    const name = saleOf(fields[0], fields[1], fields[2], minor);
    came.set(name, { minor, rows: (came.get(name)?.rows ?? 0) + 1 });
  }
  const refused = new Map<string, number>();
  for (const { text, file } of refusals) {
    const [rule, fact] = JSON.parse(text) as [string, Record<string, unknown> | string];
    if (!file.includes('/transactions/') || typeof fact === 'string' || fact['type'] !== 'sale') continue;
    const minor = Number(fact['amount_minor']);
    const name = saleOf(fact['transaction_id'], fact['customer_id'], fact['occurred_at'], minor);
    // What waited in vain and came again may be in the books as well.
    if (rule === 'FUTURE_EVENT' && (came.get(name)?.rows ?? 0) > 1) return false;
    refused.set(name, minor);
  }
  const waiting = sumOf(pending.map(({ saleMinor }) => saleMinor));
  const inBooks = sumOf(kpis.map(({ sales_minor }) => sales_minor));
  expect(inBooks + waiting + sumOf([...refused.values()])).toBe(sumOf([...came.values()].map(({ minor }) => minor)));
  return true;
}
