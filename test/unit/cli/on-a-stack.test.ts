import { fileURLToPath } from 'node:url';
import { CloudFormationClient, DescribeStacksCommand, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CliContext, HomeOptions } from '../../../cli/context.ts';
import { openStack } from '../../../cli/deployed/open-stack.ts';
import { runProgram } from '../../../cli/program.ts';
import type { RunOutcome } from '../../../cli/runner.ts';
import { ConfigError, DataQualityGateError } from '../../../lib/errors.ts';
import type { RunDeps } from '../../../lib/run/deps.ts';
import { emptyPlaces, memoryDeps } from '../../support/run-in-memory.ts';

describe('a command with --stack', () => {
  let said: { out: string; err: string };
  let opened: HomeOptions[];
  let asked: unknown[];
  let deps: RunDeps;
  let run: () => Promise<RunOutcome>;
  const context: CliContext = {
    async openHome(options) {
      opened.push(options);
      return {
        deps,
        config: () => Promise.reject(new Error('not asked')),
        openRunner: async ({ wait }) => ({
          run: (request) => {
            asked.push({ wait, ...request });
            return run();
          },
          close: async () => undefined,
        }),
        close: async () => undefined,
      };
    },
    openDrops: async () => ({ drops: deps.lake, config: () => Promise.reject(new Error('not asked')) }),
  };
  const perennial = (line: string) => runProgram(line.split(' '), context);

  beforeEach(() => {
    [said, opened, asked, deps] = [{ out: '', err: '' }, [], [], memoryDeps(emptyPlaces())];
    for (const name of ['out', 'err'] as const) {
      vi.spyOn(process[`std${name}`], 'write').mockImplementation((text) => {
        said[name] += String(text);
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('starts the run that was asked for, and names the stack in what comes next', async () => {
    run = async () => ({ kind: 'started', execution: 'arn:e' });
    expect(await perennial('run --date 2025-01-05 --stack Shop --no-wait --data s3://other/drops/')).toBe(0);
    expect(opened).toEqual([expect.objectContaining({ stack: 'Shop' })]);
    expect(asked).toEqual([{ wait: false, to: '2025-01-05', snapshots: 'last', dropsUrl: 's3://other/drops' }]);
    expect(said.out).toBe('Started arn:e.\nLook at it with npm run -s perennial -- runs --stack Shop\n');
    expect(await perennial('runs --stack Shop')).toBe(0);
    expect(said.out).toContain('No runs yet. Begin with npm run -s perennial -- put DIR --stack Shop.\n');
  });

  it('takes the other configuration of a what-if beside a stack, and opens the stack with its own', async () => {
    const file = fileURLToPath(new URL('../../../examples/cdnow.config.json', import.meta.url));
    expect(await perennial(`whatif --config ${file} --from 2025-01-05 --stack Shop`)).toBe(2);
    expect(opened).toEqual([{ stack: 'Shop', home: '.perennial', from: '2025-01-05' }]);
    expect(said.err).toContain('no run is committed yet');
    expect(await perennial(`whatif --config ${file} --from 2025-01-05 --stack Shop --home shop`)).toBe(2);
    expect(said.err).toContain("'--stack <name>' cannot be used with option '--home <dir>'");
  });

  it('says which dates of a range come before the books', async () => {
    const run1 = { runId: 'r1', runSeq: 1, from: '2025-01-03', to: '2025-01-04', state: 'CLOSED', openedAt: '', baseRunId: '' };
    await deps.runs.put({ pk: 'RUN', sk: 'r1', ...run1 });
    await deps.runs.put({ pk: 'CURRENT', sk: '-', runId: 'r1', dt: '2025-01-04' });
    run = async () => ({ kind: 'already done', to: '2025-01-04' });
    expect(await perennial('run --from 2025-01-01 --to 2025-01-04 --stack Shop')).toBe(0);
    expect(said.out).toBe('Already done: 2025-01-04 is committed. Nothing was written.\n');
    expect(said.err).toMatch(/^note: 2025-01-01 to 2025-01-02: not part of the books, which begin on 2025-01-03; .* new home/);
    said.err = '';
    expect(await perennial('run --from 2025-01-03 --to 2025-01-04 --stack Shop')).toBe(0);
    expect(said.err).toBe('');
  });

  it('shows no counts of a run before they are known, and says how to begin', async () => {
    const open = { runId: 'r1', runSeq: 7, from: '2025-01-03', to: '2025-01-03', state: 'OPEN', openedAt: '', committedAt: '' };
    await deps.runs.put({ pk: 'RUN', sk: 'r1', ...open, generation: 1, counts: {} });
    expect(await perennial('runs --stack Shop')).toBe(0);
    expect(said.out.split('\n')[1]).toMatch(/OPEN +1 +7$/);
    expect(await perennial('scores --stack Shop')).toBe(2);
    expect(said.err).toContain(
      'Begin with `npm run -s perennial -- put DIR --stack Shop` and `npm run -s perennial -- run --stack Shop`',
    );
  });

  it('ends with 3 when the run is held, and says what to paste', async () => {
    await deps.runs.put({ pk: 'RUN', sk: 'r1', runId: 'r1', runSeq: 1, state: 'HELD', openedAt: '' });
    run = () => Promise.reject(new DataQualityGateError('Run r1 is held: `approve r1`'));
    expect(await perennial('run --stack Shop --quiet')).toBe(3);
    expect(said.err).toBe('error: Run r1 is held: `npm run -s perennial -- approve r1 --stack Shop`\n');
    expect(await perennial('approve r1 --gate zero_rows --stack Shop --json')).toBe(3);
    expect(asked.at(-1)).toMatchObject({ approve: { runId: 'r1', waive: ['zero_rows'] } });
    expect(JSON.parse(said.out)).toMatchObject({ outcome: 'held', run: { runId: 'r1' } });
  });

  it.each([
    ['run --stack Shop --home x', "option '--stack <name>' cannot be used with option '--home <dir>'"],
    ['run --stack Shop --config c.json', "cannot be used with option '--config <file>'"],
    ['run --stack Shop --workers 2', "cannot be used with option '--workers <n>'"],
    ['runs show r1 --stack Shop --home x', "cannot be used with option '--home <dir>'"],
    ['quarantine list --home x --stack Shop', "cannot be used with option '--home <dir>'"],
    ['runs --stack=', 'Expected the name of a stack.'],
    ['demo --stack Shop', "unknown option '--stack'"],
    ['generate --stack Shop --days 1 --customers 1 --out x', "unknown option '--stack'"],
    ['run --no-wait', 'Option --no-wait: without --stack, expected both.'],
    ['run --stack Shop --data test', 'Put the drops first: npm run -s perennial -- put test --stack Shop'],
    ['forget c1 --stack Shop --data test', 'Option --data: test, expected s3://BUCKET/PREFIX'],
  ])('refuses %s', async (line, says) => {
    expect(await perennial(line)).toBe(2);
    expect(said.err).toContain(says);
    expect(said.err.trimEnd()).not.toContain('\n');
    expect(asked).toEqual([]);
  });
});

describe('openStack', () => {
  it('reads buckets and tables of the outputs, and the configuration of the template only when it is asked for', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    const aws = mockClient(CloudFormationClient);
    const names = ['ProfilesTable', 'TransitionsTable', 'RunsTable', 'MachineArn', 'NoticesTopicArn', 'PiiKeyArn'];
    const outputs = {
      LakeBucket: 'the-lake',
      ExportsBucket: 'the-exports',
      ...Object.fromEntries(names.map((name) => [name, name])),
    };
    const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
    aws.on(DescribeStacksCommand).resolves({
      Stacks: [{ StackName: 'Shop', CreationTime: new Date(0), StackStatus: 'CREATE_COMPLETE', Outputs }],
    });
    aws.on(GetTemplateCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
    const { deps } = await openStack('Shop');
    expect([deps.lake.url, deps.exports.url, deps.runs.name]).toEqual(['s3://the-lake', 's3://the-exports', 'RunsTable']);
    expect([deps.isExclusive, deps.isDead(0), deps.leaseMs, deps.configText]).toEqual([false, false, 1_200_000, '']);
    expect(() => deps.deployedConfigText).toThrow(ConfigError);
    const Open = { Properties: { Environment: { Variables: { DEPLOYED_CONFIG: '{"currency":"EUR"}' } } } };
    aws.on(GetTemplateCommand).resolves({ TemplateBody: JSON.stringify({ Resources: { Open } }) });
    expect((await openStack('Shop')).deps.deployedConfigText).toBe('{"currency":"EUR"}');
    aws.restore();
    vi.unstubAllEnvs();
  });
});
