import type { GatesConfig } from '../../config/gates.ts';
import { acceptedValues } from './accepted-values.ts';
import type { CheckResult, Finding } from './check-result.ts';
import { completeness } from './completeness.ts';
import type { DateInput } from './date-input.ts';
import { freshness } from './freshness.ts';
import { quarantineShare } from './quarantine-share.ts';
import { referentialIntegrity } from './referential-integrity.ts';
import { rowCount } from './row-count.ts';
import { schema } from './schema.ts';
import { totalsMatch } from './totals-match.ts';
import { uniqueness } from './uniqueness.ts';
import { zeroRows } from './zero-rows.ts';

/** Every check of one date's drop. Pure: counts and history in, findings out. */
export function judgeDate(input: DateInput): Finding[] {
  const feeds = [...input.drop.feeds.values()];
  const read = {
    rows: feeds.reduce((sum, { rows }) => sum + rows, 0),
    malformed: feeds.reduce((sum, { malformed }) => sum + malformed, 0),
  };
  return [
    ...rowCount(input),
    ...zeroRows(input),
    ...freshness(input),
    ...schema(input),
    quarantineShare(input.date, read, input.gates),
    ...acceptedValues(input),
    ...completeness(input),
    ...uniqueness(input),
    ...referentialIntegrity(input),
    ...totalsMatch(input),
  ];
}

/** Findings with their severities; checks that are off are left out, waived breaches are marked. */
export function settleFindings(findings: readonly Finding[], gates: GatesConfig, waived: readonly string[]): CheckResult[] {
  const results: CheckResult[] = [];
  for (const { isMild, ...finding } of findings) {
    const configured = gates.severity[finding.name];
    if (configured === 'off') continue;
    const severity = isMild ? 'warn' : configured;
    const isWaived = finding.status === 'failed' && severity === 'error' && waived.includes(finding.name);
    results.push({ ...finding, severity, status: isWaived ? 'waived' : finding.status });
  }
  return results;
}
