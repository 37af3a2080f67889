import { createHash } from 'node:crypto';
import { RunSupersededError } from '../errors.ts';
import { exportKeys } from '../keys.ts';
import type { PublicationFigures } from '../report/export-figures.ts';
import type { Counts, RunRef } from './contracts.ts';
import { counted } from './counted.ts';
import type { RunDeps } from './deps.ts';
import { type PublishedManifest, publicationFigures, writeExportFigures } from './export-figures.ts';
import { findJson, jsonBytes, parseJson } from './json-objects.ts';
import { type RunPlan, readPlan } from './plan.ts';
import { remarkableChecks } from './quality/held-message.ts';
import { forgetOtherGenerations } from './rebuild/projection-markers.ts';
import { readReceipts } from './receipts.ts';
import { countRows } from './row-counts.ts';
import { findCurrent, readRun, releaseLease, supersedeHeld, updateRun } from './run-ledger.ts';
import { sumOf } from './sum.ts';
import { type Verdict, verdictKey } from './verify-run.ts';

/**
 * Ends a committed run after all its profiles: `latest.json` of every publication points to it, the figures of what was
 * published are written, the record is CLOSED with its counts, subscribers are told, the lease is given back.
 */
export async function closeRun(run: RunRef, deps: RunDeps): Promise<Counts> {
  const current = await findCurrent(deps);
  if (current?.runId !== run.runId) {
    throw new RunSupersededError(`Run ${run.runId}: not the committed one, expected CURRENT to name it. Another run goes on.`);
  }
  const plan = await readPlan(deps, run.runId);
  const published: PublicationFigures[] = [];
  for (const publication of plan.publications) published.push(await pointLatest(deps, plan, publication));
  await writeExportFigures(deps, plan, published);
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

/** Makes `latest.json` of a publication point to the run's manifest. @returns what that manifest tells */
async function pointLatest(
  deps: RunDeps,
  plan: RunPlan,
  publication: RunPlan['publications'][number],
): Promise<PublicationFigures> {
  const { segment, destination } = publication;
  const manifestKey = `${exportKeys.publication(segment, destination, plan.to, plan.runId)}/manifest.json`;
  const manifest = await deps.exports.read(manifestKey);
  const manifestSha256 = createHash('sha256').update(manifest).digest('hex');
  const figures = publicationFigures(publication, parseJson<PublishedManifest>(manifest, manifestKey));
  const bytes = jsonBytes({ dt: plan.to, runId: plan.runId, manifestKey, manifestSha256 });
  const key = exportKeys.latest(segment, destination);
  const before = await deps.exports.stat(key);
  if (before) {
    const shown = await deps.exports.get(key);
    if (shown && Buffer.compare(shown, bytes) === 0) return figures;
  }
  await deps.exports.replace(key, bytes, before?.etag ?? null);
  return figures;
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
