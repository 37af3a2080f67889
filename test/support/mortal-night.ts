import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { generateDrops } from '../../cli/generate/generate-drops.ts';
import { GENERATE_DEFAULTS } from '../../cli/generate/options.ts';
import { addDays, type BusinessDate } from '../../lib/time.ts';
import type { CommandResult } from './command-line.ts';
import { type HomeState, readHome } from './home-state.ts';
import type { KillPoint } from './kill-at.ts';
import { type Ending, runProcess } from './mortal-process.ts';
import { sessionHere } from './session.ts';

/** First day of the drops. */
const FIRST = '2025-01-01' as BusinessDate;

/** Days of the base run, and nights after them for which there are drops: the first is 2025-01-06, a Monday with its epoch. */
const BASE_DAYS = 5;
const NIGHTS = 3;

/** Two shards and two lists: what may be half done. */
const CONFIG = {
  shards: 2,
  segments: [
    { id: 'newcomers', name: { en: 'New', zh: '新' }, play: { en: 'Greet', zh: '问候' }, where: { stage: ['new', 'growing'] } },
    { id: 'buyers', name: { en: 'Buyers', zh: '买家' }, play: { en: 'Thank', zh: '致谢' }, where: { frequency: { min: 1 } } },
  ],
  destinations: [{ id: 'generic_csv' }],
};

/** A small shop of 200 customers in two shards, with a home that has run its first days. */
export interface MortalNight {
  /** Folder of everything; gone after `remove`. */
  readonly dir: string;
  readonly config: string;
  /** Folder of the drops, read in place. */
  readonly drops: string;
  /** Last date of the base run. */
  readonly head: BusinessDate;
  /** Arguments of the base run; without --home. */
  readonly baseCommand: readonly string[];
  /** Arguments that run up to a night after the base run, 1 to 3; without --home. */
  commandOf(night: number): string[];
  /** A copy of the base home. */
  copyBase(): Promise<string>;
  /** A copy of any home. */
  copyOf(home: string): Promise<string>;
  /** A home that nobody has used. */
  newHome(): string;
  /** Runs a command on a home in a process of its own. */
  run(home: string, command: readonly string[], killAt?: KillPoint): Promise<Ending>;
  /** Runs it to its end, in this process unless it wants worker threads. @throws what was said when it fails */
  mustRun(home: string, command: readonly string[]): Promise<void>;
  /** Lets it die at a point. */
  mustDie(home: string, command: readonly string[], killAt: KillPoint): Promise<void>;
  read(home: string): Promise<HomeState>;
  /** What the base home holds, and what it holds after the first night when nothing dies. */
  unkilled(): Promise<{ readonly before: HomeState; readonly after: HomeState }>;
  remove(): Promise<void>;
}

/** Draws the drops and runs the base. */
export async function prepareNight(): Promise<MortalNight> {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-drill-'));
  const [drops, config, base] = [join(dir, 'drops'), join(dir, 'config.json'), join(dir, 'base')];
  await writeFile(config, JSON.stringify(CONFIG));
  await generateDrops({
    ...GENERATE_DEFAULTS,
    out: drops,
    days: BASE_DAYS + NIGHTS,
    customers: 200,
    seed: 11,
    dirt: 0.05,
    start: FIRST,
  });
  let homes = 0;
  const newHome = () => join(dir, `home-${++homes}`);
  const copyOf = async (home: string) => {
    const copy = newHome();
    await cp(home, copy, { recursive: true });
    return copy;
  };
  const run: MortalNight['run'] = (home, command, killAt) =>
    runProcess([...command, '--home', home, '--config', config], dir, killAt);
  const head = addDays(FIRST, BASE_DAYS - 1);
  const night: MortalNight = {
    dir,
    drops,
    config,
    head,
    baseCommand: ['run', '--from', FIRST, '--to', head, '--data', drops, '--workers', '1', '--quiet'],
    commandOf: (n) => ['run', '--date', addDays(head, n), '--data', drops, '--workers', '1', '--quiet'],
    copyBase: () => copyOf(base),
    copyOf,
    newHome,
    run,
    async mustRun(home, command) {
      const args = [...command, '--config', config];
      // Starting Node takes longer than most of these runs; what a process leaves behind when it ends well is no drill.
      const { code, stderr } = (await sessionHere(home, [args], dir))[0] as CommandResult;
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    },
    async mustDie(home, command, killAt) {
      const { signal, stderr } = await run(home, command, killAt);
      expect({ signal, stderr: signal ? '' : stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
    },
    read: (home) => readHome(home, config),
    async unkilled() {
      const home = await copyOf(base);
      const before = await night.read(home);
      await night.mustRun(home, night.commandOf(1));
      return { before, after: await night.read(home) };
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
  await night.mustRun(base, night.baseCommand);
  return night;
}
