import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandResult } from '../support/command-line.ts';
import { deliver, plainDays } from '../support/plain-drops.ts';
import { sessionHere, successfulHere } from '../support/session.ts';
import { filesBelow } from '../support/tree.ts';

/** Sales of each day: fewer and fewer buyers, most of whom bought before. */
const DAYS = [40, 30, 20, 20, 10, 5];
const TO = '2025-03-06';
const LIST = { id: 'all', name: { en: 'All', zh: '全部' }, play: { en: 'Thank', zh: '致谢' }, where: {} };
const CONFIG = { shards: 2, timeZone: 'Asia/Shanghai', segments: [LIST], destinations: [{ id: 'generic_csv' }] };

describe('buyers of a folder of drops, without a home', () => {
  let dir: string;
  const session = (...commands: string[][]) => sessionHere(join(dir, 'home'), commands, dir);
  const formerTemp = process.env['TMPDIR'];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-buyers-'));
    await writeFile(join(dir, 'perennial.config.json'), JSON.stringify(CONFIG));
    await deliver(join(dir, 'drops'), plainDays('2025-03-01', DAYS));
    const run = ['run', '--from', '2025-03-01', '--to', TO, '--data', 'drops', '--workers', '1', '--quiet'];
    await successfulHere(join(dir, 'home'), [run], dir);
    await mkdir(join(dir, 'tmp'));
    process.env['TMPDIR'] = join(dir, 'tmp');
  });
  afterAll(() => {
    if (formerTemp === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = formerTemp;
    return rm(dir, { recursive: true, force: true });
  });

  it('fits and compares as a home of the same drops does, also on a date inside, and leaves nothing behind', async () => {
    const files = await filesBelow(join(dir, 'drops'));
    const asked = [
      ['fit', '--model', 'bg-nbd', '--json', '--date', '2025-03-04'],
      ['fit', '--model', 'gamma-gamma', '--json'],
      ['holdout', '--json', '--calibrate-to', '2025-03-04', '--to', TO],
    ];
    const results = await session(...asked.flatMap((args) => [args, [...args, '--data', 'drops']]));
    for (let i = 0; i < results.length; i += 2) {
      const [home, drops] = [results[i], results[i + 1]] as [CommandResult, CommandResult];
      expect(home).toMatchObject({ code: 0 });
      expect(drops).toEqual(home);
      expect(Object.keys(JSON.parse(home.stdout) as object).length).toBeGreaterThan(5);
    }
    expect(await readdir(join(dir, 'tmp'))).toEqual([]);
    expect(await filesBelow(join(dir, 'drops'))).toEqual(files);
  });

  it('takes drops or a home or a stack, not two of them', async () => {
    const dates = ['--calibrate-to', '2025-03-04', '--to', TO, '--data', 'drops'];
    for (const { code, stderr } of await session(
      ['holdout', ...dates, '--stack', 'X'],
      ['holdout', ...dates, '--home', 'home'],
    )) {
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("'--data <dir>' cannot be used with") });
    }
  });

  it('tells what it leaves out, and which day has no folder', async () => {
    const text =
      'transaction_id,customer_id,occurred_at,amount,currency,type\nx1,c1,2025-03-08,1,USD,sale\nx2,c2,soon,1,USD,sale\n';
    const path = join(dir, 'gaps/dt=2025-03-08/transactions/a.csv');
    await deliver(join(dir, 'gaps'), plainDays('2025-03-01', DAYS));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    const [unready] = await session(['fit', '--data', 'gaps']);
    expect(unready).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: Drop 2025-03-08: no marker in /) });
    await writeFile(join(dir, 'gaps/dt=2025-03-08/_SUCCESS'), '');
    const [told] = await session(['fit', '--data', 'gaps', '--json']);
    expect(told?.code).toBe(0);
    expect(told?.stderr).toMatch(
      /^note: 1 day of 8 from 2025-03-01 to 2025-03-08 without a folder, .*: 2025-03-07\.\nwarning: 1 row of 127 rows refused and left out\. The first: .*a\.csv line 3: /,
    );
  });
});
