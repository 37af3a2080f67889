import { describe, expect, it } from 'vitest';
import { GATE_NAMES, gates } from '../../../../lib/config/gates.ts';
import { parseConfig } from '../../../../lib/config/load.ts';
import { heldMessage, waivableOf } from '../../../../lib/run/quality/held-message.ts';
import { judgeDate, settleFindings } from '../../../../lib/run/quality/judge-date.ts';
import { dateInput, daysBefore, dropOf, FRIDAY } from '../../../support/date-input.ts';

const quietFriday = dateInput({ drop: dropOf(FRIDAY, {}), history: daysBefore(FRIDAY, [200, 200, 200, 200], 7) });

describe('settleFindings', () => {
  it('holds by zero_rows and only warns by row_count', () => {
    const failed = settleFindings(judgeDate(quietFriday), gates.parse({}), []).filter(({ status }) => status === 'failed');
    expect(failed.map(({ name, severity }) => [name, severity])).toEqual([
      ['row_count', 'warn'],
      ['zero_rows', 'error'],
    ]);
  });

  it('takes severities of the configuration, leaves out what is off, marks what was waived', () => {
    const changed = gates.parse({ severity: { row_count: 'error', freshness: 'off' } });
    const results = settleFindings(judgeDate(quietFriday), changed, ['zero_rows']);
    const of = (name: string) => results.filter((result) => result.name === name);
    expect(of('row_count')).toMatchObject([{ severity: 'error', status: 'failed' }]);
    expect(of('zero_rows')).toMatchObject([{ severity: 'error', status: 'waived' }]);
    expect(of('freshness')).toEqual([]);
  });

  it('never holds by a mild breach', () => {
    const drop = dropOf(FRIDAY, { rows: 100, accepted: 99, malformed: 1, newestDay: FRIDAY });
    const results = settleFindings(judgeDate(dateInput({ drop })), gates.parse({}), []);
    expect(results.find(({ name }) => name === 'quarantine_share')).toMatchObject({ severity: 'warn', status: 'failed' });
  });

  it('has a severity for every check that is judged', () => {
    const names = new Set(judgeDate({ ...quietFriday, promised: new Map([['transactions', 0]]) }).map(({ name }) => name));
    expect(
      [...names, 'placement', 'schema', 'accepted_values', 'completeness'].every((name) => GATE_NAMES.includes(name as never)),
    ).toBe(true);
  });
});

describe('heldMessage', () => {
  const [breach] = settleFindings(judgeDate(quietFriday), gates.parse({}), []).filter(
    ({ severity, status }) => severity === 'error' && status === 'failed',
  );

  it('names the gate, what was found and expected, and the command that approves', () => {
    expect(heldMessage({ runId: 'r1' }, breach ? [breach] : [], '')).toBe(
      'Run r1 is held, nothing was published. zero_rows on 2025-08-08: 0 rows, expected at least 1 row, 200 are usual. ' +
        'Ask the source for the files of 2025-08-08; when it really was a quiet day, approve the run or add the day to gates.closedDays. ' +
        'Correct the drop and run again, or take it as it is: `approve r1`',
    );
  });

  it('sends the reader of a rebuild to the configuration, not to the drop', () => {
    expect(heldMessage({ runId: 'r1', rebuild: 'drops' }, breach ? [breach] : [], '')).toMatch(
      /Correct the configuration and rebuild again, or take it as it is: `approve r1`$/,
    );
  });

  it('offers no approval of broken conservation', () => {
    const lost = { ...breach, name: 'net_minor', date: null, observed: '3', expected: '4', message: '' } as NonNullable<
      typeof breach
    >;
    expect(heldMessage({ runId: 'r1' }, [lost], '')).toBe(
      'Run r1 is held, nothing was published. net_minor: 3, expected 4. This is a bug or a damaged object and cannot be approved: keep the files of the run and report it.',
    );
    expect(waivableOf([lost])).toEqual([]);
  });
});

describe('configuration of gates', () => {
  it('refuses unknown checks, unknown days and unknown columns', () => {
    const wrong = (value: object) => () => parseConfig({ gates: value }, 'shop.json');
    expect(wrong({ severity: { rows: 'warn' } })).toThrow('"gates.severity.rows": not known, expected a known key');
    expect(wrong({ closedDays: ['2025-02-30'] })).toThrow('2025-02-30: neither a date nor a day of the week');
    expect(wrong({ minFilled: [{ feed: 'transactions', column: 'colour', share: 1 }] })).toThrow('no such column');
    expect(parseConfig({ gates: { closedDays: ['sunday', '2025-12-25'] } }, 'shop.json').gates.closedDays).toHaveLength(2);
  });
});
