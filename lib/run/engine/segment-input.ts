import { type Columns, NO_INT } from '../../arrow/columns.ts';
import type { SCORES } from '../../arrow/schemas.ts';
import type { SegmentInput } from '../../segment/membership.ts';
import type { EpochDay } from '../../time.ts';

/** The scores of a day as predicates of segments take them. @param rfmNames names of the RFM segments by code */
export function segmentInput(columns: Columns<typeof SCORES>, day: EpochDay, rfmNames: readonly string[]): SegmentInput {
  return {
    stage: columns.stage,
    tier: columns.tier,
    rfmSegment: columns.rfm_segment,
    rfmNames,
    warningLevel: columns.warning_level,
    recencyDays: columns.recency_days,
    frequency: columns.frequency,
    monetaryMinor: columns.monetary_minor,
    totalClvMinor: columns.total_clv_minor,
    pReturn: columns.p_return,
    valueAtRiskMinor: columns.value_at_risk_minor,
    nextChangeOn: columns.next_change_on,
    day,
    nullInt: NO_INT,
  };
}
