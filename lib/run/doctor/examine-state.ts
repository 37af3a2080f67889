import type { RunDeps } from '../deps.ts';
import { isFinished } from '../finish-committed.ts';
import { findCurrent, findRun, listRuns } from '../run-ledger.ts';
import {
  checkConfiguration,
  checkGeneration,
  checkPutConfiguration,
  checkRunConfiguration,
  PUT_ANEW,
} from './check-configuration.ts';
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
import { checkLists } from './check-lists.ts';
import { checkErasures, checkExports, checkProfiles } from './check-shown.ts';
import { examine, type Finding, problem } from './finding.ts';

type Checks = readonly (readonly [string, () => Promise<Finding>])[];

/**
 * Looks at all that a home or a stack keeps, and changes nothing. Never throws: what cannot be read is a finding.
 *
 * @param file name of the configuration file that is taken; '' when there is none
 */
export async function examineState(deps: RunDeps, file = ''): Promise<Finding[]> {
  const findings = await examineConfiguration(deps, file);
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
  const ofRun = committed ? await examine('run configuration', () => checkRunConfiguration(deps, committed)) : undefined;
  // Without the configuration of the run each of them would say the same.
  const readable = ofRun?.level === 'ok' ? committed : undefined;
  const ofCommitted: Checks = committed
    ? [
        ['chain', () => checkChain(deps, committed)],
        ['ledger', () => checkLists(deps, committed)],
        ['commit', () => checkFinished(ledger)],
      ]
    : [];
  const ofFiles: Checks = readable
    ? [
        ['run files', () => checkRunFiles(deps, readable)],
        ['books', () => checkBooks(deps, readable)],
        ['exports', () => checkExports(deps, readable, isDone)],
        ['profiles', () => checkProfiles(deps, readable, isDone)],
      ]
    : [];
  const isValid = findings[0]?.level === 'ok';
  const ofGeneration: Checks = readable && isValid ? [['generation', () => checkGeneration(deps, readable.runId)]] : [];
  const ofNext: Checks = readable || !committed ? [['next drop', () => checkNextDrop(deps, ledger)]] : [];
  if (ofRun && ofRun.level !== 'ok') findings.push(ofRun);
  const checks: Checks = [
    ['committed', () => checkCommitted(deps, ledger)],
    ...ofGeneration,
    ...ofCommitted,
    ['newest run', () => checkNewest(deps, ledger)],
    ['lease', () => checkLease(deps)],
    ...ofNext,
    ...ofFiles,
    ['erasures', () => checkErasures(deps)],
  ];
  for (const [check, look] of checks) findings.push(await examine(check, look));
  return findings;
}

/** The configuration in force; and, where a file is stronger, what was put if it is broken: without the file it holds. */
async function examineConfiguration(deps: RunDeps, file: string): Promise<Finding[]> {
  const isFile = deps.configText !== '';
  const inForce = await examine('configuration', () => checkConfiguration(deps, file), isFile ? '' : PUT_ANEW);
  if (!isFile) return [inForce];
  const put = await examine('put configuration', () => checkPutConfiguration(deps), PUT_ANEW);
  return put.level === 'ok' ? [inForce] : [inForce, put];
}
