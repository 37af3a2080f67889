import { readFileSync } from 'node:fs';
import type { PurchaseCells, SpendCells } from '../../lib/clv/fit/compress.ts';

/** Numbers in the reference file are given as text with up to 20 digits where a double would cut them. */
export type Digits = string | number;

interface Fit {
  readonly params: Record<string, Digits>;
  readonly ll: Digits;
  readonly se: Record<string, Digits>;
}

interface PurchaseGrid {
  readonly params: { r: number; alpha: number; a: number; b: number };
  readonly customers: readonly {
    x: number;
    t_x: number;
    T: number;
    loglik: Digits;
    p_alive: Digits;
    expected: Record<string, Digits>;
  }[];
}

interface SpendGrid {
  readonly params: { p: number; q: number; v: number };
  readonly customers: readonly { x: number; m: number; expected_avg: Digits }[];
}

interface Reference {
  readonly fits: { mbg_days: Fit; mbg_weeks: Fit; gamma_gamma: Fit & { pop_mean: Digits } };
  readonly holdout_39_weeks: { mbg_predicted_total: number; mbg_mean_p_alive: number };
  readonly anchors: {
    customer_1516_mbg: { params: PurchaseGrid['params']; p_alive: Digits; expected_52_weeks: Digits };
    gamma_gamma: Record<string, Digits>;
  };
  readonly grid: {
    mbgnbd: Record<string, PurchaseGrid>;
    bgnbd: Record<string, PurchaseGrid>;
    gammagamma: Record<string, SpendGrid>;
  };
}

interface CellFile {
  readonly cells: readonly [x: number, txDays: number, tenureDays: number, customers: number][];
  readonly repeat_spend_cents: readonly [x: number, cents: number, customers: number][];
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}

/** Reference numbers with 12 to 20 digits. */
export const REFERENCE = readJson<Reference>('clv-reference.json');

const FILE = readJson<CellFile>('cdnow-cells.json');

/** Cells of the CDNOW 1/10 sample as of 1997-09-30, in units of `unitDays` days. */
export function cdnowCells(unitDays = 1): PurchaseCells {
  return {
    x: Int32Array.from(FILE.cells, ([x]) => x),
    txDays: Float64Array.from(FILE.cells, ([, tx]) => tx / unitDays),
    tenureDays: Float64Array.from(FILE.cells, ([, , tenure]) => tenure / unitDays),
    weight: Float64Array.from(FILE.cells, ([, , , weight]) => weight),
  };
}

/** Repeat spend of the same customers, cents. */
export function cdnowSpendCells(): SpendCells {
  return {
    x: Int32Array.from(FILE.repeat_spend_cents, ([x]) => x),
    repeatNetMinor: Float64Array.from(FILE.repeat_spend_cents, ([, cents]) => cents),
    weight: Float64Array.from(FILE.repeat_spend_cents, ([, , weight]) => weight),
  };
}

/** |observed - expected| / |expected|; the distance itself where 0 is expected. */
export function relativeError(observed: number, expected: Digits): number {
  const exact = Number(expected);
  return exact === 0 ? Math.abs(observed) : Math.abs(observed - exact) / Math.abs(exact);
}
