import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type DropsWindow, type FeedFile, findMisplaced } from '../../../lib/run/drop-folder.ts';
import { dropsOf, planDrops } from '../../support/planned-run.ts';

const D = 'dt=2024-03-05';
const sales = (id: string) =>
  `transaction_id,customer_id,occurred_at,amount,currency,type\n${id},c1,2024-03-05T10:00:00Z,5.00,USD,sale\n`;
const sha = (content: string) => createHash('sha256').update(content).digest('hex');
const night = { from: '2024-03-05', to: '2024-03-05' };
const manifestOf = (...files: object[]) => JSON.stringify({ files });

describe('planRun', () => {
  it('takes the files of every feed and form, and tells why others are not taken', async () => {
    const drops = await dropsOf({
      [`${D}/_SUCCESS`]: '',
      [`${D}/transactions/a.csv`]: sales('t1'),
      [`${D}/transactions/b.jsonl.zst`]: 'b',
      [`${D}/transactions/notes.xlsx`]: 'x',
      [`${D}/transactions/_SUCCESS`]: '',
      [`${D}/interactions/a.parquet`]: 'i',
      [`${D}/customers/a.arrow`]: 'c',
      [`${D}/rates/a.csv`]: 'r',
      [`${D}/erasures/a.jsonl.gz`]: 'e',
      [`${D}/products/a.csv`]: 'p',
      [`${D}/stray.csv`]: 's',
      'root.csv': 'x',
      'truth.json': '{}',
      'dt=2024-13-01/transactions/a.csv': 'x',
      '2024-03-05/transactions/a.csv': 'x',
      'other/a.csv': 'x',
      'dt=2024-03-06/transactions/a.csv': 'x',
      'dt=2024-03-06/_SUCCESS': '',
    });
    const { plan } = await planDrops(drops, night);
    expect(plan.batches.flatMap(({ files }) => files.map(({ feed, key }) => [feed, key]))).toEqual([
      ['customers', `${D}/customers/a.arrow`],
      ['erasures', `${D}/erasures/a.jsonl.gz`],
      ['interactions', `${D}/interactions/a.parquet`],
      ['rates', `${D}/rates/a.csv`],
      ['transactions', `${D}/transactions/a.csv`],
      ['transactions', `${D}/transactions/b.jsonl.zst`],
    ]);
    const reasons = Object.fromEntries(plan.skipped.map(({ key, reason }) => [key, reason]));
    expect(Object.keys(reasons).sort()).toEqual(
      [
        `${D}/products/a.csv`,
        `${D}/stray.csv`,
        `${D}/transactions/_SUCCESS`,
        `${D}/transactions/notes.xlsx`,
        '2024-03-05',
        'dt=2024-03-06',
        'dt=2024-13-01',
        'other',
        'root.csv',
      ].sort(),
    );
    expect(reasons[`${D}/products/a.csv`]).toContain('feed products is unknown');
    expect(reasons[`${D}/transactions/notes.xlsx`]).toContain('unknown form');
    expect(reasons['dt=2024-03-06']).toContain('early drop');
    expect(reasons['dt=2024-13-01']).toContain('not a date that exists');
    expect(reasons['2024-03-05']).toContain('expected the name dt=2024-03-05');
    expect([plan.notes, plan.unlisted]).toEqual([[], 0]);
  });

  it('lists a bounded number of remarks and counts the rest', async () => {
    const files = Array.from({ length: 250 }, (_, i) => [`${D}/transactions/n${i}.txt`, 'x']);
    const { plan } = await planDrops(await dropsOf({ [`${D}/_SUCCESS`]: '', ...Object.fromEntries(files) }), night);
    expect([plan.skipped.length, plan.unlisted]).toEqual([200, 50]);
  });

  it('takes the same content once, but for feeds whose rows replace earlier ones', async () => {
    const drops = await dropsOf({
      [`${D}/_SUCCESS`]: '',
      [`${D}/transactions/a.csv`]: sales('t1'),
      [`${D}/transactions/b.csv`]: sales('t1'),
      [`${D}/customers/a.csv`]: 'customer_id\nc1\n',
      [`${D}/customers/b.csv`]: 'customer_id\nc1\n',
    });
    const { plan } = await planDrops(drops, night);
    expect(plan.batches.flatMap(({ files }) => files.map(({ key }) => key))).toEqual([
      `${D}/customers/a.csv`,
      `${D}/customers/b.csv`,
      `${D}/transactions/a.csv`,
    ]);
    expect(plan.skipped).toEqual([{ key: `${D}/transactions/b.csv`, reason: `same content as ${D}/transactions/a.csv` }]);
  });
});

describe('findMisplaced', () => {
  const window = { first: '2024-03-01', lateFrom: '2024-03-04', to: '2024-03-05' } as never as Omit<DropsWindow, 'isKnown'>;

  it('tells of files that came into a folder that no run looks through any more, unless their content is known', async () => {
    const drops = await dropsOf({
      'dt=2024-02-29/transactions/left-out.csv': 'x',
      'dt=2024-03-01/transactions/known.csv': 'x',
      'dt=2024-03-01/transactions/new.csv': 'x',
      'dt=2024-03-01/transactions/notes.txt': 'x',
      'dt=2024-03-01/_SUCCESS': '',
      'dt=2024-03-04/transactions/looked-at.csv': 'x',
    });
    const isKnown = async ({ info }: FeedFile) => info.key.endsWith('/known.csv');
    expect(await findMisplaced(drops, { ...window, isKnown })).toEqual([
      { key: 'dt=2024-03-01/transactions/new.csv', reason: expect.stringContaining('was not taken') },
    ]);
  });
});

describe('planRun with a manifest', () => {
  const plan = async (manifest: string, more: Record<string, string> = {}) =>
    planDrops(await dropsOf({ [`${D}/manifest.json`]: manifest, [`${D}/transactions/a.csv`]: sales('t1'), ...more }), night);
  const a = { path: 'transactions/a.csv', sha256: sha(sales('t1')) };

  it('takes one that is empty, or without files, as a marker alone', async () => {
    for (const text of ['', '{}', ' \n']) expect((await plan(text)).plan.batches).toHaveLength(1);
  });

  it('pins files that are as promised, by either path, and notes those that it does not name', async () => {
    const found = await plan(manifestOf({ ...a, path: `${D}/transactions/a.csv`, rows: 1, sizeBytes: sales('t1').length }), {
      [`${D}/transactions/extra.csv`]: sales('t2'),
    });
    const files = found.plan.batches.flatMap((batch) => batch.files);
    expect(files.map(({ key, promisedRows }) => [key, promisedRows])).toEqual([
      [`${D}/transactions/a.csv`, 1],
      [`${D}/transactions/extra.csv`, null],
    ]);
    expect(found.plan.notes).toEqual([{ key: `${D}/transactions/extra.csv`, reason: 'not in the manifest, taken' }]);
  });

  it('refuses a file that is missing, or another one than promised', async () => {
    await expect(plan(manifestOf(a, { path: 'rates/r.csv', rows: 3 }))).rejects.toThrow(
      `Drop file memory:drops/${D}/rates/r.csv: missing, expected it because the manifest names it.`,
    );
    await expect(plan(manifestOf({ ...a, sha256: sha('x') }))).rejects.toThrow(
      `SHA-256 ${sha(sales('t1'))}, expected ${sha('x')} as the manifest says`,
    );
    await expect(plan(manifestOf({ ...a, sizeBytes: 5 }))).rejects.toThrow('bytes, expected 5 as the manifest says');
    await expect(plan(manifestOf({ ...a, sizeBytes: 5 }))).rejects.toMatchObject({ name: 'InvalidDropError' });
  });

  it('refuses one that breaks its schema', async () => {
    const broken = [
      '[',
      '[]',
      '{"file":[]}',
      manifestOf({ path: 'transactions/a.csv' }),
      manifestOf({ ...a, sha256: 'abc' }),
      manifestOf({ ...a, rows: -1 }),
      manifestOf({ ...a, md5: 'x' }),
      manifestOf(a, a),
    ];
    for (const text of broken) await expect(plan(text)).rejects.toMatchObject({ name: 'InvalidDropError' });
  });

  it('refuses a file with another number of rows when it is read', async () => {
    const found = await plan(manifestOf({ ...a, rows: 2 }));
    await expect(found.ingest()).rejects.toThrow(`${D}/transactions/a.csv: 1 rows, expected 2 as the manifest says`);
    expect(found.lake.keys().filter((key) => key.includes('/ledger/'))).toEqual([]);
  });
});
