import { describe, expect, it } from 'vitest';
import { gates } from '../../../../lib/config/gates.ts';
import { acceptedValues } from '../../../../lib/run/quality/accepted-values.ts';
import { completeness } from '../../../../lib/run/quality/completeness.ts';
import { settleFindings } from '../../../../lib/run/quality/judge-date.ts';
import { missingRate } from '../../../../lib/run/quality/missing-rate.ts';
import { referentialIntegrity } from '../../../../lib/run/quality/referential-integrity.ts';
import { totalsMatch } from '../../../../lib/run/quality/totals-match.ts';
import { uniqueness } from '../../../../lib/run/quality/uniqueness.ts';
import { addDays } from '../../../../lib/time.ts';
import { dateInput, dropOf, FRIDAY } from '../../../support/date-input.ts';

describe('completeness', () => {
  const withEmpty = (channel: number) => dropOf(FRIDAY, { rows: 100, empty: { channel, order_id: 100 } });
  const history = [10, 20, 20, 30].map((channel, at) =>
    dropOf(addDays(FRIDAY, at - 4), { rows: 100, empty: { channel, order_id: 100 } }),
  );

  it('compares every column with its usual share of empty values', () => {
    expect(completeness(dateInput({ drop: withEmpty(30), history }))).toMatchObject([
      { status: 'passed', observed: '2 columns as usual' },
    ]);
    expect(completeness(dateInput({ drop: withEmpty(31), history }))).toMatchObject([
      { status: 'failed', feed: 'transactions', observed: 'channel 31.0 % empty', expected: 'channel at most 30.0 %' },
    ]);
  });

  it('says when there are fewer than four days, unless a share is configured', () => {
    const young = { drop: withEmpty(50), history: history.slice(1) };
    expect(completeness(dateInput(young))[0]?.status).toBe('not_enough_history');
    const minFilled = [{ feed: 'transactions' as const, column: 'channel', share: 0.6 }];
    expect(completeness(dateInput({ ...young, gates: { minFilled } }))).toMatchObject([
      { status: 'failed', expected: 'channel at most 40.0 %' },
    ]);
  });

  it('judges from 20 rows on, and never how many refunds there are', () => {
    const small = (rows: number) => dropOf(FRIDAY, { rows, empty: { channel: rows, order_id: rows } });
    expect(completeness(dateInput({ drop: small(19), history }))[0]?.status).toBe('not_enough_history');
    expect(completeness(dateInput({ drop: small(20), history }))[0]?.status).toBe('failed');
    const refunds = (empty: number, days: number) =>
      dropOf(addDays(FRIDAY, -days), { rows: 100, empty: { original_transaction_id: empty, channel: 10 } });
    const usual = [1, 2, 3, 4].map((days) => refunds(50, days));
    expect(completeness(dateInput({ drop: refunds(100, 0), history: usual }))).toMatchObject([
      { status: 'passed', observed: '1 column as usual' },
    ]);
  });

  it('does not judge a drop without an accepted row', () => {
    expect(completeness(dateInput({ drop: dropOf(FRIDAY, { rows: 3, accepted: 0 }), history }))).toEqual([]);
  });
});

describe('uniqueness', () => {
  it.each([
    [5, 0, 'passed'],
    [5, 1, 'failed'],
    [0, 0, 'passed'],
  ])('finds %i copies and %i conflicts in 100 rows: %s', (duplicates, conflicts, status) => {
    expect(uniqueness(dateInput({ night: { rows: 100, duplicates, conflicts } }))[0]?.status).toBe(status);
  });

  it('takes a night without rows', () => {
    expect(uniqueness(dateInput({ night: { rows: 0, duplicates: 0, conflicts: 0 } }))[0]?.status).toBe('passed');
  });
});

describe('accepted_values', () => {
  it('counts rows refused for a value, not those that cannot be split into fields', () => {
    const drop = dropOf(FRIDAY, {
      rows: 1000,
      accepted: 980,
      malformed: 20,
      rules: { INVALID_AMOUNT: 4, UNKNOWN_TYPE: 2, FIELD_COUNT: 14 },
    });
    expect(acceptedValues(dateInput({ drop }))).toMatchObject([
      {
        status: 'failed',
        observed: '6 of 1000 rows (0.6 %): INVALID_AMOUNT 4, UNKNOWN_TYPE 2',
        expected: 'at most 0.5 %',
        message: expect.stringContaining(`quarantine list --from ${FRIDAY} --to ${FRIDAY}`),
      },
    ]);
    expect(acceptedValues(dateInput({ drop, gates: { maxRefusedShare: 0.006 } }))[0]?.status).toBe('passed');
  });
});

describe('referential_integrity', () => {
  const drop = dropOf(FRIDAY, { rows: 100, empty: { original_transaction_id: 90 } });
  it.each([
    [2, 'passed', '2 of 10 refunds and voids without their original (20.0 %)'],
    [3, 'failed', '3 of 10 refunds and voids without their original (30.0 %)'],
  ])('finds %i orphans of 10: %s', (orphans, status, observed) => {
    expect(referentialIntegrity(dateInput({ drop, orphans }))).toMatchObject([{ status, observed }]);
  });

  it('has nothing to say of a drop that corrects nothing', () => {
    expect(referentialIntegrity(dateInput({ drop: dropOf(FRIDAY, { rows: 9 }) }))[0]?.status).toBe('passed');
  });
});

describe('missing_rate', () => {
  const input = { date: FRIDAY, missing: new Map([['EUR', 3]]), isAll: false, currency: 'USD' };

  it('warns of rows without a rate, and says what to do', () => {
    const missing = new Map([
      ['CHF', 1],
      ['EUR', 2],
    ]);
    const found = missingRate({ ...input, missing });
    expect(found).toMatchObject([{ status: 'failed', observed: '2 rows in EUR, 1 row in CHF' }]);
    expect(found[0]?.message).toMatch(/^Rows wait .*: deliver the rates feed, or set "currency" /);
    expect(settleFindings(found, gates.parse({}), [])[0]?.severity).toBe('warn');
  });

  it('says first that nothing could be applied', () => {
    const found = missingRate({ ...input, isAll: true });
    expect(found[0]?.message).toContain('all 3 rows are in EUR, the configured currency is USD, and no rate is known.');
    expect(settleFindings(found, gates.parse({}), [])).toMatchObject([{ severity: 'warn', status: 'failed' }]);
  });

  it('passes when every row has a rate', () => {
    expect(missingRate({ ...input, missing: new Map() })[0]?.status).toBe('passed');
  });
});

describe('totals_match', () => {
  const drop = dropOf(FRIDAY, { rows: 10, accepted: 8, malformed: 1, policy: 1 });
  it.each([
    [10, 'passed'],
    [11, 'failed'],
  ])('compares accepted and quarantined rows with the %i of the manifest: %s', (promised, status) => {
    expect(totalsMatch(dateInput({ drop, promised: new Map([['transactions', promised]]) }))).toMatchObject([
      { status, observed: '8 accepted and 2 quarantined rows', expected: `${promised} rows, as manifest.json says` },
    ]);
  });

  it('needs a manifest', () => {
    expect(totalsMatch(dateInput({ drop }))).toEqual([]);
  });
});
