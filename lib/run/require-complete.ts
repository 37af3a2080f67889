import { errorOfName, PERMANENT, RETRYABLE, RETRYABLE_SLOW, ShardFailedError } from '../errors.ts';
import { lakeKeys, type MapStep } from '../keys.ts';
import type { CompleteTask, Counts } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { createJson } from './json-objects.ts';
import { type LedgerList, type LedgerSource, type RunPlan, readPlan } from './plan.ts';
import { datesOf, findReceipts, type IngestReceipt, plannedItems } from './receipts.ts';
import { recordedErrors } from './run-ledger.ts';

/** Names from the gravest on. */
const GRAVITY: readonly string[] = [...PERMANENT, ...RETRYABLE, ...RETRYABLE_SLOW];

/**
 * Checks that every planned item of a Map left its receipt. After ingest-drop it also writes the ledger lists of the run, from
 * which alone later steps and runs learn what was taken.
 *
 * @throws the gravest error that an item recorded, or ShardFailedError
 */
export async function requireComplete(task: CompleteTask, deps: RunDeps): Promise<Counts> {
  const plan = await readPlan(deps, task.runId);
  const receipts = await findReceipts(deps, plan, task.step);
  const missing = plannedItems(plan, task.step).filter((_, i) => receipts[i] === undefined);
  if (missing.length > 0) throw await gravestError(deps, task.runId, task.step, missing);
  if (task.step === 'ingest-drop') await writeLedgerLists(deps, plan, receipts as IngestReceipt[]);
  return { items: receipts.length };
}

async function gravestError(deps: RunDeps, runId: string, step: MapStep, missing: readonly string[]): Promise<Error> {
  const errors = (await recordedErrors(deps, runId, step)).filter(({ item }) => missing.includes(item));
  const rank = (name: string) => (GRAVITY.includes(name) ? GRAVITY.indexOf(name) : PERMANENT.length);
  errors.sort((a, b) => rank(a.name) - rank(b.name) || (a.item < b.item ? -1 : 1));
  const gravest = errors[0];
  if (!gravest) {
    return new ShardFailedError(
      `Step ${step}: ${missing.join(', ')} left no result and no error, expected every item. Run again; if it stays, give the function more memory or time.`,
    );
  }
  const others = errors.length > 1 ? ` (and ${errors.length - 1} more items of ${step} failed)` : '';
  return errorOfName(gravest.name, `${gravest.message}${others}`);
}

async function writeLedgerLists(deps: RunDeps, plan: RunPlan, receipts: readonly IngestReceipt[]): Promise<void> {
  const sources = receipts.flatMap((receipt) => receipt.sources);
  for (const knownOn of datesOf(plan)) {
    const list: LedgerList = { knownOn, sources: sources.filter((source) => source.knownOn === knownOn).map(ledgerSource) };
    await createJson(deps.lake, lakeKeys.ledgerList(plan.generation, knownOn, plan.runId), list);
  }
}

/** A source without the date that its list is filed under. */
function ledgerSource(source: LedgerSource): LedgerSource {
  const { feed, key, sha256, rows, accepted, malformed, policy } = source;
  const { files, identifiers, shared, quarantine, facts } = source;
  return { feed, key, sha256, rows, accepted, malformed, policy, files, identifiers, shared, quarantine, facts };
}
