import { describe, expect, it } from 'vitest';
import { calibrationText } from '../../../cli/views/calibration.ts';
import { configSchema } from '../../../lib/config/config.ts';
import type { EpochEvidence, EpochRecord } from '../../../lib/run/engine/epoch-record.ts';
import { judgeCandidate } from '../../../lib/run/engine/judge-candidate.ts';
import { formatDay } from '../../../lib/time.ts';
import { calibrationOf, drawBuyers, epochOf } from '../../support/epochs.ts';
import { DAY_0 } from '../../support/facts.ts';

const config = configSchema.parse({});
const judged = judgeCandidate(formatDay(DAY_0), drawBuyers(DAY_0, 600, 400), undefined, formatDay(DAY_0 - 400), config).candidate;
const linesOf = (changes: Parameters<typeof calibrationOf>[1]) =>
  calibrationText(calibrationOf(DAY_0, changes), config).split('\n');
/** What stands behind a label, its further lines included. */
function told(lines: readonly string[], label: string, from = 0): string {
  const first = lines.findIndex((line, i) => i >= from && line.startsWith(`  ${label} `));
  if (first < 0) return 'nothing';
  const end = lines.findIndex((line, i) => i > first && !line.startsWith(' '.repeat(19)));
  return lines
    .slice(first, end)
    .map((line) => line.slice(19))
    .join(' ');
}

describe('calibrationText', () => {
  it('shows the epoch in force: parameters with intervals, holdout beside its baselines, spend', () => {
    const lines = linesOf({ epoch: judged, candidate: judged });
    const { holdout, spend, intervals } = judged.evidence as Required<EpochEvidence>;
    expect(told(lines, 'epoch in force')).toBe(judged.id);
    expect(told(lines, 'newest fit')).toBe(`${judged.id}, accepted`);
    expect(lines.filter((line) => line.includes('Newest fit:'))).toEqual([]);
    for (const [name, value] of Object.entries({ ...judged.params, ...judged.spend })) {
      const row = lines.find((line) => new RegExp(`^  (mbg-nbd|gamma-gamma|) +${name} `).test(line)) ?? '';
      expect(row).toContain(` ${value.toPrecision(5)} `);
      const [low, high] = (intervals[name] ?? spend.intervals[name]) as readonly [number, number];
      expect(row.endsWith(`${low.toPrecision(5)} .. ${high.toPrecision(5)}`)).toBe(true);
    }
    const percent = (share: number | undefined) => `${((share as number) * 100).toFixed(2)} %`;
    expect(told(lines, 'holdout')).toBe(
      `fitted to ${formatDay(DAY_0 - 90)}, 90 days ahead, ${holdout?.customers} customers: ${percent(holdout?.meanReturn)} predicted to buy, ` +
        `${percent(holdout?.boughtShare)} bought; Brier score ${holdout?.brier.toFixed(4)} (by the rate so far ` +
        `${holdout?.baselines.naiveRate.brier.toFixed(4)}, nobody buys ${holdout?.baselines.zero.brier.toFixed(4)}); ` +
        `calibration error ${percent(holdout?.calibrationError)}`,
    );
    expect(told(lines, 'spend')).toBe(
      `Gamma-Gamma of ${spend.customers} customers; correlation with frequency negligible (Pearson ${spend.pearson?.toFixed(3)}, ` +
        `Spearman ${spend.spearman?.toFixed(3)}); 0 repeat customers without positive spend left out`,
    );
  });

  it('says in words why the newest fit was refused, and shows it too', () => {
    const refused: EpochRecord = { ...judged, accepted: false, reasons: ['HISTORY_TOO_SHORT', 'MOVED_TOO_MANY'] };
    const lines = linesOf({ epoch: epochOf(DAY_0 - 7), candidate: refused });
    expect(told(lines, 'newest fit')).toBe(
      `${judged.id}, refused: the history is too short; it would move too many customers to another stage at once`,
    );
    const own = lines.indexOf(`Newest fit: ${judged.id}`);
    expect(own).toBeGreaterThan(lines.indexOf(`Epoch in force: mbg-nbd@${formatDay(DAY_0 - 7)}`));
    expect(told(lines, 'holdout')).toBe('none: there was nobody to fit to');
    expect(told(lines, 'holdout', own)).toContain('predicted to buy');
    const taken: EpochRecord = { ...judged, accepted: true, reasons: ['MOVED_TOO_MANY'] };
    expect(told(linesOf({ epoch: taken, candidate: taken }), 'newest fit')).toContain(
      'accepted after refusals in a row, although',
    );
  });

  it('says when Gamma-Gamma was refused, and whom and what its fit is warned of', () => {
    const evidence = judged.evidence as Required<EpochEvidence>;
    const spend = { ...evidence.spend, leftOut: 3, farBelow: 2, pearson: null, spearman: null, verdict: null };
    const text = (epoch: EpochRecord) => told(linesOf({ epoch }), 'spend');
    const none = { ...judged, spend: null, evidence: { ...evidence, spend: { ...spend, reasons: ['MEAN_INFINITE'] } } };
    expect(text(none)).toBe(
      'the cohort mean, for Gamma-Gamma is refused: the mean spend would be infinite (q is not above 1); no correlation with frequency ' +
        'can be told; 3 repeat customers without positive spend left out; 2 means are far below all others and may distort the fit',
    );
    const doubtful = { ...judged, evidence: { ...evidence, spend: { ...spend, warnings: ['MEAN_NEARLY_INFINITE'] as const } } };
    expect(text(doubtful)).toContain('doubtful: the mean spend is barely held by the data (q is close to 1)');
  });

  it('shows records that were written before the evidence was kept', () => {
    const { customers, repeatCustomers, historyDays, logLikelihood, iterations } = judged.evidence;
    const { standardErrors, returnError, returnErrorInForce, movedShare } = judged.evidence;
    const former = { customers, repeatCustomers, historyDays, logLikelihood, iterations };
    const evidence = { ...former, standardErrors, returnError, returnErrorInForce, movedShare, spendReasons: [] };
    const lines = linesOf({ epoch: { ...judged, evidence } });
    expect([told(lines, 'holdout'), told(lines, 'spend')]).toEqual(['not recorded', 'Gamma-Gamma; evidence not recorded']);
    expect(lines.filter((line) => line.endsWith('not recorded') && / (r|q) /.test(line))).toHaveLength(2);
  });

  it('tells of a beginning: nothing in force, a fit to nobody', () => {
    const nobody = judgeCandidate(formatDay(DAY_0), drawBuyers(DAY_0, 0, 10), undefined, formatDay(DAY_0), config).candidate;
    const lines = linesOf({ candidate: nobody });
    expect(told(lines, 'epoch in force')).toBe('none yet: days of silence decide');
    expect(told(lines, 'newest fit')).toContain(
      'refused: there was nobody to fit to; too few customers had bought on a second day',
    );
    expect([told(lines, 'returns'), told(lines, 'holdout')]).toEqual([
      'nobody to compare with',
      'none: the fit itself is not sound',
    ]);
    expect(lines.find((line) => line.includes('alpha (days)'))).toMatch(/ - +-$/);
    expect(linesOf({})).toEqual([
      `Calibration of ${formatDay(DAY_0)}`,
      '  epoch in force   none yet: days of silence decide',
      '',
    ]);
  });

  it('names the configured model until it is in force, and says that nobody asks whom another model moves', () => {
    const lines = linesOf({ epoch: epochOf(DAY_0, { id: 'bg-nbd@x', model: 'bg-nbd' }), candidate: judged });
    expect(told(lines, 'configured')).toBe('mbg-nbd; bg-nbd stays in force until a fit of mbg-nbd is accepted');
    expect([told(linesOf({ epoch: judged }), 'configured'), told(linesOf({}), 'configured')]).toEqual(['nothing', 'nothing']);
    const returns = (evidence: Partial<EpochEvidence>) =>
      told(linesOf({ epoch: { ...judged, evidence: { ...judged.evidence, returnError: 0.01, ...evidence } } }), 'returns');
    expect(returns({ returnErrorInForce: 0.02, movedShare: null })).toBe(
      'predicted share off by 1.00 % (of the epoch before it 2.00 %); share of moved buyers not asked: another model',
    );
    expect(returns({ returnErrorInForce: 0.02, movedShare: 0 })).toMatch(/; 0\.00 % of the buyers moved$/);
    expect(returns({ returnErrorInForce: null, movedShare: null })).toBe('predicted share off by 1.00 %');
  });

  it('tells of a baseline night, and of refusals in a row', () => {
    const refused: EpochRecord = { ...judged, accepted: false, reasons: ['MOVED_TOO_MANY'] };
    const lines = linesOf({ epoch: epochOf(DAY_0 - 7), candidate: refused, movedRefusals: 2, baseline: 'RULES_CHANGED' });
    expect(told(lines, 'newest fit')).toContain('at once (2 in a row; number 4 is taken)');
    expect(told(lines, 'baseline night')).toContain('`stages` of the configuration was changed');
    expect(told(linesOf({ epoch: judged, baseline: 'EPOCH_CHANGED' }), 'baseline night')).toContain('a first model');
  });

  it('keeps every line within 100 columns', () => {
    const reasons = ['NO_REPEAT_CUSTOMERS', 'NOT_CONVERGED', 'PARAMETER_AT_BOUND', 'SOME_NEW_REASON', 'RETURN_ERROR_TOO_LARGE'];
    const lines = linesOf({ epoch: judged, candidate: { ...judged, id: 'other', accepted: false, reasons } });
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(told(lines, 'newest fit')).toContain('SOME_NEW_REASON');
  });
});
