import type { PurchaseCells } from '../../clv/fit/compress.ts';
import type { PerennialConfig } from '../../config/config.ts';
import { churnCondition, decliningCondition, type NightRules, nightRules } from '../../lifecycle/stage-rules.ts';
import { type EpochRecord, predictorOf } from './epoch-record.ts';

/**
 * Share of the buyers of an epoch date whom a candidate moves: the declining or the churn condition, dwell left out, holds under the
 * candidate and not under the epoch in force. The other direction moves nobody, and makes up for nobody.
 *
 * @param cells buyers of the date, at least one
 */
export function movedShare(
  candidate: Pick<EpochRecord, 'model' | 'params'>,
  inForce: Pick<EpochRecord, 'model' | 'params'>,
  cells: PurchaseCells,
  config: PerennialConfig,
): number {
  const [after, before] = [candidate, inForce].map((epoch) => nightRules(predictorOf(epoch, config), config.stages)) as [
    NightRules,
    NightRules,
  ];
  let [moved, customers] = [0, 0];
  for (let i = 0; i < cells.x.length; i++) {
    const facts = { purchaseDays: (cells.x[i] as number) + 1, firstDay: 0, lastDay: cells.txDays[i] as number };
    const day = cells.tenureDays[i] as number;
    const declines = (rules: NightRules) => decliningCondition(facts, day, rules) === 'holds';
    const churns = (rules: NightRules) => churnCondition(facts, day, rules) !== undefined;
    if ((declines(after) && !declines(before)) || (churns(after) && !churns(before))) moved += cells.weight[i] as number;
    customers += cells.weight[i] as number;
  }
  return moved / customers;
}
