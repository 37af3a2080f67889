import { describe, expect, it } from 'vitest';
import { describeChecks } from '../../../cli/views/checks.ts';
import { quarantineRows, quarantineTable } from '../../../cli/views/quarantine.ts';
import { expiredText, rowsText, waitingText } from '../../../cli/views/rows.ts';
import { type PublishedSegment, segmentTable } from '../../../cli/views/segments.ts';
import type { CheckResult } from '../../../lib/run/quality/check-result.ts';
import type { QuarantineEntry } from '../../../lib/run/quarantine/read-quarantine.ts';
import type { BusinessDate } from '../../../lib/time.ts';

const DATE = '2025-08-08' as BusinessDate;
const ok: CheckResult = {
  name: 'freshness',
  date: DATE,
  feed: 'transactions',
  severity: 'warn',
  status: 'passed',
  observed: 'new',
  expected: 'new',
  message: '',
};

describe('describeChecks', () => {
  it('says nothing when every check passed or is too young', () => {
    expect(describeChecks([ok, { ...ok, status: 'not_enough_history' }, { ...ok, status: 'closed_day' }])).toBe('');
  });

  it('shows what warns, holds or was waived, and the advice of each once', () => {
    const advice = { message: 'Ask the source.' };
    const text = describeChecks([
      ok,
      { ...ok, status: 'failed', observed: 'old', ...advice },
      { ...ok, name: 'zero_rows', severity: 'error', status: 'failed', observed: '0 rows', expected: 'some', ...advice },
      { ...ok, name: 'schema', date: null, feed: null, severity: 'error', status: 'waived', observed: 'less', ...advice },
      { ...ok, name: 'row_count', status: 'not_enough_history' },
      { ...ok, name: 'freshness', status: 'failed', observed: 'older', ...advice },
    ]);
    expect(text.replaceAll(/ +/g, ' ').split('\n')).toEqual([
      ' result check date feed found expected',
      ' warning freshness 2025-08-08 transactions old new',
      ' BREACH zero_rows 2025-08-08 transactions 0 rows some',
      ' waived schema run less new',
      ' warning freshness 2025-08-08 transactions older new',
      ' freshness: Ask the source.',
      ' zero_rows: Ask the source.',
      ' schema: Ask the source.',
      ' 1 more could not be judged: not enough history (`runs show` names them)',
      '',
    ]);
  });
});

describe('views of rows', () => {
  it('tell parts that add up, what waits and why, and rows of earlier nights apart', () => {
    const own = { rows: 24, applied: 10, copies: 1, waiting: 3, unreadable: 7, refused: 3 };
    expect(rowsText(own)).toBe('24 read: 10 applied, 1 copy, 3 waiting, 10 in quarantine (7 unreadable, 3 refused)');
    expect(rowsText({ rows: 0, expired: 2, quarantined: 2 })).toBe('0 read: 0 applied, 0 copies, 0 waiting, 0 in quarantine');
    expect(expiredText({ expired: 2 })).toBe('2 rows of earlier nights waited in vain');
    expect(expiredText(own)).toBe('');
    expect(waitingText({ pending: 3, pending_ORPHAN: 1, pending_MISSING_RATE: 2 })).toBe('3 waiting (2 MISSING_RATE, 1 ORPHAN)');
  });
});

describe('quarantine views', () => {
  const entry: QuarantineEntry = {
    id: '0123456789',
    key: 'pii/quarantine/known=2025-08-08/x.jsonl.gz',
    knownOn: DATE,
    feed: 'customers',
    file: `dt=${DATE}/customers/people.csv`,
    line: 2,
    rule: 'INVALID_FLAG',
    message: 'consent_email "perhaps": expected true, false, 1 or 0',
    row: {
      file: `dt=${DATE}/customers/people.csv`,
      line: 2,
      rule: 'INVALID_FLAG',
      kind: 'malformed',
      message: '',
      raw: 'c1,a@example.org,perhaps',
      rawEncoding: 'utf8',
      rawTruncated: false,
    },
    fact: undefined,
    isPersonal: true,
  };
  const show = (personalData: boolean, json = false) => quarantineRows([entry], { found: 1, personalData, json });

  it('show the text of rows with personal data only when it is asked for', () => {
    for (const text of [show(false), show(false, true)]) {
      expect(text).toContain('(personal data: --personal-data shows it)');
      expect(text).not.toContain('example.org');
    }
    expect(show(true)).toBe(
      `dt=${DATE}/customers/people.csv line 2: INVALID_FLAG\n  consent_email "perhaps": expected true, false, 1 or 0\n  c1,a@example.org,perhaps\n`,
    );
    expect(JSON.parse(show(true, true))).toMatchObject([{ line: 2, rule: 'INVALID_FLAG', raw: 'c1,a@example.org,perhaps' }]);
  });

  it('say that there is nothing, and why rows are not retried', () => {
    expect(quarantineTable([])).toBe('No row is in quarantine.\n');
    const { id, key, knownOn, feed, file, line, message } = entry;
    const group = {
      id,
      key,
      knownOn,
      feed,
      file,
      rule: 'CONFLICT',
      rows: 3,
      refusal: 'no way',
      retried: false,
      example: { line, message },
    };
    expect(quarantineTable([{ ...group, refusal: null, retried: true }])).toMatch(/CONFLICT +3 {2}retried /);
    expect(quarantineTable([group])).toMatch(/CONFLICT +3 {2}no .*\n {2}CONFLICT is not retried: no way\n$/);
  });
});

describe('segmentTable', () => {
  const segment = (id: string, zh: string, holdoutShare = 0) => {
    const counts = { full: 1234, entered: 5, exited: 0, holdout: 137 };
    const destinations = ['generic_csv', 'generic_jsonl'];
    return { id, name: { en: id, zh }, holdoutShare, asOf: DATE, counts, destinations } as unknown as PublishedSegment;
  };

  it('has a line for each segment, names the destinations once, and tells who is held out where somebody is', () => {
    expect(segmentTable([segment('loyal', '忠诚'), segment('new', '新')])).toBe(`  segment  名称  members  entered  exited
  loyal    忠诚    1,234        5       0
  new      新      1,234        5       0
  each for generic_csv, generic_jsonl
`);
    const [head, line] = segmentTable([segment('loyal', '忠诚', 0.1)]).split('\n');
    expect([head, line]).toEqual([
      '  segment  名称  exported  held out  entered  exited',
      '  loyal    忠诚     1,234       137        5       0',
    ]);
  });
});
