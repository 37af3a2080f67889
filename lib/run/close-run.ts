import { createHash } from 'node:crypto';
import { RunSupersededError } from '../errors.ts';
import { exportKeys } from '../keys.ts';
import type { Counts, RunRef } from './contracts.ts';
import { counted } from './counted.ts';
import type { RunDeps } from './deps.ts';
import { findJson, jsonBytes } from './json-objects.ts';
import { type RunPlan, readPlan } from './plan.ts';
import { remarkableChecks } from './quality/held-message.ts';
import { forgetOtherGenerations } from './rebuild/projection-markers.ts';
import { readReceipts } from './receipts.ts';
import { countRows } from './row-counts.ts';
import { findCurrent, readRun, releaseLease, supersedeHeld, updateRun } from './run-ledger.ts';
import { sumOf } from './sum.ts';
import { type Verdict, verdictKey } from './verify-run.ts';

/**
 * Ends a committed run after all its profiles: `latest.json` of every publication points to it, the record is CLOSED with its
 * counts, subscribers are told, the lease is given back.
 */
export async function closeRun(run: RunRef, deps: RunDeps): Promise<Counts> {
  const current = await findCurrent(deps);
  if (current?.runId !== run.runId) {
    throw new RunSupersededError(`Run ${run.runId}: not the committed one, expected CURRENT to name it. Another run goes on.`);
  }
  const plan = await readPlan(deps, run.runId);
  for (const { segment, destination } of plan.publications) await pointLatest(deps, plan, segment, destination);
  await forgetOtherGenerations(deps, run, plan.generation);
  const record = await readRun(deps, run.runId);
  const counts = { ...record.counts, ...(await countRun(deps, plan)) };
  const verdict = await findJson<Verdict>(deps.lake, verdictKey(record));
  const checks = remarkableChecks(verdict?.checks ?? []);
  await deps.notifier.notify(
    `Perennial: ${plan.to} is committed${checks.length > 0 ? `, ${counted(checks.length, 'check')} to look at` : ''}`,
    JSON.stringify({ runId: run.runId, from: plan.from, to: plan.to, counts, checks }),
  );
  await supersedeHeld(deps, run, run.runId);
  await updateRun(deps, run, { state: 'CLOSED', counts });
  await releaseLease(deps, run);
  return counts;
}

async function pointLatest(deps: RunDeps, plan: RunPlan, segment: string, destination: string): Promise<void> {
  const manifestKey = `${exportKeys.publication(segment, destination, plan.to, plan.runId)}/manifest.json`;
  const manifest = await deps.exports.read(manifestKey);
  const manifestSha256 = createHash('sha256').update(manifest).digest('hex');
  const bytes = jsonBytes({ dt: plan.to, runId: plan.runId, manifestKey, manifestSha256 });
  const key = exportKeys.latest(segment, destination);
  const before = await deps.exports.stat(key);
  if (before) {
    const shown = await deps.exports.get(key);
    if (shown && Buffer.compare(shown, bytes) === 0) return;
  }
  await deps.exports.replace(key, bytes, before?.etag ?? null);
}

/** What the run ledger tells of a run. */
async function countRun(deps: RunDeps, plan: RunPlan): Promise<Counts> {
  const sources = (await readReceipts(deps, plan, 'ingest-drop')).flatMap((receipt) => receipt.sources);
  const folded = await readReceipts(deps, plan, 'fold-shard');
  const scored = await readReceipts(deps, plan, 'score-shard');
  const projected = await readReceipts(deps, plan, 'project-shard');
  return {
    files: sources.length,
    ...countRows(sources, folded),
    erasedCustomers: sumOf(folded, ({ counts }) => counts.customersErased),
    customers: sumOf(folded, ({ after }) => after.customers),
    transitions: sumOf(scored, ({ transitions, restatements }) => transitions - restatements),
    restatements: sumOf(scored, ({ restatements }) => restatements),
    profiles: sumOf(projected, ({ customers }) => customers),
    profilesWritten: sumOf(projected, ({ written }) => written),
    publications: plan.publications.length,
  };
}
