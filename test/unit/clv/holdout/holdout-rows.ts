import type { HoldoutRows } from '../../../../lib/clv/holdout/holdout-cells.ts';
import { uniform } from '../synthetic.ts';

/** Columns that can be filled. */
export type HoldoutColumns = { [Name in keyof HoldoutRows]: number[] };

/** One customer; what is left out is 0, and no purchase before the inner date. */
export type HoldoutCustomer = { [Name in keyof HoldoutRows]?: number };

const ABSENT: Required<HoldoutCustomer> = {
  x: 0,
  txDays: 0,
  tenureDays: 0,
  repeatNetMinor: 0,
  later: 0,
  laterNetMinor: 0,
  innerRecencyDays: -1,
  innerLater: 0,
};

const NAMES = Object.keys(ABSENT) as (keyof HoldoutRows)[];

/** Customers as columns. */
export const rowsOf = (customers: readonly HoldoutCustomer[]): HoldoutColumns =>
  Object.fromEntries(
    NAMES.map((name) => [name, customers.map((customer) => customer[name] ?? ABSENT[name])]),
  ) as unknown as HoldoutColumns;

/** Customers who buy at a rate of their own over `days` and `horizon` more days, and stop with a chance of `dropOut` at each purchase. */
export function drawCustomers(
  n: number,
  { days = 200, horizon = 100, inner = 100, dropOut = 0.2, seed = 1 } = {},
): HoldoutCustomer[] {
  const random = uniform(seed);
  return Array.from({ length: n }, () => {
    const first = Math.floor(random() * days);
    const rate = -Math.log(random()) / 40;
    const bought = [first];
    for (let day = first; random() >= dropOut; ) {
      day += Math.max(1, Math.ceil(-Math.log(random()) / rate));
      if (day > days + horizon) break;
      bought.push(day);
    }
    const known = bought.filter((day) => day <= days);
    const early = known.filter((day) => day <= days - inner);
    const last = known.at(-1) ?? first;
    return {
      x: known.length - 1,
      txDays: last - first,
      tenureDays: days - first,
      repeatNetMinor: known.slice(1).reduce((sum) => sum + Math.floor(random() * 5000) - 200, 0),
      later: bought.length - known.length,
      laterNetMinor: (bought.length - known.length) * 2500,
      innerRecencyDays: early.length > 0 ? days - inner - (early.at(-1) ?? 0) : -1,
      innerLater: known.length - early.length,
    };
  });
}
