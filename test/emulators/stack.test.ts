import { spawn } from 'node:child_process';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAccount } from '../deploy/account.ts';
import { bootstrap, deployStack, STACK } from '../deploy/deploy-stack.ts';
import { limitsOf } from '../deploy/limits.ts';
import { type Perennial, perennialIn } from '../deploy/perennial.ts';
import { type MiniStack, startMiniStack, withoutAws } from '../support/emulators/ministack.ts';

const NIGHT = '2025-01-05';
const RANGE = ['--from', '2025-01-01', '--to', '2025-01-04'];
/** Twice of what a busy machine takes. */
const MINUTES = 12;
const ON_STACK = ['--stack', STACK];
const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

describe('the command line on a deployed stack', () => {
  let folder: string;
  let server: MiniStack;
  let env: NodeJS.ProcessEnv;
  let perennial: Perennial;
  const stack = async (...args: string[]) => (await perennial.well([...args, ...ON_STACK])).stdout;
  const home = async (...args: string[]) => (await perennial.well([...args, '--home', 'home'])).stdout;
  const runs = async () => JSON.parse(await stack('runs', '--json')) as { runId: string; to: string; state: string }[];

  beforeAll(async () => {
    const limits = limitsOf(MINUTES);
    folder = await mkdtemp(join(tmpdir(), 'perennial-stack-'));
    server = await startMiniStack();
    env = { ...withoutAws(process.env), ...server.env };
    perennial = perennialIn({ folder, env, limits });
    const account = openAccount(server, limits);
    try {
      const call = { folder, env, limitMs: limits.cdkMs };
      await bootstrap(call);
      await deployStack(account, call);
    } finally {
      account.close();
    }
    await perennial.well('generate --days 5 --customers 400 --seed 3 --dirt 0.01 --out drops'.split(' '));
    await rename(join(folder, `drops/dt=${NIGHT}`), join(folder, 'kept'));
  }, MINUTES * 60_000);
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('runs a range from its own bucket, and reads what a home makes of the same drops', async () => {
    await expect(stack('put', 'drops')).resolves.toMatch(/^8 of 8 files copied, dates: 4\. Next: .* run --stack Perennial\n/);
    await expect(stack('put', 'drops')).resolves.toMatch(/^0 of 8 files copied/);
    const { stdout, stderr } = await perennial.well(['run', ...RANGE, ...ON_STACK]);
    await perennial.well(['put', 'drops', '--home', 'home']);
    const local = await perennial.well(['run', ...RANGE, '--home', 'home', '--quiet']);
    expect(stdout).toBe(local.stdout);
    expect(stderr).toMatch(/^Started cli-\S+-run-[0-9a-f]{4} in stack Perennial\. Ctrl-C stops following; the run goes on\.\n/);
    expect(stderr).toMatch(/^score-shard +4\/4 shards +[\d.]+ s$/m);
    expect(stderr).toContain('see npm run -s perennial -- quarantine list --stack Perennial.');
    for (const args of [
      ['scores'],
      ['transitions'],
      ['calibrations', '--json'],
      ['explain', 'c000001', '--json'],
      ['warnings', '--json'],
      ['segments', '--json'],
      ['quarantine', 'list', '--json'],
    ]) {
      expect({ args, out: await stack(...args) }).toEqual({ args, out: await home(...args) });
    }
    expect(await stack('exports')).toMatch(/^Exports below s3:\/\/\S+\n\n {2}v1\/segment=\S+\/latest\.json → 2025-01-04\n/);
    expect(await stack('run', ...RANGE)).toBe('Already done: 2025-01-04 is committed. Nothing was written.\n');
  });

  it('starts the next night without waiting, stops following at Ctrl-C, and the runs go on', async () => {
    await rename(join(folder, 'kept'), join(folder, `drops/dt=${NIGHT}`));
    await stack('put', 'drops');
    const child = spawn(process.execPath, [MAIN, 'run', ...ON_STACK], { cwd: folder, env });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!child.killed && said.includes('plan-run')) child.kill('SIGINT');
    });
    const ended = await new Promise((resolve) => child.once('close', (_, signal) => resolve(signal)));
    expect(ended).toBe('SIGINT');
    expect(said).toMatch(
      /\nNo longer followed; the run goes on\. Look at it with .* runs --stack Perennial or aws stepfunctions /,
    );
    const isClosed = async () => (await runs()).some(({ to, state }) => to === NIGHT && state === 'CLOSED');
    await expect.poll(isClosed, { timeout: 120_000, interval: 2000 }).toBe(true);
    const { execution, outcome } = JSON.parse(await stack('run', '--date', NIGHT, '--no-wait', '--json')) as Record<
      string,
      string
    >;
    expect([outcome, execution]).toEqual(['started', expect.stringMatching(/:execution:.*:cli-.*-run-/)]);
    expect(await stack('rollback')).toMatch(/^Rolled back r000002-2025-01-05\. Committed again: r000001-2025-01-04/);
    expect((await runs()).map(({ state }) => state)).toEqual(['CLOSED', 'SUPERSEDED']);
  });

  it('forgets and compacts a customer of the stack', async () => {
    const [, first = ''] = (await stack('scores')).split('\n');
    const id = first.split(',')[0] as string;
    expect(await stack('forget', id)).toContain(`Then: npm run -s perennial -- compact --stack ${STACK}`);
    await stack('run', '--quiet');
    expect(await stack('compact', '--yes')).toMatch(/^Done: 1 erasure, [\s\S]*Replaced versions go with the lifecycle rule/);
    expect(await stack('compact', '--yes')).toMatch(/^Nothing to do/);
    expect((await stack('scores')).split('\n').some((line) => line.startsWith(`${id},`))).toBe(false);
  });

  it('refuses in one line what a stack cannot do', async () => {
    const refusal = async (...args: string[]) => {
      const { code, stderr } = await perennial.run(args);
      return [code, stderr.split('\n')[0]];
    };
    expect(await refusal('run', ...ON_STACK, '--data', 'drops')).toEqual([
      2,
      `error: Option --data: drops, expected s3://BUCKET/PREFIX with --stack, for the stack cannot read this computer. Put the drops first: npm run -s perennial -- put drops --stack ${STACK}`,
    ]);
    expect(await refusal('runs', '--stack', 'Nope')).toEqual([2, expect.stringContaining(`Pipelines here: ${STACK}.`)]);
    expect(await refusal('runs', ...ON_STACK, '--home', 'home')).toEqual([
      2,
      expect.stringContaining("'--stack <name>' cannot be used with"),
    ]);
    expect(await refusal('demo', ...ON_STACK)).toEqual([2, expect.stringContaining("unknown option '--stack'")]);
    expect(await refusal('run', ...ON_STACK, '--quiet', '--date', '2025-02-01')).toEqual([
      1,
      expect.stringContaining('Drop 2025-01-06: no folder s3://'),
    ]);
  });
});
