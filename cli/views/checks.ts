import { findJson } from '../../lib/run/json-objects.ts';
import type { CheckResult } from '../../lib/run/quality/check-result.ts';
import { remarkableChecks } from '../../lib/run/quality/held-message.ts';
import type { RunRecord } from '../../lib/run/run-ledger.ts';
import { type Verdict, verdictKey } from '../../lib/run/verify-run.ts';
import type { OpenHome } from '../context.ts';
import { formatTable } from '../table.ts';

const WORDS: Readonly<Record<CheckResult['status'], string>> = {
  passed: 'ok',
  failed: 'BREACH',
  waived: 'waived',
  not_enough_history: 'not enough history',
  closed_day: 'closed day',
};

/** The newest verdict of a run; undefined before verify-run. */
export function findVerdict(home: OpenHome, run: Pick<RunRecord, 'runId' | 'approvals'>): Promise<Verdict | undefined> {
  return findJson<Verdict>(home.deps.lake, verdictKey(run));
}

/** How a check came out, in a word: a warning is not a breach. */
const wordOf = ({ status, severity }: CheckResult): string =>
  status === 'failed' && severity === 'warn' ? 'warning' : WORDS[status];

/** Checks as an aligned table. */
export function checkTable(checks: readonly CheckResult[]): string {
  const rows = checks.map((check) => [
    wordOf(check),
    check.name,
    check.date ?? 'run',
    check.feed ?? '',
    check.observed,
    check.expected,
  ]);
  return formatTable(
    [{ name: 'result' }, { name: 'check' }, { name: 'date' }, { name: 'feed' }, { name: 'found' }, { name: 'expected' }],
    rows,
  );
}

/** What the checks of a run have to say: a table of those that warn, hold or were waived, and their advice; '' when none does. */
export function describeChecks(checks: readonly CheckResult[]): string {
  const remarkable = remarkableChecks(checks);
  if (remarkable.length === 0) return '';
  const young = checks.filter(({ status }) => status === 'not_enough_history').length;
  const note = young > 0 ? `  ${young} more could not be judged: not enough history (\`runs show\` names them)\n` : '';
  return `${checkTable(remarkable)}${describeAdvice(remarkable)}${note}`;
}

/** What the checks advise, each sentence once. */
export function describeAdvice(checks: readonly CheckResult[]): string {
  const advice = checks.filter(({ message }) => message !== '').map(({ name, message }) => `  ${name}: ${message}\n`);
  return [...new Set(advice)].join('');
}
