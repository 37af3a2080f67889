import type { BuyerRows } from '../../book/buyer-rows.ts';
import {
  type BootstrapDraws,
  type BootstrapFits,
  bootstrapFits,
  bootstrapSpendFits,
  parameterIntervals,
} from '../../clv/fit/bootstrap.ts';
import type { Interval } from '../../clv/fit/confidence-intervals.ts';
import { fitGammaGamma } from '../../clv/fit/fit-gamma-gamma.ts';
import { compressValue, type ValueCells } from '../../clv/fit/value-cells.ts';
import type { SpendParams } from '../../clv/models/gamma-gamma.ts';
import type { ModelId, ModelParams } from '../../clv/models/purchase-model.ts';
import { fittedModel, purchaseModel } from '../../clv/models/purchase-models.ts';
import { bootstrapTotals, type GroupTotals, type SpendReplicates } from '../../clv/predict/bootstrap-totals.ts';
import { expectedSpendMinor, type SpendRule } from '../../clv/predict/customer-value.ts';
import type { Discounting } from '../../clv/predict/discounting.ts';
import { horizonsOf } from '../../clv/predict/horizons-of.ts';
import { createPredictor, type PredictionHorizons } from '../../clv/predict/predictor.ts';
import { configSchema } from '../../config/config.ts';
import { plainTier, tierCuts, VIP } from '../../lifecycle/tier-step.ts';
import { TIERS } from '../../lifecycle/words.ts';
import type { FitInput } from './fit-input.ts';
import { fitInUnit } from './fit-report.ts';
import type { FittedModelId } from './fitted-model.ts';
import { type TimeUnit, UNIT_DAYS } from './time-unit.ts';

/** How often, and from which seed. */
export interface BootstrapOptions {
  readonly replicates: number;
  readonly seed: number;
  readonly unit: TimeUnit;
  /** Poisson draws of a mean, from one of the independent streams of the seed. */
  readonly poisson: (stream: number) => (mean: number) => number;
  /** Told after each replicate. */
  readonly onReplicate: () => void;
}

/** What a bootstrap tells. */
export interface BootstrapReport {
  readonly replicates: number;
  readonly seed: number;
  /** Replicates whose fit is not sound: they enter no interval. */
  readonly refused: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Percentile intervals (95 %) of the parameters. */
  readonly intervals: Readonly<Record<string, Interval>>;
  /** Days that the expected purchases look ahead; null where there are no totals. */
  readonly horizonDays: number | null;
  /** How the value is discounted, which also says how far it looks (docs/formulas.md); null where there is none. */
  readonly discounting: Discounting | null;
  /** Currency of the totals; null where there are none. */
  readonly currency: string | null;
  /** Totals of all buyers, and by tier; only for models of purchases. Money in minor units. */
  readonly total?: GroupTotals;
  readonly tiers?: Readonly<Record<string, GroupTotals>>;
}

/** Streams of a seed: purchases and spend are drawn independently. */
const STREAMS = { purchases: 0, spend: 1 } as const;

/** Redraws the customers, refits, and gathers the intervals of parameters and totals. */
export function reportBootstrap(
  input: FitInput,
  { model, params }: { readonly model: FittedModelId; readonly params: ModelParams },
  options: BootstrapOptions,
): BootstrapReport {
  if (model === 'gamma-gamma') {
    return {
      ...describe(spendFits(input, params as SpendParams, options), options),
      horizonDays: null,
      discounting: null,
      currency: null,
    };
  }
  const factors = purchaseModel(model).isTime.map((isTime) => (isTime ? UNIT_DAYS[options.unit] : 1));
  const inDays = fitInUnit(input, model, { unit: 'days', start: scaled(params, factors) }).params;
  const fits = bootstrapFits(purchaseModel(model), input.purchases, { ...draws(options, STREAMS.purchases), start: inDays });
  const inUnit = {
    ...fits,
    accepted: fits.accepted.map((found) =>
      scaled(
        found,
        factors.map((factor) => 1 / factor),
      ),
    ),
  };
  return { ...describe(inUnit, options), ...totals(input, { model, params: inDays, fits }, options) };
}

const draws = ({ replicates, poisson, onReplicate }: BootstrapOptions, stream: number): BootstrapDraws => ({
  replicates,
  poisson: poisson(stream),
  onReplicate,
});

const scaled = (params: ModelParams, factors: readonly number[]): ModelParams =>
  Object.fromEntries(Object.entries(params).map(([name, value], i) => [name, value * (factors[i] as number)]));

function spendFits({ spend, exponent }: FitInput, start: SpendParams, options: BootstrapOptions): BootstrapFits<SpendParams> {
  return bootstrapSpendFits(spend, { ...draws(options, STREAMS.spend), exponent, start });
}

function describe(
  fits: BootstrapFits,
  { seed }: BootstrapOptions,
): Omit<BootstrapReport, 'horizonDays' | 'discounting' | 'currency'> {
  const { replicates, refused, reasons } = fits;
  return { replicates, seed, refused, reasons, intervals: parameterIntervals(fits) };
}

/** What the totals are of: the fit to the data, in days, and those of the redrawn customers. */
interface FittedPurchases {
  readonly model: ModelId;
  readonly params: ModelParams;
  readonly fits: BootstrapFits;
}

/** Totals over the horizon of the configuration: of all buyers and by tier, or of counted customers without their value. */
function totals(
  input: FitInput,
  { model, params, fits }: FittedPurchases,
  options: BootstrapOptions,
): Pick<BootstrapReport, 'total' | 'tiers' | 'horizonDays' | 'discounting' | 'currency'> {
  const config = input.buyers?.config ?? configSchema.parse({});
  const { clv, currency } = config;
  const horizons = horizonsOf(model, config);
  const purchases = { params, accepted: fits.accepted };
  const request = { model, purchases, horizons, marginRatio: clv.marginRatio };
  if (!input.buyers) {
    const everybody = { ...input.purchases, repeatNetMinor: new Float64Array(input.purchases.x.length) };
    const { total } = bootstrapTotals({ ...request, spend: undefined, groups: { everybody } });
    return { total, horizonDays: clv.horizonDays, discounting: null, currency: null };
  }
  const { rule, replicates: spend } = spendOf(input, options);
  const groups = tiersOf(input.buyers, { model, params, horizons, rule });
  const { total, groups: tiers } = bootstrapTotals({ ...request, spend, groups });
  return { total, tiers, horizonDays: clv.horizonDays, discounting: horizons.discounting, currency };
}

/** How spend is predicted: Gamma-Gamma, or the mean of all buyers where its fit is refused. */
function spendOf(input: FitInput, options: BootstrapOptions): { rule: SpendRule; replicates: SpendReplicates } {
  const { exponent, spend, buyers } = input;
  const fit = fitGammaGamma(spend, { exponent });
  if (fit.sound) {
    const { accepted } = spendFits(input, fit.params, { ...options, onReplicate: () => undefined });
    return {
      rule: { kind: 'gamma_gamma', params: fit.params, exponent },
      replicates: { kind: 'gamma_gamma', params: fit.params, exponent, accepted },
    };
  }
  const mean: SpendRule = { kind: 'cohort_mean', meanMinor: meanPerPurchaseDay(buyers?.parts ?? []) };
  return { rule: mean, replicates: mean };
}

function meanPerPurchaseDay(parts: readonly BuyerRows[]): number {
  let [net, days] = [0, 0];
  for (const { x, netMinor } of parts) {
    for (let row = 0; row < x.length; row++) {
      net += netMinor[row] as number;
      days += (x[row] as number) + 1;
    }
  }
  return days === 0 ? 0 : net / days;
}

/** By what buyers are valued. */
interface Valuation {
  readonly model: ModelId;
  readonly params: ModelParams;
  readonly horizons: PredictionHorizons;
  readonly rule: SpendRule;
}

/** Buyers by tier: the shares of the configuration by total value under this fit, without band or stay. */
function tiersOf(
  { parts, config }: NonNullable<FitInput['buyers']>,
  { model, params, horizons, rule }: Valuation,
): Record<string, ValueCells> {
  const predictor = createPredictor(fittedModel(model, params), horizons);
  const values = parts.map((part) => {
    const discounted = new Float64Array(part.x.length);
    predictor.fill(part, { discounted });
    return discounted.map(
      (purchases, row) =>
        (part.netMinor[row] as number) +
        purchases * config.clv.marginRatio * expectedSpendMinor(rule, part.x[row] as number, part.repeatNetMinor[row] as number),
    );
  });
  const cuts = tierCuts(sortedTogether(values), config.tiers);
  if (!cuts) return {};
  const codes = values.map((column) => Uint8Array.from(column, (value) => plainTier(value, cuts)));
  return Object.fromEntries(
    TIERS.slice(0, cuts.vip ? VIP + 1 : VIP).map((name, tier) => [
      name,
      compressValue(parts.map((part, i) => rowsOf(part, codes[i] as Uint8Array, tier))),
    ]),
  );
}

function sortedTogether(columns: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(columns.reduce((sum, column) => sum + column.length, 0));
  let at = 0;
  for (const column of columns) {
    all.set(column, at);
    at += column.length;
  }
  return all.sort();
}

/** The rows of a part that are in a tier. */
function rowsOf(part: BuyerRows, codes: Uint8Array, tier: number) {
  const wanted: number[] = [];
  for (const [row, code] of codes.entries()) if (code === tier) wanted.push(row);
  const pick = (column: ArrayLike<number>) => Float64Array.from(wanted, (row) => column[row] as number);
  return {
    x: pick(part.x),
    txDays: pick(part.txDays),
    tenureDays: pick(part.tenureDays),
    repeatNetMinor: pick(part.repeatNetMinor),
  };
}
