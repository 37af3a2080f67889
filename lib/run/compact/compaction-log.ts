import { lakeKeys } from '../../keys.ts';
import { type BusinessDate, formatDay } from '../../time.ts';
import type { Erasure } from '../committed-erasures.ts';
import type { RunDeps } from '../deps.ts';
import { jsonBytes, readJson } from '../json-objects.ts';
import type { Place } from './change.ts';

/** An object that got other content. */
export interface Rewritten {
  readonly place: Place;
  readonly key: string;
  readonly kind: string;
  readonly sha256Before: string;
  readonly sha256After: string;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Rows and records that went, or lost a reference. */
  readonly rows: number;
}

/** An object that is no more. */
export interface Deleted {
  readonly place: Place;
  readonly key: string;
  readonly kind: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The proof of an erasure: never an id. */
export interface ErasedProof {
  /** Keyed hash (HMAC-SHA256) of the customer id. */
  readonly customerKey: string;
  readonly requestedAt: string;
  readonly knownOn: BusinessDate;
}

/** `erasures/compacted/<id>.json`. Written before the first change, with what will be done, and again after the last. */
export interface CompactionLog {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly state: 'begun' | 'finished';
  readonly startedAt: string;
  /** '' while it is not finished. */
  readonly finishedAt: string;
  /** The committed run whose erasures were carried out. */
  readonly runId: string;
  readonly customers: readonly ErasedProof[];
  readonly rewritten: readonly Rewritten[];
  readonly deleted: readonly Deleted[];
}

/** An erasure as its proof. */
export const proofOf = ({ key, requestedAt, knownOn }: Erasure): ErasedProof => ({
  customerKey: key,
  requestedAt: new Date(requestedAt).toISOString(),
  knownOn: formatDay(knownOn),
});

/** Every log, oldest first. */
export async function readCompactions(deps: Pick<RunDeps, 'lake'>): Promise<CompactionLog[]> {
  const logs: CompactionLog[] = [];
  const prefix = lakeKeys.compaction('x').replace(/\/[^/]+$/, '');
  for await (const { key } of deps.lake.list(prefix)) logs.push(await readJson<CompactionLog>(deps.lake, key));
  return logs;
}

/** Writes a log, in the place of an earlier word of it. */
export async function writeCompaction(deps: Pick<RunDeps, 'lake'>, log: CompactionLog): Promise<void> {
  const key = lakeKeys.compaction(log.id);
  await deps.lake.replace(key, jsonBytes(log), (await deps.lake.stat(key))?.etag ?? null);
}

/** Drop files that `compact` rewrote. */
export interface RewrittenDrop {
  /** Key below the drops. */
  readonly key: string;
  readonly before: string;
  readonly after: string;
  /** Id of the compaction. */
  readonly compaction: string;
}

/** Every rewriting of a drop file, in the order in which they were done: whoever knew the content before knows the one after. */
export async function rewrittenDrops(deps: Pick<RunDeps, 'lake'>): Promise<RewrittenDrop[]> {
  const prefix = `${lakeKeys.dropsPrefix}/`;
  return (await readCompactions(deps)).flatMap(({ id, rewritten }) =>
    rewritten
      .filter(({ place, key }) => place === 'lake' && key.startsWith(prefix))
      .map(({ key, sha256Before, sha256After }) => ({
        key: key.slice(prefix.length),
        before: sha256Before,
        after: sha256After,
        compaction: id,
      })),
  );
}
