import type { PerennialConfig } from '../config/config.ts';
import { DataQualityGateError, InvalidDropError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import { formatRange } from '../time.ts';
import { conservation, type Equality } from './conservation.ts';
import type { Counts, RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { firstRefused } from './first-refused.ts';
import { createJson } from './json-objects.ts';
import { type RunPlan, readConfig, readPlan } from './plan.ts';
import { type CheckResult, type Finding, isConservation } from './quality/check-result.ts';
import { breachesOf, heldMessage } from './quality/held-message.ts';
import { judgeDate, settleFindings } from './quality/judge-date.ts';
import { missingRate } from './quality/missing-rate.ts';
import { placement } from './quality/placement.ts';
import { quarantineShare } from './quality/quarantine-share.ts';
import { readDateInputs, rowsOf } from './quality/read-inputs.ts';
import { readWaiting } from './quality/read-waiting.ts';
import { type FoldReceipt, type IngestReceipt, readReceipts } from './receipts.ts';
import { type RunRecord, readRun } from './run-ledger.ts';
import { sumOf } from './sum.ts';

/** `runs/R/verdict.json`. */
export interface Verdict {
  /** True when nothing holds the run. */
  readonly passed: boolean;
  /** Conservation first, then the gates of each judged date. */
  readonly checks: readonly CheckResult[];
}

/**
 * Verifies that nothing was lost or made up (rows, customers, money and stages are conserved), and judges the data of `to` and of
 * every held date that the run covers.
 *
 * @throws InvalidDropError when not one row of all files was accepted
 * @throws DataQualityGateError when conservation is broken, or a gate of severity error that is not waived: the run is held
 */
export async function verifyRun(run: RunRef, deps: RunDeps): Promise<Counts> {
  const plan = await readPlan(deps, run.runId);
  const record = await readRun(deps, run.runId);
  const config = await readConfig(deps, plan.configSha256);
  const [ingested, folded, scored] = await Promise.all([
    readReceipts(deps, plan, 'ingest-drop'),
    readReceipts(deps, plan, 'fold-shard'),
    readReceipts(deps, plan, 'score-shard'),
  ]);
  const sources = ingested.flatMap((receipt) => receipt.sources);
  const findings = await judgeRun(deps, plan, { record, config, sources, folded });
  const checks = [
    ...conservation(ingested, folded, scored).map(conservationResult),
    ...settleFindings(findings, config.gates, record.waived ?? []),
  ];
  const breaches = breachesOf(checks);
  const verdict: Verdict = { passed: breaches.length === 0, checks };
  await createJson(deps.lake, verdictKey(record), verdict);
  const isConserved = !breaches.some(({ name }) => isConservation(name));
  if (isConserved && sources.some(({ rows }) => rows > 0) && sources.every(({ accepted }) => accepted === 0)) {
    throw await nothingAccepted(deps, plan, sources);
  }
  if (breaches.length > 0) {
    const isUnreadable = breaches.some(({ name }) => name === 'quarantine_share');
    const example = isUnreadable ? await firstRefused(deps, plan, sources, ['malformed']) : '';
    throw new DataQualityGateError(heldMessage(record, breaches, example));
  }
  return { checks: checks.length };
}

/** Key of the newest verdict of a run: each approval has its own. */
export const verdictKey = ({ runId, approvals }: Pick<RunRecord, 'runId' | 'approvals'>): string =>
  lakeKeys.verdict(runId, approvals?.length ?? 0);

/** What a run is judged by. */
interface RunFacts {
  readonly record: RunRecord;
  readonly config: PerennialConfig;
  readonly sources: IngestReceipt['sources'];
  readonly folded: readonly FoldReceipt[];
}

/** Findings of every judged date, and of the run as a whole; none of facts that were judged when they were taken. */
async function judgeRun(deps: RunDeps, plan: RunPlan, { record, config, sources, folded }: RunFacts): Promise<Finding[]> {
  if (record.rebuild === 'ledger') return [];
  const { gates } = config;
  const dates = [...new Set([...(record.heldDates ?? []), plan.to])].sort();
  const { orphans, missingRates } = await readWaiting(deps, plan, config.currency);
  const inputs = await readDateInputs(deps, plan, { dates, folded, orphans, gates });
  const whole = quarantineShare(null, rowsOf(sources), gates);
  return [
    ...inputs.flatMap(judgeDate),
    ...(plan.from === plan.to ? [] : [whole]),
    ...missingRate({ date: plan.to, missing: missingRates, isAll: isAllWithoutRate(folded), currency: config.currency }),
    ...placement([...plan.skipped, ...plan.notes]),
  ];
}

/** True when nothing was ever sold in the book, and all that came waits for rates, or for originals that do. */
function isAllWithoutRate(folded: readonly FoldReceipt[]): boolean {
  if (folded.some(({ after, counts }) => after.buyers > 0 || counts.sales > 0)) return false;
  const reasons = folded.flatMap(({ after }) => Object.keys(after.pendingReasons ?? {}));
  return (
    folded.some(({ counts }) => counts.pendingIn > 0) &&
    reasons.includes('MISSING_RATE') &&
    reasons.every((reason) => reason === 'MISSING_RATE' || reason === 'ORPHAN')
  );
}

/** A check of conservation as people read it. */
function conservationResult({ name, passed, observed, expected }: Equality): CheckResult {
  return {
    name,
    date: null,
    feed: null,
    severity: 'error',
    status: passed ? 'passed' : 'failed',
    observed: String(observed),
    expected: String(expected),
    message: '',
  };
}

/** Not one row of all files passed: the files are of another form than the configuration says. */
async function nothingAccepted(deps: RunDeps, plan: RunPlan, sources: IngestReceipt['sources']): Promise<InvalidDropError> {
  const rows = sumOf(sources, (source) => source.rows);
  const example = await firstRefused(deps, plan, sources, ['malformed', 'policy']);
  const kept = sources.find(({ quarantine }) => quarantine !== '')?.quarantine;
  return new InvalidDropError(
    `Drop ${formatRange(plan.from, plan.to)}: none of ${rows} rows was accepted, expected some.${example} Every such row is kept in lake/${kept}. Correct the rows or the configuration, then run again.`,
  );
}
