import { fittedModel } from '../../clv/models/purchase-models.ts';
import { horizonsOf } from '../../clv/predict/horizons-of.ts';
import { createPredictor, type Predictor } from '../../clv/predict/predictor.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { type MaturedCounts, MILLIONTHS, RETURN_BUCKETS, returnBucket } from '../../report/return-buckets.ts';
import { DAY_BUCKETS, dayBucket, TallyCounter } from '../../report/tally.ts';
import { dayOf } from '../../time.ts';
import type { EpochBook, EpochRecord } from './epoch-record.ts';
import type { PriorRows } from './prior-rows.ts';

/** The epoch that was in force on a day; null under the fallback, and before the first night. */
export function epochAt({ changes }: EpochBook, day: number): EpochRecord | null {
  return changes.findLast(({ date }) => dayOf(date) <= day)?.epoch ?? null;
}

/** The nearest whole number of one below 2^31: several times faster than Math.round in a loop over customers. */
const rounded = (positive: number): number => (positive + 0.5) | 0;

/** Compares what was predicted some days ago with what happened since. One per horizon and run, for it keeps the predictor's tables. */
export class ReturnCounter {
  readonly #horizonDays: number;
  readonly #byReturn = new TallyCounter(0, RETURN_BUCKETS, 3);
  readonly #byRecency = new TallyCounter(0, DAY_BUCKETS, 2);
  #epoch: string | undefined;
  #predictor: Predictor | undefined;
  #p = new Float64Array(0);

  constructor(horizonDays: number) {
    this.#horizonDays = horizonDays;
  }

  /**
   * @param rows customers as they stood `horizonDays` ago, the first `size` of them counted
   * @param epoch in force then @returns null without one
   */
  count(rows: PriorRows, size: number, epoch: EpochRecord | null, config: PerennialConfig): MaturedCounts | null {
    if (!epoch) return null;
    if (this.#p.length < rows.x.length) this.#p = new Float64Array(rows.x.length);
    const p = this.#p.subarray(0, size);
    const { x, txDays, tenureDays } = rows;
    this.#predictorOf(epoch, config).fill(
      { x: x.subarray(0, size), txDays: txDays.subarray(0, size), tenureDays: tenureDays.subarray(0, size) },
      { pReturn: p },
    );
    return this.#sum(rows, p);
  }

  #sum({ x, txDays, tenureDays, bought }: PriorRows, p: Float64Array): MaturedCounts {
    const [customersBy, returnedBy, sumsBy] = this.#byReturn.columns as [Float64Array, Float64Array, Float64Array];
    const [silentBy, backBy] = this.#byRecency.columns as [Float64Array, Float64Array];
    let [customers, returned, sum, sumReturned, squares] = [0, 0, 0, 0, 0];
    for (let slot = 0; slot < p.length; slot++) {
      if ((x[slot] as number) < 0) continue;
      const chance = p[slot] as number;
      const millionths = rounded(chance * MILLIONTHS);
      const back = bought[slot] as number;
      const bucket = returnBucket(chance);
      const silent = dayBucket((tenureDays[slot] as number) - (txDays[slot] as number));
      customers++;
      returned += back;
      sum += millionths;
      sumReturned += millionths * back;
      squares += rounded(chance * chance * MILLIONTHS);
      (customersBy[bucket] as number) += 1;
      (returnedBy[bucket] as number) += back;
      (sumsBy[bucket] as number) += millionths;
      (silentBy[silent] as number) += 1;
      (backBy[silent] as number) += back;
    }
    const [byReturn, byRecency] = [this.#byReturn.take(), this.#byRecency.take()];
    return { customers, returned, p: sum, pReturned: sumReturned, pSquared: squares, byReturn, byRecency };
  }

  #predictorOf(epoch: EpochRecord, config: PerennialConfig): Predictor {
    if (!this.#predictor || this.#epoch !== epoch.id) {
      this.#predictor?.release();
      const stages = { ...config.stages, returnHorizonDays: this.#horizonDays };
      this.#predictor = createPredictor(fittedModel(epoch.model, epoch.params), horizonsOf(epoch.model, { ...config, stages }));
      this.#epoch = epoch.id;
    }
    return this.#predictor;
  }
}
