import { type Columns, NO_INT } from '../../arrow/columns.ts';
import type { SCORES } from '../../arrow/schemas.ts';
import { clvMinor, spendPredictor } from '../../clv/predict/customer-value.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { dayOf } from '../../time.ts';
import { type Calibration, predictorOf, spendRuleOf } from './epoch-record.ts';
import type { ShardTimeline } from './shard-timeline.ts';

/** What profiles show of the model, row for row with the scores; NaN when null. */
export interface ProfileValues {
  /** Probability to return, one decimal. */
  readonly pReturn: Float64Array;
  /** Predicted value, minor units, two significant digits. */
  readonly clvMinor: Float64Array;
}

/**
 * The model's figures that profiles show: as of the last epoch date, or of the last purchase since. Between these they stand
 * still, so that a quiet night writes few items (docs/adr/0010).
 *
 * @param scores the night's scores, in the order `order`
 */
export function profileValues(
  scores: Columns<typeof SCORES>,
  timeline: ShardTimeline,
  order: Int32Array,
  { epoch, tierCutsDate }: Calibration,
  config: PerennialConfig,
): ProfileValues {
  const rows = order.length;
  const out = { pReturn: new Float64Array(rows).fill(Number.NaN), clvMinor: new Float64Array(rows).fill(Number.NaN) };
  if (!epoch || !tierCutsDate) return out;
  const predictor = predictorOf(epoch, config);
  const spendMinor = spendPredictor(spendRuleOf(epoch, config.currency));
  const epochDay = dayOf(tierCutsDate);
  const { repeatNet } = timeline.book.customers;
  for (let row = 0; row < rows; row++) {
    const x = scores.x[row] as number;
    if (x === NO_INT) continue;
    const tx = scores.t_x_days[row] as number;
    const valuedOn = Math.max(scores.last_purchase_on[row] as number, epochDay);
    const tenure = valuedOn - (scores.first_purchase_on[row] as number);
    const spend = spendMinor(x, repeatNet[order[row] as number] as number);
    out.pReturn[row] = Math.round(predictor.pReturn(x, tx, tenure) * 10) / 10;
    out.clvMinor[row] = twoDigits(clvMinor(predictor.discounted(x, tx, tenure), spend, config.clv.marginRatio));
  }
  return out;
}

/** A whole number to two significant digits. */
function twoDigits(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < 100) return value;
  const unit = 10 ** (Math.floor(Math.log10(magnitude)) - 1);
  return Math.round(value / unit) * unit;
}
