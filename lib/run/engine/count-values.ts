import type { ShardBook } from '../../book/shard-book.ts';
import { valueAtRiskMinor } from '../../lifecycle/value-at-risk.ts';
import { LEVEL, NO_DAY } from '../../lifecycle/warning-columns.ts';
import { TIERS, WARNING_LEVELS } from '../../lifecycle/words.ts';
import type { ShardFigures } from '../../report/shard-figures.ts';
import { TallyCounter } from '../../report/tally.ts';
import { VALUE_BUCKETS, valueBucket } from '../../report/value-buckets.ts';
import type { NightValues } from './night-values.ts';
import type { ShardState } from './shard-state.ts';

type Counted = Pick<ShardFigures, 'values'> & Pick<ShardFigures['warnings'], 'levels' | 'valueAtRiskMinor' | 'pending'>;

/** A code of tier or level, whatever a byte holds: what is counted of nobody's is not told. */
const CODES = 256;

const { none: NO_WARNING } = LEVEL;

/** Counts what customers are worth, and what silence puts at risk. One per run, for it keeps its columns. */
export class ValueCounter {
  readonly #net = newTally();
  readonly #predicted = newTally();
  readonly #total = newTally();

  /** Figures of the buyers of a night, after its tiers and warnings. */
  count(book: ShardBook, state: ShardState, now: NightValues): Counted {
    const tiers = this.#countValues(book, state.tiers.tier, now);
    const predicted = this.#predicted.take();
    const hasModel = now.model !== null;
    const values = { net: this.#net.take(), predicted: hasModel ? predicted : null, total: this.#total.take(), tiers };
    return { values, ...countWarnings(book, state, now) };
  }

  #countValues({ size, customers }: ShardBook, tiers: Uint8Array, { model, clvMinor }: NightValues): [number, number][] {
    const { purchaseDays, net } = customers;
    const hasModel = model !== null;
    const [netCounts, netSums] = this.#net.columns as [Float64Array, Float64Array];
    const [clvCounts, clvSums] = this.#predicted.columns as [Float64Array, Float64Array];
    const [totalCounts, totalSums] = this.#total.columns as [Float64Array, Float64Array];
    const [netOf, clvOf] = [new Float64Array(CODES), new Float64Array(CODES)];
    for (let slot = 0; slot < size; slot++) {
      if (purchaseDays[slot] === 0) continue;
      const netMinor = net[slot] as number;
      const clv = hasModel ? (clvMinor[slot] as number) : 0;
      const totalMinor = netMinor + clv;
      const netAt = valueBucket(netMinor) + VALUE_BUCKETS;
      const clvAt = valueBucket(clv) + VALUE_BUCKETS;
      const totalAt = valueBucket(totalMinor) + VALUE_BUCKETS;
      (netCounts[netAt] as number) += 1;
      (netSums[netAt] as number) += netMinor;
      (clvCounts[clvAt] as number) += 1;
      (clvSums[clvAt] as number) += clv;
      (totalCounts[totalAt] as number) += 1;
      (totalSums[totalAt] as number) += totalMinor;
      const tier = tiers[slot] as number;
      (netOf[tier] as number) += netMinor;
      (clvOf[tier] as number) += clv;
    }
    return TIERS.map((_, tier) => [netOf[tier] as number, clvOf[tier] as number]);
  }
}

function countWarnings({ size, customers }: ShardBook, { warnings }: ShardState, { model, q, pReturn, clvMinor }: NightValues) {
  const { purchaseDays } = customers;
  const { level: levels, alertPendingOn } = warnings;
  const hasModel = model !== null;
  const [counts, atRisk] = [new Float64Array(CODES), new Float64Array(CODES)];
  let pending = 0;
  for (let slot = 0; slot < size; slot++) {
    if (alertPendingOn[slot] !== NO_DAY) pending++;
    if (purchaseDays[slot] === 0) continue;
    const level = levels[slot] as number;
    (counts[level] as number) += 1;
    if (!hasModel || level === NO_WARNING || level >= LEVELS) continue;
    (atRisk[level] as number) += valueAtRiskMinor(q[slot] as number, pReturn[slot] as number, clvMinor[slot] as number);
  }
  const ofLevels = (column: Float64Array) => Array.from(column.subarray(0, LEVELS));
  return { levels: ofLevels(counts), valueAtRiskMinor: ofLevels(atRisk), pending };
}

const LEVELS = WARNING_LEVELS.length;

const newTally = () => new TallyCounter(-VALUE_BUCKETS, VALUE_BUCKETS * 2 + 1, 2);
