import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WhatIf } from '../../lib/run/whatif/what-if.ts';
import type { CommandResult } from '../support/command-line.ts';
import type { KillPoint } from '../support/kill-at.ts';
import { runProcess } from '../support/mortal-process.ts';
import { sessionHere, successfulHere } from '../support/session.ts';
import { photograph } from '../support/tree.ts';

/** One list; the number of shards is the default, which `rebuild --shards` changes. */
const CONFIG = {
  segments: [{ id: 'all', name: { en: 'All', zh: '全部' }, play: { en: 'Thank', zh: '致谢' }, where: {} }],
  destinations: [{ id: 'generic_csv' }],
};

describe('rebuild on the command line', { timeout: 120_000 }, () => {
  let dir: string;
  const home = () => join(dir, 'home');
  const file = (name: string) => join(dir, name);
  const common = ['--workers', '1', '--quiet'];
  const session = (...commands: string[][]) => sessionHere(home(), commands, dir);
  const tables = (name: string) => [
    ['scores', '--out', file(`${name}-scores.csv`)],
    ['transitions', '--out', file(`${name}-transitions.csv`)],
  ];
  const same = async (a: string, b: string) => {
    for (const table of ['scores', 'transitions']) {
      expect(await readFile(file(`${b}-${table}.csv`), 'utf8')).toBe(await readFile(file(`${a}-${table}.csv`), 'utf8'));
    }
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-rebuild-'));
    await writeFile(file('shanghai.json'), JSON.stringify({ ...CONFIG, timeZone: 'Asia/Shanghai' }));
    await writeFile(file('perennial.config.json'), JSON.stringify(CONFIG));
    await successfulHere(
      home(),
      [
        ['generate', '--out', file('drops'), '--days', '9', '--customers', '200', '--seed', '7', '--start', '2025-01-01'],
        ['run', '--from', '2025-01-01', '--to', '2025-01-06', '--data', file('drops'), ...common],
        ['run', '--date', '2025-01-07', '--data', file('drops'), ...common],
        ...tables('nights'),
      ],
      dir,
    );
  }, 120_000);
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('whatif beside it changes nothing, also when it is killed', async () => {
    await writeFile(file('quick.json'), JSON.stringify({ ...CONFIG, stages: { fallbackDecliningDays: 2, dwellNights: 1 } }));
    await mkdir(file('tmp'));
    const formerTemp = process.env['TMPDIR'];
    process.env['TMPDIR'] = file('tmp');
    try {
      const before = await photograph(home());
      const whatif = ['whatif', '--config', file('quick.json'), '--from', '2025-01-07'];
      const kill: KillPoint = { on: 'link', match: '/scores/dt=2025-01-07/run=whatif-other/shard=1\\.arrow$', when: 'after' };
      expect((await runProcess([...whatif, '--home', home()], dir, kill)).signal).toBe('SIGKILL');
      expect(await photograph(home())).toEqual(before);
      await rm(file('tmp'), { recursive: true });
      await mkdir(file('tmp'));
      const [text, whole, none] = (await session(
        whatif,
        ['whatif', '--config', file('quick.json'), '--from', '2025-01-05', '--to', '2025-01-06', '--json'],
        ['whatif', '--config', file('none.json'), '--from', '2025-01-05'],
      )) as CommandResult[];
      expect(await photograph(home())).toEqual(before);
      expect(await readdir(file('tmp'))).toEqual([]);
      expect(text).toMatchObject({ code: 0, stderr: expect.stringMatching(/^(whatif: parts replayed: .*\n)*$/) });
      expect(text?.stdout).toMatch(/^ {2}Replayed from 2025-01-07, on the books of 2025-01-06 \(run r\d+-2025-01-06\)\.$/m);
      expect(text?.stdout).toMatch(/^ {2}stages\.dwellNights +3 +1$/m);
      const told = JSON.parse(whole?.stdout as string) as WhatIf;
      expect(told).toMatchObject({ from: '2025-01-05', to: '2025-01-06', replayedFrom: '2025-01-01', base: null });
      expect(told.whatIf.stages['declining']).toBeGreaterThan(told.inForce.stages['declining'] as number);
      expect(none).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^error: Configuration .*none\.json: cannot be read/),
      });
    } finally {
      if (formerTemp === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = formerTemp;
    }
  });

  it('killed in the middle and asked again it goes on; the next night goes on with the new shards', async () => {
    const kill: KillPoint = { on: 'link', match: '/g=2/scores/.*shard=3\\.arrow$', when: 'after' };
    const command = ['rebuild', '--shards', '7', ...common, '--home', home()];
    expect((await runProcess(command, dir, kill)).signal).toBe('SIGKILL');
    const results = await session(
      ['rebuild', '--shards', '7', ...common],
      ...tables('rebuilt'),
      ['runs'],
      ['run', '--date', '2025-01-08', '--data', file('drops'), ...common],
    );
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(results.map(() => ({ code: 0, stderr: '' })));
    expect(results[0]?.stdout).toMatch(/^Rebuild of 2025-01-01 to 2025-01-07: 7 dates, \d+ files, [\d,]+ rows\.$/m);
    expect(results[0]?.stdout).toContain('  generation   1 → 2; 1 stays\n');
    expect(results[0]?.stdout).toContain('  changes      shards 4 → 7\n');
    expect(results[0]?.stdout).toContain('  made from    the ledger: the facts as they were taken\n');
    await same('nights', 'rebuilt');
    expect(results[3]?.stdout).toMatch(/\* r000003-2025-01-07 +2025-01-01 +2025-01-07 +CLOSED +2 /);
    expect(results[4]?.stdout).toContain('2025-01-08 is committed');
  });

  it('a changed time zone reads the drops again, from where they were read', async () => {
    const args = ['--config', file('shanghai.json')];
    const [night, rebuilt, , back] = await session(
      ['run', '--date', '2025-01-09', '--data', file('drops'), ...common, ...args],
      ['rebuild', '--yes', ...common, ...args],
      ['scores', '--out', file('shanghai.csv')],
      ['rollback', ...args],
    );
    expect(night?.stderr).toContain(
      'timeZone: Asia/Shanghai, expected UTC, with which all state was made. Set it back, or run `npm run -s perennial -- rebuild --config ',
    );
    expect(rebuilt?.stdout).toContain('  changes      time zone UTC → Asia/Shanghai\n');
    expect(rebuilt?.stdout).toContain('  made from    the drops, read again (timeZone changed)\n');
    expect(rebuilt?.stdout).toContain('2025-01-01 to 2025-01-08 are committed');
    expect(await readFile(file('shanghai.csv'), 'utf8')).toContain(',2025-01-08,');
    expect({ code: back?.code, stderr: back?.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('Configuration timeZone: Asia/Shanghai, expected UTC'),
    });
    const [old] = await session(['rollback']);
    expect({ code: old?.code, stdout: old?.stdout }).toEqual({ code: 0, stdout: expect.stringContaining('up to 2025-01-08') });
  });
});
