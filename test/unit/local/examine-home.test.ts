import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHome } from '../../../cli/local/home.ts';
import { withHome } from '../../support/home-state.ts';
import { deliver, plainDays } from '../../support/plain-drops.ts';
import { runInMemory } from '../../support/run-in-memory.ts';
import { sessionHere } from '../../support/session.ts';
import { SMALL_SHOP_CONFIG } from '../../support/small-shop.ts';
import { photograph } from '../../support/tree.ts';

/** Two nights of a small shop in a home of plain files. */
describe('doctor on a home', () => {
  let dir = '';
  const home = () => join(dir, 'home');
  const examine = async (place: string, more: readonly string[] = []) => {
    const [result] = await sessionHere(place, [['doctor', '--home', place, '--json', ...more]], dir);
    const { findings, problems } = JSON.parse(result?.stdout ?? '') as {
      findings: { level: string; check: string; found: string; next: string }[];
      problems: number;
    };
    expect(result?.code).toBe(problems > 0 ? 1 : 0);
    return findings.filter(({ level }) => level !== 'ok').map(({ level, check, found }) => `${level} ${check}: ${found}`);
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'doctor-'));
    await deliver(join(dir, 'drops'), plainDays('2025-02-01', [30, 30, 30]));
    await writeFile(join(dir, 'two.json'), JSON.stringify(SMALL_SHOP_CONFIG));
    await (await openHome(home())).close();
    await withHome(home(), join(dir, 'two.json'), async ({ deps }) => {
      const dropsUrl = pathToFileURL(join(dir, 'drops')).href;
      for (let night = 0; night < 2; night++) await runInMemory({ dropsUrl }, deps);
    });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('finds nothing wrong with a healthy one, in lines that align, and changes no byte of it', async () => {
    const before = await photograph(home());
    expect(await examine(home())).toEqual([]);
    const [text] = await sessionHere(home(), [['doctor', '--home', home()]], dir);
    expect(text?.code).toBe(0);
    const lines = (text?.stdout ?? '').split('\n').filter((line) => line.startsWith('  '));
    expect(new Set(lines.map((line) => line.search(/(?<=^ {2}\S+ +)\S/)))).toEqual(new Set([10]));
    expect(text?.stdout).toMatch(/Nothing is wrong\.\n$/);
    expect(await photograph(home())).toEqual(before);
  });

  it('tells of every broken one what is wrong, changes no byte of it, and exits with 1', async () => {
    const broken: [string, (copy: string) => Promise<unknown>][] = [
      ['problem books: 3 files of ', (copy) => removeBook(copy)],
      ['problem database: Database ', (copy) => breakDatabase(join(copy, 'dynamo/tables'))],
      ['problem home: COPY/lake: no folder', (copy) => removeAll(copy, ['lake']).then(() => writeFile(join(copy, 'lake'), ''))],
      ['problem home: COPY: lake/ missing', (copy) => removeAll(copy, ['lake'])],
      ['problem home: COPY: lake/ and dynamo/ missing', (copy) => removeAll(copy, ['dynamo'])],
    ];
    const copy = join(dir, 'copy');
    await cp(home(), copy, { recursive: true, preserveTimestamps: true });
    for (const [expected, breakIt] of broken) {
      await breakIt(copy);
      const before = await photograph(copy);
      const faults = await examine(copy);
      expect(faults.filter((fault) => fault.startsWith(expected.replace('COPY', copy)))).toHaveLength(1);
      expect(await photograph(copy)).toEqual(before);
    }
    const configs: [string, string, string | undefined][] = [
      ['problem configuration: Configuration file: "shards"', 'bad.json', '{"shards":0}'],
      ['problem generation: shards 2 → 4', 'four.json', '{"shards":4}'],
      ['problem config file: ENOENT', 'none.json', undefined],
    ];
    for (const [expected, file, text] of configs) {
      if (text !== undefined) await writeFile(join(dir, file), text);
      expect((await examine(home(), ['--config', file]))[0]).toContain(expected);
    }
    expect(await examine(join(dir, 'nowhere'))).toEqual([`problem home: ${join(dir, 'nowhere')}: there is none`]);
    expect(await readdir(dir)).not.toContain('nowhere');
  });

  it('says who holds the home, and is no problem', async () => {
    const held = await openHome(home(), { command: 'perennial run' });
    const faults = await examine(home());
    await held.close();
    expect(faults).toEqual([expect.stringMatching(/^warning holder: Home .*held by process \d+ \(perennial run\)/)]);
  });
});

const removeAll = (copy: string, names: readonly string[]) =>
  Promise.all(names.map((name) => rm(join(copy, name), { recursive: true })));

/** LevelDB goes nowhere without the file that names its tables. */
const breakDatabase = (tables: string) => writeFile(join(tables, 'CURRENT'), 'MANIFEST-999999\n');

async function removeBook(copy: string): Promise<void> {
  const books = join(copy, 'lake/g=1/books/dt=2025-02-02');
  const [run = ''] = await readdir(books);
  await removeAll(join(books, run, 'shard=1'), ['days.arrow', 'pending.arrow', 'customers.arrow']);
}
