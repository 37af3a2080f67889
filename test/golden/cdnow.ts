import { readFileSync } from 'node:fs';
import type { PurchaseCells, SpendCells } from '../../lib/clv/fit/compress.ts';
import type { ModelId } from '../../lib/clv/models/purchase-model.ts';

/** Numbers in the reference file are given as text with up to 20 digits where a double would cut them. */
export type Digits = string | number;

/** Fitted parameters, log-likelihood and standard errors. */
export interface ReferenceFit {
  readonly params: Readonly<Record<string, Digits>>;
  readonly ll: Digits;
  readonly se: Readonly<Record<string, Digits>>;
}

/** What a model says of customers under one set of parameters. */
export interface PurchaseGrid {
  readonly params: Readonly<Record<string, number>>;
  readonly customers: readonly {
    readonly x: number;
    readonly t_x: number;
    readonly T: number;
    readonly loglik: Digits;
    readonly p_alive: Digits;
    /** By horizon. */
    readonly expected: Readonly<Record<string, Digits>>;
  }[];
}

interface SpendGrid {
  readonly params: { readonly p: number; readonly q: number; readonly v: number };
  readonly customers: readonly { readonly x: number; readonly m: number; readonly expected_avg: Digits }[];
}

/** CLV of 12 months of 4.345 weeks at 1 % a month. */
interface ClvGrid {
  readonly params: Readonly<Record<string, number>>;
  readonly gg: SpendGrid['params'];
  readonly customers: readonly {
    readonly x: number;
    readonly t_x: number;
    readonly T: number;
    readonly m: number;
    readonly clv12: Digits;
  }[];
}

/** How well a model predicted the 39 weeks after the calibration. */
export interface ReferenceHoldout {
  readonly predicted_total: number;
  readonly bin_expected_mean: readonly number[];
  readonly mae: number;
  readonly rmse: number;
  readonly corr: number;
  readonly mean_p_alive: number;
  readonly unconditional_expected_through_holdout: number;
}

interface Reference {
  readonly fits: Readonly<Record<'days' | 'weeks' | 'rounded_weeks', Readonly<Record<ModelId, ReferenceFit>>>>;
  readonly gamma_gamma: Readonly<Record<'exact' | 'csv2dp', ReferenceFit & { readonly pop_mean: Digits }>>;
  readonly grid: Readonly<Record<ModelId, Readonly<Record<string, PurchaseGrid>>>>;
  readonly spend_grid: Readonly<Record<string, SpendGrid>>;
  readonly clv_grid: Readonly<Record<ModelId, ClvGrid>>;
  readonly anchors: {
    readonly pymc_bg_logp: Readonly<Record<string, Digits>>;
    readonly hardie_xls_bg_ce: Digits;
    readonly hardie_xls_bg_E: Readonly<Record<string, Digits>>;
    readonly bg_E52_exact_params: Digits;
    readonly pn_E52_exact_params: Digits;
    readonly btyd_dert: Digits;
    readonly increasing_frequency_paradox: Readonly<Record<'bg' | 'pn', Readonly<Record<string, Digits>>>>;
    /** P(alive), then expected purchases of 52 weeks. */
    readonly customer_1516: Readonly<Record<'bg' | 'pn', readonly [Digits, Digits]>>;
    readonly gg_E: Readonly<Record<string, Digits>>;
    readonly clvtools_palive: Readonly<Record<string, Digits>>;
    readonly customer_1516_mbg: {
      readonly params: Readonly<Record<string, number>>;
      readonly p_alive: Digits;
      readonly expected_52_weeks: Digits;
    };
  };
  readonly holdout_39_weeks: Readonly<Record<ModelId, ReferenceHoldout>> & {
    readonly holdout_actual: number;
    readonly bin_n: readonly number[];
    readonly bin_actual_mean: readonly number[];
    readonly naive: {
      readonly zero: Pick<ReferenceHoldout, 'mae' | 'rmse'>;
      readonly rate: Pick<ReferenceHoldout, 'mae' | 'rmse'> & { readonly total: number };
    };
    /** Units of the currency. */
    readonly revenue_holdout_bg_gg: { readonly actual: number; readonly predicted: number };
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
