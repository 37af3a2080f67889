import type { GatesConfig } from '../../config/gates.ts';
import type { Feed } from '../../keys.ts';
import { addDays, type BusinessDate, datesBetween } from '../../time.ts';
import type { RunDeps } from '../deps.ts';
import { readLedgerLists } from '../ledger-lists.ts';
import type { LedgerList, LedgerSource, RunPlan } from '../plan.ts';
import type { FoldReceipt } from '../receipts.ts';
import { chainOf } from '../run-ledger.ts';
import { sumOf } from '../sum.ts';
import type { DateInput } from './date-input.ts';
import { dropFactsOf, folderOf } from './drop-facts.ts';

/** Days of history that the checks look at: 8 weeks. */
const HISTORY_DAYS = 56;

/** What is judged: the run's dates that are to be, and what the shards counted. */
export interface Judged {
  /** Ascending. */
  readonly dates: readonly BusinessDate[];
  readonly folded: readonly FoldReceipt[];
  /** Refunds and voids without their original, by the night on which they became known. */
  readonly orphans: ReadonlyMap<BusinessDate, number>;
  readonly gates: GatesConfig;
}

/**
 * What the checks of each judged date look at. History are the ledger lists of the committed chain and of the run itself up to the
 * date, dates that are judged themselves left out: a range and its nights see the same.
 */
export async function readDateInputs(deps: RunDeps, plan: RunPlan, judged: Judged): Promise<DateInput[]> {
  const first = judged.dates[0] as BusinessDate;
  const lists = await readLists(deps, plan, addDays(first, -HISTORY_DAYS));
  const drops = dropFactsOf(
    lists.map(({ knownOn }) => knownOn),
    lists.flatMap(({ sources }) => sources),
  );
  return judged.dates.map((date) => ({
    date,
    drop: drops.find((drop) => drop.date === date) ?? { date, feeds: new Map() },
    history: drops.filter(
      (drop) => drop.date < date && drop.date >= addDays(date, -HISTORY_DAYS) && !judged.dates.includes(drop.date),
    ),
    night: {
      rows: sumOf(judged.folded, ({ nights }) => nights[date]?.rows ?? 0),
      duplicates: sumOf(judged.folded, ({ nights }) => nights[date]?.duplicates ?? 0),
      conflicts: sumOf(judged.folded, ({ nights }) => nights[date]?.conflicts ?? 0),
    },
    orphans: judged.orphans.get(date) ?? 0,
    promised: promisedRows(plan, date),
    skipped: plan.skipped.filter(({ key }) => key.startsWith(`dt=${date}/`)),
    gates: judged.gates,
  }));
}

/** The ledger lists of the dates from `since` to the end of the run, ascending; dates before the chain have none. */
async function readLists(deps: RunDeps, plan: RunPlan, since: BusinessDate): Promise<LedgerList[]> {
  const chain = plan.base ? await chainOf(deps, plan.base.runId) : [];
  const dates = datesBetween(since, plan.to).flatMap((date) => {
    const run = date >= plan.from ? plan : chain.find(({ from, to }) => from <= date && date <= to);
    return run ? [{ run, date }] : [];
  });
  return readLedgerLists(deps, dates);
}

/** Rows promised by the manifest of a date for the files that were taken; feeds with an unpromised file are left out. */
function promisedRows(plan: RunPlan, date: BusinessDate): Map<Feed, number> {
  const promised = new Map<Feed, number>();
  for (const file of plan.batches.flatMap(({ files }) => files)) {
    if (folderOf(file.key) !== date) continue;
    promised.set(file.feed, (promised.get(file.feed) ?? 0) + (file.promisedRows ?? Number.NaN));
  }
  return new Map([...promised].filter(([, rows]) => !Number.isNaN(rows)));
}

/** Rows of files, and those of them that could not be read. */
export const rowsOf = (sources: readonly LedgerSource[]) => ({
  rows: sumOf(sources, ({ rows }) => rows),
  malformed: sumOf(sources, ({ malformed }) => malformed),
});
