import * as z from 'zod';
import { STAGES, TIERS } from '../lifecycle/words.ts';
import { RFM_SEGMENTS } from '../rfm/segment-map.ts';

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
  where: z.strictObject({
    stage: z.array(z.enum(STAGES)).min(1).optional(),
    tier: z.array(z.enum(TIERS)).min(1).optional(),
    rfmSegment: z.array(z.enum(RFM_SEGMENTS)).min(1).optional(),
    recencyDays: range.optional(),
    frequency: range.optional(),
    monetaryMinor: range.optional(),
    totalClvMinor: range.optional(),
    pReturn: range.optional(),
  }),
});

/** A segment's definition, as in the configuration. */
export type SegmentDefinition = z.infer<typeof segmentDefinition>;
