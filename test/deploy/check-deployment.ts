import type { MiniStack } from '../support/emulators/ministack.ts';
import { type Account, openAccount } from './account.ts';
import { type Check, compareSides } from './compare.ts';
import { bootstrap, type DeployedStack, deployStack, outputOf } from './deploy-stack.ts';
import { type Deliveries, generateDrops, NIGHTS, RANGE, uploadDrops } from './drops.ts';
import { type Execution, execute, executeBySchedule, newestExecution } from './executions.ts';
import type { Limits } from './limits.ts';
import { type LocalHomes, runChanged, runLocally } from './local-runs.ts';
import { checkDoctor, checkKeys, checkLedger, checkSelf, checkSize, checkStopped } from './other-checks.ts';
import { type Perennial, perennialIn } from './perennial.ts';
import { type DeployedSide, readDeployed } from './read-deployed.ts';
import { readHome } from './read-home.ts';
import { writeResult } from './result-file.ts';
import { compareDefinition } from './same-definition.ts';
import type { Side } from './side.ts';
import type { Stages } from './stages.ts';

/** What the check works with. */
export interface DeploymentCheck {
  readonly emulator: MiniStack;
  /** Empty; takes drops, assembly and homes. */
  readonly folder: string;
  readonly stages: Stages;
  /** Variables of every child, without any of an AWS account. */
  readonly env: NodeJS.ProcessEnv;
  readonly limits: Limits;
}

/** The check with what it has opened: the command line for homes and for the stack. */
interface OpenCheck extends DeploymentCheck {
  readonly account: Account;
  readonly here: Perennial;
  readonly there: Perennial;
}

/** The second night's scheduled time: the run ends on the business day before it. */
const SCHEDULED_TIME = '2025-07-09T04:30:00Z';

/** Deploys, runs on both sides, compares and writes the result. @throws Error when a part cannot be done at all */
export async function checkDeployment(check: DeploymentCheck): Promise<readonly Check[]> {
  const account = openAccount(check.emulator, check.limits);
  const there = { ...check, env: { ...check.env, ...check.emulator.env } };
  try {
    return await checkAll({ ...check, account, here: perennialIn(check), there: perennialIn(there) });
  } finally {
    account.close();
  }
}

async function checkAll(check: OpenCheck): Promise<readonly Check[]> {
  const { account, stages, folder, here, there } = check;
  const drops = await stages.run('generate', () => generateDrops(here, folder));
  // CloudFormation is mostly waited for: there is time for the runs of this side.
  const [homes, stack] = await Promise.all([stages.run('local', () => runLocally(here, folder, drops)), deploy(check)]);
  const definition = await stages.run('definition', () => compareDefinition(account, stack, folder));
  const executions = await runDeployed(check, stack, drops);
  await stages.run('changed', () => runChanged(homes.changed, check, drops));
  const { deployed, same, changed } = await readSides(check, stack, homes);
  const checks = [
    definition,
    ...compareSides(deployed, same),
    checkSize(deployed),
    checkKeys(deployed, stack),
    await checkLedger(account, stack, executions),
    await stages.run('doctor', () => checkDoctor(there, stack)),
    await stages.run('stop', () => checkStopped(account, stack)),
  ];
  const selfTest = checkSelf(compareSides(deployed, changed));
  checks.push(selfTest.check);
  const path = await writeResult({ stack, executions, checks, selfTest, secondsByStage: stages.seconds });
  console.log(`\nAll in ${stages.total.toFixed(0)} s. Result: ${path}`);
  return checks;
}

async function deploy({ emulator, folder, stages, env, limits, account }: OpenCheck): Promise<DeployedStack> {
  const call = { env: { ...env, ...emulator.env }, folder, limitMs: limits.cdkMs };
  await stages.run('bootstrap', () => bootstrap(call));
  return stages.run(
    'deploy',
    () => deployStack(account, call),
    ({ resources }) => `${resources.length} resources`,
  );
}

/** Each part of it by another way in: SDK, command line, schedule. */
async function runDeployed({ stages, account, there }: OpenCheck, stack: DeployedStack, drops: Deliveries): Promise<Execution[]> {
  const machine = outputOf(stack, 'MachineArn');
  const ofStack = ['--stack', stack.name];
  const tell = ({ name }: Execution) => `execution ${name}`;
  const upload = () => uploadDrops(account, outputOf(stack, 'LakeBucket'), drops.first);
  const byCommand = async () => {
    await there.well(['run', ...ofStack, '--quiet', '--date', NIGHTS[0]]);
    return newestExecution(account, machine);
  };
  await stages.run('upload', upload, (count) => `${count} objects`);
  const executions = [
    await stages.run('history', () => execute(account, machine, 'history', RANGE), tell),
    await stages.run('night 1', byCommand, tell),
  ];
  await stages.run('put', () => there.well(['put', drops.second, ...ofStack]));
  executions.push(await stages.run('night 2', () => executeBySchedule(account, machine, SCHEDULED_TIME), tell));
  return executions;
}

async function readSides(
  { stages, account, here, there }: OpenCheck,
  stack: DeployedStack,
  homes: LocalHomes,
): Promise<{ deployed: DeployedSide; same: Side; changed: Side }> {
  const read = async () => ({
    deployed: await readDeployed(account, stack, there),
    same: await readHome(homes.same, here),
    changed: await readHome(homes.changed, here),
  });
  return stages.run('read', read, ({ deployed }) => `${deployed.objects.size} objects, ${deployed.profiles.size} profiles`);
}
