import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { CACHE } from './cache.ts';
import { freePort, startEmulator } from './emulator-process.ts';
import { pythonTool } from './python-tool.ts';

/** A running MiniStack: an empty account in memory. */
export interface MiniStack {
  /** `http://127.0.0.1:<port>`, for every service. */
  readonly endpoint: string;
  readonly port: number;
  readonly pid: number;
  /** Its scratch folder; `stop` removes it. */
  readonly folder: string;
  /** Standard output and standard error of the server. */
  readonly log: string;
  /** Variables that point the AWS SDK and the CDK to it; on top of `withoutAws(process.env)`. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** What any account number and region would do as well; `cdk bootstrap` needs both. */
export const EMULATED_ACCOUNT = '000000000000';
export const EMULATED_REGION = 'us-east-1';

/** A log for each run; it stays for a day. */
const LOGS = join(CACHE, 'ministack', 'logs');
const DAY_MS = 86_400_000;

/**
 * Starts MiniStack on 127.0.0.1, with its virtual environment made before when it is missing. Its Lambda functions run with the
 * Node of this process.
 *
 * @param options `port` default a free one; `keep` leaves it running when this process ends
 * @throws ConfigError when Python is missing; Error with the end of its log when it does not start
 */
export async function startMiniStack(options: { port?: number; keep?: boolean } = {}): Promise<MiniStack> {
  const python = await pythonTool('ministack');
  const port = options.port ?? (await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const log = join(LOGS, `port-${port}.log`);
  await removeOldLogs();
  // Code of functions is unpacked there. Below the repository they would find its package.json and its packages.
  const folder = await mkdtemp(join(tmpdir(), 'perennial-ministack-'));
  const env = sdkEnv(endpoint);
  const server = await startEmulator({
    name: 'MiniStack',
    command: python,
    args: ['-m', 'ministack'],
    env: {
      ...withoutAws(process.env),
      ...env,
      // Its Lambda functions run as `node` of the PATH.
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      TMPDIR: folder,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      PYTHONDONTWRITEBYTECODE: '1',
    },
    cwd: folder,
    log,
    probe: `${endpoint}/_ministack/health`,
    keep: options.keep ?? false,
  });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  if (!options.keep) process.once('exit', remove);
  const stop = async () => {
    await server.stop();
    process.off('exit', remove);
    await rm(folder, { recursive: true, force: true });
  };
  return { endpoint, port, pid: server.pid, folder, log, env, stop };
}

async function removeOldLogs(): Promise<void> {
  await mkdir(LOGS, { recursive: true });
  for (const name of await readdir(LOGS)) {
    // Another process may remove the same.
    const age = await stat(join(LOGS, name)).catch(() => undefined);
    if (age !== undefined && Date.now() - age.mtimeMs > DAY_MS) await rm(join(LOGS, name), { recursive: true, force: true });
  }
}

function sdkEnv(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: EMULATED_REGION,
    AWS_DEFAULT_REGION: EMULATED_REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    // A person's profiles may name another endpoint.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
}

/** An environment without any variable that could lead to a real account: a profile, a session, the endpoint of one service. */
export function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS|CDK)_/.test(name)));
}
