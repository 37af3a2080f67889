import type { ShardBook } from '../../book/shard-book.ts';
import { clvMinor, spendPredictor } from '../../clv/predict/customer-value.ts';
import type { Predictor } from '../../clv/predict/predictor.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { LEVEL, NO_DAY } from '../../lifecycle/warning-columns.ts';
import { TIERS, WARNING_LEVELS } from '../../lifecycle/words.ts';
import type { ShardFigures } from '../../report/shard-figures.ts';
import { TallyCounter } from '../../report/tally.ts';
import { VALUE_BUCKETS, valueBucket } from '../../report/value-buckets.ts';
import { type Calibration, predictorOf, spendRuleOf } from './epoch-record.ts';
import type { ShardState } from './shard-state.ts';

type Counted = Pick<ShardFigures, 'values'> & Pick<ShardFigures['warnings'], 'levels' | 'valueAtRiskMinor' | 'pending'>;

/** Counts what customers are worth, and what silence puts at risk. One per run, for it keeps its columns. */
export class ValueCounter {
  readonly #net = newTally();
  readonly #predicted = newTally();
  readonly #total = newTally();
  #x = new Int32Array(0);
  #txDays = new Int32Array(0);
  #tenureDays = new Int32Array(0);
  #discounted = new Float64Array(0);
  #pReturn = new Float64Array(0);
  #q = new Float64Array(0);

  /** Figures of the buyers of a night, after its tiers and warnings. */
  count(book: ShardBook, state: ShardState, day: number, calibration: Calibration, config: PerennialConfig): Counted {
    const { size } = book;
    const { purchaseDays, net, repeatNet } = book.customers;
    const { epoch } = calibration;
    const predictor = epoch && predictorOf(epoch, config);
    const spendMinor = epoch && spendPredictor(spendRuleOf(epoch, config.currency));
    if (predictor) this.#predict(book, day, predictor);
    const tiers = TIERS.map((): [number, number] => [0, 0]);
    const levels = WARNING_LEVELS.map(() => 0);
    const valueAtRiskMinor = WARNING_LEVELS.map(() => 0);
    const { alertPendingOn } = state.warnings;
    const [netCounts, netSums] = this.#net.columns as [Float64Array, Float64Array];
    const [clvCounts, clvSums] = this.#predicted.columns as [Float64Array, Float64Array];
    const [totalCounts, totalSums] = this.#total.columns as [Float64Array, Float64Array];
    let pending = 0;
    for (let slot = 0; slot < size; slot++) {
      if (alertPendingOn[slot] !== NO_DAY) pending++;
      if (purchaseDays[slot] === 0) continue;
      const netMinor = net[slot] as number;
      let clv = 0;
      if (spendMinor) {
        const spend = spendMinor(this.#x[slot] as number, repeatNet[slot] as number);
        clv = clvMinor(this.#discounted[slot] as number, spend, config.clv.marginRatio);
        addTo(clvCounts, clvSums, clv);
      }
      addTo(netCounts, netSums, netMinor);
      addTo(totalCounts, totalSums, netMinor + clv);
      const tier = tiers[state.tiers.tier[slot] as number];
      if (tier) {
        tier[0] += netMinor;
        tier[1] += clv;
      }
      const level = state.warnings.level[slot] as number;
      if (level >= levels.length) continue;
      (levels[level] as number) += 1;
      if (level !== LEVEL.none && predictor) (valueAtRiskMinor[level] as number) += this.#lost(slot, clv);
    }
    return {
      values: { net: this.#net.take(), predicted: epoch ? this.#predicted.take() : null, total: this.#total.take(), tiers },
      levels,
      valueAtRiskMinor,
      pending,
    };
  }

  /** As in the scores: p_return lost since the last purchase times the value that is left. */
  #lost(slot: number, clv: number): number {
    const [pReturn, q] = [this.#pReturn[slot] as number, this.#q[slot] as number];
    return q > 0 ? Math.round((pReturn / q - pReturn) * clv) : 0;
  }

  #predict(book: ShardBook, day: number, predictor: Predictor): void {
    const { size } = book;
    const { purchaseDays, firstDay, lastDay } = book.customers;
    if (this.#x.length < size) {
      const length = Math.max(size, this.#x.length * 2, 1024);
      this.#x = new Int32Array(length);
      this.#txDays = new Int32Array(length);
      this.#tenureDays = new Int32Array(length);
      this.#discounted = new Float64Array(length);
      this.#pReturn = new Float64Array(length);
      this.#q = new Float64Array(length);
    }
    for (let slot = 0; slot < size; slot++) {
      const first = firstDay[slot] as number;
      this.#x[slot] = (purchaseDays[slot] as number) - 1;
      this.#txDays[slot] = (lastDay[slot] as number) - first;
      this.#tenureDays[slot] = day - first;
    }
    const rows = {
      x: this.#x.subarray(0, size),
      txDays: this.#txDays.subarray(0, size),
      tenureDays: this.#tenureDays.subarray(0, size),
    };
    const of = (column: Float64Array) => column.subarray(0, size);
    predictor.fill(rows, { pReturn: of(this.#pReturn), q: of(this.#q), discounted: of(this.#discounted) });
  }
}

const newTally = () => new TallyCounter(-VALUE_BUCKETS, VALUE_BUCKETS * 2 + 1, 2);

function addTo(counts: Float64Array, sums: Float64Array, minor: number): void {
  const at = valueBucket(minor) + VALUE_BUCKETS;
  counts[at] = (counts[at] as number) + 1;
  sums[at] = (sums[at] as number) + minor;
}
