import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandResult } from '../support/command-line.ts';
import { sessionHere, successfulHere } from '../support/session.ts';
import { filesBelow } from '../support/tree.ts';

const DATE = '2025-03-07';
const FILE = `dt=${DATE}/transactions/sales.csv`;
const ROWS =
  'transaction_id,customer_id,occurred_at,amount,currency,type\nt1,c1,2025-03-07,10.00,USD,sale\nt2,c2,soon,1,USD,sale\n';
const SEGMENT = { id: 'all', name: { en: 'All', zh: '全部' }, play: { en: 'Thank', zh: '致谢' }, where: {} };
const CONFIG = { shards: 1, segments: [SEGMENT], destinations: [{ id: 'generic_csv' }], gates: { maxMalformedShare: 0.9 } };
const RUN = ['run', '--workers', '1', '--quiet'];

describe('a command that is asked for what it cannot do', () => {
  let dir: string;
  const session = (home: string, ...commands: string[][]) => sessionHere(join(dir, home), commands, dir);
  const one = async (home: string, ...args: string[]) => (await session(home, args))[0] as CommandResult;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-refusals-'));
    await writeFile(join(dir, 'perennial.config.json'), JSON.stringify(CONFIG));
    for (const [name, text] of [
      [FILE, ROWS],
      [`dt=${DATE}/_SUCCESS`, ''],
    ] as const) {
      await mkdir(join(dir, 'drops', name, '..'), { recursive: true });
      await writeFile(join(dir, 'drops', name), text);
    }
    await successfulHere(join(dir, 'own'), [['put', 'drops'], RUN], dir);
    await successfulHere(join(dir, 'in-place'), [[...RUN, '--data', 'drops']], dir);
    await cp(join(dir, 'own'), join(dir, 'copied'), { recursive: true });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('writes no late file where the next run does not look', async () => {
    const before = await filesBelow(join(dir, 'drops'));
    for (const [args, what] of [
      [['forget', 'c1'], 'Forget'],
      [['quarantine', 'retry'], 'Quarantine retry'],
    ] as const) {
      const { code, stderr } = await one('in-place', ...args);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr).toMatch(new RegExp(`^error: ${what}: the last run read its drops in place \\(file:.*Add --data DIR`));
    }
    expect(await filesBelow(join(dir, 'drops'))).toEqual(before);
    const done = await session('in-place', ['quarantine', 'retry', '--data', 'drops'], ['forget', 'c1', '--data', 'drops']);
    for (const { code, stdout } of done) {
      expect(code).toBe(0);
      expect(stdout).toContain('npm run -s perennial -- run --data drops');
    }
    expect((await filesBelow(join(dir, 'drops'))).length).toBe(before.length + 2);
    for (const name of await filesBelow(join(dir, 'drops'))) if (!before.includes(name)) await rm(join(dir, 'drops', name));
  });

  it('knows the drops of a home that was copied for its own', async () => {
    const [retried, forgotten] = await session('copied', ['quarantine', 'retry'], ['forget', 'c1']);
    expect(retried).toMatchObject({ code: 0, stderr: '' });
    expect(forgotten).toMatchObject({ code: 0, stderr: '' });
    expect(forgotten?.stdout).toContain('/copied/lake/drops/');
  });

  it.each([
    [['transitions', '--out', '.'], 'Option --out: .: is a folder, expected a file that can be written. Correct the path.'],
    [
      ['scores', '--out', 'nodir/x'],
      'Option --out: nodir/x: its folder is not there, expected a file that can be written. Correct the path.',
    ],
    [
      ['import', 'drops', '--split-by', 'occurred_at', '--skip-bad-rows', 'nodir/x'],
      'Option --skip-bad-rows: nodir/x: its folder is not there, expected a file that can be written. Correct the path.',
    ],
    [
      ['generate', '--days', '1', '--customers', '1', '--out', `drops/${FILE}/x`],
      `Option --out: drops/${FILE}/x: cannot be made, expected a folder that can be written. Correct the path.`,
    ],
    [
      ['transitions', '--from', '2025-03-08', '--to', DATE],
      `Range 2025-03-08 to ${DATE}: ends before it begins. Exchange the dates.`,
    ],
    [
      ['transitions', '--to', '2025-03-09'],
      `Date 2025-03-09: not committed, expected ${DATE} to ${DATE}. Choose another date, or run it.`,
    ],
    [
      ['holdout', '--calibrate-to', DATE, '--to', DATE],
      `Option --to: ${DATE}, expected a date after ${DATE} (--calibrate-to). Name one from 2025-03-08 on.`,
    ],
    [
      ['holdout', '--calibrate-to', '2025-03-06', '--to', DATE],
      'Option --calibrate-to: nobody had bought by 2025-03-06, expected a date with buyers before it. Name a later date.',
    ],
    [
      ['put', 'in-place'],
      'Folder in-place: no drops, but dynamo, exports, lake, expected dt=YYYY-MM-DD/<feed>/* with a marker. Correct the path, or name the folders so.',
    ],
  ])('%j ends with 2 and says what to correct', async (args, says) => {
    expect(await one('own', ...args)).toEqual({ code: 2, stdout: '', stderr: `error: ${says}\n` });
  });

  it('tells a rule that there is not', async () => {
    const { code, stderr } = await one('own', 'quarantine', 'list', '--rule', 'NO_SUCH');
    expect(code).toBe(2);
    expect(stderr).toMatch(/'NO_SUCH' is invalid\. Expected one of AMOUNT_TOO_LARGE, .*CONFLICT, /);
  });

  it('tells what put finds in the lake that the folder does not have', async () => {
    await writeFile(join(dir, `copied/lake/drops/dt=${DATE}/manifest.json`), '{}');
    await writeFile(join(dir, `copied/lake/drops/dt=${DATE}/transactions/old.csv`), ROWS);
    const { code, stdout, stderr } = await one('copied', 'put', 'drops');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '0 of 2 files copied, dates: 1. Next: npm run -s perennial -- run\n',
    });
    expect(stderr).toMatch(
      /^warning: .*manifest\.json is no longer in drops; .*\nnote: .* has 1 file that drops has not \(transactions\/old\.csv\)/,
    );
  });
});
