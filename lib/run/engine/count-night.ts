import { STAGES, TIERS } from '../../lifecycle/words.ts';
import type { KpiPartial } from '../../report/kpi.ts';
import type { ShardTimeline } from './shard-timeline.ts';

/**
 * The figures of one night of a shard.
 *
 * @param logged number of changes in the log before the night
 */
export function countNight(
  timeline: ShardTimeline,
  day: number,
  { counts, erasedStages }: ReturnType<ShardTimeline['advance']>,
  logged: number,
): KpiPartial {
  const { book, stages, tiers, log } = timeline;
  const { size } = book;
  const [stageOf, tierOf] = [stages.stage, tiers.tier];
  const { purchaseDays, firstDay, lastDay } = book.customers;
  // by code, whatever a byte holds
  const [byStage, byTier] = [new Int32Array(256), new Int32Array(256)];
  let [buyers, purchasers, firstTimeBuyers] = [0, 0, 0];
  for (let slot = 0; slot < size; slot++) {
    if (book.isRemoved(slot)) continue;
    (byStage[stageOf[slot] as number] as number) += 1;
    if (purchaseDays[slot] === 0) continue;
    buyers++;
    if (lastDay[slot] === day) purchasers++;
    if (firstDay[slot] === day) firstTimeBuyers++;
    (byTier[tierOf[slot] as number] as number) += 1;
  }
  const flows = new Map<number, number>();
  const restatements = new Map<number, number>();
  let restated = 0;
  log.forEachFrom(logged, (from, to, isRestated) => {
    if (isRestated) restated++;
    const pairs = isRestated ? restatements : flows;
    pairs.set(from * 256 + to, (pairs.get(from * 256 + to) ?? 0) + 1);
  });
  return {
    day,
    customers: book.customerCount,
    buyers,
    stages: STAGES.map((_, stage) => byStage[stage] as number),
    erased: erasedStages,
    tiers: TIERS.map((_, tier) => byTier[tier] as number),
    flows: triples(flows),
    restated,
    restatements: triples(restatements),
    purchasers,
    firstTimeBuyers,
    sales: counts.sales,
    salesMinor: counts.salesMinor,
    refunds: counts.refunds,
    refundsMinor: counts.refundsMinor,
    voids: counts.voids,
    voidedMinor: counts.voidedMinor,
    duplicates: counts.duplicates,
    conflicts: counts.conflicts,
  };
}

const triples = (pairs: ReadonlyMap<number, number>) =>
  [...pairs].map(([pair, count]) => [pair >> 8, pair & 255, count] as const);
