import { mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockHeldError } from '../errors.ts';

/** A lock is held for the write of one small file (milliseconds): 10 s means that something is wrong. */
const WAIT_MS = 10_000;

/** A lock whose holder cannot be judged (another host, or killed before it wrote its name) is stale after this age. */
const STALE_MS = 60_000;

/**
 * Runs `work` while the lock file `path` exists for this caller alone, also against other processes on the same folder.
 * The lock of a dead process of this host, or one older than a minute, is broken.
 *
 * @throws LockHeldError when the lock is still held after 10 s
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  while (!(await tryCreate(path))) {
    await breakIfStale(path);
    if (performance.now() > deadline) {
      throw new LockHeldError(
        `Lock ${path}: still held after ${WAIT_MS / 1000} s, expected it to be free. Remove the file if no run is alive.`,
      );
    }
    await sleep(2 + Math.random() * 10);
  }
  try {
    return await work();
  } finally {
    await unlinkIfThere(path);
  }
}

async function tryCreate(path: string): Promise<boolean> {
  for (;;) {
    try {
      const file = await open(path, 'wx');
      try {
        await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (code !== 'ENOENT') throw error;
      await mkdir(dirname(path), { recursive: true });
    }
  }
}

/** Only the holder of `<path>.break` removes a stale lock, and looks again first: a fresh lock is never taken for the old. */
async function breakIfStale(path: string): Promise<void> {
  if (!(await isStale(path))) return;
  const breaker = `${path}.break`;
  if (!(await tryCreate(breaker))) {
    if (await isStale(breaker)) await unlinkIfThere(breaker);
    return;
  }
  try {
    if (await isStale(path)) await unlinkIfThere(path);
  } finally {
    await unlinkIfThere(breaker);
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    if (Date.now() - mtimeMs > STALE_MS) return true;
    const match = /^\{"pid":(\d+),"host":(".*")\}$/.exec(text);
    return match !== null && match[2] === JSON.stringify(hostname()) && !isAlive(Number(match[1]));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** True when a process of this id runs on this host, whoever owns it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
