import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { mappings } from '../../../../lib/config/mapping.ts';
import { InvariantBrokenError } from '../../../../lib/errors.ts';
import { bytesOf, type CompactContext, type Unit } from '../../../../lib/run/compact/change.ts';
import { createOrRestore } from '../../../../lib/run/compact/create-or-restore.ts';
import { unitsOf } from '../../../../lib/run/compact/kinds.ts';
import { gzipLines } from '../../../../lib/run/gzip-lines.ts';
import { KnownContents } from '../../../../lib/run/pin-drop.ts';
import { erasedCustomers } from '../../../support/erased.ts';
import { MemoryStore } from '../../../support/memory-store.ts';

const KNOWN_ON = '2025-03-09';
const REQUESTED_AT = '2025-03-08T12:00:00Z';

/** Plans the objects of a lake. @returns what becomes of each changed one: its new bytes, or null when it is deleted */
async function planned(objects: Readonly<Record<string, Uint8Array | string>>, listed: readonly string[] = []) {
  const lake = new MemoryStore('mem:///lake');
  for (const [key, content] of Object.entries(objects)) {
    await lake.create(key, typeof content === 'string' ? Buffer.from(content) : content);
  }
  const run = { runId: 'r1', from: '2025-03-01', to: '2025-03-10' };
  const context = {
    deps: { lake, exports: new MemoryStore('mem:///exports') },
    erased: erasedCustomers(['C-1', REQUESTED_AT, KNOWN_ON]),
    chain: new Map([[run.runId, run]]),
    current: run,
    configs: [{ timeZone: 'UTC', mapping: mappings.parse({}) }],
    listed: new Set(listed),
    customerHashes: new Map(),
  } as unknown as CompactContext;
  const changes: Record<string, Buffer | null> = {};
  for (const unit of unitsOf('lake', Object.keys(objects)) as Unit[]) {
    for (const change of await unit.plan(unit, context)) {
      changes[change.key] = change.action === 'delete' ? null : await bytesOf(change.content());
    }
  }
  return changes;
}

const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type';
const sale = (id: string, customer: string) => `${id},${customer},2025-03-02T10:00:00Z,1.00,USD,sale`;
const drop = `${HEADER}\n${sale('1', 'C-1')}\n${sale('2', 'C-2')}\n`;

describe('objects that compact changes', () => {
  it('a manifest tells new rows, size and hash before its files change; other promises stay', async () => {
    const folder = 'drops/dt=2025-03-02';
    const other = { path: 'transactions/b.csv', rows: 2 };
    const manifest = { files: [{ path: 'transactions/a.csv', rows: 2, sizeBytes: drop.length, sha256: 'AB'.repeat(32) }, other] };
    const objects = {
      [`${folder}/manifest.json`]: JSON.stringify(manifest),
      [`${folder}/transactions/a.csv`]: drop,
      [`${folder}/transactions/b.csv`]: `${HEADER}\n${sale('3', 'C-3')}\n${sale('4', 'C-1')}\n`,
    };
    const changes = await planned(objects);
    const names = ['manifest.json', 'transactions/a.csv', 'transactions/b.csv'];
    expect(Object.keys(changes)).toEqual(names.map((name) => `${folder}/${name}`));
    const { files } = JSON.parse(String(changes[`${folder}/manifest.json`])) as typeof manifest;
    expect(files[0]).toMatchObject({ rows: 1, sizeBytes: changes[`${folder}/transactions/a.csv`]?.length });
    expect(files[0]).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(files[1]).toEqual({ ...other, rows: 1 });
    // killed in between: the manifest is not changed twice
    const again = await planned({ ...objects, [`${folder}/manifest.json`]: String(changes[`${folder}/manifest.json`]) });
    expect(String(again[`${folder}/manifest.json`])).toBe(String(changes[`${folder}/manifest.json`]));
  });

  it('refused rows go when the id stands in them, whatever broke them, and stay when they tell of a later time', async () => {
    const row = (raw: string, more: object = {}) => ({
      file: 'a.csv',
      line: 2,
      rule: 'INVALID_AMOUNT',
      message: 'm',
      raw,
      ...more,
    });
    const records = [
      row('1,C-1,2025-03-02,1x,USD,sale'),
      row('2,C-10,2025-03-02,1x,USD,sale'),
      row(Buffer.from('3;"C-1";\xff', 'latin1').toString('base64'), { rawEncoding: 'base64' }),
      row('{"customer_id":"C-1","occurred_at":"2025-03-09T10:00:00Z"}'),
      { file: 'a.csv', line: 9, rule: 'ORPHAN', message: 'm', fact: { customer_id: 'C-1', occurred_at: '2025-03-02T00:00:00Z' } },
    ];
    const lines = (bytes: Uint8Array | null | undefined) =>
      gunzipSync(bytes ?? new Uint8Array(0))
        .toString()
        .split('\n')
        .slice(0, -1);
    const early = 'quarantine/known=2025-03-02/run=r1/shard=0.jsonl.gz';
    expect(lines((await planned({ [early]: gzipLines(records) }))[early])).toEqual([JSON.stringify(records[1])]);
    const later = 'pii/quarantine/known=2025-03-09/abc.jsonl.gz';
    const left = await planned({ [later]: gzipLines(records) }, [later]);
    expect(lines(left[later])).toEqual([JSON.stringify(records[1]), JSON.stringify(records[3])]);
  });

  it('refused rows that no committed run lists are deleted', async () => {
    const key = 'quarantine/known=2025-03-02/abc.jsonl.gz';
    expect(await planned({ [key]: gzipLines([{ raw: 'C-1' }]) })).toEqual({ [key]: null });
  });

  it.each([
    ['notes/ticket.txt', 'asked by C-1 today'],
    ['drops/dt=2025-03-02/notes.txt', 'C-1'],
    ['drops/dt=2025-03-02/weather/w.csv', 'C-1,rain'],
    ['runs/r1/report.json', '{"top":["C-1"]}'],
    ['g=1/kpi/dt=2025-03-02/run=r1.json', '{"C-1":1}'],
  ])('an object that nobody rewrites may not hold the id: %s', async (key, content) => {
    await expect(planned({ 'drops/dt=2025-03-02/transactions/a.csv': drop, [key]: content })).rejects.toThrow(
      new RegExp(`${key}: holds the id of an erased customer`),
    );
  });

  it('a longer word is not the id', async () => {
    const changes = await planned({
      'drops/dt=2025-03-02/transactions/a.csv': drop,
      'notes.txt': 'C-12 and XC-1',
      'runs/r1/plan.json': '{"a":"C-12"}',
    });
    expect(Object.keys(changes)).toEqual(['drops/dt=2025-03-02/transactions/a.csv']);
  });
});

describe('contents that compact changed', () => {
  it('are known when those before were, under any name, through several compactions', () => {
    const known = new KnownContents();
    known.add({ feed: 'transactions', sha256: 'a', key: 'dt=2025-03-02/transactions/a.csv' });
    known.follow('dt=2025-03-02/transactions/a.csv', 'a', 'b');
    known.follow('dt=2025-03-02/transactions/a.csv', 'b', 'c');
    known.follow('dt=2025-03-02/transactions/z.csv', 'y', 'z');
    const find = (sha256: string) => known.find({ feed: 'transactions', sha256, key: 'dt=2025-03-05/transactions/new.csv' });
    expect(['a', 'b', 'c', 'z'].map(find)).toEqual([
      ...Array.from({ length: 3 }, () => 'dt=2025-03-02/transactions/a.csv'),
      undefined,
    ]);
  });
});

describe('files of a drop that is taken again', () => {
  it('get the content back that compact changed; other content is refused', async () => {
    const lake = new MemoryStore('mem:///lake');
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    await createOrRestore(lake, 'ledger', Buffer.from('C-1 C-2'));
    await lake.replace('ledger', Buffer.from('C-2'), (await lake.stat('ledger'))?.etag ?? '');
    await expect(createOrRestore(lake, 'ledger', Buffer.from('C-1 C-2'))).rejects.toThrow(InvariantBrokenError);
    const entry = { place: 'lake', key: 'ledger', sha256Before: sha256('C-1 C-2'), sha256After: sha256('C-2') };
    await lake.create('erasures/compacted/c000001.json', Buffer.from(JSON.stringify({ id: 'c000001', rewritten: [entry] })));
    await createOrRestore(lake, 'ledger', Buffer.from('C-1 C-2'));
    expect(Buffer.from(await lake.read('ledger')).toString()).toBe('C-1 C-2');
    await expect(createOrRestore(lake, 'ledger', Buffer.from('C-3'))).rejects.toThrow(InvariantBrokenError);
  });
});
