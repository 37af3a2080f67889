import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_COMPILE_CACHE } from '../support/command-line.ts';
import type { HomeState } from '../support/home-state.ts';
import { type MortalNight, prepareNight } from '../support/mortal-night.ts';
import { comparable } from '../support/places-state.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const KILLS = 20;
/** Before this no process has opened the home. */
const EARLIEST_MS = 150;
/** Of the time that a whole night takes: behind it most have ended. */
const LATEST_SHARE = 0.9;

/** Uniform numbers in [0, 1) of a seed (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('nights killed again and again', { timeout: 300_000 }, () => {
  let night: MortalNight;
  let expected: HomeState;
  let wholeMs: number;

  beforeAll(async () => {
    night = await prepareNight();
    const unkilled = await night.copyBase();
    const start = performance.now();
    // A process of its own, as those that are killed.
    expect((await night.run(unkilled, night.commandOf(1))).code).toBe(0);
    wholeMs = performance.now() - start;
    await night.mustRun(unkilled, night.commandOf(2));
    expected = await night.read(unkilled);
  });
  afterAll(() => night.remove());

  /** @returns true when the process was killed, false when it ended well before */
  async function killAfter(home: string, command: readonly string[], ms: number): Promise<boolean> {
    const env = { ...process.env, NODE_COMPILE_CACHE };
    const args = [MAIN, ...command, '--home', home, '--config', night.config];
    const child = spawn(process.execPath, args, { cwd: night.dir, env, stdio: 'ignore' });
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const ending = await Promise.race([ended, sleep(ms)]);
    if (ending === undefined) child.kill('SIGKILL');
    const [code, signal] = await ended;
    expect({ code, signal }).toEqual(signal === null ? { code: 0, signal } : { code, signal: 'SIGKILL' });
    return signal !== null;
  }

  it(`${KILLS} times at drawn instants, they end as if they had never been`, async () => {
    const random = uniform(20);
    let home = await night.copyBase();
    let kills = 0;
    let at = 1;
    while (kills < KILLS) {
      if (await killAfter(home, night.commandOf(at), EARLIEST_MS + random() * (LATEST_SHARE * wholeMs - EARLIEST_MS))) kills++;
      else if (at === 1) at = 2;
      else {
        expect(comparable(await night.read(home))).toEqual(comparable(expected));
        home = await night.copyBase();
        at = 1;
      }
    }
    for (const n of [1, 2]) await night.mustRun(home, night.commandOf(n));
    expect(comparable(await night.read(home))).toEqual(comparable(expected));
  });
});
