import { lakeKeys } from '../../keys.ts';
import { counted } from '../counted.ts';
import type { RunDeps } from '../deps.ts';
import { datesOfRuns, findLedgerLists } from '../ledger-lists.ts';
import type { LedgerSource } from '../plan.ts';
import { chainOf, type RunRecord } from '../run-ledger.ts';
import { type Finding, ok, problem } from './finding.ts';

const REBUILD_NEEDS = 'Restore it from a copy or, on a stack, from its earlier version: `rebuild` needs it.';
const NIGHTS_NEED =
  'Restore it from a copy or, on a stack, from its earlier version; else `rollback` to a run before that date and run again, or begin a new home with the drops. Until then nights are refused.';

/** Every date of the committed chain has its ledger list, and the files that the lists name are there. Files are listed, not read. */
export async function checkLists(deps: RunDeps, { runId, generation }: RunRecord): Promise<Finding> {
  const check = 'ledger';
  const dates = datesOfRuns((await chainOf(deps, runId)).toReversed());
  const found = await findLedgerLists(deps, dates);
  const missing = dates.filter((_, place) => found[place] === undefined);
  const [first] = missing;
  if (first) {
    const key = lakeKeys.ledgerList(first.run.generation, first.date, first.run.runId);
    return problem(check, `${counted(missing.length, 'list')} of ${dates.length} missing, the first ${key}`, NIGHTS_NEED);
  }
  const named = new Set(found.flatMap((list) => (list?.sources ?? []).flatMap(filesOf)));
  const total = named.size;
  const prefixes = [lakeKeys.ledgerPrefix(generation), lakeKeys.identifierLedgerPrefix(generation), lakeKeys.erasuresPrefix];
  for (const prefix of prefixes) for await (const { key } of deps.lake.list(prefix)) named.delete(key);
  const [lost] = [...named].sort();
  if (lost !== undefined) {
    return problem(check, `${counted(named.size, 'file')} of ${total} missing, the first ${lost}`, REBUILD_NEEDS);
  }
  return ok(check, `${counted(dates.length, 'list')}, ${counted(total, 'file')} that they name`);
}

/** The files with the facts of a source. */
const filesOf = ({ files, identifiers, shared }: LedgerSource): string[] =>
  [...files.map(({ key }) => key), ...identifiers.map(({ key }) => key), shared].filter((key) => key !== '');
