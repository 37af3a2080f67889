import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandResult } from '../support/command-line.ts';
import { deliver, plainDays, salesFile, salesOf } from '../support/plain-drops.ts';
import { sessionHere, successfulHere } from '../support/session.ts';
import { filesBelow } from '../support/tree.ts';

/** As small as a shop can be; what a gate holds does not depend on it. */
const CONFIG = {
  shards: 1,
  segments: [{ id: 'all', name: { en: 'All', zh: '全部' }, play: { en: 'Thank', zh: '致谢' }, where: {} }],
  destinations: [{ id: 'generic_csv' }],
};
const RUN = ['run', '--data', 'drops', '--workers', '1', '--quiet'];
const [FIRST, BEFORE, HELD_ON, NEXT] = ['2025-03-03', '2025-03-05', '2025-03-06', '2025-03-07'];
const ROWS = ['x1,c1,03/03/2025,5.00,USD,sale', `x2,c2,${FIRST},6.00,USD,sale`, `x2,c2,${FIRST},7.00,USD,sale`];

/** What is told of the row that cannot be read. */
const BAD_DATE = 'occurred_at "03/03/2025": expected ISO 8601 such as 2024-03-05T14:30:00+08:00 or 2024-03-05';

interface RunOfJson {
  readonly state: string;
  readonly waived: readonly string[];
  readonly approvals: readonly { readonly note: string }[];
}

describe('a run that a gate holds, on the command line', () => {
  let dir: string;
  const session = (...commands: string[][]) => sessionHere(join(dir, 'home'), commands, dir);
  const runsOf = (result: CommandResult | undefined) => JSON.parse(result?.stdout ?? '[]') as RunOfJson[];
  const latest = async () => {
    const files = (await filesBelow(join(dir, 'home/exports'))).filter((name) => name.endsWith('latest.json'));
    return Promise.all(files.map((name) => readFile(join(dir, 'home/exports', name), 'utf8')));
  };

  /** Three usual days, the first with rows for the quarantine; then one without a row, then a usual one. */
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'perennial-held-'));
    await writeFile(join(dir, 'perennial.config.json'), JSON.stringify(CONFIG));
    await deliver(join(dir, 'drops'), {
      ...plainDays(FIRST, [150, 150, 150, 0, 150]),
      [salesOf(FIRST)]: `${salesFile(FIRST, 150)}${ROWS.join('\n')}\n`,
    });
    await successfulHere(join(dir, 'home'), [[...RUN, '--from', FIRST, '--to', BEFORE]], dir);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('ends with 3, shows nothing, says how to go on; asked again the newer one is held', async () => {
    const before = await latest();
    const again = `r000003-${HELD_ON}`;
    const [held, json, list, show, wrong] = await session(
      RUN,
      [...RUN.slice(0, -1), '--json'],
      ['runs', '--json'],
      ['runs', 'show', again],
      ['approve', again, '--gate', 'row_count'],
    );
    expect(held).toMatchObject({ code: 3, stdout: '' });
    expect(held?.stderr).toMatch(
      /^ {2}result +check +date +feed +found +expected\n {2}BREACH +zero_rows +2025-03-06 +transactions +0 rows +at least 1 row, 150 are usual\n/,
    );
    const last = `Correct the drop and run again, or take it as it is: \`npm run -s perennial -- approve r000002-${HELD_ON}\`\n`;
    expect(held?.stderr.endsWith(last)).toBe(true);
    expect(json?.code).toBe(3);
    expect(JSON.parse(json?.stdout ?? '')).toMatchObject({ outcome: 'held', run: { runId: again, state: 'HELD' } });
    expect(runsOf(list).map(({ state }) => state)).toEqual(['CLOSED', 'SUPERSEDED', 'HELD']);
    expect(show?.stdout).toMatch(/^ {2}not enough history +row_count +2025-03-06 /m);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('expected one of zero_rows') });
    expect(await latest()).toEqual(before);
  });

  it('a later night judges the held date again; approved, it closes with what was waived', async () => {
    const id = `r000004-${NEXT}`;
    const note = 'closed for stocktaking';
    const [held, approved, list, show, again] = await session(
      [...RUN, '--date', NEXT],
      ['approve', id, '--gate', 'zero_rows', '--note', note, '--workers', '1', '--quiet'],
      ['runs', '--json'],
      ['runs', 'show', id],
      ['approve', id],
    );
    expect(held).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`Run ${id} is held, nothing was published. zero_rows on ${HELD_ON}:`),
    });
    expect(approved).toMatchObject({ code: 0, stdout: expect.stringContaining(`${HELD_ON} to ${NEXT} are committed (${id}).`) });
    expect(approved?.stderr).toMatch(/^ {2}waived +zero_rows +2025-03-06 /m);
    expect(runsOf(list).slice(-2)).toMatchObject([
      { state: 'SUPERSEDED', waived: [] },
      { state: 'CLOSED', waived: ['zero_rows'], approvals: [{ note }] },
    ]);
    expect(show?.stdout).toMatch(/^ {2}approved +\S+Z: zero_rows \(closed for stocktaking\)$/m);
    expect(again).toMatchObject({ code: 0, stdout: `Already done: ${NEXT} is committed. Nothing was written.\n` });
    const report = JSON.parse(await readFile(join(dir, 'home/lake/runs', id, 'report.json'), 'utf8')) as { checks: unknown[] };
    expect(report.checks).toContainEqual(expect.objectContaining({ name: 'zero_rows', date: HELD_ON, status: 'waived' }));
    expect((await latest()).every((text) => text.includes(id))).toBe(true);
  });

  it('quarantine is listed, shown row by row, and retried as a late file, twice the same', async () => {
    const [list, table, rows, retried, same, unknown] = await session(
      ['quarantine', 'list', '--json'],
      ['quarantine', 'list'],
      ['quarantine', 'show', salesOf(FIRST), '--limit', '1'],
      ['quarantine', 'retry', '--data', 'drops'],
      ['quarantine', 'retry', '--data', 'drops', '--json'],
      ['quarantine', 'show', '0123456789'],
    );
    expect(JSON.parse(list?.stdout ?? '')).toMatchObject([
      { knownOn: FIRST, feed: 'transactions', file: salesOf(FIRST), rule: 'INVALID_DATE', rows: 1, refusal: null },
      { rule: 'CONFLICT', rows: 2, refusal: expect.stringContaining('other content') },
    ]);
    expect(table?.stdout).toMatch(
      /INVALID_DATE +1 {2}yes +line 152: occurred_at "03\/03\/2025": expected .*\n.* CONFLICT +2 {2}no +line 15/,
    );
    expect(rows?.stdout).toBe(
      `${salesOf(FIRST)} line 152: INVALID_DATE\n  ${BAD_DATE}\n  ${ROWS[0]}\n2 more; --limit N shows them.\n`,
    );
    expect(retried?.stdout).toMatch(
      /^ {2}1 row written to file:.*\/drops\/dt=2025-03-07\/transactions\/retry-\w+\.csv\n {2}2 rows not tried again: /,
    );
    const { files } = JSON.parse(same?.stdout ?? '') as { files: { key: string; written: string }[] };
    expect(files).toMatchObject([{ rows: 1, written: 'same' }]);
    expect(await readFile(join(dir, 'drops', files[0]?.key ?? ''), 'utf8')).toBe(
      `transaction_id,customer_id,occurred_at,amount,currency,type\n${ROWS[0]}\n`,
    );
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error: Quarantine 0123456789: no row, expected /) });
  });
});
