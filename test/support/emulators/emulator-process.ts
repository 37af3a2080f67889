import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { disownGroup, hasEnded, killGroup, ownGroup } from './process-group.ts';

/** How to start a server and how to know that it answers. */
export interface EmulatorCommand {
  /** Name for messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Its folder, where it may write; made when missing. */
  readonly cwd: string;
  /** File that takes its standard output and standard error, emptied first. */
  readonly log: string;
  /** Address that answers any HTTP status once it is ready. */
  readonly probe: string;
  /** Leaves it running when this process ends; `stop` still ends it. */
  readonly keep?: boolean;
}

/** A running server. */
export interface EmulatorProcess {
  readonly pid: number;
  /** Ends it and what it started. Does nothing the second time. */
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 60_000;
const END_LIMIT_MS = 2000;
const LOOK_AGAIN_MS = 100;
const LOG_LINES = 20;

/** A port of 127.0.0.1 that nobody listens to. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port of 127.0.0.1');
  return address.port;
}

/**
 * Starts a server in a process group of its own and waits until it answers.
 *
 * It is ended by `stop`, and with this process: at its end, at SIGINT, SIGTERM and SIGHUP.
 *
 * @throws Error with the end of its log when it ends, or does not answer within a minute
 */
export async function startEmulator(emulator: EmulatorCommand): Promise<EmulatorProcess> {
  await mkdir(emulator.cwd, { recursive: true });
  await mkdir(dirname(emulator.log), { recursive: true });
  const log = openSync(emulator.log, 'w');
  const child = spawn(emulator.command, emulator.args, {
    cwd: emulator.cwd,
    env: emulator.env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  ownGroup(child);
  try {
    await untilReady(emulator, child, () => failure);
  } catch (error) {
    await stopGroup(child);
    throw error;
  }
  if (emulator.keep) disownGroup(child);
  child.unref();
  return { pid: child.pid ?? 0, stop: () => stopGroup(child) };
}

async function untilReady(emulator: EmulatorCommand, child: ChildProcess, failure: () => Error | undefined): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const error = failure();
    const tellLog = async () => `The end of ${emulator.log}:\n${await lastLines(emulator.log)}`;
    if (error !== undefined) throw new Error(`${emulator.name}: ${error.message}`, { cause: error });
    if (hasEnded(child)) {
      throw new Error(
        `${emulator.name}: ended with ${child.exitCode ?? child.signalCode} before it answered. ${await tellLog()}`,
      );
    }
    if (await answers(emulator.probe)) return;
    if (performance.now() > deadline) {
      throw new Error(`${emulator.name}: no answer of ${emulator.probe} in ${READY_LIMIT_MS / 1000} s. ${await tellLog()}`);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function lastLines(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-LOG_LINES).join('\n');
}

/** Asks it to end, then ends the group: what it started (Lambda processes of MiniStack) ends with it. */
async function stopGroup(child: ChildProcess): Promise<void> {
  disownGroup(child);
  if (child.pid === undefined) return;
  if (!hasEnded(child)) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(END_LIMIT_MS, undefined, { ref: false })]);
  }
  killGroup(child);
}
