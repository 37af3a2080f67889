import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../lib/config/load.ts';
import { codePlace, partitionFaults, RFM_SEGMENTS, rfmSegments } from '../../../lib/rfm/segment-map.ts';

const SCORES = [1, 2, 3, 4, 5];
const codes = SCORES.flatMap((r) => SCORES.flatMap((f) => SCORES.map((m) => [r, f, m] as const)));
const { names, places, zh } = rfmSegments();
const nameOf = (code: string) => {
  const [r, f, m] = Array.from(code, Number) as [number, number, number];
  return names[places[codePlace(r, f, m)] as number];
};

/** The lines of a custom map as the configuration fills them. */
const linesOf = (segmentMap: unknown) => parseConfig({ rfm: { segmentMap } }, 'x').rfm.segmentMap ?? [];
const refusal = (config: unknown) => () => parseConfig(config, 'shop.json');

describe('codePlace', () => {
  it('numbers the 125 codes in order', () => {
    expect(codes.map(([r, f, m]) => codePlace(r, f, m))).toEqual(codes.map((_, i) => i));
  });
});

describe('rfmSegments', () => {
  it('puts each of the 125 codes in exactly one of 11 segments', () => {
    const counts: Record<string, number> = {};
    for (const place of places) counts[names[place] as string] = (counts[names[place] as string] ?? 0) + 1;
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
    expect([names, new Set(zh).size]).toEqual([RFM_SEGMENTS, 11]);
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

  it('takes a custom map, in which a segment may have several lines', () => {
    const lines = linesOf([
      { name: 'Quiet', r: [1, 2] },
      { name: 'Best', zh: '最佳', r: [3, 5], fm: [9, 10] },
      { name: 'Quiet', zh: '沉寂', r: [3, 3], fm: [2, 8] },
      { name: 'Rest', r: [4, 5], fm: [2, 8] },
    ]);
    const custom = rfmSegments(lines);
    expect([custom.names, custom.zh]).toEqual([
      ['Quiet', 'Best', 'Rest'],
      ['沉寂', '最佳', null],
    ]);
    for (const [r, f, m] of codes) {
      const expected = r <= 2 ? 'Quiet' : f + m >= 9 ? 'Best' : r === 3 ? 'Quiet' : 'Rest';
      expect([r, f, m, custom.names[custom.places[codePlace(r, f, m)] as number]]).toEqual([r, f, m, expected]);
    }
  });
});

describe('partitionFaults', () => {
  const line = { r: [1, 5], f: [1, 5], m: [1, 5], fm: [2, 10] } as const;

  it('finds none in a partition, and none where lines of one segment overlap', () => {
    expect(partitionFaults([{ ...line, name: 'All' }])).toEqual([]);
    expect(
      partitionFaults([
        { ...line, name: 'All' },
        { ...line, name: 'All', r: [2, 3] },
      ]),
    ).toEqual([]);
  });

  it('names codes that are in no segment, and those in several with the segments', () => {
    expect(
      partitionFaults([
        { ...line, name: 'Low', r: [1, 4] },
        { ...line, name: 'Top', r: [5, 5], f: [1, 4] },
        { ...line, name: 'Odd', r: [4, 4], f: [5, 5], m: [5, 5] },
      ]),
    ).toEqual(['5 of the 125 codes R F M without a segment: 551, 552, 553, 554, 555', '1 with several: 455 (Low, Odd)']);
  });

  it('lists twelve codes at most', () => {
    const [fault] = partitionFaults([{ ...line, name: 'Top', r: [5, 5] }]);
    expect(fault).toBe(
      '100 of the 125 codes R F M without a segment: 111, 112, 113, 114, 115, 121, 122, 123, 124, 125, 131, 132 and 88 more',
    );
  });

  it('refuses a configuration whose map is no partition, and a range that falls', () => {
    const low = { name: 'Low', r: [1, 4] };
    expect(refusal({ rfm: { segmentMap: [low, { name: 'Top', r: [5, 5], m: [2, 5] }] } })).toThrow(
      'Configuration shop.json: "rfm.segmentMap": 5 of the 125 codes R F M without a segment: 511, 521, 531, 541, 551; expected each in exactly one. Correct the file',
    );
    expect(refusal({ rfm: { segmentMap: [low, { name: 'All' }] } })).toThrow('100 with several: 111 (Low, All), 112');
    expect(refusal({ rfm: { segmentMap: [{ name: 'All', f: [5, 1] }] } })).toThrow(
      '"rfm.segmentMap.0.f": falls, expected the lower end first',
    );
  });

  it('refuses a segment that asks for a name that the map in force does not have', () => {
    const segment = (rfmSegment: string[]) => ({
      id: 's',
      name: { en: 'a', zh: 'b' },
      play: { en: 'a', zh: 'b' },
      where: { rfmSegment },
    });
    const rfm = {
      segmentMap: [
        { name: 'Low', r: [1, 4] },
        { name: 'Top', r: [5, 5] },
      ],
    };
    expect(parseConfig({ rfm, segments: [segment(['Top'])] }, 'x').segments[0]?.where.rfmSegment).toEqual(['Top']);
    expect(refusal({ rfm, segments: [segment(['Low', 'Champions'])] })).toThrow(
      '"segments.0.where.rfmSegment.1": is "Champions", expected one of "Low", "Top"',
    );
    expect(parseConfig({ segments: [segment(['Champions'])] }, 'x').segments).toHaveLength(1);
    expect(refusal({ segments: [segment(['Top'])] })).toThrow('is "Top", expected one of "Champions", "Loyal"');
  });
});
