import { createHash } from 'node:crypto';
import { InvalidDropError } from '../errors.ts';
import { lakeKeys } from '../keys.ts';
import type { ObjectInfo, ObjectStore } from '../store/objects.ts';
import { addDays, type BusinessDate, datesBetween } from '../time.ts';
import type { Planned, RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { listDrop } from './drop-folder.ts';
import { createOrReadJson, findJson } from './json-objects.ts';
import { type LedgerList, type PinnedFile, type RunPlan, readConfig } from './plan.ts';
import { chainOf, type RunRecord, readRun } from './run-ledger.ts';

/** Batches of a plan at the most: the items of one Map stay far below 256 KiB. */
const MAX_BATCHES = 200;

/** Bytes of a batch at which another one is begun. */
const BATCH_BYTES = 64 * 1024 * 1024;

/** Batches wanted even of little data, so that several workers have work. */
const MIN_BATCHES = 8;

/**
 * Fixes everything that a run reads: the files of its dates and late files of the folders before, pinned by content, in batches.
 *
 * A file whose content the committed chain knows is skipped. @throws InvalidDropError for a file of 0 bytes
 */
export async function planRun(run: RunRef, deps: RunDeps): Promise<Planned> {
  const record = await readRun(deps, run.runId);
  const plan = await createOrReadJson(deps.lake, lakeKeys.plan(run.runId), () => makePlan(record, deps));
  return {
    batches: plan.batches.map((_, batch) => ({ ...run, batch })),
    shards: Array.from({ length: plan.shards }, (_, shard) => ({ ...run, shard })),
    publications: plan.publications.map((publication) => ({ ...run, ...publication })),
  };
}

async function makePlan(record: RunRecord, deps: RunDeps): Promise<RunPlan> {
  const config = await readConfig(deps, record.configSha256);
  const drops = deps.openStore(record.dropsUrl);
  const chain = record.baseRunId === '' ? [] : await chainOf(deps, record.baseRunId);
  const known = await knownContents(deps, chain);
  const files: PinnedFile[] = [];
  const skipped: { key: string; reason: string }[] = [];
  // What lies before the first run's first date was left out on purpose.
  const firstDate = chain.at(-1)?.from ?? record.from;
  let lateFrom = addDays(record.from, -config.lateFileDays);
  if (firstDate > lateFrom) lateFrom = firstDate;
  for (const dt of datesBetween(lateFrom, record.to)) {
    const folder = await listDrop(drops, dt);
    skipped.push(...folder.skipped);
    for (const info of folder.transactions) {
      const isLate = dt < record.from;
      const file = await pin(drops, info, isLate ? record.from : dt);
      const seen = known.get(file.sha256);
      if (seen === undefined) {
        files.push(file);
        known.set(file.sha256, file.key);
      } else if (!isLate || seen !== file.key) skipped.push({ key: info.key, reason: `same content as ${seen}` });
    }
  }
  const base = chain[0];
  return {
    runId: record.runId,
    from: record.from,
    to: record.to,
    generation: record.generation,
    configSha256: record.configSha256,
    base: base ? { runId: base.runId, dt: base.to } : null,
    dropsUrl: record.dropsUrl,
    snapshots: record.snapshots,
    shards: config.shards,
    batches: intoBatches(files),
    publications: config.segments.flatMap(({ id: segment }) =>
      config.destinations.map(({ id: destination }) => ({ segment, destination })),
    ),
    skipped,
  };
}

/** Content hashes that the committed chain knows, with the key under which each came first. */
async function knownContents(deps: RunDeps, chain: readonly RunRecord[]): Promise<Map<string, string>> {
  const keys = chain.flatMap((run) =>
    datesBetween(run.from, run.to).map((date) => lakeKeys.ledgerList(run.generation, date, run.runId)),
  );
  const known = new Map<string, string>();
  const readers = 16;
  const read = async (first: number) => {
    for (let i = first; i < keys.length; i += readers) {
      const list = await findJson<LedgerList>(deps.lake, keys[i] as string);
      for (const source of list?.sources ?? []) known.set(source.sha256, source.key);
    }
  };
  await Promise.all(Array.from({ length: readers }, (_, first) => read(first)));
  return known;
}

async function pin(drops: ObjectStore, info: ObjectInfo, knownOn: BusinessDate): Promise<PinnedFile> {
  const url = `${drops.url}/${info.key}`;
  if (info.size === 0) {
    throw new InvalidDropError(
      `Drop file ${url}: 0 bytes, expected a header at least. Deliver the file again; a quiet day is a header without rows, or a marker alone.`,
    );
  }
  const hash = createHash('sha256');
  for await (const chunk of drops.stream(info.key)) hash.update(chunk);
  return { url, key: info.key, etag: info.etag, sizeBytes: info.size, sha256: hash.digest('hex'), knownOn };
}

/** Files in their order, in at most 200 batches of similar size. */
function intoBatches(files: readonly PinnedFile[]): { files: PinnedFile[] }[] {
  const total = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const wanted = Math.min(MAX_BATCHES, Math.max(MIN_BATCHES, Math.ceil(total / BATCH_BYTES)));
  const limit = total / wanted;
  const batches: { files: PinnedFile[] }[] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const file of files) {
    if (filled >= limit && batches.length < MAX_BATCHES) {
      batches.push({ files: [] });
      filled = 0;
    }
    batches.at(-1)?.files.push(file);
    filled += file.sizeBytes;
  }
  return batches;
}
