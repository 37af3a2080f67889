import { describe, expect, it } from 'vitest';
import { RFM_SEGMENTS, rfmSegmentCode } from '../../../lib/rfm/segment-map.ts';

const SCORES = [1, 2, 3, 4, 5];
const nameOf = (code: string) => {
  const [r, f, m] = Array.from(code, Number) as [number, number, number];
  return RFM_SEGMENTS[rfmSegmentCode(r, f, m)];
};

describe('rfmSegmentCode', () => {
  it('puts each of the 125 codes in exactly one of 11 segments', () => {
    const counts: Record<string, number> = {};
    for (const r of SCORES) {
      for (const f of SCORES) {
        for (const m of SCORES) {
          const name = RFM_SEGMENTS[rfmSegmentCode(r, f, m)] as string;
          counts[name] = (counts[name] ?? 0) + 1;
        }
      }
    }
    expect(counts).toEqual({
      Champions: 13,
      Loyal: 17,
      'Potential Loyalist': 24,
      New: 3,
      Promising: 3,
      'Needs Attention': 12,
      'About to Sleep': 10,
      'At Risk': 15,
      "Can't Lose": 10,
      Hibernating: 8,
      Lost: 10,
    });
  });

  it.each([
    ['555', 'Champions'],
    ['455', 'Champions'],
    ['444', 'Loyal'],
    ['511', 'New'],
    ['411', 'Promising'],
    ['333', 'Needs Attention'],
    ['311', 'About to Sleep'],
    ['222', 'About to Sleep'],
    ['233', 'At Risk'],
    ['211', 'Hibernating'],
    ['133', 'Hibernating'],
    ['155', "Can't Lose"],
    ['144', "Can't Lose"],
    ['122', 'Lost'],
    ['515', 'Potential Loyalist'],
  ])('puts %s in %s', (code, name) => {
    expect(nameOf(code)).toBe(name);
  });
});
