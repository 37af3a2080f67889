import * as z from 'zod';
import { MODEL_IDS } from '../clv/models/purchase-model.ts';
import { DISCOUNTINGS, monthsOf } from '../clv/predict/discounting.ts';
import { isCurrency } from '../money.ts';
import { rfmSegments } from '../rfm/segment-map.ts';
import { isTimeZone } from '../time.ts';
import { DEFAULT_SEGMENTS, LONG_GONE_DAYS } from './default-segments.ts';
import { gates, WEEKDAYS } from './gates.ts';
import { mappings } from './mapping.ts';
import { rfmSection } from './rfm-section.ts';
import { segmentDefinition } from './segment-definition.ts';

const ratio = z.number().min(0).max(1);
const nights = z.int().min(1).max(60);

/** What is said of a threshold that lies above another one. */
const over = (section: unknown, [key, limit]: readonly [string, string], expected: string): string => {
  const values = section as Readonly<Record<string, number>>;
  return `is ${values[key]}, above ${limit}, ${values[limit]}; ${expected}`;
};

const hasDistinctIds = (items: readonly { id: string }[]) => new Set(items.map(({ id }) => id)).size === items.length;

const clvSection = z.strictObject({
  /** Model of when customers buy again; a change takes effect with the next accepted epoch. */
  model: z.enum(MODEL_IDS).default('mbg-nbd'),
  /** Days that expected purchases look ahead, and values unless they are discounted as `dert`. */
  horizonDays: z.int().min(1).max(3650).default(365),
  /** By exact months, by months of 30 days or of 4.345 weeks as `lifetimes` does, or continuously over the whole future. */
  discounting: z.enum(DISCOUNTINGS).default('exact'),
  monthlyDiscountRatio: ratio.default(0.01),
  marginRatio: ratio.default(1),
});

const clv = clvSection
  .refine(({ model, discounting }) => discounting !== 'dert' || model === 'pareto-nbd', {
    path: ['discounting'],
    error: 'dert is a sum of the Pareto/NBD model; expected model pareto-nbd with it, or another discounting',
  })
  .refine(({ discounting, monthlyDiscountRatio }) => discounting !== 'dert' || monthlyDiscountRatio > 0, {
    path: ['monthlyDiscountRatio'],
    error: 'is 0, expected more with dert: undiscounted purchases of the whole future may have no sum',
  })
  .refine((section) => section.discounting === 'dert' || monthsOf(section) > 0, {
    path: ['horizonDays'],
    error: 'is less than half a month, expected at least 16 with months that are not cut',
  });

const epochs = z.strictObject({
  /** Day of the week on which an epoch may begin. */
  weekday: z.enum(WEEKDAYS).default('monday'),
  minRepeatCustomers: z.int().min(1).default(100),
  minHistoryDays: z.int().min(1).default(180),
  maxReturnErrorIncrease: ratio.default(0.02),
  maxMovedShare: ratio.default(0.02),
  refusalsBeforeTaken: z.int().min(1).default(4),
});

const stagesSection = z.strictObject({
  loyalPurchaseDays: z.int().min(3).default(4),
  decliningQ: ratio.default(0.5),
  decliningSilenceDays: z.int().min(1).default(14),
  /** A pending decline is cleared only above decliningQ times (1 + this). */
  clearBandRatio: ratio.default(0.2),
  churnedQ: ratio.default(0.2),
  churnedReturnProbability: ratio.default(0.1),
  churnedSilenceDays: z.int().min(1).default(30),
  hardCapDays: z.int().min(1).default(365),
  dwellNights: nights.default(3),
  fallbackDecliningDays: z.int().min(1).default(180),
  fallbackChurnedDays: z.int().min(1).default(365),
  returnHorizonDays: z.int().min(1).max(365).default(90),
});

const stages = stagesSection
  .refine(({ churnedQ, decliningQ }) => churnedQ <= decliningQ, {
    path: ['churnedQ'],
    error: ({ input }) => over(input, ['churnedQ', 'decliningQ'], 'expected at most that: whoever churns has declined before'),
  })
  .refine(({ fallbackDecliningDays, fallbackChurnedDays }) => fallbackDecliningDays <= fallbackChurnedDays, {
    path: ['fallbackDecliningDays'],
    error: ({ input }) =>
      over(input, ['fallbackDecliningDays', 'fallbackChurnedDays'], 'expected at most that: whoever churns has declined before'),
  });

const tiersSection = z.strictObject({
  /** Share of buyers in the tier vip, the best of those in the high tier's share; 0: no such tier. */
  vipShare: ratio.default(0),
  highShare: ratio.default(0.2),
  midShare: ratio.default(0.3),
  bandShare: ratio.default(0.02),
  minNights: z.int().min(0).default(28),
});

const tiers = tiersSection.refine(({ vipShare, highShare }) => vipShare === 0 || vipShare < highShare, {
  path: ['vipShare'],
  error: ({ input }) => {
    const { vipShare, highShare } = input as { vipShare: number; highShare: number };
    return `is ${vipShare}, expected less than highShare, ${highShare}, or 0 for no such tier`;
  },
});

const plays = z.strictObject({
  /** Days of silence from which a churned customer is better left alone. */
  longGoneDays: z.int().min(1).max(36_500).default(LONG_GONE_DAYS),
});

const points = z.int().min(1).max(12);

const warningSection = z.strictObject({
  /** q below which inactivity gives one, two and three points. */
  inactivityQ: z.tuple([ratio, ratio, ratio]).default([0.7, 0.5, 0.35]),
  /** A gap is long when it is more than this many times the customer's own. */
  slowGapRatio: z.number().min(1).default(1.5),
  /** A complaint is overdue when it has been open for more days than this. */
  openComplaintDays: z.int().min(0).max(89).default(7),
  /** Complaints within 90 days that give one point, and two. */
  complaints: z.tuple([z.int().min(1), z.int().min(1)]).default([2, 3]),
  /** A review is bad at this score or below. */
  badReviewScore: z.number().default(2),
  /** Bad reviews within 90 days that give one point, and two. */
  badReviews: z.tuple([z.int().min(1), z.int().min(1)]).default([1, 2]),
  /** Refunds of the purchases of 90 days, as a share of their gross, above which one point is given. */
  refundShare: ratio.default(0.3),
  /** Points from which on the level is watch, warning and critical. */
  levelPoints: z.tuple([points, points, points]).default([2, 3, 5]),
  /** Nights in a row with fewer points after which a level falls by one. */
  quietNights: nights.default(7),
});

const isOrdered = (values: readonly number[], sign: 1 | -1) =>
  values.every((value, i) => i === 0 || sign * (value - (values[i - 1] as number)) >= 0);

const warning = warningSection
  .refine(({ inactivityQ }) => isOrdered(inactivityQ, -1), { path: ['inactivityQ'], error: 'rises, expected q from high to low' })
  .refine(
    ({ complaints, badReviews, levelPoints }) => [complaints, badReviews, levelPoints].every((list) => isOrdered(list, 1)),
    {
      error: 'complaints, badReviews and levelPoints must not fall',
    },
  );

const rates = z.strictObject({
  /** Age in days of an exchange rate that may stand for a day without one; 0: each day needs its own (central banks publish none on weekends: 4). */
  maxAgeDays: z.int().min(0).max(31).default(0),
});

const destination = z.strictObject({
  id: z.enum(['generic_csv', 'generic_jsonl']),
  /** Rows of one file at the most; a longer list is split. */
  maxRowsPerFile: z.int().min(1).max(1_000_000).default(1_000_000),
});

const sections = z.strictObject({
  timeZone: z
    .string()
    .refine(isTimeZone, {
      error: (issue) => `unknown time zone ${String(issue.input)}, expected an IANA name such as Asia/Shanghai`,
    })
    .default('UTC'),
  currency: z
    .string()
    .refine(isCurrency, { error: (issue) => `unknown currency ${String(issue.input)}, expected an ISO 4217 code such as EUR` })
    .default('USD'),
  shards: z.int().min(1).max(1024).default(4),
  lateFileDays: z.int().min(0).max(60).default(7),
  mapping: mappings.prefault({}),
  rates: rates.prefault({}),
  gates: gates.prefault({}),
  rfm: rfmSection.prefault({}),
  clv: clv.prefault({}),
  epochs: epochs.prefault({}),
  stages: stages.prefault({}),
  tiers: tiers.prefault({}),
  warning: warning.prefault({}),
  plays: plays.prefault({}),
  segments: z
    .array(segmentDefinition)
    .min(1)
    .max(31)
    .refine(hasDistinctIds, { error: 'two segments have the same id' })
    .prefault(DEFAULT_SEGMENTS),
  destinations: z
    .array(destination)
    .min(1)
    .refine(hasDistinctIds, { error: 'two destinations have the same id' })
    .prefault([{ id: 'generic_csv' }, { id: 'generic_jsonl' }]),
});

/** The one scoring configuration, `perennial.config.json`. Unknown keys are errors; every key has a default. */
export const configSchema = sections.superRefine(({ rfm, segments }, context) => {
  const { names } = rfmSegments(rfm.segmentMap);
  for (const [i, { where }] of segments.entries()) {
    for (const [j, name] of (where.rfmSegment ?? []).entries()) {
      if (names.includes(name)) continue;
      const path = ['segments', i, 'where', 'rfmSegment', j];
      const list = names.map((one) => JSON.stringify(one)).join(', ');
      context.addIssue({ code: 'custom', path, message: `is ${JSON.stringify(name)}, expected one of ${list}` });
    }
  }
});

/** The scoring configuration, every default filled. */
export type PerennialConfig = z.infer<typeof configSchema>;
