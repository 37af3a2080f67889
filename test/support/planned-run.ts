import type { RunRef } from '../../lib/run/contracts.ts';
import type { RunDeps } from '../../lib/run/deps.ts';
import { itemKey } from '../../lib/run/deps.ts';
import { ingestDrop } from '../../lib/run/ingest-drop.ts';
import { openRun } from '../../lib/run/open-run.ts';
import { type RunPlan, readPlan } from '../../lib/run/plan.ts';
import { planRun } from '../../lib/run/plan-run.ts';
import { findReceipt, type IngestReceipt } from '../../lib/run/receipts.ts';
import type { MemoryStore } from './memory-store.ts';
import { emptyPlaces, memoryDeps } from './run-in-memory.ts';

/** Drops in memory, by key. */
export async function dropsOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<MemoryStore> {
  const { drops } = emptyPlaces();
  for (const [key, content] of Object.entries(files)) await drops.create(key, Buffer.from(content as Uint8Array));
  return drops;
}

/** A run over drops in memory that was opened and planned. */
export interface PlannedRun {
  readonly run: RunRef;
  readonly plan: RunPlan;
  readonly deps: RunDeps;
  readonly lake: MemoryStore;
  /** Takes every batch. @returns the sources, in the plan's order */
  ingest(): Promise<IngestReceipt['sources']>;
}

/** Opens and plans a run over drops in memory. */
export async function planDrops(
  drops: MemoryStore,
  range: { readonly from: string; readonly to: string },
  config: object = {},
): Promise<PlannedRun> {
  const places = emptyPlaces(drops);
  const deps = memoryDeps(places, config);
  const opened = await openRun(
    {
      request: { from: range.from, to: range.to, dropsUrl: drops.url, snapshots: 'last', waitForDrop: false },
      execution: '',
    },
    deps,
  );
  if (opened.decision !== 'go') throw new Error(`The run was not opened: ${opened.decision}.`);
  const { run } = opened;
  const planned = await planRun(run, deps);
  const plan = await readPlan(deps, run.runId);
  const ingest = async () => {
    const sources: IngestReceipt['sources'][number][] = [];
    for (const task of planned.batches) {
      await ingestDrop(task, deps, new AbortController().signal);
      const receipt = await findReceipt(deps, run.runId, 'ingest-drop', itemKey('ingest-drop', task));
      sources.push(...(receipt?.sources ?? []));
    }
    return sources;
  };
  return { run, plan, deps, lake: places.lake, ingest };
}
