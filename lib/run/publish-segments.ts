import { createHash } from 'node:crypto';
import { textAt } from '../arrow/columns.ts';
import type { PerennialConfig } from '../config/config.ts';
import { hashJson } from '../config/load.ts';
import { ContractMismatchError } from '../errors.ts';
import type { ExportRow } from '../export/destination.ts';
import { destinationOf } from '../export/destinations.ts';
import { type ExportFile, type ExportRole, exportFiles } from '../export/export-file.ts';
import { listMembers, type MemberLists, type MemberRef, type ShardMembers } from '../export/member-lists.ts';
import { exportKeys, KEPT_DAYS } from '../keys.ts';
import { STAGES, STAGES_ZH, TIERS, TIERS_ZH } from '../lifecycle/words.ts';
import { addDays } from '../time.ts';
import type { Counts, PublicationTask } from './contracts.ts';
import { itemKey, type RunDeps } from './deps.ts';
import { readCalibration } from './epoch-files.ts';
import { jsonBytes } from './json-objects.ts';
import { type RunPlan, readConfig, readPlan } from './plan.ts';
import { readScoresOfShard } from './rebuild/rows-of-shard.ts';
import { findReceipt, writeReceipt } from './receipts.ts';
import { readRun } from './run-ledger.ts';
import { dateOf, numberOf, readScores, rfmSegmentOf, type ScoreFile, wordOf } from './score-files.ts';

const ROLES = ['full', 'entered', 'exited'] as const satisfies readonly ExportRole[];

/**
 * Publishes one segment for one destination: data, then manifest, then `_SUCCESS`, all below the run's own prefix. Nothing points
 * there before the run is committed and closed.
 */
export async function publishSegments(task: PublicationTask, deps: RunDeps, signal: AbortSignal): Promise<Counts> {
  const item = itemKey('publish-segments', task);
  const done = await findReceipt(deps, task.runId, 'publish-segments', item);
  if (done) return { ...done.counts };
  const plan = await readPlan(deps, task.runId);
  const config = await readConfig(deps, plan.configSha256);
  const segment = config.segments.find(({ id }) => id === task.segment);
  const options = config.destinations.find(({ id }) => id === task.destination);
  if (!segment || !options) {
    throw new ContractMismatchError(`Publication ${item}: not in the configuration of the plan, expected it. Run again.`);
  }
  const destination = destinationOf(options.id);
  const [now, before] = await readBoth(deps, plan);
  const lists = listMembers(membersOf(now, segment.id), membersOf(before, segment.id));
  const prefix = exportKeys.publication(segment.id, destination.id, plan.to, plan.runId);
  const files: ExportFile[] = [];
  for (const role of ROLES) {
    for (const file of exportFiles(role, rowsOf(lists[role], now, before), destination, options.maxRowsPerFile)) {
      signal.throwIfAborted();
      await deps.exports.create(`${prefix}/${file.name}`, file.bytes);
      files.push(file);
    }
  }
  const counts = { ...countRoles(lists), holdout: countHeldOut(now, segment.id) };
  const calibration = await readCalibration(deps, plan.generation, plan.to, plan.runId);
  const manifest = jsonBytes({
    schemaVersion: 1,
    segment: describeSegment(segment),
    destination: destination.id,
    normalizerVersion: destination.normalizerVersion,
    ...describeRun(plan, config),
    files: files.map(({ name, role, rows, bytes, sha256 }) => ({
      key: `${prefix}/${name}`,
      role,
      rows,
      bytes: bytes.length,
      sha256,
      contentEncoding: 'gzip',
      columns: destination.columns,
    })),
    counts,
    params: { epoch: calibration.epoch?.id ?? null, configSha256: plan.configSha256 },
    expiresOn: addDays(plan.to, KEPT_DAYS.exports),
  });
  const manifestSha256 = createHash('sha256').update(manifest).digest('hex');
  await deps.exports.create(`${prefix}/manifest.json`, manifest);
  await deps.exports.create(`${prefix}/_SUCCESS`, new TextEncoder().encode(`${manifestSha256}\n`));
  const receipt = {
    segment: segment.id,
    destination: destination.id,
    manifestKey: `${prefix}/manifest.json`,
    manifestSha256,
    counts,
  };
  await writeReceipt(deps, task.runId, 'publish-segments', item, receipt);
  return counts;
}

/** What a manifest says of the run. A rebuild goes on from nothing, but what it publishes takes the place of the replaced run's. */
function describeRun(plan: RunPlan, { timeZone, currency }: PerennialConfig): Record<string, unknown> {
  const base = plan.base ?? plan.replaces;
  return {
    asOf: plan.to,
    businessTimeZone: timeZone,
    currency,
    runId: plan.runId,
    kind: 'full-and-delta',
    baseRunId: base?.runId ?? null,
    baseAsOf: base?.dt ?? null,
  };
}

function describeSegment({ id, name, play, holdoutShare, where }: PerennialConfig['segments'][number]): Record<string, unknown> {
  return { id, name, play, holdoutShare, where, ruleVersion: hashJson(where).slice(0, 8) };
}

function countRoles(lists: MemberLists): Record<ExportRole, number> {
  return { full: lists.full.length, entered: lists.entered.length, exited: lists.exited.length };
}

/** Members who are held out of a segment: they are in no list. */
function countHeldOut(files: readonly ScoreFile[], segment: string): number {
  let heldOut = 0;
  for (const { rows, heldOut: bits, segments } of files) {
    const bit = 1 << segments.indexOf(segment);
    for (let row = 0; row < rows; row++) if (((bits[row] as number) & bit) !== 0) heldOut++;
  }
  return heldOut;
}

async function readBoth(deps: RunDeps, plan: RunPlan): Promise<[ScoreFile[], ScoreFile[]]> {
  const shards = Array.from({ length: plan.shards }, (_, shard) => shard);
  const read = ({ dt, runId }: { dt: RunPlan['to']; runId: string }) =>
    Promise.all(shards.map((shard) => readScores(deps, { generation: plan.generation, dt, runId, shard })));
  const now = await read({ dt: plan.to, runId: plan.runId });
  if (plan.base) return [now, await read(plan.base)];
  if (!plan.replaces) return [now, []];
  const replaced = await readRun(deps, plan.replaces.runId);
  const place = (shard: number) => ({ shard, shards: plan.shards });
  return [now, await Promise.all(shards.map((shard) => readScoresOfShard(deps, replaced, place(shard))))];
}

function membersOf(files: readonly ScoreFile[], segment: string): ShardMembers[] {
  return files.map(({ rows, columns, bits, segments }) => {
    const place = segments.indexOf(segment);
    return {
      rows,
      ids: columns.customer_id,
      isMember: (row) => place >= 0 && (((bits[row] as number) >>> place) & 1) === 1,
    };
  });
}

function* rowsOf(refs: readonly MemberRef[], now: readonly ScoreFile[], before: readonly ScoreFile[]): Generator<ExportRow> {
  for (const { shard, row, isFormer } of refs) {
    const file = (isFormer ? before : now)[shard] as ScoreFile;
    yield isFormer ? goneRow(file, row) : exportRow(file, row);
  }
}

function exportRow(file: ScoreFile, row: number): ExportRow {
  const { columns: c, currency } = file;
  const stage = STAGES[c.stage[row] as number];
  const tier = TIERS[c.tier[row] as number];
  return {
    customer_id: textAt(c.customer_id, row),
    stage: stage ?? null,
    stage_zh: stage ? STAGES_ZH[stage] : null,
    stage_since: dateOf(c.stage_since[row]),
    previous_stage: wordOf(STAGES, c.previous_stage[row]),
    tier: tier ?? null,
    tier_zh: tier ? TIERS_ZH[tier] : null,
    rfm_segment: rfmSegmentOf(file, row),
    first_purchase_on: dateOf(c.first_purchase_on[row]),
    last_purchase_on: dateOf(c.last_purchase_on[row]),
    frequency: numberOf(c.frequency[row]),
    monetary_minor: numberOf(c.monetary_minor[row]),
    total_clv_minor: numberOf(c.total_clv_minor[row]),
    currency,
  };
}

/** A customer of whom nothing is known any more: the id alone. */
function goneRow({ columns, currency }: ScoreFile, row: number): ExportRow {
  return {
    customer_id: textAt(columns.customer_id, row),
    stage: null,
    stage_zh: null,
    stage_since: null,
    previous_stage: null,
    tier: null,
    tier_zh: null,
    rfm_segment: null,
    first_purchase_on: null,
    last_purchase_on: null,
    frequency: null,
    monetary_minor: null,
    total_clv_minor: null,
    currency,
  };
}
