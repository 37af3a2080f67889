import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Home, openHome } from '../../../cli/local/home.ts';
import { ConfigError, LockHeldError } from '../../../lib/errors.ts';
import { openTable } from '../../../lib/store/tables.ts';

const HOLDER = fileURLToPath(new URL('../../support/hold-home.ts', import.meta.url));

describe('openHome', () => {
  let dir: string;
  const homes: Home[] = [];
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-home-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const home of homes.splice(0)) await home.close();
    vi.unstubAllEnvs();
    await rm(dir, { recursive: true, force: true });
  });

  const open = async (options?: Parameters<typeof openHome>[1]) => {
    const home = await openHome(dir, options);
    homes.push(home);
    for (const [name, value] of Object.entries(home.env)) vi.stubEnv(name, value);
    return home;
  };
  const holdElsewhere = async () => {
    const child = spawn(process.execPath, [HOLDER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  };

  it('lays out the home and names it to the handlers', async () => {
    const home = await open();
    expect((await readdir(dir)).sort()).toEqual(['dynamo', 'exports', 'lake']);
    expect(home.lakeUrl).toBe(pathToFileURL(join(dir, 'lake')).href);
    expect(home.env).toMatchObject({
      LAKE_URL: home.lakeUrl,
      EXPORTS_URL: home.exportsUrl,
      AWS_ENDPOINT_URL_DYNAMODB: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      RUNS_TABLE: 'runs',
    });
  });

  it('keeps items from one opening to the next and changes nothing outside dynamo/', async () => {
    const first = await open();
    await openTable('runs').put({ pk: 'a', sk: 'b', n: 1 });
    await first.close();
    await writeFile(join(dir, 'lake', 'file'), 'x');
    const state = async () => [
      (await stat(dir)).mtimeMs,
      (await stat(join(dir, 'lake'))).mtimeMs,
      (await stat(join(dir, 'exports'))).mtimeMs,
    ];
    const before = await state();
    await open();
    expect(await openTable('runs').get({ pk: 'a', sk: 'b' })).toEqual({ pk: 'a', sk: 'b', n: 1 });
    await homes.at(-1)?.close();
    expect(await state()).toEqual(before);
    expect((await readdir(join(dir, 'dynamo'))).sort()).toEqual(['lock', 'tables']);
  });

  it('tells a second opener which process and command hold it', async () => {
    const child = await holdElsewhere();
    const failure = await openHome(dir, { waitMs: 150 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LockHeldError);
    expect((failure as Error).message).toContain(`held by process ${child.pid} (perennial run --to 2024-01-31) for 0.15 s`);
  });

  it('tells so within one process as well', async () => {
    await open({ command: 'first' });
    await expect(openHome(dir, { waitMs: 0 })).rejects.toThrow(`held by process ${process.pid} (first)`);
  });

  it('waits for a holder that lets go', async () => {
    const first = await open();
    const second = open({ waitMs: 3000 });
    setTimeout(() => void first.close(), 100);
    await second;
    expect(JSON.parse(await readFile(join(dir, 'dynamo', 'holder.json'), 'utf8'))).toMatchObject({ pid: process.pid });
  });

  it('opens at once what a killed process left, with every item that it had written', async () => {
    const child = await holdElsewhere();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await readdir(join(dir, 'dynamo'))).toContain('holder.json');
    await open({ waitMs: 0 });
    expect(await openTable('runs').get({ pk: 'kept', sk: '-' })).toBeDefined();
  });

  it('completes tables that a killed process left half made', async () => {
    await (await openHome(dir)).close();
    const database = new ClassicLevel<string, object>(join(dir, 'dynamo', 'tables'), { valueEncoding: 'json' });
    const table = await database.get('table~runs');
    await database.put('table~runs', { ...table, TableStatus: 'CREATING' });
    await database.del('table~profiles');
    await database.close();
    await open();
    expect(await openTable('runs').put({ pk: 'a', sk: 'b' })).toBe(true);
    expect(await openTable('profiles').put({ customer_id: 'a' })).toBe(true);
  });

  it('refuses a home that is a file, and lets go when the database cannot be opened', async () => {
    await writeFile(join(dir, 'file'), 'x');
    await expect(openHome(join(dir, 'file'))).rejects.toThrow(ConfigError);
    await (await openHome(dir)).close();
    const current = join(dir, 'dynamo', 'tables', 'CURRENT');
    const content = await readFile(current);
    await writeFile(current, 'broken');
    await expect(openHome(dir, { waitMs: 0 })).rejects.toThrow(/^Database .*cannot be opened/);
    await writeFile(current, content);
    await open({ waitMs: 0 });
  });
});
