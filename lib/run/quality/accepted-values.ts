import type { RowRule } from '../../drop/row-rules.ts';
import { type Finding, percent } from './check-result.ts';
import type { DateInput } from './date-input.ts';

/** Rules about the form of a record as a whole; every other rule is about a value. */
const STRUCTURE: readonly string[] = [
  'UNCLOSED_QUOTE',
  'STRAY_QUOTE',
  'RECORD_TOO_LONG',
  'INVALID_UTF8',
  'INVALID_JSON',
  'DUPLICATE_KEY',
  'INVALID_VALUE',
  'REPEATED_HEADER',
  'FIELD_COUNT',
] satisfies readonly RowRule[];

/** Share of rows refused for a value that is not allowed, per feed. */
export function acceptedValues({ date, drop, gates }: DateInput): Finding[] {
  const findings: Finding[] = [];
  for (const [feed, { rows, rules }] of drop.feeds) {
    const refused = Object.entries(rules)
      .filter(([rule]) => !STRUCTURE.includes(rule))
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    const count = refused.reduce((sum, [, refusedRows]) => sum + refusedRows, 0);
    const share = rows === 0 ? 0 : count / rows;
    const isBroken = share > gates.maxRefusedShare;
    const worst = refused.slice(0, 3).map(([rule, refusedRows]) => `${rule} ${refusedRows}`);
    findings.push({
      name: 'accepted_values',
      date,
      feed,
      status: isBroken ? 'failed' : 'passed',
      observed: `${count} of ${rows} rows (${percent(share)})${worst.length > 0 ? `: ${worst.join(', ')}` : ''}`,
      expected: `at most ${percent(gates.maxRefusedShare)}`,
      message: isBroken
        ? `See the rows with \`quarantine list --from ${date} --to ${date}\` (of a held run with --run); correct the source or the mapping.`
        : '',
    });
  }
  return findings;
}
