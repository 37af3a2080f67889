import { InvariantBrokenError } from '../../errors.ts';
import type { PurchaseRows } from '../fit/compress.ts';
import type { FittedModel } from '../models/purchase-model.ts';
import { type DiscountRule, dailyRate, discountedMonths, discountedWhileAlive } from './discounting.ts';
import { type FillPair, MAX_DAYS, PairTable } from './pair-table.ts';

/** What a predictor looks ahead. */
export interface PredictionHorizons extends DiscountRule {
  /** Horizon of the probability to return, days, > 0. */
  readonly returnHorizonDays: number;
}

/** Columns that `Predictor.activity` fills, shape [n]. */
export interface ActivityColumns {
  /** Probability that the customer has not dropped out, 0 .. 1. */
  readonly pAlive: Float64Array;
  /** Probability of a purchase within the return horizon, 0 .. 1. */
  readonly pReturn: Float64Array;
  /** `pReturn` now over `pReturn` just after the last purchase, 0 .. 1. */
  readonly q: Float64Array;
}

/** Columns that `Predictor.value` fills, shape [n]. */
export interface ValueColumns {
  /** As `ActivityColumns.pAlive`, when it is asked for: to spare `activity` where nothing else of it is needed. */
  readonly pAlive?: Float64Array | undefined;
  /** Expected purchases over the horizon, undiscounted, count. */
  readonly expected: Float64Array;
  /** Expected discounted purchases by the rule of `clv.discounting`, count. */
  readonly discounted: Float64Array;
}

/** Predictions of a fitted model for whole days; bulk columns hold exactly what the methods for one customer return. */
export interface Predictor {
  pAlive(x: number, txDays: number, tenureDays: number): number;
  pReturn(x: number, txDays: number, tenureDays: number): number;
  q(x: number, txDays: number, tenureDays: number): number;
  expected(x: number, txDays: number, tenureDays: number): number;
  discounted(x: number, txDays: number, tenureDays: number): number;
  activity(rows: PurchaseRows, out: ActivityColumns): void;
  value(rows: PurchaseRows, out: ValueColumns): void;
  /** Gives the memory of its tables back, for one that will seldom be asked again; answers stay the same. */
  release(): void;
}

/** An entry of (x, t_x): `pReturn` just after the last purchase, e^(lnLast - lnEnd(x, 0)) or NaN, lnLast. */
const [FRESH, LOST, LN_LAST, LAST_WIDTH] = [0, 1, 2, 3] as const;
/** An entry of (x, T): return while alive, share of the living, e^(lnEnd(x, 0) - lnEnd) or NaN, lnEnd. */
const [RETURN, SHARE, SILENT, LN_END, END_WIDTH] = [0, 1, 2, 3, 4] as const;
/** An entry of (x, T) as to value: expected purchases while alive, plain and discounted. */
const [EXPECTED, DISCOUNTED, VALUE_WIDTH] = [0, 1, 2] as const;

/** Products of two exponentials are taken where each has an exponent up to this, far from 709 where a double overflows. */
const SAFE_EXPONENT = 300;

/** What depends on (x, t_x) or (x, T) alone. */
interface Tables {
  readonly last: PairTable;
  readonly end: PairTable;
  readonly value: PairTable;
}

/** e^exponent, NaN where a product with another could overflow or lose digits. */
const safeExp = (exponent: number): number =>
  Math.abs(exponent) <= SAFE_EXPONENT ? Math.exp(exponent) : exponent === Number.NEGATIVE_INFINITY ? 0 : Number.NaN;

/**
 * P(alive) from an entry of (x, t_x) and one of (x, T). The odds of having dropped out are a product of two numbers of the tables, which
 * takes half of the time of an exponential per customer; the exponential of logarithms is for what is out of their range.
 * Rounding may lift the quotient above 1.
 */
function aliveOf(last: Float64Array, lastAt: number, end: Float64Array, endAt: number): number {
  let odds = (last[lastAt + LOST] as number) * (end[endAt + SILENT] as number);
  if (!(odds >= 0)) odds = Math.exp((last[lastAt + LN_LAST] as number) - (end[endAt + LN_END] as number));
  return Math.min(1, (end[endAt + SHARE] as number) / (1 + odds));
}

function fillValueOf(fitted: FittedModel, horizons: PredictionHorizons): FillPair {
  const { discounting, horizonDays, monthlyDiscountRatio } = horizons;
  if (discounting !== 'dert') {
    const months = discountedMonths({ discounting, horizonDays, monthlyDiscountRatio });
    return (x, day, out, at) => {
      out[at + EXPECTED] = fitted.expectedWhileAlive(x, day, horizonDays);
      out[at + DISCOUNTED] = discountedWhileAlive(fitted, months, x, day);
    };
  }
  const { residualWhileAlive } = fitted;
  const rate = dailyRate(monthlyDiscountRatio);
  if (!residualWhileAlive || !(rate > 0)) {
    throw new InvariantBrokenError(
      `Discounting dert: ${residualWhileAlive ? `a discount of ${monthlyDiscountRatio} a month` : 'a model without residual transactions'}, expected pareto-nbd and a discount above 0. Report this bug.`,
    );
  }
  return (x, day, out, at) => {
    out[at + EXPECTED] = fitted.expectedWhileAlive(x, day, horizonDays);
    out[at + DISCOUNTED] = residualWhileAlive(x, day, rate);
  };
}

function tablesOf(fitted: FittedModel, horizons: PredictionHorizons): Tables {
  const starts = new Map<number, number>();
  /** lnEnd(x, 0), from which the exponents of one x are told. */
  const startOf = (x: number): number => {
    let start = starts.get(x);
    if (start === undefined) {
      start = fitted.lnEnd(x, 0);
      starts.set(x, start);
    }
    return start;
  };
  const end = new PairTable(END_WIDTH, (x, day, out, at) => {
    const lnEnd = fitted.lnEnd(x, day);
    out[at + RETURN] = fitted.returnWhileAlive(x, day, horizons.returnHorizonDays);
    out[at + SHARE] = fitted.aliveShare(x, day);
    out[at + SILENT] = safeExp(startOf(x) - lnEnd);
    out[at + LN_END] = lnEnd;
  });
  const last = new PairTable(LAST_WIDTH, (x, day, out, at) => {
    const lnLast = fitted.lnLast(x, day);
    out[at + LOST] = safeExp(lnLast - startOf(x));
    out[at + LN_LAST] = lnLast;
    const now = end.find(x, day);
    out[at + FRESH] = aliveOf(out, at, now, end.at) * (now[end.at + RETURN] as number);
  });
  return { last, end, value: new PairTable(VALUE_WIDTH, fillValueOf(fitted, horizons)) };
}

function requireHistory(x: number, txDays: number, tenureDays: number): void {
  const isWhole = (x | 0) === x && (txDays | 0) === txDays && (tenureDays | 0) === tenureDays;
  if (isWhole && txDays >= 0 && txDays <= tenureDays && tenureDays < MAX_DAYS) return;
  throw new InvariantBrokenError(
    `Customer: x ${x}, t_x ${txDays}, T ${tenureDays}, expected whole numbers, 0 <= t_x <= T < ${MAX_DAYS}. Report this bug.`,
  );
}

function requireLength(n: number, ...columns: ArrayLike<number>[]): void {
  for (const column of columns) {
    if (column.length !== n) {
      throw new InvariantBrokenError(`Columns of customers: ${column.length} rows, expected ${n}. Pass columns of one table.`);
    }
  }
}

const NO_ROW = new Float64Array(0);

/**
 * The loop of `activity`: one exponential per row. It looks into rows by itself and asks `find` only for what is not there, which is
 * worth a third of its time.
 */
function fillActivity({ last, end }: Tables, rows: PurchaseRows, out: ActivityColumns): void {
  const { x: counts, txDays, tenureDays } = rows;
  const { pAlive, pReturn, q } = out;
  const [lastRows, endRows] = [last.rows, end.rows];
  for (let i = 0; i < counts.length; i++) {
    const x = counts[i] as number;
    if (x < 0) {
      pAlive[i] = Number.NaN;
      pReturn[i] = Number.NaN;
      q[i] = Number.NaN;
      continue;
    }
    const tx = txDays[i] as number;
    const tenure = tenureDays[i] as number;
    requireHistory(x, tx, tenure);
    const isDense = x < lastRows.length;
    let from = isDense ? (lastRows[x] as Float64Array) : NO_ROW;
    let fromAt = tx * LAST_WIDTH;
    if (!(fromAt < from.length && (from[fromAt] as number) > 0)) {
      from = last.find(x, tx);
      fromAt = last.at;
    }
    let to = isDense ? (endRows[x] as Float64Array) : NO_ROW;
    let toAt = tenure * END_WIDTH;
    if (!(toAt < to.length && (to[toAt] as number) > 0)) {
      to = end.find(x, tenure);
      toAt = end.at;
    }
    const alive = aliveOf(from, fromAt, to, toAt);
    const now = alive * (to[toAt + RETURN] as number);
    pAlive[i] = alive;
    pReturn[i] = now;
    q[i] = now / (from[fromAt + FRESH] as number);
  }
}

/** The loop of `value`, as that of `activity`. */
function fillValue({ last, end, value }: Tables, rows: PurchaseRows, out: ValueColumns): void {
  const { x: counts, txDays, tenureDays } = rows;
  const { pAlive, expected, discounted } = out;
  const [lastRows, endRows, valueRows] = [last.rows, end.rows, value.rows];
  for (let i = 0; i < counts.length; i++) {
    const x = counts[i] as number;
    if (x < 0) {
      if (pAlive) pAlive[i] = Number.NaN;
      expected[i] = Number.NaN;
      discounted[i] = Number.NaN;
      continue;
    }
    const tx = txDays[i] as number;
    const tenure = tenureDays[i] as number;
    requireHistory(x, tx, tenure);
    const isDense = x < lastRows.length;
    let from = isDense ? (lastRows[x] as Float64Array) : NO_ROW;
    let fromAt = tx * LAST_WIDTH;
    if (!(fromAt < from.length && (from[fromAt] as number) > 0)) {
      from = last.find(x, tx);
      fromAt = last.at;
    }
    let to = isDense ? (endRows[x] as Float64Array) : NO_ROW;
    let toAt = tenure * END_WIDTH;
    if (!(toAt < to.length && (to[toAt] as number) > 0)) {
      to = end.find(x, tenure);
      toAt = end.at;
    }
    const alive = aliveOf(from, fromAt, to, toAt);
    let worth = isDense ? (valueRows[x] as Float64Array) : NO_ROW;
    let worthAt = tenure * VALUE_WIDTH;
    if (!(worthAt < worth.length && (worth[worthAt] as number) > 0)) {
      worth = value.find(x, tenure);
      worthAt = value.at;
    }
    if (pAlive) pAlive[i] = alive;
    expected[i] = alive * (worth[worthAt + EXPECTED] as number);
    discounted[i] = alive * (worth[worthAt + DISCOUNTED] as number);
  }
}

/**
 * Predictions of one fitted model and horizons, for one customer or in bulk. (BG/NBD, MBG/NBD, Pareto/NBD)
 *
 * Source: the model's own functions, computed once per distinct (x, t_x) and (x, T):
 * P(alive) = aliveShare(x, T) / (1 + exp(lnLast(x, t_x) - lnEnd(x, T))), `pReturn` and `expected` = P(alive) times what holds while
 * alive, `discounted` by `discountedMonths` or, for `dert`, residual transactions. The difference of logarithms loses digits as
 * (r + x) ln(1 + T / alpha) grows: P(alive) is within 1e-12 of `FittedModel.pAlive` for x <= 200 and within 1e-10 for x <= 1000 (observed:
 * 5e-13, 4e-12), checked in test/unit/clv/predict/predictor.test.ts and, against 60-digit values, in test/golden/clv.test.ts.
 * @param fitted a model with parameters in days
 * @param horizons what to look ahead, days
 * @returns methods for one customer: x count, t_x and T whole days, 0 <= t_x <= T < 65536; x < 0 marks a customer without a
 * purchase and gives NaN everywhere. `q` is 1 at T = t_x and falls strictly from day to day while P(alive) is above 1e-300. Bulk:
 * columns of shape [n], any integer or float array, out in the same order.
 * @throws InvariantBrokenError when lengths differ, a row is outside these ranges, or `dert` is asked of a model without it
 * Cost: one exponential and a few look-ups per row (~20 ns in `activity`, the same in `value`); an expectation per month more for
 * each first (x, T). Bulk allocates nothing per row. Tables take 72 bytes per day of tenure and x that occurs, at most 70 MB (tenures of
 * 2,000 days, 256 counts and more).
 */
export function createPredictor(fitted: FittedModel, horizons: PredictionHorizons): Predictor {
  const tables = tablesOf(fitted, horizons);
  const { last, end, value } = tables;
  const alive = (x: number, tx: number, tenure: number): number => {
    const from = last.find(x, tx);
    const fromAt = last.at;
    const to = end.find(x, tenure);
    return aliveOf(from, fromAt, to, end.at);
  };
  const back = (x: number, tx: number, tenure: number): number => {
    const chance = alive(x, tx, tenure);
    return chance * (end.find(x, tenure)[end.at + RETURN] as number);
  };
  const worth = (x: number, tenure: number, which: typeof EXPECTED | typeof DISCOUNTED): number =>
    value.find(x, tenure)[value.at + which] as number;
  /** False for a customer without a purchase. */
  const admit = (x: number, tx: number, tenure: number): boolean => {
    if (x < 0) return false;
    requireHistory(x, tx, tenure);
    return true;
  };

  return {
    pAlive: (x, tx, tenure) => (admit(x, tx, tenure) ? alive(x, tx, tenure) : Number.NaN),
    pReturn: (x, tx, tenure) => (admit(x, tx, tenure) ? back(x, tx, tenure) : Number.NaN),
    q: (x, tx, tenure) => {
      if (!admit(x, tx, tenure)) return Number.NaN;
      const now = back(x, tx, tenure);
      return now / (last.find(x, tx)[last.at + FRESH] as number);
    },
    expected: (x, tx, tenure) => (admit(x, tx, tenure) ? alive(x, tx, tenure) * worth(x, tenure, EXPECTED) : Number.NaN),
    discounted: (x, tx, tenure) => (admit(x, tx, tenure) ? alive(x, tx, tenure) * worth(x, tenure, DISCOUNTED) : Number.NaN),
    activity(rows, out) {
      requireLength(rows.x.length, rows.txDays, rows.tenureDays, out.pAlive, out.pReturn, out.q);
      fillActivity(tables, rows, out);
    },
    value(rows, out) {
      requireLength(rows.x.length, rows.txDays, rows.tenureDays, out.pAlive ?? out.expected, out.expected, out.discounted);
      fillValue(tables, rows, out);
    },
    release() {
      for (const table of [last, end, value]) table.release();
    },
  };
}
