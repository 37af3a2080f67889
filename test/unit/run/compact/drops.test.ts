import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Dictionary, Int32, Table, tableFromIPC, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { mappings } from '../../../../lib/config/mapping.ts';
import { requireFormat } from '../../../../lib/drop/file-format.ts';
import { arrowFile } from '../../../../lib/drop/kept-arrow.ts';
import type { Feed } from '../../../../lib/keys.ts';
import { bytesOf } from '../../../../lib/run/compact/change.ts';
import { keptDrop } from '../../../../lib/run/compact/drop-content.ts';
import { judgeDrop } from '../../../../lib/run/compact/drop-rows.ts';
import { businessClock } from '../../../../lib/time.ts';
import { erasedCustomers } from '../../../support/erased.ts';
import { MemoryStore } from '../../../support/memory-store.ts';

const ERASED = erasedCustomers(['gone', '2025-03-08T12:00:00Z', '2025-03-09'], ['a,"b"', '2025-03-08T12:00:00Z', '2025-03-09']);

/** What is left of a drop file, and how many records lost something. */
async function compacted(name: string, content: string | Uint8Array, feed: Feed = 'transactions', mapping: object = {}) {
  const store = new MemoryStore('mem:///lake');
  const key = `drops/dt=2025-03-08/${feed}/${name}`;
  await store.create(key, typeof content === 'string' ? Buffer.from(content) : content);
  const parsed = mappings.parse({ [feed]: mapping })[feed];
  const file = { key, feed, format: requireFormat(name), store, mappings: [parsed], clock: businessClock('UTC') };
  const verdict = await judgeDrop(file, ERASED);
  const bytes = await bytesOf(keptDrop(file, verdict));
  return { bytes, text: bytes.toString('utf8'), dropped: verdict.dropped.size, blanked: verdict.blanked.size };
}

const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type,referrer_id';
const before = '2025-03-08T10:00:00Z';
const after = '2025-03-08T13:00:00Z';
const row = (id: string, customer: string, at = before, referrer = '') => `${id},${customer},${at},1.00,USD,sale,${referrer}`;

describe('drops without erased customers', () => {
  it('keeps every other byte of a CSV: byte order mark, line ends, quotes, empty lines', async () => {
    const lines = (rows: string[]) => `\uFEFF${HEADER}\r\n${rows.join('')}`;
    const kept = [`${row('1', 'ann')}\r\n`, '\r\n', `"2","o""hara, jr",${before},1.00,USD,sale,\n`, row('9', 'last')];
    const all = [kept[0], `${row('3', 'gone')}\r\n`, kept[1], kept[2], `"4","gone",${before},"1\n00",USD,sale,\r`, kept[3]];
    const found = await compacted('a.csv', lines(all as string[]));
    // the empty line behind the erased record goes with it
    expect(found.text).toBe(lines([kept[0], kept[2], kept[3]] as string[]));
    expect(found.dropped).toBe(2);
  });

  it('keeps what happened after the request, and a file without the customer as it is', async () => {
    const text = `${HEADER}\n${row('1', 'gone', after)}\n${row('2', 'gonealong')}\n`;
    expect(await compacted('a.csv', text)).toMatchObject({ text, dropped: 0, blanked: 0 });
    expect((await compacted('a.csv', `${HEADER}\n${row('1', 'gone', 'no date')}\n`)).text).toBe(`${HEADER}\n`);
  });

  it('empties the customer where somebody else was referred, quotes and doubled quotes included', async () => {
    const text = `${HEADER}\n${row('1', 'ann', before, 'gone')}\n${row('2', 'bob', before, '"a,""b"""')}\n${row('3', 'cy', after, 'gone')}\n`;
    const found = await compacted('a.csv', text);
    expect(found.text).toBe(
      `${HEADER}\n${row('1', 'ann')}\n${row('2', 'bob', before, '""')}\n${row('3', 'cy', after, 'gone')}\n`,
    );
    expect(found).toMatchObject({ dropped: 0, blanked: 2 });
  });

  it('takes a broken record in which the id stands', async () => {
    const text = `${HEADER}\n"1,gone,${before}\n${row('2', 'ann')}\n`;
    expect((await compacted('a.csv', text)).text).toBe(`${HEADER}\n${row('2', 'ann')}\n`);
  });

  it('reads compressed files and mapped names, and writes them in their form', async () => {
    const mapping = { delimiter: ';', columns: { customer_id: 'who', updated_at: 'when' } };
    const text = 'who;when;email\ngone;;a@b.c\nann;2025-01-01;x@y.z\ngone;2026-01-01;new@b.c\n';
    const left = 'who;when;email\nann;2025-01-01;x@y.z\ngone;2026-01-01;new@b.c\n';
    const gz = await compacted('c.csv.gz', gzipSync(text), 'customers', mapping);
    expect(gunzipSync(gz.bytes).toString()).toBe(left);
    const zst = await compacted('c.csv.zst', zstdCompressSync(text), 'customers', mapping);
    expect(zstdDecompressSync(zst.bytes).toString()).toBe(left);
  });

  it('keeps the lines of JSON Lines byte for byte, and a referrer becomes null', async () => {
    const line = (fields: object) =>
      JSON.stringify({ transaction_id: '1', occurred_at: before, amount: '1.00', currency: 'USD', type: 'sale', ...fields });
    const odd = `{ "customer_id" : "ann", "transaction_id":"5", "occurred_at":"${before}", "amount": 1.10, "currency":"USD","type":"sale", "referrer_id" : "gone" }`;
    const found = await compacted('a.jsonl', [line({ customer_id: 'gone' }), line({ customer_id: 'bob' }), odd].join('\n'));
    expect(found.text).toBe(`${line({ customer_id: 'bob' })}\n${odd.replace('"gone"', 'null')}`);
  });

  it('takes rows out of Arrow, and their words out of dictionaries', async () => {
    const columns = (ids: string[]) => ({
      transaction_id: vectorFromArray(
        ids.map((_, i) => `t${i}`),
        new Utf8(),
      ),
      customer_id: vectorFromArray(ids, new Dictionary(new Utf8(), new Int32())),
      occurred_at: vectorFromArray(
        ids.map(() => before),
        new Utf8(),
      ),
      amount: vectorFromArray(
        ids.map((_, i) => `${i}.50`),
        new Utf8(),
      ),
      currency: vectorFromArray(
        ids.map(() => 'USD'),
        new Utf8(),
      ),
      type: vectorFromArray(
        ids.map(() => 'sale'),
        new Utf8(),
      ),
      weight: vectorFromArray(
        ids.map((_, i) => i),
        new Int32(),
      ),
    });
    for (const form of ['file', 'stream'] as const) {
      const table = new Table(columns(['ann', 'gone', 'bob', 'cy', 'gone']));
      const found = await compacted('a.arrow', form === 'file' ? arrowFile(table) : tableToIPC(table, form));
      const rows = [...tableFromIPC(found.bytes)].map((value) => value?.toJSON());
      expect(rows.map(({ customer_id, amount, weight }) => [customer_id, amount, weight])).toEqual([
        ['ann', '0.50', 0],
        ['bob', '2.50', 2],
        ['cy', '3.50', 3],
      ]);
      expect(found.bytes.includes('gone')).toBe(false);
      expect(found.bytes.subarray(0, 6).toString() === 'ARROW1').toBe(form === 'file');
    }
  });

  it('takes rows out of Parquet, instants to the microsecond', async () => {
    const micros = (text: string, extra: number) => BigInt(Date.parse(text)) * 1000n + BigInt(extra);
    const strings = (name: string, values: string[]) => ({ name, data: values, type: 'STRING' as const, nullable: false });
    const ids = ['ann', 'gone', 'gone', 'bob'];
    const file = parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 6 },
        ...['transaction_id', 'customer_id', 'amount', 'currency', 'type'].map((name) => ({
          name,
          type: 'BYTE_ARRAY' as const,
          converted_type: 'UTF8' as const,
          repetition_type: 'REQUIRED' as const,
        })),
        { name: 'occurred_at', type: 'INT64', converted_type: 'TIMESTAMP_MICROS', repetition_type: 'REQUIRED' },
      ],
      columnData: [
        strings('transaction_id', ['1', '2', '3', '4']),
        strings('customer_id', ids),
        strings('amount', ['1.00', '2.00', '3.00', '4.00']),
        strings(
          'currency',
          ids.map(() => 'USD'),
        ),
        strings(
          'type',
          ids.map(() => 'sale'),
        ),
        { name: 'occurred_at', data: [micros(before, 1), micros(before, 2), micros(after, 3), micros(before, 4)] },
      ].map(({ name, data }) => ({ name, data })),
    });
    const { bytes } = await compacted('a.parquet', new Uint8Array(file));
    const parsers = { timestampFromMicroseconds: (value: bigint) => value } as never;
    const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer, parsers });
    expect(rows.map((value) => [value['transaction_id'], value['occurred_at']])).toEqual([
      ['1', micros(before, 1)],
      ['3', micros(after, 3)],
      ['4', micros(before, 4)],
    ]);
  });
});
