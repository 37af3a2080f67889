import { ContractMismatchError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import { eachConcurrently } from '../store/concurrently.ts';
import { type BusinessDate, datesBetween } from '../time.ts';
import type { RunDeps } from './deps.ts';
import { findJson } from './json-objects.ts';
import { completeLedgerList, type LedgerList } from './plan.ts';
import type { RunRecord } from './run-ledger.ts';

/** Lists that are read together: small objects, most of their time is waiting. */
const READ_AT_ONCE = 16;

/** A ledger list, and where it lies. */
export interface KeptList<R> extends LedgerList {
  readonly key: string;
  /** The run that wrote it. */
  readonly run: R;
}

type Run = Pick<RunRecord, 'runId' | 'generation'>;

/** A date, and the run that covers it. */
interface Covered<R> {
  readonly run: R;
  readonly date: BusinessDate;
}

/**
 * The lists of some dates, each of the run that covers it, in the order given. Every date of a run that ended its ingestion has
 * one, also a quiet day.
 *
 * @throws ContractMismatchError when one is missing: without it the rows of its date would be lost silently
 */
export async function readLedgerLists<R extends Run>(
  deps: Pick<RunDeps, 'lake'>,
  dates: readonly Covered<R>[],
): Promise<KeptList<R>[]> {
  const found = await findLedgerLists(deps, dates);
  const missing = found.indexOf(undefined);
  if (missing >= 0) throw missingList(dates[missing] as Covered<R>);
  return found.filter((list) => list !== undefined);
}

/** As `readLedgerLists`; undefined in place of a list that is not there. */
export async function findLedgerLists<R extends Run>(
  deps: Pick<RunDeps, 'lake'>,
  dates: readonly Covered<R>[],
): Promise<(KeptList<R> | undefined)[]> {
  const found: (KeptList<R> | undefined)[] = dates.map(() => undefined);
  await eachConcurrently(dates.entries(), READ_AT_ONCE, async ([place, { run, date }]) => {
    const key = lakeKeys.ledgerList(run.generation, date, run.runId);
    const list = await findJson<LedgerList>(deps.lake, key);
    if (list) found[place] = { ...completeLedgerList(list), key, run };
  });
  return found;
}

function missingList({ run, date }: Covered<Run>): ContractMismatchError {
  return new ContractMismatchError(
    `Ledger list ${lakeKeys.ledgerList(run.generation, date, run.runId)}: missing, expected the one that ${run.runId} wrote for ${date}; what that day brought would be lost. Restore it from a copy or, on a stack, from its earlier version; else \`rollback\` to a run before ${date} and run again from there, or begin a new home with the drops.`,
  );
}

/** Every date of some runs, run by run in the order given. */
export const datesOfRuns = <R extends RunRecord>(runs: readonly R[]): Covered<R>[] =>
  runs.flatMap((run) => datesBetween(run.from, run.to).map((date) => ({ run, date })));

/** The lists of every date of some committed runs, run by run in the order given. @throws ContractMismatchError when one is missing */
export function listsOfRuns<R extends RunRecord>(deps: Pick<RunDeps, 'lake'>, runs: readonly R[]): Promise<KeptList<R>[]> {
  return readLedgerLists(deps, datesOfRuns(runs));
}
