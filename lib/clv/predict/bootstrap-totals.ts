import { percentileInterval } from '../fit/bootstrap.ts';
import type { Interval } from '../fit/confidence-intervals.ts';
import type { ValueCells } from '../fit/value-cells.ts';
import type { SpendParams } from '../models/gamma-gamma.ts';
import type { ModelId, ModelParams } from '../models/purchase-model.ts';
import { fittedModel } from '../models/purchase-models.ts';
import { type SpendRule, spendPredictor } from './customer-value.ts';
import { createPredictor, type PredictionHorizons } from './predictor.ts';

/** Parameters fitted to the data and to samples drawn from it. */
export interface Replicated<P> {
  /** Fitted to the data. */
  readonly params: P;
  /** Sound fits of drawn samples: `BootstrapFits.accepted`. */
  readonly accepted: readonly P[];
}

/** How spend is predicted in totals; the mean of a cohort is taken as known. */
export type SpendReplicates =
  | (Extract<SpendRule, { kind: 'gamma_gamma' }> & Replicated<SpendParams>)
  | Extract<SpendRule, { kind: 'cohort_mean' }>;

/** What is totalled, for whom. */
export interface TotalsRequest {
  readonly model: ModelId;
  /** Times in days. */
  readonly purchases: Replicated<ModelParams>;
  readonly horizons: PredictionHorizons;
  /** Undefined: no value is totalled. */
  readonly spend: SpendReplicates | undefined;
  readonly marginRatio: number;
  /** Parts of the population by name, without overlap, whole days. */
  readonly groups: Readonly<Record<string, ValueCells>>;
  /** Share of the replicates inside an interval; 0.95 unless told. */
  readonly level?: number;
}

/** A total under the fitted parameters, and the percentile interval of its replicates (undefined for fewer than two). */
export interface TotalEstimate {
  readonly estimate: number;
  readonly interval: Interval | undefined;
}

/** Totals of a group. */
export interface GroupTotals {
  /** Customers with a purchase, count. */
  readonly customers: number;
  /** Sum of P(alive), count. */
  readonly alive: TotalEstimate;
  /** Expected purchases over the horizon, undiscounted, count. */
  readonly expected: TotalEstimate;
  /** Sum of values, minor units, unrounded: no customer's own value is rounded before; undefined without spend. */
  readonly clvMinor: TotalEstimate | undefined;
}

/** Totals of the whole population and of each group. */
export interface BootstrapTotals {
  readonly total: GroupTotals;
  readonly groups: Readonly<Record<string, GroupTotals>>;
}

/** Sums of one group under one set of parameters; the value is undefined where there are no spend parameters. */
interface Sums {
  readonly alive: number;
  readonly expected: number;
  readonly clvMinor: number | undefined;
}

/** Expected spend per purchase of a customer with x repeat purchases and their net, minor units. */
type SpendOf = ReturnType<typeof spendPredictor>;

/** @param replicate which of the accepted fits; undefined: the one of the data */
function spendOf(spend: SpendReplicates | undefined, replicate: number | undefined): SpendOf | undefined {
  if (spend?.kind !== 'gamma_gamma') return spend && spendPredictor(spend);
  const params = replicate === undefined ? spend.params : spend.accepted[replicate];
  return params && spendPredictor({ ...spend, params });
}

/** Columns that predictions are written to, used again by every replicate. */
function columnsFor({ x }: ValueCells) {
  const column = () => new Float64Array(x.length);
  return { pAlive: column(), expected: column(), discounted: column() };
}

type Columns = ReturnType<typeof columnsFor>;

function sumGroup({ x, weight, repeatNetMinor }: ValueCells, columns: Columns, spend: SpendOf | undefined): Sums {
  const { pAlive, expected, discounted } = columns;
  let [aliveSum, expectedSum, valueSum] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const w = weight[i] as number;
    aliveSum += w * (pAlive[i] as number);
    expectedSum += w * (expected[i] as number);
    // expected spend is linear in the net: the mean net of the cell gives the mean spend of its customers
    if (spend) valueSum += w * (discounted[i] as number) * spend(x[i] as number, (repeatNetMinor[i] as number) / w);
  }
  return { alive: aliveSum, expected: expectedSum, clvMinor: spend && valueSum };
}

function addSums(parts: readonly Sums[]): Sums {
  const sum = (of: (part: Sums) => number) => parts.reduce((total, part) => total + of(part), 0);
  const isValued = parts.every((part) => part.clvMinor !== undefined);
  return {
    alive: sum((part) => part.alive),
    expected: sum((part) => part.expected),
    clvMinor: isValued ? sum((part) => part.clvMinor as number) : undefined,
  };
}

/** The totals of a group from its sums under the fitted parameters and under each replicate. */
function describeGroup(customers: number, fitted: Sums, replicates: readonly Sums[], level: number | undefined): GroupTotals {
  const total = (of: (sums: Sums) => number | undefined): TotalEstimate | undefined => {
    const estimate = of(fitted);
    if (estimate === undefined) return undefined;
    const values = replicates.map(of).filter((value) => value !== undefined);
    return { estimate, interval: percentileInterval(values, level) };
  };
  return {
    customers,
    alive: total((sums) => sums.alive) as TotalEstimate,
    expected: total((sums) => sums.expected) as TotalEstimate,
    clvMinor: total((sums) => sums.clvMinor),
  };
}

/**
 * Totals of a population and of groups of it - customers alive, expected purchases, value - with percentile intervals over the
 * fits of drawn samples.
 *
 * Source: the totals of docs/formulas.md under each set of parameters, over the same customers: an interval tells how far the
 * parameters are known, not how future purchases scatter around their expectation. The i-th accepted fit of spend goes with the i-th
 * of purchases: they are drawn independently, as the models assume; where there are fewer of spend, value has fewer replicates.
 * @param request parameters and their replicates, horizons (whole days), groups; times in days
 * @returns a deterministic function of the request, which does not depend on the order of rows; never NaN for sound fits
 * @throws InvariantBrokenError for cells that are not of whole days, or parameters that are not positive
 * Cost: per replicate the tables of a predictor and ~150 ns per cell. Allocates three columns per group, once.
 */
export function bootstrapTotals(request: TotalsRequest): BootstrapTotals {
  const { model, purchases, horizons, spend, marginRatio, groups, level } = request;
  const parts = Object.entries(groups).map(([name, cells]) => ({
    name,
    cells,
    columns: columnsFor(cells),
    customers: cells.weight.reduce((sum, w) => sum + w, 0),
    replicates: [] as Sums[],
  }));
  const sumAll = (params: ModelParams, replicate: number | undefined): Sums[] => {
    const predictor = createPredictor(fittedModel(model, params), horizons);
    const spendRule = spendOf(spend, replicate);
    const withMargin = spendRule && ((x: number, net: number) => marginRatio * spendRule(x, net));
    return parts.map(({ cells, columns }) => {
      predictor.fill(cells, columns);
      return sumGroup(cells, columns, withMargin);
    });
  };
  const fitted = sumAll(purchases.params, undefined);
  const totals: Sums[] = [];
  for (const [replicate, params] of purchases.accepted.entries()) {
    const sums = sumAll(params, replicate);
    totals.push(addSums(sums));
    for (const [i, part] of parts.entries()) part.replicates.push(sums[i] as Sums);
  }
  const everybody = parts.reduce((sum, { customers }) => sum + customers, 0);
  return {
    total: describeGroup(everybody, addSums(fitted), totals, level),
    groups: Object.fromEntries(
      parts.map(({ name, customers, replicates }, i) => [name, describeGroup(customers, fitted[i] as Sums, replicates, level)]),
    ),
  };
}
