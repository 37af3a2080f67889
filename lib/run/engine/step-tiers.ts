import { NO_CODE, NO_INT } from '../../arrow/columns.ts';
import type { ShardBook } from '../../book/shard-book.ts';
import { clvMinor, spendPredictor } from '../../clv/predict/customer-value.ts';
import type { Predictor } from '../../clv/predict/predictor.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { HIGH, plainTier, rankedValueMinor, stepTier, VIP } from '../../lifecycle/tier-step.ts';
import { type Calibration, predictorOf, spendRuleOf } from './epoch-record.ts';
import type { TierColumns } from './shard-state.ts';

/**
 * One night of the value tiers of a shard: nobody has one before the first cuts, or without a purchase.
 *
 * @param tiers changed in place @param night `isBaseline`: tiers are set afresh by the cuts
 */
export function stepTiers(
  book: ShardBook,
  { tier, since }: TierColumns,
  { day, calibration, isBaseline }: { day: number; calibration: Calibration; isBaseline: boolean },
  config: PerennialConfig,
): void {
  const { tierCuts: cuts } = calibration;
  if (!cuts) return;
  const { purchaseDays, net } = book.customers;
  const { minNights } = config.tiers;
  const waiting = new WaitingForValue(book, day, calibration, config);
  const judge = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const slot = waiting.slots[i] as number;
      const value = waiting.values[i] as number;
      const former = tier[slot] as number;
      const isFresh = former === NO_CODE || isBaseline;
      const nights = day - (since[slot] as number);
      const next = isFresh ? plainTier(value, cuts) : stepTier(former, nights, value, cuts, config.tiers);
      if (next === former) continue;
      tier[slot] = next;
      since[slot] = day;
    }
  };
  for (let slot = 0; slot < book.size; slot++) {
    if (purchaseDays[slot] === 0) {
      tier[slot] = NO_CODE;
      since[slot] = NO_INT;
      continue;
    }
    const former = tier[slot] as number;
    // a stay that is not over needs no value, unless the customer has cost more than was paid
    const mayStay = (net[slot] as number) >= 0 && (former !== VIP || cuts.vip !== undefined);
    const isFresh = former === NO_CODE || isBaseline;
    if (!isFresh && day - (since[slot] as number) < minNights && mayStay) continue;
    // what was paid keeps the highest tier already, whatever is predicted
    if (former === HIGH && !cuts.vip && !isBaseline && (net[slot] as number) > cuts.high.exit) continue;
    if (waiting.add(slot)) judge(waiting.take());
  }
  judge(waiting.take());
}

/** Buyers whose value is asked for together: the predictor is three times as fast over columns as one by one. */
const TOGETHER = 1024;

/** Buyers that wait for what they are ranked by: net historic, plus the predicted value under a model where the net is not negative. */
class WaitingForValue {
  readonly slots = new Int32Array(TOGETHER);
  /** Minor units, by the order of adding; valid after `take`. */
  readonly values = new Float64Array(TOGETHER);
  readonly #book: ShardBook;
  readonly #day: number;
  readonly #predictor: Predictor | undefined;
  readonly #spendMinor: ReturnType<typeof spendPredictor>;
  readonly #marginRatio: number;
  readonly #rows = { x: new Int32Array(TOGETHER), txDays: new Int32Array(TOGETHER), tenureDays: new Int32Array(TOGETHER) };
  readonly #discounted = new Float64Array(TOGETHER);
  #count = 0;

  constructor(book: ShardBook, day: number, { epoch }: Calibration, config: PerennialConfig) {
    this.#book = book;
    this.#day = day;
    this.#predictor = epoch ? predictorOf(epoch, config) : undefined;
    this.#spendMinor = epoch ? spendPredictor(spendRuleOf(epoch, config.currency)) : () => 0;
    this.#marginRatio = config.clv.marginRatio;
  }

  /** @returns true when no more fit: `take` comes next */
  add(slot: number): boolean {
    this.slots[this.#count++] = slot;
    return this.#count === TOGETHER;
  }

  /** Fills `values` of those that wait, who wait no more. @returns how many they were */
  take(): number {
    const count = this.#count;
    const { net, repeatNet, purchaseDays, firstDay, lastDay } = this.#book.customers;
    const { x, txDays, tenureDays } = this.#rows;
    this.#count = 0;
    // rows beyond the last one are nobody's
    x.fill(-1, count);
    for (let i = 0; i < count; i++) {
      const slot = this.slots[i] as number;
      const first = firstDay[slot] as number;
      x[i] = (purchaseDays[slot] as number) - 1;
      txDays[i] = (lastDay[slot] as number) - first;
      tenureDays[i] = this.#day - first;
    }
    this.#predictor?.fill(this.#rows, { discounted: this.#discounted });
    for (let i = 0; i < count; i++) {
      const slot = this.slots[i] as number;
      const netMinor = net[slot] as number;
      const spend = this.#spendMinor(x[i] as number, repeatNet[slot] as number);
      const clv = this.#predictor ? clvMinor(this.#discounted[i] as number, spend, this.#marginRatio) : 0;
      this.values[i] = rankedValueMinor(netMinor, netMinor + clv);
    }
    return count;
  }
}
