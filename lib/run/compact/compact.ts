import { createHash } from 'node:crypto';
import { InvariantBrokenError, UsageError } from '../../errors.ts';
import { hashContent } from '../../store/hash-content.ts';
import type { RunRef } from '../contracts.ts';
import type { RunDeps } from '../deps.ts';
import { dropsUrlOf } from '../drops-place.ts';
import { finishEarlierCommit } from '../finish-committed.ts';
import { countWaiting } from '../forget.ts';
import { acquireLease, findCurrent, listRuns, releaseLease, renewLease } from '../run-ledger.ts';
import { type Change, type CompactContext, type Place, storeOf, type Unit } from './change.ts';
import { type CompactionLog, type Deleted, proofOf, type Rewritten, readCompactions, writeCompaction } from './compaction-log.ts';
import { readContext } from './context.ts';
import { inOrder, unitsOf } from './kinds.ts';

/** Milliseconds between two renewals of the lease: a sixth of the shortest one. */
const RENEW_MS = 20_000;

/** Hears how far a compaction is. */
export type CompactProgress = (doing: 'looking at' | 'changing', done: number, of: number) => void;

/** What a compaction will do, or did. */
export interface Compaction {
  readonly log: CompactionLog;
  /** Objects that were looked at. */
  readonly objects: number;
  /** Folders outside the lake from which committed runs read their drops: nobody rewrites them. */
  readonly dropsElsewhere: readonly string[];
  /** Customers whom `forget` was asked to erase since: the next run takes the request, a compaction after it removes them. */
  readonly waiting: number;
  /** False when there was nothing to do: nobody was erased since the last one, and nothing holds an id. */
  readonly isDue: boolean;
}

/** How `compact` acts. */
export interface CompactOptions {
  /** Plans only: nothing is changed. */
  readonly dryRun: boolean;
  readonly progress: CompactProgress;
}

/**
 * Rewrites or deletes every object of the lake and the exports that holds a customer whose erasure is committed, and logs what it
 * did with a proof per customer. Everything is looked at and planned before the first change; killed at any moment and asked again
 * it goes on. No run is under way meanwhile: it holds the lease.
 *
 * @throws UsageError while a run is open or held, or when nothing is committed
 * @throws ContractMismatchError when an object that nobody knows how to rewrite holds an id; then nothing was changed
 */
export async function compact(deps: RunDeps, options: CompactOptions): Promise<Compaction> {
  await finishEarlierCommit(deps);
  const current = await findCurrent(deps);
  if (!current) throw new UsageError('Compact: no run is committed yet, expected one. There is nothing to compact.');
  const unfinished = (await listRuns(deps)).find(({ state }) => state === 'OPEN' || state === 'HELD');
  if (unfinished) {
    const next = unfinished.state === 'HELD' ? `\`approve ${unfinished.runId}\`` : '`run`, which goes on with it';
    throw new UsageError(
      `Compact: ${unfinished.runId} is ${unfinished.state}, expected no run under way, since its plan names files as they are. First ${next}.`,
    );
  }
  const run: RunRef = { runId: 'compact', runSeq: await acquireLease(deps, 'compact') };
  try {
    return await compactAlone(deps, options, keepLease(deps, run));
  } finally {
    await releaseLease(deps, run);
  }
}

/** Renews the lease now and then. */
function keepLease(deps: RunDeps, run: RunRef): () => Promise<void> {
  let renewedAt = deps.now();
  return async () => {
    if (deps.now() - renewedAt < RENEW_MS) return;
    await renewLease(deps, run);
    renewedAt = deps.now();
  };
}

async function compactAlone(deps: RunDeps, options: CompactOptions, tick: () => Promise<void>): Promise<Compaction> {
  const context = await readContext(deps);
  const elsewhere = [...new Set([...context.chain.values()].map((run) => dropsUrlOf(deps, run)))];
  const dropsElsewhere = elsewhere.filter((url) => !url.startsWith(`${deps.lake.url}/`));
  const waiting = await countWaiting(deps, context.current);
  const logs = await readCompactions(deps);
  const begun = logs.find(({ state }) => state === 'begun');
  const proven = new Map(
    logs
      .filter(({ state }) => state === 'finished')
      .flatMap((log) => log.customers)
      .map((proof) => [proof.customerKey, proof]),
  );
  const customers = context.erased
    .all()
    .map(proofOf)
    .filter(({ customerKey, requestedAt }) => proven.get(customerKey)?.requestedAt !== requestedAt);
  const units =
    context.erased.size === 0 ? [] : inOrder([...(await listUnits(deps, 'lake')), ...(await listUnits(deps, 'exports'))]);
  const planned = await planAll(units, context, options.progress, tick);
  const objects = units.reduce((sum, { keys }) => sum + keys.length, 0);
  const isDue = planned.length > 0 || customers.length > 0 || begun !== undefined;
  const id = begun?.id ?? `c${String(logs.length + 1).padStart(6, '0')}`;
  const now = () => new Date(deps.now()).toISOString();
  const log: CompactionLog = {
    schemaVersion: 1,
    id,
    state: 'begun',
    startedAt: begun?.startedAt ?? now(),
    finishedAt: '',
    runId: context.current.runId,
    customers: mergeBy([...(begun?.customers ?? []), ...customers], ({ customerKey }) => customerKey),
    rewritten: mergeRewritten([...(begun?.rewritten ?? []), ...planned.map(({ entry }) => entry).filter(isChanged)]),
    deleted: mergeBy(
      [...(begun?.deleted ?? []), ...planned.map(({ entry }) => entry).filter((entry): entry is Deleted => !isRewritten(entry))],
      ({ place, key }) => `${place}/${key}`,
    ),
  };
  if (options.dryRun || !isDue) return { log, objects, dropsElsewhere, waiting, isDue };
  await writeCompaction(deps, log);
  for (const [i, { change, entry }] of planned.entries()) {
    options.progress('changing', i, planned.length);
    await tick();
    await apply(change, entry, context);
  }
  await deleteLeft(begun?.deleted ?? [], context);
  const finished = { ...log, state: 'finished', finishedAt: now() } as const;
  await writeCompaction(deps, finished);
  return { log: finished, objects, dropsElsewhere, waiting, isDue };
}

/** Deletes what an earlier start planned to delete and did not come to: without the objects beside it nobody would plan it again. */
async function deleteLeft(deleted: readonly Deleted[], context: CompactContext): Promise<void> {
  for (const { place, key, sha256 } of deleted) {
    const store = storeOf(context, place);
    if ((await store.stat(key)) && (await hashContent(store.stream(key))).sha256 === sha256) await store.remove(key);
  }
}

const isRewritten = (entry: Rewritten | Deleted): entry is Rewritten => 'sha256After' in entry;

/** A unit is written whole; when an earlier start had done a part of it, that part stays as it is. */
const isChanged = (entry: Rewritten | Deleted): entry is Rewritten =>
  isRewritten(entry) && entry.sha256Before !== entry.sha256After;

/** The last of each key, in the order in which keys came first. */
function mergeBy<T>(entries: readonly T[], keyOf: (entry: T) => string): T[] {
  return [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()];
}

/** Entries of one object that follow each other are both kept: the content between them may be known to somebody. */
function mergeRewritten(entries: readonly Rewritten[]): Rewritten[] {
  return mergeBy(entries, ({ place, key, sha256Before }) => `${place}/${key} ${sha256Before}`);
}

async function listUnits(deps: RunDeps, place: Place): Promise<Unit[]> {
  const keys: string[] = [];
  for await (const { key } of deps[place].list('')) keys.push(key);
  return unitsOf(place, keys);
}

interface Planned {
  readonly change: Change;
  readonly entry: Rewritten | Deleted;
}

/** Plans every unit; changes of the index, found last, are done first: only as long as ids are elsewhere is it known whose they are. */
async function planAll(
  units: readonly Unit[],
  context: CompactContext,
  progress: CompactProgress,
  tick: () => Promise<void>,
): Promise<Planned[]> {
  const planned: Planned[] = [];
  const index: Planned[] = [];
  for (const [i, unit] of units.entries()) {
    progress('looking at', i, units.length);
    await tick();
    for (const change of await unit.plan(unit, context)) {
      (change.kind === 'index' ? index : planned).push({ change, entry: await describe(change, context) });
    }
  }
  return [...index, ...planned];
}

/** What a change comes to: hashes of the content before and after. */
async function describe(change: Change, context: CompactContext): Promise<Rewritten | Deleted> {
  const { place, key, kind } = change;
  const before = await hashContent(storeOf(context, place).stream(key));
  if (change.action === 'delete') return { place, key, kind, sha256: before.sha256, bytes: before.size };
  const after = await hashContent(change.content());
  return {
    place,
    key,
    kind,
    sha256Before: before.sha256,
    sha256After: after.sha256,
    bytesBefore: before.size,
    bytesAfter: after.size,
    rows: change.rows,
  };
}

async function apply(change: Change, entry: Rewritten | Deleted, context: CompactContext): Promise<void> {
  const store = storeOf(context, change.place);
  if (change.action === 'delete') {
    await store.remove(change.key);
    return;
  }
  const { sha256After } = entry as Rewritten;
  const info = await store.stat(change.key);
  const hash = createHash('sha256');
  const checked = async function* () {
    for await (const chunk of change.content()) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') === sha256After) return;
    throw new InvariantBrokenError(
      `Object ${store.url}/${change.key}: other new content than planned, expected SHA-256 ${sha256After}. Nothing of it was written; run compact again.`,
    );
  };
  await store.rewrite(change.key, checked(), info?.etag ?? '');
}
