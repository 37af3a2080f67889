import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { ConfigError } from '../../../lib/errors.ts';
import { CACHE } from './cache.ts';
import { freePort, startEmulator } from './emulator-process.ts';

const run = promisify(execFile);

/** DynamoDB Local 3 is built for Java 17. */
const OLDEST_JAVA = 17;

/** A cold download of its 83 files (48 MB) took 20 s here. */
const DOWNLOAD_LIMIT_MS = 600_000;

const POM = fileURLToPath(new URL('./dynamodb-local/pom.xml', import.meta.url));
const SERVER = fileURLToPath(new URL('./dynamodb-local/server.xml', import.meta.url));
const FOLDER = join(CACHE, 'dynamodb-local');

/** A running DynamoDB Local: no tables, in memory. */
export interface DynamoDbLocal {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts DynamoDB Local on a free port of 127.0.0.1, without telemetry; Maven fetches what `dynamodb-local/pom.xml` names once.
 *
 * @throws ConfigError when Java or Maven is missing; Error with the end of its log when it does not start
 */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  await assertJava();
  const libraries = await fetchLibraries();
  const port = await freePort();
  const log = join(FOLDER, `port-${port}.log`);
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startEmulator({
    name: 'DynamoDB Local',
    command: 'java',
    args: [
      `-Dsqlite4java.library.path=${libraries}`,
      '-cp',
      join(libraries, '*'),
      'org.eclipse.jetty.xml.XmlConfiguration',
      `port=${port}`,
      SERVER,
    ],
    env: process.env,
    cwd: FOLDER,
    log,
    probe: endpoint,
  });
  const stop = async () => {
    await server.stop();
    await rm(log, { force: true });
  };
  return { endpoint, pid: server.pid, stop };
}

async function assertJava(): Promise<void> {
  let seen = 'none on the PATH';
  try {
    // The version is the first thing in quotes: `openjdk version "17.0.15" 2025-04-15`.
    const { stderr } = await run('java', ['-version']);
    const version = /"([^"]+)"/.exec(stderr)?.[1] ?? stderr;
    if (Number.parseInt(version, 10) >= OLDEST_JAVA) return;
    seen = version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') seen = String(error);
  }
  throw new ConfigError(
    `Java for DynamoDB Local: ${seen}, expected Java ${OLDEST_JAVA} or newer. Install it (Debian, Ubuntu: apt-get install ` +
      'default-jre-headless maven; macOS: brew install openjdk maven) and run the command again.',
  );
}

/** The folder of its libraries, made under a name of this process and renamed when it is whole. */
async function fetchLibraries(): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(POM))
    .digest('hex');
  const place = join(FOLDER, `lib-${hash.slice(0, 12)}`);
  if (await exists(place)) return place;
  const making = `${place}.${process.pid}.making`;
  await mkdir(FOLDER, { recursive: true });
  try {
    await copyDependencies(making);
    await rename(making, place);
  } catch (error) {
    // Another process may have been faster: its folder holds the same.
    if (!(await exists(place))) throw error;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return place;
}

async function copyDependencies(folder: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`];
  try {
    await run('mvn', ['--batch-mode', '--quiet', '--file', POM, ...goal], { timeout: DOWNLOAD_LIMIT_MS });
  } catch (cause) {
    const { code, stdout = '' } = cause as { code?: unknown; stdout?: string };
    const seen =
      code === 'ENOENT' ? 'no Maven (mvn) on the PATH' : stripVTControlCharacters(stdout).trim().split('\n')[0] || String(cause);
    throw new ConfigError(
      `DynamoDB Local: ${seen}, expected Maven to fetch test/support/emulators/dynamodb-local/pom.xml. Install Maven (Debian, ` +
        'Ubuntu: apt-get install maven; macOS: brew install maven); it needs Maven Central once.',
      { cause },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
}
