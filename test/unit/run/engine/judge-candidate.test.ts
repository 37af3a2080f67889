import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../../lib/config/config.ts';
import type { Calibration, EpochRecord } from '../../../../lib/run/engine/epoch-record.ts';
import { judgeCandidate, MOVED_TOO_MANY } from '../../../../lib/run/engine/judge-candidate.ts';
import { formatDay } from '../../../../lib/time.ts';
import { calibrationOf, drawBuyers, epochOf } from '../../../support/epochs.ts';
import { DAY_0 } from '../../../support/facts.ts';

const config = configSchema.parse({});
const anyMove = configSchema.parse({ epochs: { maxMovedShare: 1 } });
const lenient = configSchema.parse({ epochs: { maxReturnErrorIncrease: 1 } });
const DATE = formatDay(DAY_0);
const buyers = drawBuyers(DAY_0, 600, 400);
const longAgo = formatDay(DAY_0 - 400);

const judge = (before?: Calibration, using = config, population = buyers, first = longAgo) =>
  judgeCandidate(DATE, population, before, first, using);
/** Nobody ever declines under this one. */
const patient = epochOf(DAY_0 - 7, { params: { r: 50, alpha: 1e6, a: 1e-6, b: 1e3 } });
const own = judge().candidate;

describe('judgeCandidate', () => {
  it('takes the first sound fit as a baseline night, with its evidence', () => {
    const { candidate, movedRefusals, taken } = judge();
    expect([taken, movedRefusals, candidate.accepted, candidate.reasons]).toEqual(['as baseline', 0, true, []]);
    expect(candidate.id).toBe(`mbg-nbd@${DATE}`);
    expect(candidate.evidence).toMatchObject({
      customers: 600,
      historyDays: 400,
      returnErrorInForce: null,
      movedShare: null,
      spendReasons: [],
    });
    expect(candidate.evidence.returnError).toBeLessThan(0.05);
    expect(candidate.spend).not.toBeNull();
    expect(candidate.medianGapDays).toBeGreaterThan(1);
    expect(candidate.cohortMeanMinor).toBeGreaterThan(1000);
  });

  it('takes a later one as usual, warm from the one before', () => {
    const before = calibrationOf(DAY_0 - 1, { epoch: own, candidate: own });
    const { candidate, taken } = judge(before);
    expect([taken, candidate.reasons, candidate.evidence.movedShare]).toEqual(['as usual', [], 0]);
    expect(candidate.evidence.iterations).toBeLessThan(own.evidence.iterations);
    expect(candidate.evidence.returnErrorInForce).toBeCloseTo(candidate.evidence.returnError as number, 6);
  });

  it('refuses fits on too few repeat customers, on too short a history, on nobody', () => {
    const few = judge(undefined, config, drawBuyers(DAY_0, 60, 400));
    expect([few.taken, few.candidate.accepted]).toEqual(['no', false]);
    expect(few.candidate.reasons).toContain('TOO_FEW_REPEAT_CUSTOMERS');
    expect(judge(undefined, config, buyers, formatDay(DAY_0 - 179)).candidate.reasons).toEqual(['HISTORY_TOO_SHORT']);
    expect(judge(undefined, config, buyers, formatDay(DAY_0 - 180)).taken).toBe('as baseline');
    const nobody = judge(undefined, config, drawBuyers(DAY_0, 0, 400));
    expect(nobody.candidate.reasons).toEqual(['NO_CUSTOMERS', 'TOO_FEW_REPEAT_CUSTOMERS']);
    expect(JSON.parse(JSON.stringify(nobody.candidate))).toEqual(nobody.candidate);
  });

  it('refuses a fit that predicts returns worse than the epoch in force by more than 0.02', () => {
    const nobodyBack = {
      ...buyers,
      parts: buyers.parts.map(({ rows, columns }) => ({ rows, columns: { ...columns, bought: new Uint8Array(rows) } })),
    };
    const hopeless = epochOf(DAY_0 - 7, { params: { r: 0.01, alpha: 1e5, a: 50, b: 1 } });
    const { candidate, taken, movedRefusals } = judge(calibrationOf(DAY_0 - 1, { epoch: hopeless }), anyMove, nobodyBack);
    expect([taken, movedRefusals, candidate.reasons]).toEqual(['no', 0, ['RETURN_ERROR_TOO_LARGE']]);
    expect(candidate.evidence.returnErrorInForce).toBeLessThan(0.001);
  });

  it('refuses a fit that moves more than 2 % of the buyers, and takes the fourth in a row as a baseline night', () => {
    let before = calibrationOf(DAY_0 - 1, { epoch: patient, candidate: patient });
    const taken: string[] = [];
    let last: EpochRecord = patient;
    for (let i = 0; i < 4; i++) {
      const verdict = judge(before, lenient);
      taken.push(`${verdict.taken} ${verdict.movedRefusals} ${verdict.candidate.accepted}`);
      expect(verdict.candidate.reasons).toEqual([MOVED_TOO_MANY]);
      expect(verdict.candidate.evidence.movedShare).toBeGreaterThan(0.02);
      before = { ...before, candidate: verdict.candidate, movedRefusals: verdict.movedRefusals };
      last = verdict.candidate;
    }
    expect(taken).toEqual(['no 1 false', 'no 2 false', 'no 3 false', 'as baseline 0 true']);
    expect(last.reasons).toEqual([MOVED_TOO_MANY]);
  });

  it('counts only refusals in a row and for this reason alone', () => {
    const before = calibrationOf(DAY_0 - 1, { epoch: patient, candidate: patient, movedRefusals: 3 });
    const short = judge(before, lenient, buyers, formatDay(DAY_0 - 100));
    expect([short.taken, short.movedRefusals]).toEqual(['no', 0]);
    expect(short.candidate.reasons).toEqual(['HISTORY_TOO_SHORT', MOVED_TOO_MANY]);
  });

  it('moves nobody in the other direction', () => {
    const strict = epochOf(DAY_0 - 7, { params: { r: 0.01, alpha: 0.1, a: 5, b: 1 } });
    expect(judge(calibrationOf(DAY_0 - 1, { epoch: strict }), lenient)).toMatchObject({
      taken: 'as usual',
      candidate: { reasons: [], evidence: { movedShare: 0 } },
    });
  });
});
