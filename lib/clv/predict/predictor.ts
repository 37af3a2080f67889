import { InvariantBrokenError } from '../../errors.ts';
import { DAY_LIMIT, type PurchaseRows, requireEqualLengths } from '../fit/compress.ts';
import type { FittedModel } from '../models/purchase-model.ts';
import { type DiscountRule, dailyRate, discountedMonths, discountedWhileAlive } from './discounting.ts';
import { type FillPair, PairTable } from './pair-table.ts';

/** What a predictor looks ahead. */
export interface PredictionHorizons extends DiscountRule {
  /** Horizon of the probability to return, days, > 0. */
  readonly returnHorizonDays: number;
}

/** Columns that `Predictor.fill` fills, shape [n]; the others are left out, with the work that they alone take. */
export interface PredictionColumns {
  /** Probability that the customer has not dropped out, 0 .. 1. */
  readonly pAlive?: Float64Array | undefined;
  /** Probability of a purchase within the return horizon, 0 .. 1. */
  readonly pReturn?: Float64Array | undefined;
  /** `pReturn` now over `pReturn` just after the last purchase, 0 .. 1. */
  readonly q?: Float64Array | undefined;
  /** Expected purchases over the horizon, undiscounted, count. */
  readonly expected?: Float64Array | undefined;
  /** Expected discounted purchases by the rule of `clv.discounting`, count. */
  readonly discounted?: Float64Array | undefined;
}

/** Predictions of a fitted model for whole days; bulk columns hold exactly what the methods for one customer return. */
export interface Predictor {
  pAlive(x: number, txDays: number, tenureDays: number): number;
  pReturn(x: number, txDays: number, tenureDays: number): number;
  q(x: number, txDays: number, tenureDays: number): number;
  expected(x: number, txDays: number, tenureDays: number): number;
  discounted(x: number, txDays: number, tenureDays: number): number;
  fill(rows: PurchaseRows, out: PredictionColumns): void;
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
  if (isWhole && txDays >= 0 && txDays <= tenureDays && tenureDays < DAY_LIMIT) return;
  throw new InvariantBrokenError(
    `Customer: x ${x}, t_x ${txDays}, T ${tenureDays}, expected whole numbers, 0 <= t_x <= T < ${DAY_LIMIT}. Report this bug.`,
  );
}

/** Those that are to be filled. */
function columnsOf({ pAlive, pReturn, q, expected, discounted }: PredictionColumns): Float64Array[] {
  return [pAlive, pReturn, q, expected, discounted].filter((column) => column !== undefined);
}

const NO_ROW = new Float64Array(0);

/**
 * The loop of `fill`. It looks into rows by itself and asks `find` only for what is not there, which is worth a third of its time.
 */
function fillColumns({ last, end, value }: Tables, rows: PurchaseRows, out: PredictionColumns): void {
  const { x: counts, txDays, tenureDays } = rows;
  const { pAlive, pReturn, q, expected, discounted } = out;
  const [lastRows, endRows, valueRows] = [last.rows, end.rows, value.rows];
  const wanted = columnsOf(out);
  const isValued = expected !== undefined || discounted !== undefined;
  for (let i = 0; i < counts.length; i++) {
    const x = counts[i] as number;
    if (x < 0) {
      for (const column of wanted) column[i] = Number.NaN;
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
    const back = alive * (to[toAt + RETURN] as number);
    if (pAlive) pAlive[i] = alive;
    if (pReturn) pReturn[i] = back;
    if (q) q[i] = back / (from[fromAt + FRESH] as number);
    if (!isValued) continue;
    let worth = isDense ? (valueRows[x] as Float64Array) : NO_ROW;
    let worthAt = tenure * VALUE_WIDTH;
    if (!(worthAt < worth.length && (worth[worthAt] as number) > 0)) {
      worth = value.find(x, tenure);
      worthAt = value.at;
    }
    if (expected) expected[i] = alive * (worth[worthAt + EXPECTED] as number);
    if (discounted) discounted[i] = alive * (worth[worthAt + DISCOUNTED] as number);
  }
}

/**
 * Predictions of one fitted model and horizons, for one customer or in bulk. (BG/NBD, MBG/NBD, Pareto/NBD)
 *
 * Source: the model's own functions, computed once per distinct (x, t_x) and (x, T):
 * P(alive) = aliveShare(x, T) / (1 + exp(lnLast(x, t_x) - lnEnd(x, T))), `pReturn` and `expected` = P(alive) times what holds while
 * alive, `discounted` by `discountedMonths` or, for `dert`, residual transactions. The exponential is a product of one number of each
 * table. It loses digits as (r + x) ln(1 + T / alpha) grows: P(alive) is within 1e-12 of `FittedModel.pAlive` for x <= 200 and within
 * 1e-10 for x <= 1000 (observed: 5e-13, 4e-12), checked in test/unit/clv/predict/predictor.test.ts and, against 60-digit values, in
 * test/golden/clv.test.ts.
 * @param fitted a model with parameters in days
 * @param horizons what to look ahead, days
 * @returns methods for one customer: x count, t_x and T whole days, 0 <= t_x <= T < 65536; x < 0 marks a customer without a
 * purchase and gives NaN everywhere. `q` is 1 at T = t_x and never rises from day to day; it falls wherever a double can tell.
 * Bulk: rows are integer or float arrays of shape [n], columns come out in the same order.
 * @throws InvariantBrokenError when lengths differ, a row is outside these ranges, or `dert` is asked of a model without it
 * Cost: a few look-ups and a division per row (~50 ns for all columns); an expectation per month more for each first (x, T) where
 * value is asked for. Bulk allocates nothing per row. Tables take 72 bytes per day of tenure and x that occurs, at most 70 MB
 * (tenures of 2,000 days, 256 counts and more).
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
    const from = last.find(x, tx);
    const fromAt = last.at;
    const to = end.find(x, tenure);
    return aliveOf(from, fromAt, to, end.at) * (to[end.at + RETURN] as number);
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
      const from = last.find(x, tx);
      const fromAt = last.at;
      const to = end.find(x, tenure);
      const now = aliveOf(from, fromAt, to, end.at) * (to[end.at + RETURN] as number);
      return now / (from[fromAt + FRESH] as number);
    },
    expected: (x, tx, tenure) => (admit(x, tx, tenure) ? alive(x, tx, tenure) * worth(x, tenure, EXPECTED) : Number.NaN),
    discounted: (x, tx, tenure) => (admit(x, tx, tenure) ? alive(x, tx, tenure) * worth(x, tenure, DISCOUNTED) : Number.NaN),
    fill(rows, out) {
      requireEqualLengths(rows.x, rows.txDays, rows.tenureDays, ...columnsOf(out));
      fillColumns(tables, rows, out);
    },
    release() {
      for (const table of [last, end, value]) table.release();
    },
  };
}
