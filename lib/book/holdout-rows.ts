import type { HoldoutRows } from '../clv/holdout/holdout-cells.ts';
import type { EpochDay } from '../time.ts';
import type { PurchaseHistories } from './purchase-histories.ts';

/** The dates of a holdout: `inner` <= `calibrateTo` <= `to`. */
export interface HoldoutWindow {
  /** The last day that a model is fitted on. */
  readonly calibrateTo: EpochDay;
  /** The last day that is predicted. */
  readonly to: EpochDay;
  /** A day inside the calibration, after which the simple baselines learn what follows. */
  readonly inner: EpochDay;
}

/** Columns that are being filled. */
type Columns = { readonly [Name in keyof HoldoutRows]: Int32Array | Float64Array };

/**
 * One row per customer with a purchase day at or before `calibrateTo`, in the order of the histories: x, t_x, T and repeat net as
 * of that day, what was bought after it until `to`, and what was known on `inner`.
 *
 * Histories are those of a book: refunds and corrections that became known after `calibrateTo` are in them, so that the past is
 * seen as it turned out (docs/architecture.md, Epochs).
 *
 * Cost: two passes over the purchase days; allocates eight columns of the rows.
 */
export function holdoutRows(histories: PurchaseHistories, window: HoldoutWindow): HoldoutRows {
  const { starts, days } = histories;
  let rows = 0;
  for (let buyer = 0; buyer < starts.length - 1; buyer++) {
    if ((days[starts[buyer] as number] as number) <= window.calibrateTo) rows++;
  }
  const columns: Columns = {
    x: new Int32Array(rows),
    txDays: new Int32Array(rows),
    tenureDays: new Int32Array(rows),
    repeatNetMinor: new Float64Array(rows),
    later: new Int32Array(rows),
    laterNetMinor: new Float64Array(rows),
    innerRecencyDays: new Int32Array(rows).fill(-1),
    innerLater: new Int32Array(rows),
  };
  let row = 0;
  for (let buyer = 0; buyer < starts.length - 1; buyer++) {
    const [start, end] = [starts[buyer] as number, starts[buyer + 1] as number];
    if ((days[start] as number) <= window.calibrateTo) fillRow(columns, row++, histories, { start, end, window });
  }
  return columns;
}

/** Purchase days [start, end) of one buyer. */
interface BuyerDays {
  readonly start: number;
  readonly end: number;
  readonly window: HoldoutWindow;
}

function fillRow(columns: Columns, row: number, histories: PurchaseHistories, { start, end, window }: BuyerDays): void {
  const { days, netMinor } = histories;
  const { calibrateTo, to, inner } = window;
  const first = days[start] as number;
  let [last, bought, repeatNet, innerLater] = [first, 0, 0, 0];
  let [later, laterNet] = [0, 0];
  for (let at = start; at < end; at++) {
    const day = days[at] as number;
    const net = netMinor[at] as number;
    if (day > to) break;
    if (day > calibrateTo) {
      later++;
      laterNet += net;
      continue;
    }
    if (bought > 0) repeatNet += net;
    bought++;
    last = day;
    if (day > inner) innerLater++;
    else columns.innerRecencyDays[row] = inner - day;
  }
  columns.x[row] = bought - 1;
  columns.txDays[row] = last - first;
  columns.tenureDays[row] = calibrateTo - first;
  columns.repeatNetMinor[row] = repeatNet;
  columns.later[row] = later;
  columns.laterNetMinor[row] = laterNet;
  columns.innerLater[row] = innerLater;
}
