import { describe, expect, it } from 'vitest';
import { changeEvidence, evidenceJson } from '../../../../lib/run/engine/evidence.ts';
import { epochOf } from '../../../support/epochs.ts';
import { DAY_0 } from '../../../support/facts.ts';
import { factsOf, rhythmOf } from '../../../support/rhythm.ts';

const epoch = epochOf(DAY_0, { medianGapDays: 20 });
const rhythm = rhythmOf(20);

describe('changeEvidence', () => {
  it('tells q, p90, silence, purchase days, own rhythm and epoch of the night', () => {
    // g = (30 + 2 * 20) / (3 + 1)
    expect(changeEvidence(factsOf(0, 10, 30), 65, { rhythm }, { epoch })).toEqual({
      q: 0.5 ** (35 / 20),
      p90: 0.4 * 0.5 ** (35 / 20),
      z: 2,
      s: 35,
      n: 3,
      g: 17.5,
      epoch: epoch.id,
    });
  });

  it('is null where a figure does not apply: under the fallback, without a purchase, without a gap of the cohort', () => {
    const nothing = { q: null, p90: null, z: null, g: null };
    expect(changeEvidence(factsOf(4), 9, { rhythm: null }, { epoch: null })).toEqual({ ...nothing, s: 5, n: 1, epoch: null });
    expect(changeEvidence(factsOf(), 9, { rhythm }, { epoch })).toEqual({ ...nothing, s: null, n: 0, epoch: epoch.id });
    const first = changeEvidence(factsOf(4), 9, { rhythm }, { epoch: { ...epoch, medianGapDays: null } });
    expect([first.z, first.g, first.n]).toEqual([null, null, 1]);
  });
});

describe('evidenceJson', () => {
  it('is what JSON.stringify gives, small and whole numbers and odd ids included', () => {
    for (const q of [1, 1e-9, 0.1 + 0.2, 5e-324, null]) {
      const evidence = { q, p90: q, z: 3, s: 0, n: 1, g: 24.000000000000004, epoch: null };
      expect(evidenceJson(evidence)).toBe(JSON.stringify(evidence));
      const cause = { ...evidence, epoch: 'mbg-nbd@2026-01-05', transactions: ['a"b', '退款\n1'] };
      expect(evidenceJson(cause, cause.transactions)).toBe(JSON.stringify(cause));
    }
  });
});
