import { rm } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { CACHE } from './cache.ts';
import { freePort, startEmulator } from './emulator-process.ts';
import { EMULATED_REGION, withoutAws } from './ministack.ts';
import { pythonTool } from './python-tool.ts';

/** How an execution ended. */
export interface MotoOutcome {
  readonly executionArn: string;
  readonly status: string;
  /** Name of the error that ended it; '' after success. */
  readonly error: string;
}

/** A running moto with its Step Functions engine: an interpreter that shares no code with the local one. */
export interface Moto {
  readonly endpoint: string;
  readonly env: Readonly<Record<string, string>>;
  /** Makes a state machine. @returns its ARN */
  createMachine(name: string, definition: StateMachineDefinition): Promise<string>;
  /** Runs the machine to its end. */
  execute(machineArn: string, name: string, input: object): Promise<MotoOutcome>;
  stop(): Promise<void>;
}

const RUNS = join(CACHE, 'moto', 'runs');
const ROLE = 'arn:aws:iam::123456789012:role/any';
/** moto computes in one thread: who asks too often slows it down. */
const [FIRST_LOOK_MS, LAST_LOOK_MS] = [100, 2000];

/** Starts moto on a free port. @param lambdaPort where the functions of Task states answer */
export async function startMoto(lambdaPort: number): Promise<Moto> {
  const python = await pythonTool('moto');
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const log = join(RUNS, `port-${port}.log`);
  const env = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: EMULATED_REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
  const server = await startEmulator({
    name: 'moto',
    command: python,
    args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    // Its engine sends the calls of Task states to this port of localhost, whatever the service.
    env: { ...withoutAws(process.env), ...env, MOTO_PORT: String(lambdaPort), PYTHONDONTWRITEBYTECODE: '1' },
    cwd: RUNS,
    log,
    probe: `${endpoint}/moto-api/data.json`,
  });
  const config = JSON.stringify({ stepfunctions: { execute_state_machine: true } });
  await fetch(`${endpoint}/moto-api/config`, { method: 'POST', body: config });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SFNClient({ endpoint, region: EMULATED_REGION, credentials });
  return {
    endpoint,
    env,
    async createMachine(name, definition) {
      const request = { name, definition: JSON.stringify(definition), roleArn: ROLE };
      const { stateMachineArn } = await client.send(new CreateStateMachineCommand(request));
      return stateMachineArn as string;
    },
    async execute(stateMachineArn, name, input) {
      const request = { stateMachineArn, name, input: JSON.stringify(input) };
      const { executionArn } = await client.send(new StartExecutionCommand(request));
      for (let pause = FIRST_LOOK_MS; ; pause = Math.min(2 * pause, LAST_LOOK_MS)) {
        const { status, error } = await client.send(new DescribeExecutionCommand({ executionArn }));
        if (status !== 'RUNNING') return { executionArn: executionArn as string, status: status as string, error: error ?? '' };
        await sleep(pause);
      }
    },
    async stop() {
      client.destroy();
      await server.stop();
      await rm(log, { force: true });
    },
  };
}

/** The same definition with retries a second apart, the shortest pause that Step Functions knows. Nothing else is changed. */
export function withShortPauses<T>(definition: T): T {
  return JSON.parse(JSON.stringify(definition), (field: string, value: unknown) =>
    field === 'IntervalSeconds' || field === 'BackoffRate' ? 1 : value,
  ) as T;
}
