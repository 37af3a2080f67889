import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ClassicLevel } from 'classic-level';
import { ConfigError, LockHeldError } from '../../lib/errors.ts';
import { type LocalDynamo, startDynamo } from './dynamo.ts';

/** How long an opener waits for the process that holds the home. */
const WAIT_MS = 5000;

/** A home that this process holds: `lake/`, `exports/` and `dynamo/` in one folder. */
export interface Home {
  /** Absolute path. */
  readonly dir: string;
  readonly lakeUrl: string;
  readonly exportsUrl: string;
  readonly dynamo: LocalDynamo;
  /** What handlers and SDK read from the environment; to be merged into it before the first request. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops the database, then lets others in; more than once is no error. */
  close(): Promise<void>;
}

/** How `openHome` waits and what it tells others. */
export interface HomeOptions {
  /** Milliseconds to wait for another holder; 5,000 unless told. */
  readonly waitMs?: number;
  /** What this process does, for the message that others see; its command line unless told. */
  readonly command?: string;
}

/**
 * Takes a home for this process, making it if it is missing, and starts its DynamoDB.
 *
 * The lock is the kernel's, on `dynamo/lock`: it ends with the process, however that ends. `dynamo/holder.json` only tells others
 * who holds it. Opening and closing change nothing outside `dynamo/`.
 *
 * @throws LockHeldError naming pid and command of the holder when it does not let go in time
 * @throws ConfigError when the folder cannot be used
 */
export async function openHome(dir: string, options: HomeOptions = {}): Promise<Home> {
  const home = resolve(dir);
  const [lake, exports, database] = [join(home, 'lake'), join(home, 'exports'), join(home, 'dynamo')];
  try {
    for (const folder of [lake, exports, database]) await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new ConfigError(`Home ${home}: cannot be made, expected a folder that can be written. Choose another.`, { cause });
  }
  const lock = await takeLock(home, database, options);
  try {
    const dynamo = await startDynamo(join(database, 'tables'));
    const [lakeUrl, exportsUrl] = [pathToFileURL(lake).href, pathToFileURL(exports).href];
    const env = { ...dynamo.env, LAKE_URL: lakeUrl, EXPORTS_URL: exportsUrl };
    const stopAndRelease = async () => {
      try {
        await dynamo.stop();
      } finally {
        await lock.release();
      }
    };
    let closing: Promise<void> | undefined;
    const close = () => {
      closing ??= stopAndRelease();
      return closing;
    };
    return { dir: home, lakeUrl, exportsUrl, dynamo, env, close };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function takeLock(home: string, database: string, options: HomeOptions): Promise<{ release(): Promise<void> }> {
  const holderFile = join(database, 'holder.json');
  const waitMs = options.waitMs ?? WAIT_MS;
  const deadline = performance.now() + waitMs;
  let guard = await tryLock(home, join(database, 'lock'));
  while (!guard) {
    if (performance.now() > deadline) throw await heldError(home, holderFile, waitMs);
    await sleep(50);
    guard = await tryLock(home, join(database, 'lock'));
  }
  const held = guard;
  const command = options.command ?? [basename(process.argv[1] ?? 'node'), ...process.argv.slice(2)].join(' ');
  const temp = `${holderFile}.${process.pid}`;
  await writeFile(temp, `${JSON.stringify({ pid: process.pid, host: hostname(), command })}\n`);
  await rename(temp, holderFile);
  return {
    async release() {
      await rm(holderFile, { force: true });
      await held.close();
    },
  };
}

/** An empty LevelDB: opening it takes a kernel lock that Node alone cannot take. Undefined when another process has it. */
async function tryLock(home: string, path: string): Promise<ClassicLevel | undefined> {
  const guard = new ClassicLevel(path);
  try {
    await guard.open();
    return guard;
  } catch (error) {
    const cause = (error as Error).cause as (Error & { code?: string }) | undefined;
    if (cause?.code === 'LEVEL_LOCKED') return undefined;
    throw new ConfigError(
      `Home ${home}: its lock cannot be taken (${(cause ?? (error as Error)).message}), expected a folder that can be written. ` +
        'Correct its permissions, or remove dynamo/lock.',
      { cause: error },
    );
  }
}

async function heldError(home: string, holderFile: string, waitMs: number): Promise<LockHeldError> {
  let holder = 'another process';
  try {
    const { pid, host, command } = JSON.parse(await readFile(holderFile, 'utf8')) as Record<string, unknown>;
    holder = `process ${pid} (${command})${host === hostname() ? '' : ` on ${host}`}`;
  } catch {
    // The holder has not written its name yet, or has just let go: the message does without.
  }
  return new LockHeldError(
    `Home ${home}: held by ${holder} for ${waitMs / 1000} s, expected it to be free. Wait for it to end, then run again.`,
  );
}
