import { IDENTIFIERS, IDENTIFIERS_VERSION } from '../../arrow/schemas.ts';
import { encodeTable } from '../../arrow/table-file.ts';
import { IdentifierSnapshot } from '../../book/identifier-snapshot.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { canonicalJson, configHash, hashJson } from '../../config/load.ts';
import { lakeKeys } from '../../keys.ts';
import type { ObjectStore } from '../../store/objects.ts';
import { datesBetween } from '../../time.ts';
import { calibrate } from '../calibrate.ts';
import type { RunRef } from '../contracts.ts';
import { itemKey, type RunDeps } from '../deps.ts';
import { foldShard } from '../fold-shard.ts';
import { createJson } from '../json-objects.ts';
import { readLedgerLists } from '../ledger-lists.ts';
import type { LedgerList, RunPlan } from '../plan.ts';
import { covering } from '../read-results.ts';
import { findReceipt, writeReceipt } from '../receipts.ts';
import { scoreShard } from '../score-shard.ts';
import type { ReplayPlan } from './plan-replay.ts';
import { replayDeps } from './replay-deps.ts';

/** Names of the two replays, as runs of the scratch store. */
const RUN_IDS = { inForce: 'whatif-in-force', whatIf: 'whatif-other' } as const;

/** A replay: the configuration in force, or the other one. */
export type Side = keyof typeof RUN_IDS;

/** How replays are watched and ended. */
export interface ReplayWatch {
  readonly signal: AbortSignal;
  /** Called after each part of the work: a shard folded, or scored. */
  readonly onPart: (done: number, of: number) => void;
}

/** The plans of both replays, whose results can be read through `deps`. */
export interface Replayed {
  readonly deps: RunDeps;
  readonly plans: Readonly<Record<Side, RunPlan>>;
}

/**
 * Takes the committed facts of a range through the steps of a run twice, once under each configuration, from the same base. Nothing
 * but `scratch` is written to, and no identifier of a person is read.
 *
 * Cost: a run over the dates without ingestion, its second pass twice; its first pass once where both ask the same of it.
 */
export async function replay(deps: RunDeps, asked: ReplayPlan, scratch: ObjectStore, watch: ReplayWatch): Promise<Replayed> {
  const through = replayDeps(deps, scratch);
  const plans = {
    inForce: await prepare(through, asked, 'inForce'),
    whatIf: await prepare(through, asked, 'whatIf'),
  };
  await hideIdentifiers(scratch, plans.inForce);
  const shards = Array.from({ length: plans.inForce.shards }, (_, shard) => shard);
  const isShared = foldTraits(asked.inForce) === foldTraits(asked.whatIf);
  const folded = isShared ? [plans.inForce] : [plans.inForce, plans.whatIf];
  const of = shards.length * (folded.length + 2);
  let done = 0;
  const eachShard = async (plan: RunPlan, step: typeof foldShard) => {
    for (const shard of shards) {
      await step({ ...refOf(plan), shard }, through, watch.signal);
      watch.onPart(++done, of);
    }
  };
  for (const plan of folded) await eachShard(plan, foldShard);
  if (isShared) await shareFold(through, plans.inForce, plans.whatIf);
  for (const plan of [plans.inForce, plans.whatIf]) {
    await calibrate(refOf(plan), through, watch.signal);
    await eachShard(plan, scoreShard);
  }
  return { deps: through, plans };
}

const refOf = ({ runId }: RunPlan): RunRef => ({ runId, runSeq: 0 });

/** What the first pass asks of a configuration: where it is the same, so are the books and the buyers of every epoch date. */
function foldTraits({ currency, timeZone, rates, rfm, epochs, stages }: PerennialConfig): string {
  const { returnHorizonDays } = stages;
  return hashJson({ currency, timeZone, rates, rfm, weekday: epochs.weekday, returnHorizonDays });
}

/** Writes what a run over the dates would find: its plan, its configuration, and the ledger lists of the runs that took the facts. */
async function prepare(deps: RunDeps, asked: ReplayPlan, side: Side): Promise<RunPlan> {
  const { begin, to, base, chain } = asked;
  const config = asked[side];
  const { generation } = covering(chain, begin);
  const runId = RUN_IDS[side];
  const configSha256 = configHash(config);
  const plan: RunPlan = {
    runId,
    from: begin,
    to,
    generation,
    configSha256,
    base,
    dropsUrl: '',
    snapshots: 'last',
    shards: config.shards,
    batches: [],
    publications: [],
    skipped: [],
    notes: [],
    unlisted: 0,
  };
  await deps.lake.create(lakeKeys.config(configSha256), new TextEncoder().encode(canonicalJson(config)));
  await createJson(deps.lake, lakeKeys.plan(runId), plan);
  const dates = datesBetween(begin, to).map((date) => ({ date, run: covering(chain, date) }));
  for (const { knownOn, sources } of await readLedgerLists(deps, dates)) {
    const list: LedgerList = { knownOn, sources: sources.map((source) => ({ ...source, identifiers: [] })) };
    await createJson(deps.lake, lakeKeys.ledgerList(generation, knownOn, runId), list);
  }
  return plan;
}

/** Lays empty tables over the identifiers that the base run left: a replay has no use for them. */
async function hideIdentifiers(scratch: ObjectStore, { base, generation, shards }: RunPlan): Promise<void> {
  if (!base) return;
  const none = encodeTable(IDENTIFIERS, { ...new IdentifierSnapshot().table(), schemaVersion: IDENTIFIERS_VERSION });
  for (let shard = 0; shard < shards; shard++) {
    await scratch.create(lakeKeys.identifiers({ generation, dt: base.dt, runId: base.runId, shard }), none);
  }
}

/** Gives one replay what the first pass of another left: its receipts, and the buyers of every epoch date. */
async function shareFold(deps: RunDeps, from: RunPlan, to: RunPlan): Promise<void> {
  for (let shard = 0; shard < from.shards; shard++) {
    const item = itemKey('fold-shard', { shard });
    const receipt = await findReceipt(deps, from.runId, 'fold-shard', item);
    if (receipt) await writeReceipt(deps, to.runId, 'fold-shard', item, receipt);
    for (const date of Object.keys(receipt?.gaps ?? {}) as RunPlan['to'][]) {
      const rows = await deps.lake.read(lakeKeys.epochRows(from.runId, date, shard));
      await deps.lake.create(lakeKeys.epochRows(to.runId, date, shard), rows);
    }
  }
}
