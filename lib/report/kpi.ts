import { STAGES, TIERS } from '../lifecycle/words.ts';

/** One shard's figures of one date; all additive. Money is minor units. */
export interface KpiPartial {
  /** Epoch day. */
  readonly day: number;
  readonly customers: number;
  readonly buyers: number;
  /** Customers by stage and by tier, in the order of `STAGES` and `TIERS`. */
  readonly stages: readonly number[];
  readonly tiers: readonly number[];
  /** Customers erased on the night, by the stage that they had. */
  readonly erased: readonly number[];
  /** Legal stage changes: triples of from (255 = none), to, count. */
  readonly flows: readonly (readonly [number, number, number])[];
  readonly restated: number;
  /** Restatements: triples as in `flows`; never counted as flows. */
  readonly restatements: readonly (readonly [number, number, number])[];
  /** Customers with a purchase day on the date. */
  readonly purchasers: number;
  readonly firstTimeBuyers: number;
  /** Facts applied on the night, whatever their day. */
  readonly sales: number;
  readonly salesMinor: number;
  readonly refunds: number;
  readonly refundsMinor: number;
  readonly voids: number;
  readonly voidedMinor: number;
  readonly duplicates: number;
  readonly conflicts: number;
}

/** The figures of a date, all shards (docs/data-contract.md). */
export interface Kpi {
  readonly date: string;
  readonly currency: string;
  readonly customers: number;
  readonly buyers: number;
  readonly stages: Readonly<Record<string, number>>;
  readonly tiers: Readonly<Record<string, number>>;
  readonly flows: readonly { readonly from: string; readonly to: string; readonly customers: number }[];
  readonly restated: number;
  /** Customers erased on the night. */
  readonly erased: number;
  readonly purchasers: number;
  readonly first_time_buyers: number;
  readonly sales: number;
  readonly sales_minor: number;
  readonly refunds: number;
  readonly refunds_minor: number;
  readonly voids: number;
  readonly voided_minor: number;
  /** Sales less refunds and voids of the night. */
  readonly revenue_minor: number;
  readonly duplicates: number;
  readonly conflicts: number;
}

const NO_STAGE = 255;

/** The figures of a date from those of its shards: sums, so that the number of shards does not matter. */
export function mergeKpis(date: string, currency: string, partials: readonly KpiPartial[]): Kpi {
  const sum = (value: (partial: KpiPartial) => number) => partials.reduce((total, partial) => total + value(partial), 0);
  const flows = new Map<string, number>();
  for (const partial of partials) {
    for (const [from, to, count] of partial.flows) {
      const key = `${from},${to}`;
      flows.set(key, (flows.get(key) ?? 0) + count);
    }
  }
  const pairs = [...flows].map(([key, customers]) => ({ codes: key.split(',').map(Number) as [number, number], customers }));
  const rank = ([from, to]: [number, number]) => (from === NO_STAGE ? -1 : from) * 16 + to;
  pairs.sort((a, b) => rank(a.codes) - rank(b.codes));
  return {
    date,
    currency,
    customers: sum((p) => p.customers),
    buyers: sum((p) => p.buyers),
    stages: Object.fromEntries(STAGES.map((stage, code) => [stage, sum((p) => p.stages[code] ?? 0)])),
    tiers: Object.fromEntries(TIERS.map((tier, code) => [tier, sum((p) => p.tiers[code] ?? 0)])),
    flows: pairs.map(({ codes: [from, to], customers }) => ({
      from: from === NO_STAGE ? '' : (STAGES[from] as string),
      to: STAGES[to] as string,
      customers,
    })),
    restated: sum((p) => p.restated),
    erased: sum((p) => p.erased.reduce((total, customers) => total + customers, 0)),
    purchasers: sum((p) => p.purchasers),
    first_time_buyers: sum((p) => p.firstTimeBuyers),
    sales: sum((p) => p.sales),
    sales_minor: sum((p) => p.salesMinor),
    refunds: sum((p) => p.refunds),
    refunds_minor: sum((p) => p.refundsMinor),
    voids: sum((p) => p.voids),
    voided_minor: sum((p) => p.voidedMinor),
    revenue_minor: sum((p) => p.salesMinor - p.refundsMinor - p.voidedMinor),
    duplicates: sum((p) => p.duplicates),
    conflicts: sum((p) => p.conflicts),
  };
}
