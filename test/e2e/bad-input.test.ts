import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CommandResult, linesOf, perennial } from '../support/command-line.ts';
import { sessionHere } from '../support/session.ts';
import { filesBelow } from '../support/tree.ts';

const DATE = '2025-03-07';
const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type';
const ROWS = ['t1,c1,2025-03-07,10.00,USD,sale', 't2,c2,2025-03-07,1234.50,USD,sale', 't3,c3,2025-03-07,5,USD,sale'];
const FILE = `dt=${DATE}/transactions/sales.csv`;
const MARKER = `dt=${DATE}/_SUCCESS`;
const csv = (...rows: string[]) => `${[HEADER, ...rows].join('\n')}\n`;
const [FIRST, SECOND, THIRD] = ROWS as [string, string, string];

/** As small as a shop can be; what is said of its drops does not depend on it. */
const CONFIG = {
  shards: 1,
  segments: [{ id: 'all', name: { en: 'All', zh: '全部' }, play: { en: 'Thank', zh: '致谢' }, where: {} }],
  destinations: [{ id: 'generic_csv' }],
};
const configWith = (more: object) => JSON.stringify({ ...CONFIG, ...more });

/** A drop that a run refuses: its files, what is said (`DROPS` stands for the URL of the folder), the files that mend it. */
interface Refusal {
  readonly what: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly says: string;
  /** Exit code; 1 unless told. */
  readonly code?: 3;
  readonly mend: Readonly<Record<string, string | Uint8Array>>;
}

/** What is said of a drop with too many rows that cannot be read. */
const unreadable = (row: string) =>
  `Run r000001-${DATE} is held, nothing was published. quarantine_share on ${DATE}: 1 of 3 rows (33.3 %), expected at most 5.0 %. ` +
  'Rows that could not be read are in quarantine: correct the rows or the configuration. ' +
  `The first: DROPS/${FILE} line 3: ${row}. ` +
  `Correct the drop and run again, or take it as it is: \`npm run -s perennial -- approve r000001-${DATE}\``;

const REFUSALS: readonly Refusal[] = [
  {
    what: 'a missing drop',
    files: {},
    says: `Drop ${DATE}: no folder DROPS/dt=${DATE}, expected it with files and a marker _SUCCESS. Deliver the drop, with a marker alone for a quiet day.`,
    mend: { [FILE]: csv(...ROWS), [MARKER]: '' },
  },
  {
    what: 'a missing marker',
    files: { [FILE]: csv(...ROWS) },
    says: `Drop ${DATE}: no marker in DROPS/dt=${DATE}, expected _SUCCESS (an empty file) or manifest.json. Write the marker when the drop is complete.`,
    mend: { [MARKER]: '' },
  },
  {
    what: 'a file of 0 bytes',
    files: { [FILE]: '', [MARKER]: '' },
    says: `Drop file DROPS/${FILE}: 0 bytes, expected a header at least. Deliver the file again; a quiet day is a header without rows, or a marker alone.`,
    mend: { [FILE]: csv(...ROWS) },
  },
  {
    what: 'a header without a required column',
    files: { [FILE]: csv(...ROWS).replace('customer_id', 'customer'), [MARKER]: '' },
    says:
      `File ${FILE}: column customer_id missing, found "transaction_id", "customer", "occurred_at", "amount", "currency", "type", ` +
      'expected transaction_id, customer_id, occurred_at, amount, currency, type. ' +
      'Deliver the file with the column, or name the column of the source or a default under "mapping.transactions" in the configuration.',
    mend: { [FILE]: csv(...ROWS) },
  },
  {
    what: 'an amount like 1,234.5x',
    files: { [FILE]: csv(FIRST, 't2,c2,2025-03-07,"1,234.5x",USD,sale', THIRD), [MARKER]: '' },
    says: unreadable('amount "1,234.5x": expected a decimal number such as 1234.50 (INVALID_AMOUNT)'),
    code: 3,
    mend: { [FILE]: csv(...ROWS) },
  },
  {
    what: 'an amount like 1,234.5x without quotes',
    files: { [FILE]: csv(FIRST, 't2,c2,2025-03-07,1,234.5x,USD,sale', THIRD), [MARKER]: '' },
    says: unreadable('record: 7 fields, expected at most 6 (FIELD_COUNT)'),
    code: 3,
    mend: { [FILE]: csv(...ROWS) },
  },
  {
    what: 'a date that does not exist',
    files: { [FILE]: csv(FIRST, SECOND.replace(DATE, '2025-02-30'), THIRD), [MARKER]: '' },
    says: unreadable('occurred_at "2025-02-30": expected a date that exists, in the years 1900 to 2199 (NO_SUCH_DATE)'),
    code: 3,
    mend: { [FILE]: csv(...ROWS) },
  },
  {
    what: 'a gzip cut short',
    files: { [`${FILE}.gz`]: gzipSync(csv(...ROWS)).subarray(0, 60), [MARKER]: '' },
    says: `File ${FILE}.gz: gzip ends early, after 60 bytes, expected a complete gzip file. Deliver the file again.`,
    mend: { [`${FILE}.gz`]: gzipSync(csv(...ROWS)) },
  },
];

interface RunOfJson {
  readonly state: string;
  readonly from: string;
  readonly to: string;
  readonly counts: Readonly<Record<string, number>>;
}

describe('bad input gets one clear line and loses nothing', () => {
  let root: string;
  let dir: string;
  let number = 0;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'perennial-bad-'));
  });
  beforeEach(async () => {
    dir = join(root, String(++number));
    await mkdir(join(dir, 'drops'), { recursive: true });
    await writeFile(join(dir, 'perennial.config.json'), configWith({}));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const deliver = async (files: Refusal['files']) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(dir, 'drops', name, '..'), { recursive: true });
      await writeFile(join(dir, 'drops', name), content);
    }
  };
  const run = (...args: string[]) => perennial(['run', '--data', 'drops', '--workers', '1', '--home', 'home', ...args], dir);
  const session = (...commands: string[][]) => sessionHere('home', commands, dir);
  /** An error message with what differs from machine to machine taken out. */
  const plain = (text: string) =>
    text.replaceAll(pathToFileURL(join(dir, 'drops')).href, 'DROPS').replaceAll(/[0-9a-f]{32}/g, 'HASH');
  const expectNothingPublished = async () => {
    expect((await filesBelow(join(dir, 'home/exports'))).filter((name) => name.endsWith('latest.json'))).toEqual([]);
  };
  /** After the drop was mended: nothing was committed before; the same command takes every row. */
  const expectMended = async (...args: string[]) => {
    const again = ['run', '--data', 'drops', '--workers', '1', '--date', DATE, '--json', ...args];
    const [list, done] = (await session(['runs', '--json'], again)) as [CommandResult, CommandResult];
    expect((JSON.parse(list.stdout) as RunOfJson[]).filter(({ state }) => state !== 'FAILED' && state !== 'HELD')).toEqual([]);
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: '' });
    const { run: record } = JSON.parse(done.stdout) as { run: RunOfJson };
    expect(record).toMatchObject({ state: 'CLOSED', from: DATE, to: DATE });
    expect(record.counts).toMatchObject({ rows: ROWS.length, accepted: ROWS.length, quarantined: 0, customers: ROWS.length });
  };

  it.each(REFUSALS)('$what', async ({ files, says, code: expected = 1, mend }) => {
    await deliver(files);
    const [refused] = await session(['run', '--data', 'drops', '--workers', '1', '--date', DATE, '--quiet']);
    const { code, stdout, stderr } = refused as CommandResult;
    const lines = linesOf(plain(stderr));
    expect({ code, stdout, last: lines.at(-1) }).toEqual({ code: expected, stdout: '', last: `error: ${says}` });
    // What holds a run is told as a table before; whatever fails it, in that one line.
    expect(lines.length > 1).toBe(expected === 3);
    await expectNothingPublished();
    await deliver(mend);
    await expectMended();
  });

  it('an unknown time zone in the configuration', async () => {
    await deliver({ [FILE]: csv(...ROWS), [MARKER]: '' });
    await writeFile(join(dir, 'shop.json'), configWith({ timeZone: 'Asia/Peking' }));
    const { code, stdout, stderr } = await run('--date', DATE, '--config', 'shop.json', '--quiet');
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'error: Configuration shop.json: "timeZone": unknown time zone Asia/Peking, expected an IANA name such as Asia/Shanghai. ' +
        'Correct the file; see docs/configuration.md.\n',
    });
    await expectNothingPublished();
    await writeFile(join(dir, 'shop.json'), configWith({ timeZone: 'Asia/Shanghai' }));
    await expectMended('--config', 'shop.json');
  });

  it('keeps the rows that cannot be read; with progress the error is still the last line', async () => {
    const bad = 't2,c2,2025-03-07,"1,234.5x",USD,sale';
    await deliver({ [FILE]: csv(FIRST, bad, THIRD), [MARKER]: '' });
    const { code, stdout, stderr } = await run('--date', DATE);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    const lines = linesOf(stderr);
    expect(lines.at(-1)).toMatch(/^error: Run r000001-2025-03-07 is held, /);
    expect(lines.filter((line) => /^[a-z-]+ .* s$/.test(line))).not.toEqual([]);
    expect(stderr).toMatch(/^ {2}BREACH {3}quarantine_share {2}2025-03-07 /m);
    const lake = join(dir, 'home/lake');
    const quarantine = (await filesBelow(lake)).filter((name) => name.startsWith('quarantine/'));
    expect(quarantine).toHaveLength(1);
    const row = JSON.parse(gunzipSync(await readFile(join(lake, quarantine[0] ?? ''))).toString('utf8')) as unknown;
    expect(row).toMatchObject({ file: FILE, line: 3, rule: 'INVALID_AMOUNT', raw: bad });
  });

  it('a file put into the lake is mended with put --replace', async () => {
    await deliver({ [FILE]: csv(...ROWS).replace('customer_id', 'customer'), [MARKER]: '' });
    const put = ['put', 'drops'];
    const refused = await session(put, ['run', '--workers', '1', '--quiet']);
    expect(refused).toMatchObject([
      { code: 0, stderr: '' },
      { code: 1, stderr: expect.stringMatching(/^error: File .*\n$/) },
    ]);
    await deliver({ [FILE]: csv(...ROWS) });
    const [again, replaced, done] = await session(put, [...put, '--replace'], ['run', '--workers', '1', '--json']);
    expect(again).toMatchObject({
      code: 1,
      stderr:
        `error: Drop file ${FILE}: other content than the one in the lake, expected the same. ` +
        'To put the corrected file in its place: npm run -s perennial -- put drops --replace; or give it another name.\n',
    });
    expect(replaced).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 of 2 files/) });
    expect(JSON.parse(done?.stdout ?? '')).toMatchObject({ run: { from: DATE, counts: { accepted: ROWS.length } } });
  });

  it('a header without rows is a quiet day, even when the same bytes were seen before; a gap is refused', async () => {
    const quiet = (date: string) => ({ [`dt=${date}/transactions/sales.csv`]: csv(), [`dt=${date}/_SUCCESS`]: '' });
    await deliver({ [FILE]: csv(...ROWS), [MARKER]: '', ...quiet('2025-03-08'), ...quiet('2025-03-09'), ...quiet('2025-03-11') });
    const run = ['run', '--data', 'drops', '--workers', '1'];
    const [range, next, gap] = await session(
      [...run, '--from', DATE, '--to', '2025-03-08', '--quiet'],
      [...run, '--json'],
      [...run, '--from', '2025-03-11', '--to', '2025-03-11', '--quiet'],
    );
    expect(range).toMatchObject({ code: 0, stderr: '' });
    expect(next).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(next?.stdout ?? '')).toMatchObject({
      run: { from: '2025-03-09', to: '2025-03-09', counts: { rows: 0, customers: ROWS.length } },
    });
    expect(gap).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: Range 2025-03-11: 2025-03-10 would be left out, since 2025-03-09 is the last committed date. ' +
        'Begin at 2025-03-10.\n',
    });
  });
});

describe('wrong usage', () => {
  const anywhere = tmpdir();

  it.each([
    [
      ['run', '--date', '2025-02-30'],
      "option '--date <date>' argument '2025-02-30' is invalid. Expected a date that exists, YYYY-MM-DD.",
    ],
    [['run', '--dates', '2025-02-28'], "unknown option '--dates' (Did you mean --date?)"],
    [['runn'], "unknown command 'runn' (Did you mean one of run, runs?)"],
  ])('%j ends with 2 and one line', async (args, says) => {
    const { code, stdout, stderr } = await perennial(args, anywhere);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: ${says} (--help tells what the command takes)\n`,
    });
  });

  it('--help of every command ends with 0', async () => {
    const program = await perennial(['--help'], anywhere);
    expect(program.code).toBe(0);
    const commands = [...program.stdout.matchAll(/^ {2}([a-z]+)(?: \[| <| {2})/gm)].map(([, name]) => name as string);
    expect(commands).toEqual(
      expect.arrayContaining(['demo', 'generate', 'put', 'import', 'run', 'runs', 'approve', 'quarantine', 'scores', 'rollback']),
    );
    const helps = [
      ...commands.filter((name) => name !== 'help').map((name) => [name]),
      ['runs', 'show'],
      ...['list', 'show', 'retry'].map((name) => ['quarantine', name]),
    ];
    const results = await sessionHere(
      join(anywhere, 'perennial-no-home'),
      helps.map((args) => [...args, '--help']),
      anywhere,
    );
    for (const [i, { code, stdout, stderr }] of results.entries()) {
      expect({ args: helps[i], code, stderr }).toEqual({ args: helps[i], code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Usage: perennial ${helps[i]?.join(' ')} `));
    }
  });
});
