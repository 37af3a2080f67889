import * as z from 'zod';
import { MODEL_IDS } from '../clv/models/purchase-model.ts';
import { DISCOUNTINGS, monthsOf } from '../clv/predict/discounting.ts';
import { isCurrency } from '../money.ts';
import { isTimeZone } from '../time.ts';
import { DEFAULT_SEGMENTS } from './default-segments.ts';
import { gates, WEEKDAYS } from './gates.ts';
import { mappings } from './mapping.ts';
import { segmentDefinition } from './segment-definition.ts';

const ratio = z.number().min(0).max(1);
const nights = z.int().min(1).max(60);

const rfmSection = z.strictObject({
  /** When cut points are renewed: on every epoch date, every night, or never after `cuts` are given. */
  cutPolicy: z.enum(['epoch', 'nightly', 'fixed']).default('epoch'),
  /** Cut points of policy `fixed`: four each, ascending. */
  cuts: z
    .strictObject({
      recency: z.array(z.iso.date()).length(4),
      frequency: z.array(z.int()).length(4),
      monetaryMinor: z.array(z.int()).length(4),
    })
    .optional(),
});

const rfm = rfmSection.refine(({ cutPolicy, cuts }) => (cutPolicy === 'fixed') === (cuts !== undefined), {
  error: 'cuts go with cutPolicy fixed, and only with it',
});

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

const stages = z.strictObject({
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

const tiers = z.strictObject({
  highShare: ratio.default(0.2),
  midShare: ratio.default(0.3),
  bandShare: ratio.default(0.02),
  minNights: z.int().min(0).default(28),
});

const rates = z.strictObject({
  /** Age in days of an exchange rate that may stand for a day without one; 0: each day needs its own (central banks publish none on weekends: 4). */
  maxAgeDays: z.int().min(0).max(31).default(0),
});

const destination = z.strictObject({
  id: z.enum(['generic_csv', 'generic_jsonl']),
  /** Rows of one file at the most; a longer list is split. */
  maxRowsPerFile: z.int().min(1).max(1_000_000).default(1_000_000),
});

/** The one scoring configuration, `perennial.config.json`. Unknown keys are errors; every key has a default. */
export const configSchema = z.strictObject({
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
  rfm: rfm.prefault({}),
  clv: clv.prefault({}),
  epochs: epochs.prefault({}),
  stages: stages.prefault({}),
  tiers: tiers.prefault({}),
  segments: z
    .array(segmentDefinition)
    .min(1)
    .max(31)
    .refine(hasDistinctIds, { error: 'two segments have the same id' })
    .default(DEFAULT_SEGMENTS),
  destinations: z
    .array(destination)
    .min(1)
    .refine(hasDistinctIds, { error: 'two destinations have the same id' })
    .prefault([{ id: 'generic_csv' }, { id: 'generic_jsonl' }]),
});

/** The scoring configuration, every default filled. */
export type PerennialConfig = z.infer<typeof configSchema>;
