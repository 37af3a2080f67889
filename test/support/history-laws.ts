import { expect } from 'vitest';
import { PENDING_REASONS } from '../../lib/arrow/schemas.ts';
import type { DrawnHistory, DrawnRow } from './history-drops.ts';
import { shownOf } from './places-state.ts';
import { comparableBytes, type Outcome, outcomeOf, play, rebuild } from './play-history.ts';

/** Histories of one run of the tests. */
export const HISTORIES = Number(process.env['PERENNIAL_HISTORIES'] ?? 200);

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
  expectAccounted(nightly, history);
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
  return new Set([...shownBy(nightly), `compared with ${compared}`]);
}

/** Every refusal with its file, line and night. */
const refusedBy = ({ refusals }: Outcome) => refusals.map((one) => JSON.stringify(one)).sort();

/** What no way of running may change: rows and figures. A rate in conflict is refused in every shard. */
function rowsOf({ scores, transitions, kpis, refusals }: Outcome): unknown {
  const rules = refusals.flatMap(({ rule, file }) => (file.includes('/rates/') ? [] : [rule]));
  return { scores, transitions, kpis, rules: rules.sort() };
}

function shownBy({ refusals, pending, kpis, counts }: Outcome): ReadonlySet<string> {
  return new Set([
    ...refusals.map(({ rule }) => rule),
    ...pending.map(({ reason }) => `pending ${PENDING_REASONS[reason]}`),
    ...(kpis.some(({ restated }) => restated > 0) ? ['restated'] : []),
    ...((counts['duplicates'] ?? 0) > 0 ? ['duplicates'] : []),
  ]);
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0);

/** Every row went one way, every amount too. */
function expectAccounted(outcome: Outcome, { rows }: DrawnHistory): void {
  const { kpis, refusals, pending, counts } = outcome;
  const kpi = (name: 'sales' | 'refunds' | 'voids' | 'duplicates' | 'revenue_minor') => sumOf(kpis.map((one) => one[name]));
  expect(counts['rows']).toBe(rows.length);
  const isTransaction = ({ file }: { readonly file: string }) => file.includes('/transactions/');
  const placed = [...refusals, ...pending].filter(isTransaction).map(({ file, line }) => `${file}:${line}`);
  // Nothing is refused twice, or refused and waiting. A rate in conflict is, in every shard that could have used it.
  expect(new Set(placed).size).toBe(placed.length);
  if (rows.some(({ feed }) => feed === 'erasures')) return;
  const transactions = rows.filter(({ feed }) => feed === 'transactions').length;
  const applied = kpi('sales') + kpi('refunds') + kpi('voids');
  expect(applied + kpi('duplicates') + placed.length).toBe(transactions);
  expect(outcome.netMinor).toBe(kpi('revenue_minor'));
  expectMoney(outcome, rows);
}

/** Sales in, less those that wait, are refused or are copies, are the sales of the books: counted by the rows alone. */
function expectMoney({ refusals, pending, kpis }: Outcome, rows: readonly DrawnRow[]): void {
  const sales = rows.filter(({ feed, fields }) => feed === 'transactions' && fields[5] === 'sale' && fields[3] !== 'much');
  if (sales.some(({ fields }) => fields[4] !== 'USD')) return;
  const left = (name: 'sales_minor') => sumOf(kpis.map((one) => one[name]));
  const minorOf = ({ fields }: DrawnRow) => Math.round(Number(fields[3]) * 100);
  const contents = new Map(sales.map((row) => [row.fields.join('|'), row]));
  const isOut = refusals.some(
    ({ rule, file }) => file.includes('/transactions/') && (rule === 'CONFLICT' || rule === 'FUTURE_EVENT'),
  );
  if (isOut || pending.length > 0) {
    expect(left('sales_minor')).toBeLessThanOrEqual(sumOf([...contents.values()].map(minorOf)));
    return;
  }
  expect(left('sales_minor')).toBe(sumOf([...contents.values()].map(minorOf)));
}
