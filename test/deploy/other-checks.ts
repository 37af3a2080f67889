import { setTimeout as sleep } from 'node:timers/promises';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { Account } from './account.ts';
import type { Check } from './compare.ts';
import { type DeployedStack, outputOf } from './deploy-stack.ts';
import { NIGHTS } from './drops.ts';
import type { Execution } from './executions.ts';
import type { Perennial } from './perennial.ts';
import type { DeployedSide } from './read-deployed.ts';
import type { SelfTest } from './result-file.ts';
import type { Side } from './side.ts';

/** At least so many customers must have come by the last night. */
const MIN_CUSTOMERS = 5000;

const TOLD_LIMIT_MS = 30_000;
const LOOK_AGAIN_MS = 250;

/** Fewer customers, or no fitted model, would make equality cheap. */
export function checkSize({ profiles, told }: Side): Check {
  const { epoch } = JSON.parse(told.get('calibrations --json') ?? '{}') as { epoch?: { id?: string } };
  const differences = [];
  if (profiles.size < MIN_CUSTOMERS) differences.push(`${profiles.size} customers, expected ${MIN_CUSTOMERS}`);
  if (epoch?.id === undefined) differences.push('no epoch in force: the models decided nothing');
  return { name: 'customers, under a fitted model', compared: profiles.size, differences };
}

/** Every run of the ledger names the execution that opened it: what the comparison with a laptop leaves out. */
export async function checkLedger({ dynamo }: Account, stack: DeployedStack, executions: readonly Execution[]): Promise<Check> {
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: outputOf(stack, 'RunsTable'), ConsistentRead: true }));
  const records = Items.filter(({ pk }) => pk?.S === 'RUN').sort((a, b) => ((a['sk']?.S ?? '') < (b['sk']?.S ?? '') ? -1 : 1));
  const [found, expected] = [records.map(({ execution }) => execution?.S), executions.map(({ arn }) => arn)];
  const differences = found.join() === expected.join() ? [] : [`found ${found.join()}, expected ${expected.join()}`];
  return { name: 'executions of the run ledger', compared: found.length, differences };
}

/** Personal data name the key of their own, and nothing else does. */
export function checkKeys({ kmsKeys }: DeployedSide, stack: DeployedStack): Check {
  const piiKey = outputOf(stack, 'PiiKeyArn');
  const keys = [...kmsKeys].filter(([key]) => key.startsWith('lake/'));
  const wrong = keys.filter(([key, kmsKey]) => key.startsWith('lake/pii/') !== (kmsKey !== '' && piiKey.endsWith(kmsKey)));
  return {
    name: 'KMS keys of personal data',
    compared: keys.length,
    differences: wrong.map(([key, kmsKey]) => `${key}: ${kmsKey || 'no key'}, the key of personal data is ${piiKey}`),
  };
}

/** `doctor --stack` after three runs: no problem. Warnings are allowed; nobody is subscribed to the notices, for one. */
export async function checkDoctor(perennial: Perennial, { name }: DeployedStack): Promise<Check> {
  const { code, stdout, stderr } = await perennial.run(['doctor', '--stack', name]);
  const lines = stdout.split('\n');
  const problems = lines.filter((line) => /^ {2}problem /.test(line));
  return {
    name: 'doctor finds no problem',
    compared: lines.filter((line) => /^ {2}(ok|warning|problem) /.test(line)).length,
    differences: code === 0 ? [] : [`exit code ${code}`, ...problems, stderr],
  };
}

/**
 * Stops an execution that waits for its drop, as nothing in the machine can notice: the rule on its status change must call
 * fail-run, which remembers in the runs table that subscribers were told.
 */
export async function checkStopped({ sfn, dynamo }: Account, stack: DeployedStack): Promise<Check> {
  const stateMachineArn = outputOf(stack, 'MachineArn');
  const started = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, name: 'stopped', input: JSON.stringify({ waitForDrop: true }) }),
  );
  const executionArn = started.executionArn as string;
  await sfn.send(new StopExecutionCommand({ executionArn }));
  const deadline = performance.now() + TOLD_LIMIT_MS;
  const isTold = async () => {
    const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: outputOf(stack, 'RunsTable'), ConsistentRead: true }));
    return Items.some(({ pk, sk }) => pk?.S === 'TOLD' && sk?.S === executionArn);
  };
  let told = await isTold();
  while (!told && performance.now() < deadline) {
    await sleep(LOOK_AGAIN_MS);
    told = await isTold();
  }
  const differences = told ? [] : [`${executionArn}: fail-run did not tell of it in ${TOLD_LIMIT_MS / 1000} s`];
  return { name: 'a stopped execution reaches fail-run', compared: 1, differences };
}

/**
 * What the comparison finds against a side in which one constant of a scoring kernel is another. The constant decides values, so
 * scores of both nights, profiles and lists of members must all show it.
 */
export function checkSelf(checks: readonly Check[]): SelfTest & { check: Check } {
  const count = ({ name, differences }: Check) => [name, differences.length] as const;
  const differences = Object.fromEntries(checks.map(count).filter(([, found]) => found > 0));
  const expected = [...NIGHTS.map((night) => `scores --date ${night} --format csv`), 'profile items', 'exports objects'];
  const missed = expected.filter((name) => differences[name] === undefined);
  const check = {
    name: 'a changed constant is found',
    compared: expected.length,
    differences: missed.map((name) => `${name}: no difference, expected some`),
  };
  return { found: missed.length === 0, differences, check };
}
