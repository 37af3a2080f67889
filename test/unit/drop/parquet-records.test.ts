import { describe, expect, it } from 'vitest';
import { InvalidDropError } from '../../../lib/errors.ts';
import { parquetOf, toParquet } from '../../support/drop-forms.ts';
import { readText, textsOf } from '../../support/drop-reading.ts';

const NAMES = ['transaction_id', 'customer_id', 'occurred_at', 'amount', 'currency', 'type', 'channel'];
const row = (changes: Record<string, string> = {}) => {
  const cells: Record<string, string> = {
    transaction_id: "'t1'",
    customer_id: "'c1'",
    occurred_at: "'2024-03-05T14:30:00Z'",
    amount: "'12.50'",
    currency: "'USD'",
    type: "'sale'",
    ...changes,
  };
  return `SELECT ${Object.entries(cells)
    .map(([name, value]) => `${value} AS ${name}`)
    .join(', ')}`;
};
const read = (bytes: Uint8Array, mapping = {}) => readText(bytes, { name: 'orders.parquet', mapping });

describe('openParquet', () => {
  it.each(['snappy', 'gzip', 'zstd', 'brotli', 'uncompressed'])(
    'reads pages compressed by %s, in both versions',
    async (codec) => {
      for (const version of ['V1', 'V2']) {
        const query = `SELECT 't' || i AS transaction_id, 'c' || (i % 100) AS customer_id, TIMESTAMPTZ '2024-03-05 00:00:00Z' + INTERVAL 1 SECOND * i AS occurred_at,
        CAST(i / 100 AS DECIMAL(18, 2)) AS amount, 'USD' AS currency, 'sale' AS type, CASE WHEN i % 3 = 0 THEN NULL ELSE 'ch' || (i % 5) END AS channel FROM range(6000) t(i)`;
        const { rows, accepted, first } = await read(
          await parquetOf(query, `COMPRESSION ${codec}, ROW_GROUP_SIZE 2048, PARQUET_VERSION ${version}`),
        );
        expect({ rows, accepted }).toEqual({ rows: 6000, accepted: 6000 });
        const ids = textsOf(first.transactionId);
        expect([ids[0], ids[2345], ids[5999]]).toEqual(['t0', 't2345', 't5999']);
        expect(textsOf(first.channel).slice(0, 4)).toEqual(['', 'ch1', 'ch2', '']);
        expect([...first.amountMinor]).toEqual(Array.from({ length: 6000 }, (_, i) => i));
        expect(first.occurredAtMs.every((ms, i) => ms === Date.UTC(2024, 2, 5) + 1000 * i)).toBe(true);
        expect([...first.line.slice(0, 2), first.line[5999]]).toEqual([1, 2, 6000]);
      }
    },
  );

  it('says how to write a file whose compression is not read', async () => {
    await expect(read(await parquetOf(row(), 'COMPRESSION lz4_raw'))).rejects.toThrow(
      'File orders.parquet: Parquet compression LZ4_RAW, expected snappy, gzip, zstd, brotli or none. Write it with one of these compressions.',
    );
  });

  it.each([
    ['TIMESTAMPTZ', "TIMESTAMPTZ '2024-03-05 14:30:00.123456Z'", Date.UTC(2024, 2, 5, 14, 30, 0, 123)],
    ['TIMESTAMP', "TIMESTAMP '2024-03-05 14:30:00.5'", Date.UTC(2024, 2, 5, 6, 30, 0, 500)],
    ['TIMESTAMP_NS', "TIMESTAMP_NS '2024-03-05 14:30:00.123456789'", Date.UTC(2024, 2, 5, 6, 30, 0, 123)],
    ['TIMESTAMP_MS', "TIMESTAMP_MS '1969-12-31 23:59:59.999'", Date.UTC(1969, 11, 31, 15, 59, 59, 999)],
    ['DATE', "DATE '2024-03-05'", Date.UTC(2024, 2, 4, 16)],
  ])('reads %s', async (_, cell, ms) => {
    const { first } = await readText(await parquetOf(row({ occurred_at: cell })), {
      name: 'a.parquet',
      timeZone: 'Asia/Shanghai',
    });
    expect([...first.occurredAtMs]).toEqual([ms]);
  });

  it.each([
    ['12345::INTEGER', 1_234_500],
    ['90071992547409::BIGINT', 9_007_199_254_740_900],
    ['18446744073709551615::UBIGINT', undefined],
    ['12.5::DOUBLE', 1250],
    ['12.3::FLOAT', 1230],
    ['(0.1 + 0.2)::DECIMAL(18, 4)', 30],
    ['1234567.89::DECIMAL(9, 2)', 123_456_789],
    ['1234567890123.45::DECIMAL(30, 2)', 123_456_789_012_345],
    ['0.001::DECIMAL(4, 3)', undefined],
    ['0.1::DOUBLE + 0.2::DOUBLE', undefined],
    ["'12.50'", 1250],
    ['200::UTINYINT', 20_000],
  ])('reads the amount %s', async (amount, minor) => {
    const { first, refused } = await read(await parquetOf(row({ amount })));
    expect([...first.amountMinor]).toEqual(minor === undefined ? [] : [minor]);
    expect(refused.length).toBe(minor === undefined ? 1 : 0);
  });

  it('keeps ids that are numbers digit by digit', async () => {
    const { first } = await read(
      await parquetOf(
        row({ transaction_id: '9223372036854775807', customer_id: "'018f3b1e-7b5c-7000-8000-0123456789ab'::UUID" }),
      ),
    );
    expect(textsOf(first.transactionId)).toEqual(['9223372036854775807']);
    expect(textsOf(first.customerId)).toEqual(['018f3b1e-7b5c-7000-8000-0123456789ab']);
  });

  it('reads typed dates whatever form the mapping gives for texts', async () => {
    const { accepted } = await read(await parquetOf(row({ occurred_at: "DATE '2024-03-05'" })), { dateFormats: ['dd/MM/yyyy'] });
    expect(accepted).toBe(1);
  });

  it('keeps a refused row as JSON', async () => {
    const { refused } = await read(await parquetOf(row({ amount: "'x\"y'", channel: 'NULL' })));
    expect(refused).toMatchObject([{ rule: 'INVALID_AMOUNT', line: 1, rawEncoding: 'utf8' }]);
    expect(JSON.parse(refused[0]?.raw ?? '')).toEqual({
      transaction_id: 't1',
      customer_id: 'c1',
      occurred_at: '2024-03-05T14:30:00Z',
      amount: 'x"y',
      currency: 'USD',
      type: 'sale',
      channel: null,
    });
  });

  it.each([
    ["['a']", 'column "customer_id" is of type list or struct'],
    ["{'a': 1}", 'column "customer_id" is of type list or struct'],
    ['true', 'column "customer_id" is of type BOOLEAN'],
    ["TIME '12:00:00'", 'column "customer_id" is of type TIME'],
    ["INTERVAL '1 day'", 'column "customer_id" is of type INTERVAL'],
    ["'\\xFF'::BLOB", 'column customer_id holds bytes that are not valid UTF-8'],
  ])('refuses the type of %s', async (cell, message) => {
    const failure = await read(await parquetOf(row({ customer_id: cell }))).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidDropError);
    expect((failure as Error).message).toContain(message);
    expect((failure as Error).message).toContain('File orders.parquet');
  });

  it('ignores what it does not need, lists and structs too', async () => {
    const { accepted } = await read(await parquetOf(row({ tags: "['a', 'b']", more: "{'a': 1, 'b': [2]}", flag: 'true' })));
    expect(accepted).toBe(1);
  });

  it('names a missing column', async () => {
    await expect(read(await parquetOf("SELECT 1 AS a, 'x' AS b"))).rejects.toThrow(
      'columns transaction_id, customer_id, occurred_at, amount, currency, type missing, found "a", "b"',
    );
  });

  it('refuses a file that is cut, damaged or none', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => [`t${i}`, 'c', '2024-03-05', '1', 'USD', 'sale', null]);
    const whole = await toParquet({ names: NAMES, rows });
    expect((await read(whole)).accepted).toBe(50);
    for (const bytes of [
      whole.subarray(0, 100),
      whole.subarray(0, whole.length - 1),
      Buffer.alloc(5),
      Buffer.from('PAR1PAR1PAR1PAR1'),
    ]) {
      const failure = await read(bytes).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(InvalidDropError);
      expect((failure as Error).message).toMatch(
        /^File orders.parquet: cannot be read as Parquet \(.*\), expected a complete file\. Deliver the file again\.$/,
      );
    }
    const damaged = Buffer.from(whole).fill(0xff, 30, 60);
    await expect(read(damaged)).rejects.toThrow(InvalidDropError);
  });

  it('reads a file without rows', async () => {
    expect((await read(await parquetOf(`${row()} LIMIT 0`))).rows).toBe(0);
  });
});
