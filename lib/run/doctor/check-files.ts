import { KEPT_DAYS, lakeKeys, MAP_STEPS } from '../../keys.ts';
import { eachConcurrently } from '../../store/concurrently.ts';
import type { ObjectStore } from '../../store/objects.ts';
import { counted } from '../counted.ts';
import type { RunDeps } from '../deps.ts';
import { findJson } from '../json-objects.ts';
import type { RunPlan } from '../plan.ts';
import { plannedItems } from '../receipts.ts';
import { predecessorOf, type RunRecord } from '../run-ledger.ts';
import { shardsOf } from '../transition-files.ts';
import { type Verdict, verdictKey } from '../verify-run.ts';
import { AT_ONCE, copiesOf, findMissing, tablesOf, toldFilesOf } from './check-results.ts';
import { isExpired } from './expired.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** First and last bytes of an Arrow file. */
const MAGIC = 'ARROW1';

/** What to do about a file that is gone or broken. The first run has none before it to go back to. */
function restoring({ isExclusive }: RunDeps, run: RunRecord): string {
  const restore = `Restore it from ${isExclusive ? 'a copy' : 'an earlier version in S3'}`;
  return predecessorOf(run) === ''
    ? `${restore}; else begin anew with the drops.`
    : `${restore}; else \`rollback\`, then run again.`;
}

/** Plan and verdict of the committed run are there, and its receipts are whole. */
export async function checkRunFiles(deps: RunDeps, run: RunRecord): Promise<Finding> {
  const check = 'run files';
  const restore = restoring(deps, run);
  const plan = await findJson<RunPlan>(deps.lake, lakeKeys.plan(run.runId));
  if (!plan && isExpired(deps, run, 'runs'))
    return ok(check, `of ${run.runId} are older than ${KEPT_DAYS.runs} days and no longer kept`);
  if (!plan) return problem(check, `${lakeKeys.plan(run.runId)} is missing`, restore);
  if (plan.runId !== run.runId || plan.configSha256 !== run.configSha256) {
    return problem(check, `${lakeKeys.plan(run.runId)} is of another run or configuration than its record`, restore);
  }
  const verdict = await findJson<Verdict>(deps.lake, verdictKey(run));
  if (!verdict) return problem(check, `${verdictKey(run)} is missing`, restore);
  // Until a commit is finished its profiles are not all written.
  const steps = MAP_STEPS.filter((step) => run.state === 'CLOSED' || step !== 'project-shard');
  const keys = steps.flatMap((step) => plannedItems(plan, step).map((item) => lakeKeys.receipt(run.runId, step, item)));
  const missing = await findMissing(deps.lake, keys);
  if (missing.length > 0) return problem(check, missingText(missing, keys.length), restore);
  return ok(check, `plan, verdict and ${counted(keys.length, 'receipt')} of ${run.runId}`);
}

/** Books, index, state, scores, memberships and identifiers from which the next night goes on are there, and no table is cut off. */
export async function checkBooks(deps: RunDeps, run: RunRecord): Promise<Finding> {
  const { generation, to: dt, runId } = run;
  const restore = restoring(deps, run);
  const shards = await shardsOf(deps, run);
  const places = shards.map((shard) => ({ generation, dt, runId, shard }));
  const tables = places.flatMap(tablesOf);
  const others = [lakeKeys.epochs(generation, runId), lakeKeys.calibration({ generation, dt, runId })];
  for (const shard of shards) others.push(...(await toldFilesOf(deps, run, shard)));
  const keys = [...tables, ...others];
  const missing = await findMissing(deps.lake, keys);
  if (missing.length > 0) return problem('books', missingText(missing, keys.length), restore);
  const broken = await findBroken(deps.lake, tables);
  if (broken.length > 0) {
    return problem('books', `${counted(broken.length, 'file')} cut off or no Arrow file, the first ${broken[0]}`, restore);
  }
  const copies = [
    ...places.flatMap(copiesOf),
    lakeKeys.kpi({ generation, dt, runId }, 'json'),
    lakeKeys.kpi({ generation, dt, runId }, 'parquet'),
  ];
  const gone = await findMissing(deps.lake, copies);
  if (gone.length > 0) {
    const todo =
      'Nights go on without, figures that look back on a date of it are empty; restore it from a copy for who reads it.';
    return warning('books', missingText(gone, copies.length), todo);
  }
  return ok('books', `${counted(keys.length + copies.length, 'file')} of ${counted(shards.length, 'shard')} on ${dt}`);
}

const missingText = (missing: readonly string[], of: number) =>
  `${counted(missing.length, 'file')} of ${of} missing, the first ${missing[0]}`;

/** Keys of objects that do not end as an Arrow file does, in order. */
async function findBroken(store: ObjectStore, keys: readonly string[]): Promise<string[]> {
  const broken: string[] = [];
  await eachConcurrently(keys, AT_ONCE, async (key) => {
    const size = (await store.stat(key))?.size ?? 0;
    const end = size > MAGIC.length ? await store.readRange(key, size - MAGIC.length, size) : new Uint8Array(0);
    if (Buffer.from(end).toString('latin1') !== MAGIC) broken.push(key);
  });
  return broken.sort();
}
