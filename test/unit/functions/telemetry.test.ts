import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import type { StepHandler, StepWiring } from '../../../functions/_shared/handler-stack.ts';
import { DataQualityGateError, ThrottledWriteError, TransientDependencyError } from '../../../lib/errors.ts';
import { METRIC_NAMESPACE, METRICS, type MetricName } from '../../../lib/metrics.ts';
import { type MetricLine, metricLines } from './embedded-metrics.ts';

const ANY = z.record(z.string(), z.unknown());
const RUN = { runId: 'r000012-2026-03-01', runSeq: 7 };

/** A wiring as the test needs it: no lease, any input, any answer. */
type Wiring = Partial<StepWiring<Record<string, unknown>, Record<string, unknown>>>;

/** What an invocation wrote, and how it ended. */
interface Told {
  readonly stdout: string;
  readonly logs: readonly Record<string, unknown>[];
  /** Both streams. */
  readonly text: string;
  readonly answer?: unknown;
  readonly error?: Error;
}

const daemon = createSocket('udp4');
const segments: { name: string; annotations: Record<string, unknown>; fault?: boolean; subsegments?: unknown }[] = [];

/** The modules as a function on AWS has them: the X-Ray SDK looks at the environment when it is loaded. */
async function load(
  env: Readonly<Record<string, string>>,
): Promise<typeof import('../../../functions/_shared/handler-stack.ts')> {
  vi.resetModules();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return import('../../../functions/_shared/handler-stack.ts');
}

async function invoke(handler: StepHandler, event: unknown, remainingMs = 900_000): Promise<Told> {
  let stdout = '';
  let stderr = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    stdout += chunk;
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    stderr += chunk;
    return true;
  });
  const context = { functionName: 'f', awsRequestId: 'q', getRemainingTimeInMillis: () => remainingMs } as Context;
  const told = () => ({ stdout, logs: logLines(stdout + stderr), text: stdout + stderr });
  try {
    const answer = await handler(event, context);
    return { answer, ...told() };
  } catch (error) {
    return { error: error as Error, ...told() };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

const STORES = {
  LAKE_URL: 'file:///lake',
  EXPORTS_URL: 'file:///exports',
  PROFILES_TABLE: 'p',
  TRANSITIONS_TABLE: 't',
  RUNS_TABLE: 'r',
};

/** Values of the metrics of a line by name. */
function valuesOf(line: MetricLine | undefined): Partial<Record<MetricName, number>> {
  const names = (line?._aws.CloudWatchMetrics ?? []).flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
  return Object.fromEntries(names.map((name) => [name, line?.[name] as number]));
}

const logLines = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => line !== '' && !line.includes('"_aws"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a deployed function', () => {
  let wire: (wiring: Wiring) => StepHandler;

  beforeAll(async () => {
    daemon.on('message', (packet) => segments.push(JSON.parse(packet.toString().split('\n')[1] ?? '')));
    daemon.bind(0, '127.0.0.1');
    await once(daemon, 'listening');
    const { stepHandler } = await load({
      ...STORES,
      PIPELINE_NAME: 'Shop-Pipeline',
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      LAMBDA_TASK_ROOT: '/var/task',
      _HANDLER: 'index.handler',
      _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1',
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${(daemon.address() as AddressInfo).port}`,
      POWERTOOLS_LOG_LEVEL: 'INFO',
    });
    wire = (wiring) =>
      stepHandler({ step: 'score-shard', input: ANY, output: ANY, holdsLease: false, run: async () => ({}), ...wiring });
  });

  afterAll(() => {
    vi.unstubAllEnvs();
    daemon.close();
  });

  it('publishes what an answer says in one line, with the pipeline as its only dimension', async () => {
    const handler = wire({
      step: 'close-run',
      measure: (_, answer) => ({ RunClosed: 1, RowsRead: answer['rows'] as number }),
      run: async () => ({ rows: 5 }),
    });
    const { stdout } = await invoke(handler, RUN);
    const lines = metricLines(stdout);
    expect(lines).toHaveLength(1);
    expect(valuesOf(lines[0])).toEqual({ RunClosed: 1, RowsRead: 5, TimeLimitShare: expect.any(Number) });
    const [directive] = lines[0]?._aws.CloudWatchMetrics ?? [];
    expect(directive).toMatchObject({ Namespace: METRIC_NAMESPACE, Dimensions: [['pipeline']] });
    for (const { Name, Unit } of directive?.Metrics ?? []) expect(Unit).toBe(METRICS[Name as MetricName].unit);
    expect(lines[0]).toMatchObject({ pipeline: 'Shop-Pipeline', step: 'close-run', runId: RUN.runId });
    expect(lines[0]).not.toHaveProperty('service');
  });

  it('forgets one invocation before the next', async () => {
    const handler = wire({ measure: () => ({ Customers: 3 }) });
    await invoke(handler, { ...RUN, shard: 1 });
    const { stdout, logs } = await invoke(handler, { ...RUN, runSeq: 8, shard: 2 });
    expect(metricLines(stdout)).toEqual([expect.objectContaining({ Customers: 3, item: 'shard=2', runSeq: '8' })]);
    expect(logs).toEqual([expect.objectContaining({ message: 'done', item: 'shard=2', runSeq: 8, businessDate: '2026-03-01' })]);
  });

  it('measures an invocation that throws, and counts throttled writes', async () => {
    const handler = wire({
      step: 'report',
      run: async () => {
        throw new ThrottledWriteError('Table p: 3 items left.');
      },
    });
    const { stdout, error } = await invoke(handler, RUN, 10);
    expect(error?.name).toBe('ThrottledWriteError');
    expect(metricLines(stdout).map(valuesOf)).toEqual([{ ThrottledWrites: 1, TimeLimitShare: expect.any(Number) }]);
  });

  it('measures an invocation that the early timeout cuts short, and stops its work', async () => {
    let isStopped = false;
    const handler = wire({
      step: 'report',
      run: (_input, _deps, signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            isStopped = true;
          });
        }),
    });
    const { stdout, error } = await invoke(handler, RUN, 2050);
    expect({ name: error?.name, isStopped }).toEqual({ name: 'TimeoutError', isStopped: true });
    const [values] = metricLines(stdout).map(valuesOf);
    expect(values?.TimeLimitShare).toBeGreaterThan(45 / 2050);
    expect(values?.TimeLimitShare).toBeLessThan(1);
  });

  it('measures of an error what its step knows, and keeps the error when that fails', async () => {
    const run = async () => {
      throw new DataQualityGateError('Gate.');
    };
    const held = await invoke(wire({ step: 'verify-run', run, measureError: async () => ({ QuarantineShare: 0.25 }) }), RUN);
    expect(metricLines(held.stdout).map(valuesOf)).toEqual([expect.objectContaining({ QuarantineShare: 0.25 })]);
    const measureError = async () => {
      throw new TransientDependencyError('Object: 503.');
    };
    const blind = await invoke(wire({ step: 'verify-run', run, measureError }), RUN);
    expect(blind.error?.name).toBe('DataQualityGateError');
    expect(blind.logs.map(({ message }) => message)).toEqual(['failed', 'not measured']);
  });

  it('logs an error with its causes, and no event, no row and no field of the SDK', async () => {
    const row = 'jane@example.com';
    const sdk = Object.assign(new Error('Rate exceeded'), { Item: { customer_id: { S: row } } });
    const handler = wire({
      step: 'verify-run',
      run: async () => {
        throw new DataQualityGateError(`Run: held. The first: a.csv line 3: amount "${row}".`, {
          cause: new SyntaxError(`Unexpected token 'j', "${row}" is not valid JSON`, { cause: sdk }),
        });
      },
    });
    const { logs, text, error } = await invoke(handler, { ...RUN, note: row });
    const [failed] = logs;
    expect(failed).toMatchObject({
      message: 'failed',
      runId: RUN.runId,
      error: {
        name: 'DataQualityGateError',
        message: 'Run: held. The first: a.csv line 3: amount "…".',
        cause: { name: 'SyntaxError', cause: { name: 'Error', message: 'Rate exceeded' } },
      },
    });
    expect(text).not.toContain(row);
    // What Lambda logs and Step Functions keeps.
    expect(`${error?.message} ${error?.stack}`).not.toContain(row);
    expect(error).toBeInstanceOf(Error);
  });

  it('traces the invocation with its run and item, and the error of one that fails', async () => {
    const segmentOf = (runSeq: number) =>
      vi.waitFor(
        () => segments.find(({ annotations }) => annotations['runSeq'] === runSeq) ?? Promise.reject(new Error('none yet')),
      );
    await invoke(wire({ step: 'score-shard' }), { ...RUN, runSeq: 41, shard: 4 });
    const scored = await segmentOf(41);
    expect(scored).toMatchObject({
      name: '## index.handler',
      annotations: {
        Service: 'perennial-score-shard',
        runId: RUN.runId,
        runSeq: 41,
        item: 'shard=4',
        businessDate: '2026-03-01',
      },
    });
    expect(scored).not.toHaveProperty('metadata');
    const run = async () => {
      throw new TransientDependencyError('Object: 503.');
    };
    await invoke(wire({ step: 'report', run }), { ...RUN, runSeq: 42 });
    expect((await segmentOf(42)).fault).toBe(true);
  });
});

describe('a function on a laptop', () => {
  it('loads neither tracer nor metrics, says nothing and throws errors as they are', async () => {
    const loaded = vi.fn<() => object>();
    vi.doMock('../../../functions/_shared/deployed-telemetry.ts', loaded);
    const { stepHandler } = await load({ ...STORES, PIPELINE_NAME: '', POWERTOOLS_LOG_LEVEL: 'SILENT' });
    const run = async () => {
      throw new DataQualityGateError('amount "12,5o"');
    };
    const { text, error } = await invoke(
      stepHandler({ step: 'verify-run', input: ANY, output: ANY, holdsLease: false, run }),
      RUN,
    );
    expect({ text, message: error?.message, loads: loaded.mock.calls.length }).toEqual({
      text: '',
      message: 'amount "12,5o"',
      loads: 0,
    });
    vi.doUnmock('../../../functions/_shared/deployed-telemetry.ts');
    vi.unstubAllEnvs();
  });
});
