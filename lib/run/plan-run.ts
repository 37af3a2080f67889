import { lakeKeys } from '../keys.ts';
import { addDays, datesBetween } from '../time.ts';
import { intoBatches } from './batches.ts';
import { rewrittenDrops } from './compact/compaction-log.ts';
import type { Planned, RunRef } from './contracts.ts';
import type { RunDeps } from './deps.ts';
import { type DropsWindow, type FeedFile, findMisplaced } from './drop-folder.ts';
import { dropsUrlOf } from './drops-place.ts';
import { createOrReadJson } from './json-objects.ts';
import { listsOfRuns } from './ledger-lists.ts';
import { findOutcomeBase } from './outcome-base.ts';
import { DropPins, KnownContents } from './pin-drop.ts';
import { MAX_REMARKS, planFrame, type Remark, type RunFrame, type RunPlan, readConfig } from './plan.ts';
import { planRebuild } from './rebuild/plan-rebuild.ts';
import { chainOf, type RunRecord, readRun } from './run-ledger.ts';

/**
 * Fixes everything that a run reads: the files of its dates and late files of the folders before, pinned by content, in batches.
 *
 * A file whose content the committed chain knows is skipped. @throws InvalidDropError for a file of 0 bytes, and for one that is
 * not what the manifest of its date promises
 */
export async function planRun(run: RunRef, deps: RunDeps): Promise<Planned> {
  const record = await readRun(deps, run.runId);
  const plan = await createOrReadJson(deps.lake, lakeKeys.plan(run.runId), () =>
    record.rebuild ? planRebuild(record, deps) : makePlan(record, deps),
  );
  return {
    batches: plan.batches.map((_, batch) => ({ ...run, batch })),
    shards: Array.from({ length: plan.shards }, (_, shard) => ({ ...run, shard })),
    publications: plan.publications.map((publication) => ({ ...run, ...publication })),
  };
}

/**
 * The plan of a run that is no rebuild; it reads only, and the run ledger of a run with a base alone.
 *
 * @throws InvalidDropError as `planRun`
 */
export async function makePlan(record: RunFrame, deps: RunDeps): Promise<RunPlan> {
  const config = await readConfig(deps, record.configSha256);
  const drops = deps.openStore(dropsUrlOf(deps, record));
  const chain = record.baseRunId === '' ? [] : await chainOf(deps, record.baseRunId);
  const known = await knownContents(deps, chain);
  // What lies before the first run's first date was left out on purpose.
  const firstDate = chain.at(-1)?.from ?? record.from;
  let lateFrom = addDays(record.from, -config.lateFileDays);
  if (firstDate > lateFrom) lateFrom = firstDate;
  const pins = new DropPins(drops, record.from, known);
  for (const dt of datesBetween(lateFrom, record.to)) await pins.take(dt);
  const { files } = pins;
  const window = { first: firstDate, lateFrom, to: record.to, isKnown: (file: FeedFile) => pins.knows(file) };
  const remarks = await remarksOf(pins, window);
  const base = chain[0];
  const outcomeOf = await findOutcomeBase(deps, chain, { to: record.to, config });
  return {
    ...planFrame(record, config, dropsUrlOf(deps, record)),
    base: base ? { runId: base.runId, dt: base.to } : null,
    ...(outcomeOf ? { outcomeOf } : {}),
    batches: intoBatches(files),
    ...remarks,
  };
}

/** What there is to tell of the drops, in bounded number: a plan is read by every step. */
async function remarksOf(pins: DropPins, window: DropsWindow): Promise<Pick<RunPlan, 'skipped' | 'notes' | 'unlisted'>> {
  const skipped: Remark[] = [...pins.skipped, ...(await findMisplaced(pins.drops, window))];
  const unlisted = Math.max(0, skipped.length - MAX_REMARKS) + Math.max(0, pins.notes.length - MAX_REMARKS);
  return { skipped: skipped.slice(0, MAX_REMARKS), notes: pins.notes.slice(0, MAX_REMARKS), unlisted };
}

/** The contents that the committed chain knows. */
async function knownContents(deps: RunDeps, chain: readonly RunRecord[]): Promise<KnownContents> {
  const known = new KnownContents();
  for (const { sources } of await listsOfRuns(deps, chain)) for (const source of sources) known.add(source);
  // What compact took out of a file does not make it another one.
  for (const { key, before, after } of await rewrittenDrops(deps)) known.follow(key, before, after);
  return known;
}
