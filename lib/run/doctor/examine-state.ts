import type { RunDeps } from '../deps.ts';
import { isFinished } from '../finish-committed.ts';
import { findCurrent, findRun, listRuns } from '../run-ledger.ts';
import { checkConfiguration, checkGeneration } from './check-configuration.ts';
import { checkBooks, checkRunFiles } from './check-files.ts';
import {
  checkChain,
  checkCommitted,
  checkFinished,
  checkLease,
  checkNewest,
  checkNextDrop,
  type Ledger,
} from './check-ledger.ts';
import { checkErasures, checkExports, checkProfiles } from './check-shown.ts';
import { examine, type Finding, problem } from './finding.ts';

/** Looks at all that a home or a stack keeps, and changes nothing. Never throws: what cannot be read is a finding. */
export async function examineState(deps: RunDeps): Promise<Finding[]> {
  const findings = [await examine('configuration', () => checkConfiguration(deps))];
  let ledger: Ledger;
  try {
    const [current, runs] = [await findCurrent(deps), await listRuns(deps)];
    ledger = { current, runs, committed: current && (await findRun(deps, current.runId)) };
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    return [...findings, problem('run ledger', message, 'Make the runs table readable; nothing below can be told without it.')];
  }
  const { committed, current } = ledger;
  const isDone = current !== undefined && committed !== undefined && isFinished(current, committed);
  const ofCommitted: (readonly [string, () => Promise<Finding>])[] = committed
    ? [
        ['generation', () => checkGeneration(deps, committed.runId)],
        ['chain', () => checkChain(deps, committed)],
        ['commit', () => checkFinished(ledger)],
      ]
    : [];
  const ofFiles: (readonly [string, () => Promise<Finding>])[] = committed
    ? [
        ['run files', () => checkRunFiles(deps, committed)],
        ['books', () => checkBooks(deps, committed)],
        ['exports', () => checkExports(deps, committed, isDone)],
        ['profiles', () => checkProfiles(deps, committed, isDone)],
      ]
    : [];
  const checks: (readonly [string, () => Promise<Finding>])[] = [
    ['committed', () => checkCommitted(deps, ledger)],
    ...ofCommitted,
    ['newest run', () => checkNewest(deps, ledger)],
    ['lease', () => checkLease(deps)],
    ['next drop', () => checkNextDrop(deps, ledger)],
    ...ofFiles,
    ['erasures', () => checkErasures(deps)],
  ];
  for (const [check, look] of checks) findings.push(await examine(check, look));
  return findings;
}
