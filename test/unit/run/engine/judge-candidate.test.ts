import { describe, expect, it } from 'vitest';
import { compressPurchases } from '../../../../lib/clv/fit/compress.ts';
import { fitPurchases } from '../../../../lib/clv/fit/fit-purchases.ts';
import { fittedModel, purchaseModel } from '../../../../lib/clv/models/purchase-models.ts';
import { configSchema } from '../../../../lib/config/config.ts';
import type { EpochPopulation } from '../../../../lib/run/engine/epoch-population.ts';
import type { Calibration, EpochRecord, Intervals } from '../../../../lib/run/engine/epoch-record.ts';
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
const bg = configSchema.parse({ clv: { model: 'bg-nbd' } });
const bgLenient = configSchema.parse({ clv: { model: 'bg-nbd' }, epochs: { maxReturnErrorIncrease: 1 } });
const nobodyBack = {
  ...buyers,
  parts: buyers.parts.map(({ rows, columns }) => ({ rows, columns: { ...columns, bought: new Uint8Array(rows) } })),
};
/** Nobody comes back under this one. */
const hopeless = epochOf(DAY_0 - 7, { params: { r: 0.01, alpha: 1e5, a: 50, b: 1 } });

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
      holdoutReasons: [],
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

  it('keeps what the fit rests on: cells, intervals around every parameter', () => {
    const { params, spend, evidence } = own;
    expect(evidence.cells).toBeGreaterThan(100);
    expect(evidence.cells).toBeLessThanOrEqual(600);
    const intervals: Intervals = { ...evidence.intervals, ...evidence.spend?.intervals };
    expect(Object.keys(intervals)).toEqual(['r', 'alpha', 'a', 'b', 'p', 'q', 'v']);
    for (const [name, value] of Object.entries({ ...params, ...spend })) {
      expect(intervals[name]?.[0]).toBeLessThan(value);
      expect(intervals[name]?.[1]).toBeGreaterThan(value);
    }
    expect(JSON.parse(JSON.stringify(own))).toEqual(own);
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

  it('takes a fit that moves exactly as many as may be moved, and refuses one more', () => {
    const before = calibrationOf(DAY_0 - 1, { epoch: patient, candidate: patient });
    const share = judge(before, lenient).candidate.evidence.movedShare as number;
    const within = (maxMovedShare: number) =>
      judge(before, configSchema.parse({ epochs: { maxReturnErrorIncrease: 1, maxMovedShare } }));
    expect(within(share)).toMatchObject({ taken: 'as usual', movedRefusals: 0, candidate: { reasons: [], accepted: true } });
    expect(within(share - 1 / 600)).toMatchObject({ taken: 'no', movedRefusals: 1, candidate: { reasons: [MOVED_TOO_MANY] } });
  });

  it('takes the number in a row that is configured', () => {
    const before = calibrationOf(DAY_0 - 1, { epoch: patient, candidate: patient, movedRefusals: 1 });
    const second = configSchema.parse({ epochs: { maxReturnErrorIncrease: 1, refusalsBeforeTaken: 2 } });
    expect(judge(before, second)).toMatchObject({ taken: 'as baseline', movedRefusals: 0, candidate: { accepted: true } });
  });

  it('begins to count anew after a fit that was taken', () => {
    const before = calibrationOf(DAY_0 - 1, { epoch: own, candidate: own, movedRefusals: 3 });
    expect(judge(before)).toMatchObject({ taken: 'as usual', movedRefusals: 0 });
  });

  it('counts only refusals in a row and for this reason alone', () => {
    const before = calibrationOf(DAY_0 - 1, { epoch: patient, candidate: patient, movedRefusals: 3 });
    const short = judge(before, lenient, buyers, formatDay(DAY_0 - 100));
    expect([short.taken, short.movedRefusals]).toEqual(['no', 0]);
    expect(short.candidate.reasons).toEqual(['HISTORY_TOO_SHORT', MOVED_TOO_MANY]);
  });

  it('fits the configured model, warm from a candidate of the same model alone', () => {
    const { candidate, taken } = judge(undefined, bg);
    expect([taken, candidate.id, candidate.model]).toEqual(['as baseline', `bg-nbd@${DATE}`, 'bg-nbd']);
    const warm = judge(calibrationOf(DAY_0 - 1, { candidate }), bg).candidate;
    expect(warm.evidence.iterations).toBeLessThan(candidate.evidence.iterations);
    const beside = judge(calibrationOf(DAY_0 - 1, { candidate: own }), bg).candidate;
    expect([beside.params, beside.evidence.iterations]).toEqual([candidate.params, candidate.evidence.iterations]);
  });

  it('takes the first accepted fit of another model as a baseline night, however many it moves', () => {
    const before = calibrationOf(DAY_0 - 1, { epoch: patient, candidate: patient, movedRefusals: 3 });
    const first = judge(before, bgLenient);
    expect(first).toMatchObject({
      taken: 'as baseline',
      movedRefusals: 0,
      candidate: { model: 'bg-nbd', reasons: [], accepted: true, evidence: { movedShare: null } },
    });
    const inForce = { ...patient, id: first.candidate.id, model: first.candidate.model };
    expect(judge(calibrationOf(DAY_0 - 1, { epoch: inForce }), bgLenient).candidate.reasons).toEqual([MOVED_TOO_MANY]);
  });

  it('leaves the epoch in force while the fit of another model predicts returns worse', () => {
    const { candidate, taken, movedRefusals } = judge(calibrationOf(DAY_0 - 1, { epoch: hopeless }), bg, nobodyBack);
    expect([taken, movedRefusals, candidate.reasons]).toEqual(['no', 0, ['RETURN_ERROR_TOO_LARGE']]);
    expect(candidate.evidence.returnErrorInForce).toBeLessThan(0.001);
  });

  it('moves nobody in the other direction', () => {
    const strict = epochOf(DAY_0 - 7, { params: { r: 0.01, alpha: 0.1, a: 5, b: 1 } });
    expect(judge(calibrationOf(DAY_0 - 1, { epoch: strict }), lenient)).toMatchObject({
      taken: 'as usual',
      candidate: { reasons: [], evidence: { movedShare: 0 } },
    });
  });
});

describe('the spend of a candidate', () => {
  it('is told with its correlation, and with whom it leaves out', () => {
    const columns = { ...(buyers.parts[0] as EpochPopulation['parts'][0]).columns };
    columns.repeat_net_minor = columns.repeat_net_minor.slice();
    const repeating = Array.from(columns.x.keys()).filter((row) => (columns.x[row] as number) > 0);
    for (const row of repeating.slice(0, 3)) columns.repeat_net_minor[row] = -row;
    columns.repeat_net_minor[repeating[3] as number] = columns.x[repeating[3] as number] as number;
    const { candidate } = judge(undefined, config, { ...buyers, parts: [{ rows: 600, columns }] });
    const { spend, repeatCustomers } = candidate.evidence;
    expect(spend).toMatchObject({ leftOut: 3, farBelow: 1, customers: repeatCustomers - 3, reasons: [] });
    expect(own.evidence.spend).toMatchObject({ leftOut: 0, farBelow: 0, customers: repeatCustomers, verdict: 'negligible' });
    expect(Math.abs(own.evidence.spend?.spearman as number)).toBeLessThan(0.1);
  });

  it('is the cohort mean, with the reason, when Gamma-Gamma is refused', () => {
    const columns = { ...(buyers.parts[0] as EpochPopulation['parts'][0]).columns };
    columns.repeat_net_minor = columns.repeat_net_minor.map(() => 0);
    const { candidate, taken } = judge(undefined, config, { ...buyers, parts: [{ rows: 600, columns }] });
    expect([taken, candidate.spend, candidate.evidence.spend?.reasons]).toEqual(['as baseline', null, ['NO_REPEAT_CUSTOMERS']]);
    expect(candidate.evidence.spend).toMatchObject({ customers: 0, logLikelihood: null, pearson: null, verdict: null });
    expect(JSON.parse(JSON.stringify(candidate))).toEqual(candidate);
  });
});

describe('the holdout of a candidate', () => {
  /** Customers as they stood 90 days before, one by one. */
  const customers = buyers.parts.flatMap(({ rows, columns: c }) =>
    Array.from({ length: rows }, (_, row) => ({
      x: c.prior_x[row] as number,
      tx: c.prior_t_x_days[row] as number,
      tenure: c.prior_tenure_days[row] as number,
      bought: c.bought[row] as number,
    })).filter(({ x }) => x >= 0),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it.each(['mbg-nbd', 'bg-nbd'] as const)('is that of %s fitted to what had happened by then', (model) => {
    const { holdout } = judge(undefined, configSchema.parse({ clv: { model } })).candidate.evidence;
    const { params } = fitPurchases(
      purchaseModel(model),
      compressPurchases([
        {
          x: customers.map(({ x }) => x),
          txDays: customers.map(({ tx }) => tx),
          tenureDays: customers.map(({ tenure }) => tenure),
        },
      ]),
    );
    const fitted = fittedModel(model, params);
    const rows = customers
      .map((c) => ({ ...c, p: fitted.pAlive(c.x, c.tx, c.tenure) * fitted.returnWhileAlive(c.x, c.tenure, 90) }))
      .sort((a, b) => a.p - b.p);
    const naive = (c: { x: number; tenure: number }) => (c.tenure === 0 ? 0 : 1 - Math.exp((-c.x / c.tenure) * 90));
    const cuts = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => rows[Math.ceil((k * rows.length) / 10) - 1]?.p as number);
    const deciles = Array.from({ length: 10 }, (_, k) =>
      rows.filter(({ p }) => cuts.filter((cut) => p > cut * (1 + 1e-9)).length === k),
    );
    const gaps = deciles.map((group) =>
      group.length === 0 ? 0 : group.length * Math.abs(mean(group.map(({ p }) => p)) - mean(group.map(({ bought }) => bought))),
    );
    const expected = {
      boughtShare: mean(rows.map(({ bought }) => bought)),
      meanReturn: mean(rows.map(({ p }) => p)),
      brier: mean(rows.map(({ p, bought }) => (p - bought) ** 2)),
      calibrationError: gaps.reduce((sum, gap) => sum + gap, 0) / rows.length,
    };
    expect(holdout).toMatchObject({ calibrateTo: formatDay(DAY_0 - 90), horizonDays: 90, customers: rows.length });
    for (const name of ['boughtShare', 'meanReturn', 'brier', 'calibrationError'] as const) {
      expect(holdout?.[name]).toBeCloseTo(expected[name], 7);
    }
    expect(holdout?.baselines.zero.brier).toBeCloseTo(expected.boughtShare, 12);
    expect(holdout?.baselines.naiveRate.brier).toBeCloseTo(mean(rows.map((c) => (naive(c) - c.bought) ** 2)), 12);
    expect(holdout?.brier).toBeLessThan(holdout?.baselines.naiveRate.brier as number);
  });

  it('is left out, with the reason, where there was too little to fit to', () => {
    const young = judge(undefined, config, drawBuyers(DAY_0, 600, 89)).candidate.evidence;
    expect([young.holdout, young.holdoutReasons]).toEqual([null, ['NO_CUSTOMERS', 'TOO_FEW_REPEAT_CUSTOMERS']]);
    const few = judge(undefined, configSchema.parse({ epochs: { minRepeatCustomers: 280 } })).candidate;
    expect([few.accepted, few.evidence.holdout, few.evidence.holdoutReasons]).toEqual([true, null, ['TOO_FEW_REPEAT_CUSTOMERS']]);
    const nobody = judge(undefined, config, drawBuyers(DAY_0, 0, 400)).candidate.evidence;
    expect([nobody.holdout, nobody.holdoutReasons]).toEqual([null, ['FIT_NOT_SOUND']]);
  });
});
