import { conditionalMeanSpend, type SpendParams } from '../../lib/clv/models/gamma-gamma.ts';
import type { FittedModel } from '../../lib/clv/models/purchase-model.ts';
import { type CustomerFile, type CustomerRow, numberOf, rowError } from './customer-file.ts';

/** Largest count of purchases: whole numbers up to here are exact. */
const MAX_COUNT = 2 ** 53;

/** What `scores` calls columns of a model of purchases; they are in days. */
export const NAMES_IN_SCORES = { t_x: 't_x_days', T: 'tenure_days' } as const;

/** What is predicted of each customer. */
export interface Prediction {
  /** Columns that the file must have. */
  readonly inputs: readonly string[];
  /** Columns that are added. */
  readonly outputs: readonly string[];
  /** Values of the outputs for one row; null where there is none. */
  readonly valuesOf: (file: CustomerFile, row: CustomerRow) => (number | null)[];
}

/** A horizon as it was typed, and its length. */
export interface Horizon {
  readonly text: string;
  readonly length: number;
}

/** What `predict` adds for a model of purchases. */
export interface PurchaseOutputs {
  readonly horizons: readonly Horizon[];
  /** Adds `p_return_<h>`. */
  readonly withReturn: boolean;
  /** Adds `dert` at this continuous discount rate per unit of time. */
  readonly residualRate?: number | undefined;
}

/**
 * Predictions of a model of purchases: `x,t_x,T` in, `p_alive`, `expected_<h>`, `p_return_<h>` and `dert` out.
 *
 * @param name of the file, for messages
 * @returns values in the order of `outputs`; of a row out of range InvalidDropError is thrown
 */
export function predictPurchases(name: string, fitted: FittedModel, wanted: PurchaseOutputs): Prediction {
  const { horizons, withReturn, residualRate } = wanted;
  const { residualWhileAlive } = fitted;
  return {
    inputs: ['x', 't_x', 'T'],
    outputs: [
      'p_alive',
      ...horizons.map(({ text }) => `expected_${text}`),
      ...(withReturn ? horizons.map(({ text }) => `p_return_${text}`) : []),
      ...(residualRate === undefined ? [] : ['dert']),
    ],
    valuesOf(file, row) {
      const x = countOf(name, file, row);
      const tx = timeOf(name, file, row, 't_x');
      const tenure = timeOf(name, file, row, 'T');
      if (tx > tenure) throw rowError(name, row.line, `t_x ${tx} above T ${tenure}`, '0 <= t_x <= T, in one unit of time');
      if (x === 0 && tx > 0) throw rowError(name, row.line, `t_x ${tx} with x 0`, 't_x 0 where nothing was bought again');
      const alive = fitted.pAlive(x, tx, tenure);
      return [
        alive,
        ...horizons.map(({ length }) => alive * fitted.expectedWhileAlive(x, tenure, length)),
        ...(withReturn ? horizons.map(({ length }) => alive * fitted.returnWhileAlive(x, tenure, length)) : []),
        ...(residualRate === undefined ? [] : [alive * (residualWhileAlive?.(x, tenure, residualRate) ?? Number.NaN)]),
      ];
    },
  };
}

/**
 * Predictions of Gamma-Gamma: `x,m` in, `expected_spend` out, major currency units; null where the mean does not exist.
 *
 * @param name of the file, for messages
 */
export function predictSpend(name: string, params: SpendParams): Prediction {
  return {
    inputs: ['x', 'm'],
    outputs: ['expected_spend'],
    valuesOf(file, row) {
      const x = countOf(name, file, row);
      // nobody has a mean of no purchases: whatever stands there is not read
      const mean = x === 0 ? 0 : fieldNumber(name, file, row, 'm');
      const spend = conditionalMeanSpend(params, x, mean * x);
      return [Number.isFinite(spend) ? spend : null];
    },
  };
}

function fieldNumber(name: string, file: CustomerFile, { fields, line }: CustomerRow, column: string): number {
  const text = fields[file.at(column)] as string;
  const value = numberOf(text);
  if (value === undefined) throw rowError(name, line, `${column} is ${JSON.stringify(text)}`, 'a number');
  return value;
}

function countOf(name: string, file: CustomerFile, row: CustomerRow): number {
  const x = fieldNumber(name, file, row, 'x');
  if (Number.isInteger(x) && x >= 0 && x <= MAX_COUNT) return x;
  throw rowError(name, row.line, `x ${x}`, 'a whole number of repeat purchases, 0 or more');
}

function timeOf(name: string, file: CustomerFile, row: CustomerRow, column: string): number {
  const time = fieldNumber(name, file, row, column);
  if (time >= 0) return time;
  throw rowError(name, row.line, `${column} ${time}`, 'a time of 0 or more');
}
