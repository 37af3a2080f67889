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

/** The lists of some dates, each of the run that covers it, in the order given; dates whose list is not there are left out. */
export async function readLedgerLists<R extends Run>(
  deps: Pick<RunDeps, 'lake'>,
  dates: readonly { readonly run: R; readonly date: BusinessDate }[],
): Promise<KeptList<R>[]> {
  const found: KeptList<R>[] = [];
  await eachConcurrently(dates.entries(), READ_AT_ONCE, async ([place, { run, date }]) => {
    const key = lakeKeys.ledgerList(run.generation, date, run.runId);
    const list = await findJson<LedgerList>(deps.lake, key);
    if (list) found[place] = { ...completeLedgerList(list), key, run };
  });
  return found.filter((list) => list !== undefined);
}

/** The lists of every date of some runs, run by run in the order given. */
export function listsOfRuns<R extends RunRecord>(deps: Pick<RunDeps, 'lake'>, runs: readonly R[]): Promise<KeptList<R>[]> {
  return readLedgerLists(
    deps,
    runs.flatMap((run) => datesBetween(run.from, run.to).map((date) => ({ run, date }))),
  );
}
