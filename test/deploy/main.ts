import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type MiniStack, startMiniStack, withoutAws } from '../support/emulators/ministack.ts';
import { checkDeployment } from './check-deployment.ts';
import { type Limits, limitsOf } from './limits.ts';
import { Stages } from './stages.ts';
import { tellChecks } from './tell-checks.ts';

const HELP = `Usage: npm run test:deploy [-- --keep --minutes N]

Deploys the stack with the CDK into an AWS emulator on this machine (MiniStack), runs a history and two nights there and here,
and compares all that came of it. Needs Python 3.10 or newer; reaches no AWS account. See docs/testing.md.

  --keep         leaves the emulator and the folder of drops and homes, and says how to reach and end them
  --minutes <n>  gives up after so many minutes (default: 12); a busy machine needs more
  --help         this text

Writes .cache/deploy-result.json. Exit codes: 0 all comparisons passed, 1 otherwise, 2 wrong usage.
`;

/** @returns count of comparisons that passed and of the others */
async function main(keep: boolean, limits: Limits): Promise<{ passed: number; failed: number }> {
  const stages = new Stages();
  const emulator = await stages.run(
    'emulator',
    () => startMiniStack({ keep }),
    ({ endpoint, pid }) => `MiniStack at ${endpoint}, process ${pid}`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'perennial-deploy-'));
  // However this process ends; what it started is ended before.
  if (!keep) process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  try {
    return tellChecks(await checkDeployment({ emulator, folder, stages, limits, env: withoutAws(process.env) }));
  } finally {
    if (keep) tellKept(emulator, folder);
    else await emulator.stop();
  }
}

function giveUp(why: string, code: number): never {
  console.error(`\ntest:deploy: ${why}`);
  console.log('0 passed, 1 failed');
  process.exit(code);
}

function tellKept(emulator: MiniStack, folder: string): void {
  const variables = Object.entries(emulator.env).map(([name, value]) => `${name}=${value}`);
  console.log(`\nDrops and homes: ${folder}`);
  console.log(`To reach the emulator:\n  export ${variables.join(' ')}`);
  console.log(`To end it, and remove all of it:\n  kill -- -${emulator.pid}; rm -rf ${emulator.folder} ${folder}`);
}

try {
  const { values } = parseArgs({
    options: { keep: { type: 'boolean' }, minutes: { type: 'string', default: '12' }, help: { type: 'boolean' } },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) giveUp(`Option --minutes: ${values.minutes}, expected a number above 0.\n\n${HELP}`, 2);
  const limits = limitsOf(minutes);
  if (values.help) {
    console.log(HELP);
  } else {
    setTimeout(() => giveUp(`not done after ${minutes} minutes`, 1), limits.wholeMs).unref();
    // At once: after a failure another part may still be under way.
    const { passed, failed } = await main(values.keep ?? false, limits);
    console.log(`\n${passed} passed, ${failed} failed`);
    process.exit(failed === 0 ? 0 : 1);
  }
} catch (error) {
  const isUsage = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  if (isUsage) giveUp(`${(error as Error).message}\n\n${HELP}`, 2);
  // What was foreseen says all in its message; of anything else the place matters.
  const { name, message, stack } = error as Error;
  giveUp(['Error', 'ConfigError'].includes(name) ? message : (stack ?? message), 1);
}
