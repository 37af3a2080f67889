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
  const { purchaseDays, firstDay, lastDay } = book.customers;
  const byStage = STAGES.map(() => 0);
  const byTier = TIERS.map(() => 0);
  let [buyers, purchasers, firstTimeBuyers] = [0, 0, 0];
  for (let slot = 0; slot < book.size; slot++) {
    if (book.isRemoved(slot)) continue;
    (byStage[stages.stage[slot] as number] as number) += 1;
    if (purchaseDays[slot] === 0) continue;
    buyers++;
    if (lastDay[slot] === day) purchasers++;
    if (firstDay[slot] === day) firstTimeBuyers++;
    const tier = tiers.tier[slot] as number;
    if (tier < byTier.length) (byTier[tier] as number) += 1;
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
    stages: byStage,
    erased: erasedStages,
    tiers: byTier,
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
