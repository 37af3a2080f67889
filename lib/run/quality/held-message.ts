import type { RunRecord } from '../run-ledger.ts';
import { type CheckResult, isConservation } from './check-result.ts';

/** Breaches that a message spells out; the others are in the verdict. */
const SPELLED = 3;

/** Checks that hold a run. */
export const breachesOf = (checks: readonly CheckResult[]): CheckResult[] =>
  checks.filter(({ severity, status }) => severity === 'error' && status === 'failed');

/** Checks that people should look at: breaches, warnings, and what was waived. */
export const remarkableChecks = (checks: readonly CheckResult[]): CheckResult[] =>
  checks.filter(({ status }) => status === 'failed' || status === 'waived');

/** Names of the gates among some checks that can be waived, each once. */
export const waivableOf = (checks: readonly CheckResult[]): string[] => [
  ...new Set(checks.map(({ name }) => name).filter((name) => !isConservation(name))),
];

/** What a message needs to know of a run. */
type HeldRun = Pick<RunRecord, 'runId' | 'rebuild'>;

/**
 * Why a run is held, and what to do.
 *
 * @param breaches checks that hold it, at least one @param example first row that could not be read, as a sentence; '' without
 */
export function heldMessage({ runId, rebuild }: HeldRun, breaches: readonly CheckResult[], example: string): string {
  const told = breaches.slice(0, SPELLED).map(({ name, date, observed, expected, message }) => {
    const where = date === null ? '' : ` on ${date}`;
    return `${name}${where}: ${observed}, expected ${expected}.${message === '' ? '' : ` ${message}`}`;
  });
  const more = breaches.length > SPELLED ? ` And ${breaches.length - SPELLED} more, see \`runs show ${runId}\`.` : '';
  const head = `Run ${runId} is held, nothing was published. ${told.join(' ')}${more}${example}`;
  if (breaches.some(({ name }) => isConservation(name))) {
    return `${head} This is a bug or a damaged object and cannot be approved: keep the files of the run and report it.`;
  }
  const correct = rebuild === undefined ? 'Correct the drop and run again' : 'Correct the configuration and rebuild again';
  return `${head} ${correct}, or take it as it is: \`approve ${runId}\``;
}
