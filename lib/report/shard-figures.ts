import type { PendingReason } from '../book/pending.ts';
import type { Feed } from '../keys.ts';
import type { KpiPartial } from './kpi.ts';
import type { MaturedCounts } from './return-buckets.ts';
import { addTallies, type Tally } from './tally.ts';

/** Days of the windows that cohorts are compared over: active in the former, bought again in the latter. */
export const RETENTION_DAYS = 30;

/** Days within which the second purchase came. */
export const SECOND_WITHIN = [30, 60, 90] as const;

/** Days after which predictions are looked at. */
export const MATURED_DAYS = [30, 90] as const;

/** Days over which rates of a shop are told. */
export const TRAILING_DAYS = 28;

/** What a shard's customers come to on one date: counts, minor units and tallies alone, so that shards add up. */
export interface ShardFigures {
  /** By month of the first purchase, `YYYY-MM`: active in (D - 60, D - 30], and those of them that bought in (D - 30, D]. */
  readonly cohorts: Readonly<Record<string, readonly [number, number]>>;
  readonly repurchase: {
    readonly repeatBuyers: number;
    /** As `SECOND_WITHIN`: buyers whose first purchase is that old, and those of them whose second came within. */
    readonly within: readonly (readonly [number, number])[];
    /** Rows of bucket of days and customers. */
    readonly daysToSecond: Tally;
    /** Net of purchase days but the first. */
    readonly repeatNetMinor: number;
  };
  /** Days of silence before their return of those who returned on the night: rows of bucket of days and customers. */
  readonly returnedAfter: Tally;
  readonly values: {
    /** Of buyers: rows of bucket of minor units, customers, minor units. */
    readonly net: Tally;
    /** Null without a model. */
    readonly predicted: Tally | null;
    readonly total: Tally;
    /** By tier: net and predicted minor units. */
    readonly tiers: readonly (readonly [number, number])[];
  };
  /** Of the interactions of 90 days. Scores in millionths. */
  readonly satisfaction: {
    readonly reviews: number;
    readonly reviewScores: number;
    readonly badReviews: number;
    readonly surveys: number;
    readonly surveyScores: number;
    readonly complaints: number;
    readonly open: number;
    readonly overdue: number;
    readonly resolvedSoon: number;
    readonly resolvedLate: number;
  };
  readonly referral: {
    /** First purchases of the trailing days and of all, and those of them that came by a referral. */
    readonly recent: readonly [number, number];
    readonly all: readonly [number, number];
    /** Customers with a `referral` interaction within 90 days, by stage. */
    readonly referrers: readonly number[];
  };
  /** As `MATURED_DAYS`, null where no model was in force then; null on dates that are no epoch dates, which look at none. */
  readonly matured: readonly (MaturedCounts | null)[] | null;
  readonly warnings: {
    /** Customers, and value at risk in minor units, by level. */
    readonly levels: readonly number[];
    readonly valueAtRiskMinor: readonly number[];
    readonly alerts: number;
    readonly alertsRight: number;
    readonly alertsWrong: number;
    /** Alerts whose outcome is not known yet. */
    readonly pending: number;
  };
  /** Rows that the fold found to be copies, and refused. */
  readonly feeds: Readonly<Record<Feed, { readonly duplicates: number; readonly refused: number }>>;
  /** Facts that wait. */
  readonly waiting: Readonly<Partial<Record<PendingReason, number>>>;
}

/** One shard's figures of one date. */
export interface ShardKpi extends KpiPartial {
  readonly figures: ShardFigures;
}

/** The sum of the figures of two shards. */
export const addFigures = (a: ShardFigures, b: ShardFigures): ShardFigures => added(a, b) as ShardFigures;

/** Numbers and tallies are added, lists and records member by member; what one of both does not have is taken from the other. */
function added(a: unknown, b: unknown): unknown {
  if (a === null || a === undefined) return b;
  if (b === null || b === undefined) return a;
  if (typeof a === 'number') return a + (b as number);
  if (typeof a === 'string') return addTallies(a, b as string);
  if (Array.isArray(a)) return a.map((part, i) => added(part, (b as readonly unknown[])[i]));
  const names = new Set([...Object.keys(a), ...Object.keys(b as object)]);
  const of = (record: unknown, name: string) => (record as Readonly<Record<string, unknown>>)[name];
  return Object.fromEntries([...names].map((name) => [name, added(of(a, name), of(b, name))]));
}
