import { EPOCH_ROWS, EPOCH_ROWS_VERSION, WINDOWED_EPOCH_ROWS } from '../arrow/schemas.ts';
import { decodeTable } from '../arrow/table-file.ts';
import type { PerennialConfig } from '../config/config.ts';
import { lakeKeys } from '../keys.ts';
import type { BusinessDate } from '../time.ts';
import { itemKey, type RunDeps } from './deps.ts';
import type { EpochPopulation } from './engine/epoch-population.ts';
import type { Calibration, EpochBook } from './engine/epoch-record.ts';
import { readJson } from './json-objects.ts';
import type { LedgerList, RunPlan } from './plan.ts';
import { datesOf, findReceipt } from './receipts.ts';

/** What was in force up to a run's last date. */
export function readEpochBook(deps: RunDeps, generation: number, runId: string): Promise<EpochBook> {
  return readJson<EpochBook>(deps.lake, lakeKeys.epochs(generation, runId));
}

/** The calibration of a date, as a run left it. */
export function readCalibration(deps: RunDeps, generation: number, dt: BusinessDate, runId: string): Promise<Calibration> {
  return readJson<Calibration>(deps.lake, lakeKeys.calibration({ generation, dt, runId }));
}

/** The first date on which a transaction became known: an epoch date. Null while there is none. */
export async function firstDataDateOf(deps: RunDeps, plan: RunPlan): Promise<BusinessDate | null> {
  if (plan.base) {
    const { firstDataDate } = await readEpochBook(deps, plan.generation, plan.base.runId);
    if (firstDataDate) return firstDataDate;
  }
  for (const date of datesOf(plan)) {
    const list = await readJson<LedgerList>(deps.lake, lakeKeys.ledgerList(plan.generation, date, plan.runId));
    if (list.sources.some(({ feed, accepted }) => feed === 'transactions' && accepted > 0)) return date;
  }
  return null;
}

/** The buyers of an epoch date, all shards. */
export async function readPopulation(
  deps: RunDeps,
  plan: RunPlan,
  date: BusinessDate,
  { rfm }: PerennialConfig,
): Promise<EpochPopulation> {
  const spec = rfm.windowDays === null ? EPOCH_ROWS : WINDOWED_EPOCH_ROWS;
  const shards = Array.from({ length: plan.shards }, (_, shard) => shard);
  const gaps = new Map<number, number>();
  const parts = await Promise.all(
    shards.map(async (shard) => {
      const key = lakeKeys.epochRows(plan.runId, date, shard);
      const { rows, columns } = decodeTable(spec, await deps.lake.read(key), key, EPOCH_ROWS_VERSION);
      const receipt = await findReceipt(deps, plan.runId, 'fold-shard', itemKey('fold-shard', { shard }));
      for (const [gap, count] of receipt?.gaps[date] ?? []) gaps.set(gap, (gaps.get(gap) ?? 0) + count);
      return { rows, columns };
    }),
  );
  return { parts, gaps };
}
