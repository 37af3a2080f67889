import { describe, expect, it } from 'vitest';
import { TIERS } from '../../../lib/lifecycle/words.ts';
import { rfmSegmentOf, type ScoreFile, tierReasonOf } from '../../../lib/run/score-files.ts';

/** A file of customers by tier, net and predicted value (null: no model), and the place of their RFM segment. */
function fileOf(customers: readonly [(typeof TIERS)[number] | null, number, number | null, number][]): ScoreFile {
  const columns = {
    tier: Uint8Array.from(customers, ([tier]) => (tier ? TIERS.indexOf(tier) : 255)),
    clv_minor: Float64Array.from(customers, ([, , clv]) => clv ?? Number.NaN),
    total_clv_minor: Float64Array.from(customers, ([, net, clv]) => net + (clv ?? 0)),
    // what a window shows is another thing than the net of all days
    monetary_minor: new Float64Array(customers.length),
    rfm_segment: Uint8Array.from(customers, ([, , , place]) => place),
  };
  return { rows: customers.length, columns, words: new Map([['rfm_segment', ['Asleep', 'Awake']]]) } as unknown as ScoreFile;
}

describe('tierReasonOf', () => {
  it('is that of the net of all days, with and without a model', () => {
    const file = fileOf([
      ['low', -5, null, 0],
      ['low', -5, 900, 0],
      ['low', 5, null, 0],
      ['low', 5, -6, 0],
      ['high', 5000, 900, 0],
      [null, 0, null, 255],
    ]);
    expect(Array.from({ length: 6 }, (_, row) => tierReasonOf(file, row))).toEqual([
      'NET_NEGATIVE',
      'NET_NEGATIVE',
      null,
      'NET_NEGATIVE',
      null,
      null,
    ]);
  });
});

describe('rfmSegmentOf', () => {
  it('is a name of the map of the file, null without scores', () => {
    const file = fileOf([
      ['low', 1, null, 1],
      [null, 0, null, 255],
    ]);
    expect([rfmSegmentOf(file, 0), rfmSegmentOf(file, 1)]).toEqual(['Awake', null]);
  });
});
