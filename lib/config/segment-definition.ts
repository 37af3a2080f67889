import * as z from 'zod';
import { STAGES, TIERS, WARNING_LEVELS } from '../lifecycle/words.ts';

const bilingual = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const range = z
  .strictObject({ min: z.number().optional(), max: z.number().optional() })
  .refine((value) => value.min !== undefined || value.max !== undefined, { error: 'needs min, max or both' });

/**
 * A named predicate over scores. All conditions that are given must hold; a list holds when it has the value; a range holds
 * when the value is not null and lies in [min, max].
 */
export const segmentDefinition = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_]{0,59}$/, { error: 'expected lower-case letters, digits and _, a letter first' }),
  name: bilingual,
  play: bilingual,
  /** Share of the members who are never exported, so that those who are can be compared with them. */
  holdoutShare: z.number().min(0).max(0.5).default(0),
  where: z.strictObject({
    stage: z.array(z.enum(STAGES)).min(1).optional(),
    tier: z.array(z.enum(TIERS)).min(1).optional(),
    /** Names of the RFM map in force, which the whole configuration tells. */
    rfmSegment: z.array(z.string()).min(1).optional(),
    warningLevel: z.array(z.enum(WARNING_LEVELS)).min(1).optional(),
    recencyDays: range.optional(),
    frequency: range.optional(),
    monetaryMinor: range.optional(),
    totalClvMinor: range.optional(),
    pReturn: range.optional(),
    valueAtRiskMinor: range.optional(),
    /** Days from the date to `next_change_on`. */
    nextChangeInDays: range.optional(),
  }),
});

/** A segment's definition, as somebody writes it into a configuration. */
export type SegmentDefinition = z.input<typeof segmentDefinition>;
