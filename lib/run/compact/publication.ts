import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { csvRanges } from '../../drop/kept-records.ts';
import { exportKeys, lakeKeys } from '../../keys.ts';
import { type BusinessDate, dayOf } from '../../time.ts';
import type { Erasure } from '../committed-erasures.ts';
import { itemKey } from '../deps.ts';
import { findJson, jsonBytes } from '../json-objects.ts';
import type { PublishReceipt } from '../receipts.ts';
import { bytesOf, type Change, type CompactContext, contentOf, isGoneFrom, type Place, type Unit } from './change.ts';

interface ManifestFile {
  readonly key: string;
  readonly role: 'full' | 'entered' | 'exited';
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

interface Manifest {
  readonly files: readonly ManifestFile[];
  readonly counts: Readonly<Record<string, number>>;
}

interface Kept {
  readonly rows: number;
  readonly removed: number;
  readonly bytes: Uint8Array;
}

/**
 * A publication: its files lose the rows of the customer, manifest, `_SUCCESS`, `latest.json` and the run's receipt tell the new
 * sizes and hashes. The files come last: as long as one holds the id, everything is made again from the start.
 */
export async function planPublication(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  const manifestKey = unit.keys.find((key) => key.endsWith('/manifest.json'));
  if (manifestKey === undefined) return planUnfinished(unit, context);
  const { exports } = context.deps;
  const bytes = await exports.read(manifestKey);
  const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as Manifest;
  const files: ManifestFile[] = [];
  const changes: Change[] = [];
  const counts = { ...manifest.counts };
  for (const file of manifest.files) {
    const kept = await keepRows(file.key, context);
    if (kept.removed === 0) {
      files.push(file);
      continue;
    }
    counts[file.role] = (counts[file.role] ?? 0) - (file.rows - kept.rows);
    files.push({ ...file, rows: kept.rows, bytes: kept.bytes.length, sha256: sha256(kept.bytes) });
    changes.push(rewriting('exports', file.key, async () => (await keepRows(file.key, context)).bytes, kept.removed));
  }
  if (changes.length === 0) return [];
  const next = jsonBytes({ ...manifest, files, counts });
  return [...(await planPointers(manifestKey, next, counts, context)), ...changes];
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const rewriting = (place: Place, key: string, bytes: () => Promise<Uint8Array>, rows: number): Change => ({
  place,
  key,
  kind: 'export',
  action: 'rewrite',
  rows,
  content: contentOf(bytes),
});

/** Files of a publication that no manifest tells of: a run that died before, whose files nobody reads. */
async function planUnfinished(unit: Unit, context: CompactContext): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const key of unit.keys.filter((candidate) => candidate.endsWith('.gz'))) {
    if ((await keepRows(key, context)).removed > 0) changes.push({ place: 'exports', key, kind: 'export', action: 'delete' });
  }
  return changes;
}

/** Everything that names the manifest's hash, or tells its counts. */
async function planPointers(
  manifestKey: string,
  manifest: Uint8Array,
  counts: Readonly<Record<string, number>>,
  { deps }: CompactContext,
): Promise<Change[]> {
  const { segment, destination, runId } = partsOf(manifestKey);
  const manifestSha256 = sha256(manifest);
  const small = (place: Place, key: string, bytes: Uint8Array) => rewriting(place, key, () => Promise.resolve(bytes), 0);
  const success = manifestKey.replace(/manifest\.json$/, '_SUCCESS');
  const changes = [
    small('exports', manifestKey, manifest),
    small('exports', success, new TextEncoder().encode(`${manifestSha256}\n`)),
  ];
  const latestKey = exportKeys.latest(segment, destination);
  const latest = await findJson<{ manifestKey: string }>(deps.exports, latestKey);
  if (latest?.manifestKey === manifestKey) changes.push(small('exports', latestKey, jsonBytes({ ...latest, manifestSha256 })));
  const receiptKey = lakeKeys.receipt(runId, 'publish-segments', itemKey('publish-segments', { segment, destination }));
  const receipt = await findJson<PublishReceipt>(deps.lake, receiptKey);
  if (receipt) changes.push(small('lake', receiptKey, jsonBytes({ ...receipt, manifestSha256, counts })));
  return changes;
}

function partsOf(key: string): { segment: string; destination: string; dt: BusinessDate; runId: string } {
  const match = /^v1\/segment=([^/]+)\/destination=([^/]+)\/dt=([^/]+)\/run=([^/]+)\//.exec(key) as RegExpExecArray;
  const [, segment = '', destination = '', dt = '', runId = ''] = match;
  return { segment, destination, dt: dt as BusinessDate, runId };
}

/** A file without the rows of customers who may not stand in it any more. */
async function keepRows(key: string, context: CompactContext): Promise<Kept> {
  const { runId, dt } = partsOf(key);
  const isGone = isGoneFrom(context, runId, dt);
  const run = context.chain.get(runId);
  // Who left with the erasure stands in that run's list of those who left: it has done its work.
  const leftIn = ({ knownOn }: Erasure) =>
    key.includes('/exited-') && run !== undefined && dayOf(run.from) <= knownOn && knownOn <= dayOf(run.to);
  const gone = (id: string) => {
    const erasure = context.erased.findText(id);
    return erasure !== undefined && (isGone(erasure) || leftIn(erasure));
  };
  const before = gunzipSync(await context.deps.exports.read(key));
  const { bytes, rows, removed } = key.endsWith('.jsonl.gz') ? keepLines(before, gone) : await keepRecords(before, gone);
  return { rows, removed, bytes: gzipSync(bytes) };
}

/** Columns are ours: `customer_id` comes first in every destination's files. */
async function keepRecords(text: Buffer, gone: (id: string) => boolean): Promise<Kept> {
  let [rows, removed] = [-1, 0];
  const bytes = await bytesOf(
    csvRanges([text], ',', (record) => {
      rows++;
      if (rows === 0 || !gone(record.field(0))) return 'keep';
      rows--;
      removed++;
      return 'drop';
    }),
  );
  return { rows, removed, bytes };
}

function keepLines(text: Buffer, gone: (id: string) => boolean): Kept {
  const lines = text.toString('utf8').split('\n').slice(0, -1);
  const kept = lines.filter((line) => !gone((JSON.parse(line) as { customer_id: string }).customer_id));
  return { rows: kept.length, removed: lines.length - kept.length, bytes: Buffer.from(kept.map((line) => `${line}\n`).join('')) };
}
