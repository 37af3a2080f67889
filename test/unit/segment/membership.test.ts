import { describe, expect, it } from 'vitest';
import { NO_INT } from '../../../lib/arrow/columns.ts';
import { DEFAULT_SEGMENTS } from '../../../lib/config/default-segments.ts';
import { type SegmentDefinition, segmentDefinition } from '../../../lib/config/segment-definition.ts';
import { STAGES, TIERS, WARNING_LEVELS } from '../../../lib/lifecycle/words.ts';
import { RFM_SEGMENTS } from '../../../lib/rfm/segment-map.ts';
import { membershipBits, type SegmentInput } from '../../../lib/segment/membership.ts';

const segment = (where: unknown, id = 's'): SegmentDefinition =>
  segmentDefinition.parse({ id, name: { en: 'a', zh: 'b' }, play: { en: 'a', zh: 'b' }, where });

/** Row 0 a loyal high customer, row 1 a declining one under the fallback, row 2 a prospect. */
const input: SegmentInput = {
  stage: Uint8Array.of(STAGES.indexOf('loyal'), STAGES.indexOf('declining'), STAGES.indexOf('prospect')),
  tier: Uint8Array.of(TIERS.indexOf('high'), TIERS.indexOf('low'), 255),
  rfmSegment: Uint8Array.of(RFM_SEGMENTS.indexOf('Champions'), RFM_SEGMENTS.indexOf('Lost'), 255),
  rfmNames: RFM_SEGMENTS,
  warningLevel: Uint8Array.of(WARNING_LEVELS.indexOf('none'), WARNING_LEVELS.indexOf('critical'), 255),
  recencyDays: Int32Array.of(5, 200, NO_INT),
  frequency: Int32Array.of(7, 1, 0),
  monetaryMinor: Float64Array.of(90_000, -50, 0),
  totalClvMinor: Float64Array.of(120_000, -50, Number.NaN),
  pReturn: Float64Array.of(0.8, Number.NaN, Number.NaN),
  valueAtRiskMinor: Float64Array.of(1500, Number.NaN, Number.NaN),
  nextChangeOn: Int32Array.of(20_030, 20_001, NO_INT),
  day: 20_000,
  nullInt: NO_INT,
};
const members = (where: unknown) => [...membershipBits([segment(where)], input, 3)];

describe('membershipBits', () => {
  it('takes a list for any of its values, and a null for none', () => {
    expect(members({ stage: ['loyal', 'prospect'] })).toEqual([1, 0, 1]);
    expect(members({ tier: ['low', 'mid', 'high'] })).toEqual([1, 1, 0]);
    expect(members({ rfmSegment: [...RFM_SEGMENTS] })).toEqual([1, 1, 0]);
    expect(members({})).toEqual([1, 1, 1]);
  });

  it('takes a range with both ends, and a null for none', () => {
    expect(members({ recencyDays: { min: 5, max: 200 } })).toEqual([1, 1, 0]);
    expect(members({ recencyDays: { max: 199 } })).toEqual([1, 0, 0]);
    expect(members({ pReturn: { min: 0 } })).toEqual([1, 0, 0]);
    expect(members({ totalClvMinor: { max: 1e12 } })).toEqual([1, 1, 0]);
    expect(members({ monetaryMinor: { max: 0 } })).toEqual([0, 1, 1]);
    expect(members({ frequency: { min: 0, max: 0 } })).toEqual([0, 0, 1]);
  });

  it('takes warnings, the value at risk and the days to the next change', () => {
    expect(members({ warningLevel: ['warning', 'critical'] })).toEqual([0, 1, 0]);
    expect(members({ warningLevel: ['none', 'watch'] })).toEqual([1, 0, 0]);
    expect(members({ valueAtRiskMinor: { min: 1500 } })).toEqual([1, 0, 0]);
    expect(members({ nextChangeInDays: { max: 30 } })).toEqual([1, 1, 0]);
    expect(members({ nextChangeInDays: { min: 2 } })).toEqual([1, 0, 0]);
    expect(members({ nextChangeInDays: { min: 1, max: 29 } })).toEqual([0, 1, 0]);
  });

  it('wants all conditions at once', () => {
    expect(members({ stage: ['loyal', 'declining'], frequency: { min: 1 }, pReturn: { min: 0.5 } })).toEqual([1, 0, 0]);
  });

  it('gives each of 31 segments its own bit', () => {
    const segments = Array.from({ length: 31 }, (_, i) => segment({ frequency: { min: i % 8 } }, `s${i}`));
    const bits = membershipBits(segments, input, 3);
    expect([...bits].map((value) => segments.map((_, i) => (value >>> i) & 1))).toEqual(
      [7, 1, 0].map((frequency) => segments.map((_, i) => Number(frequency >= i % 8))),
    );
  });

  it('puts a customer into at most one default segment of a stage, and into that of the warned beside', () => {
    const idsOf = (bits: Uint32Array) =>
      [...bits].map((value) => DEFAULT_SEGMENTS.filter((_, i) => ((value >>> i) & 1) === 1).map(({ id }) => id));
    expect(idsOf(membershipBits(DEFAULT_SEGMENTS, input, 3))).toEqual([
      ['loyal_to_thank'],
      ['warned_to_call', 'declining_to_save'],
      ['prospects_to_invite'],
    ]);
    const churned = {
      ...input,
      stage: new Uint8Array(3).fill(STAGES.indexOf('churned')),
      warningLevel: new Uint8Array(3).fill(255),
    };
    expect(idsOf(membershipBits(DEFAULT_SEGMENTS, { ...churned, recencyDays: Int32Array.of(366, 729, 730) }, 3))).toEqual([
      ['churned_to_win_back'],
      ['churned_to_win_back'],
      ['long_gone_to_leave'],
    ]);
  });
});
