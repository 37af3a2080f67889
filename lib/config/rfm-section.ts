import * as z from 'zod';
import { partitionFaults } from '../rfm/segment-map.ts';

const rangeOf = (low: number, high: number) => {
  const end = z.int().min(low).max(high);
  return z
    .tuple([end, end])
    .refine(([from, to]) => from <= to, { error: 'falls, expected the lower end first' })
    .default([low, high]);
};

/** One line of a custom RFM map. A range that is left out holds every score. */
const segmentLine = z.strictObject({
  name: z.string().min(1).max(60),
  zh: z.string().min(1).max(60).optional(),
  r: rangeOf(1, 5),
  f: rangeOf(1, 5),
  m: rangeOf(1, 5),
  /** Of F + M. */
  fm: rangeOf(2, 10),
});

const segmentMap = z
  .array(segmentLine)
  .min(1)
  .max(125)
  .refine((lines) => partitionFaults(lines).length === 0, {
    error: ({ input }) =>
      `${partitionFaults(input as Parameters<typeof partitionFaults>[0]).join('; ')}; expected each in exactly one`,
  });

const section = z.strictObject({
  /** Days up to the date whose purchases `frequency` and `monetary` count; null: all. */
  windowDays: z.int().min(1).max(3650).nullable().default(null),
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
  /** Segments by name in place of the eleven of the default map. */
  segmentMap: segmentMap.optional(),
});

/** The section `rfm` of the configuration. */
export const rfmSection = section.refine(({ cutPolicy, cuts }) => (cutPolicy === 'fixed') === (cuts !== undefined), {
  error: 'cuts go with cutPolicy fixed, and only with it',
});
