import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MAX_RECORD_BYTES } from '../../../lib/drop/row-rules.ts';
import { InvalidDropError } from '../../../lib/errors.ts';
import { parquetOf } from '../../support/drop-forms.ts';
import { type ReadTextOptions, readText } from '../../support/drop-reading.ts';

const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type\n';
const GOOD = 't1,c1,2024-03-05,10.00,USD,sale\n';
const MEBIBYTE = 2 ** 20;

/** The one refused row of a file whose other rows are good. */
async function refusalOf(content: string | Uint8Array, options?: ReadTextOptions) {
  const { refused, rows, accepted } = await readText(content, options);
  expect(rows).toBe(accepted + 1);
  expect(refused).toHaveLength(1);
  expect(refused[0]?.message).not.toContain('\n');
  return refused[0];
}

describe('bad input at the level of a file', () => {
  it('a line of 10 MB costs itself alone', async () => {
    const content = `${HEADER}${GOOD}t2,${'x'.repeat(10_000_000)},2024-03-05,1,USD,sale\n${GOOD}`;
    const row = await refusalOf(content, { cuts: 65_536 });
    expect(row).toMatchObject({ rule: 'RECORD_TOO_LONG', line: 3, rawTruncated: true });
    expect(row?.raw).toHaveLength(MAX_RECORD_BYTES);
  });

  it('an id of 5,000 characters and with ../ never becomes more than a message', async () => {
    const row = await refusalOf(`${HEADER}${GOOD}${'../'.repeat(1667)},c,2024-03-05,1,USD,sale\n`);
    expect(row).toMatchObject({ rule: 'ID_TOO_LONG', line: 3 });
    expect(row?.message).toMatch(/^transaction_id "(\.\.\/)+\.*…": expected at most 256 bytes$/);
    const { accepted } = await readText(`${HEADER}../../etc/passwd,../..,2024-03-05,1,USD,sale\n`);
    expect(accepted).toBe(1);
  });

  it('NUL bytes are told as what they are', async () => {
    expect(await refusalOf(`${HEADER}${GOOD}t2,c\u0000,2024-03-05,1,USD,sale\n`)).toMatchObject({
      rule: 'CONTROL_CHARACTER',
      line: 3,
      message: 'customer_id "c\\u0000": expected text without control characters',
    });
    expect(await refusalOf(`${HEADER}${GOOD}${'\u0000'.repeat(40)}\n`)).toMatchObject({ rule: 'FIELD_COUNT', line: 3 });
  });

  it.each([
    ['UTF-16 with a mark', Buffer.from(`\uFEFF${HEADER}${GOOD}`, 'utf16le')],
    ['UTF-16 without one', Buffer.from(`${HEADER}${GOOD}`, 'utf16le')],
    ['UTF-16, high bytes first', Buffer.from(`\uFEFF${HEADER}${GOOD}`, 'utf16le').swap16()],
  ])('%s is named', async (_, content) => {
    await expect(readText(content)).rejects.toThrow(
      'File orders.csv: text in UTF-16, expected UTF-8. Deliver the file again in UTF-8.',
    );
  });

  it('Latin-1 is refused where it is not UTF-8', async () => {
    const content = Buffer.from(`${HEADER}${GOOD}t2,Müller,2024-03-05,1,USD,sale\n`, 'latin1');
    expect(await refusalOf(content)).toMatchObject({
      rule: 'INVALID_UTF8',
      line: 3,
      rawEncoding: 'base64',
      message: 'record: 31 bytes that are not valid UTF-8, expected UTF-8 text',
    });
    await expect(readText(Buffer.from(`Müller,${HEADER}`, 'latin1'))).rejects.toThrow('the header cannot be read (INVALID_UTF8)');
  });

  it('10,000 columns are one line', async () => {
    const failure = (await readText(`${HEADER.trim()},${Array.from({ length: 9994 }, (_, at) => `x${at}`).join(',')}\n`).catch(
      (error: unknown) => error,
    )) as Error;
    expect(failure).toBeInstanceOf(InvalidDropError);
    expect(failure.message).toBe(
      'File orders.csv: 10000 columns in the header, expected at most 1000. Deliver the file with the columns of the feed, or correct "delimiter" of the mapping.',
    );
    const names = Array.from({ length: 900 }, (_, at) => `x${at}`).join(',');
    await expect(readText(`${names}\n`)).rejects.toThrow('"x39", … (900 in all), expected transaction_id');
  });

  it('a second header among the rows is a refused row, for every feed', async () => {
    expect(await refusalOf(HEADER + GOOD + HEADER + GOOD.replace('t1', 't2'))).toMatchObject({
      rule: 'REPEATED_HEADER',
      line: 3,
      raw: HEADER.trim(),
      message: 'record: the header again, expected a row; two files may have been put together',
    });
  });

  it('a Parquet file with another schema is one line', async () => {
    const bytes = await parquetOf("SELECT 1 AS id, 'x' AS name");
    await expect(readText(bytes, { name: 'orders.parquet' })).rejects.toThrow(
      'File orders.parquet: columns transaction_id, customer_id, occurred_at, amount, currency, type missing, found "id", "name", expected',
    );
  });

  it('a gzip bomb of one endless line ends as one row, in bounded memory', async () => {
    const members = Buffer.concat(Array.from({ length: 2 }, () => gzipSync(Buffer.alloc(64 * MEBIBYTE, 'x'))));
    const before = process.memoryUsage.rss();
    const row = await refusalOf(Buffer.concat([gzipSync(HEADER + GOOD), members]), { name: 'orders.csv.gz', cuts: 65_536 });
    expect(row).toMatchObject({ rule: 'RECORD_TOO_LONG', line: 3, rawTruncated: true });
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MEBIBYTE);
  });

  it('a gzip bomb of rows that are no rows is given up', async () => {
    const member = gzipSync(Buffer.alloc(8 * MEBIBYTE, 'xxxxxxx\n'));
    const bomb = Buffer.concat([gzipSync(HEADER), ...Array.from({ length: 40 }, () => member)]);
    await expect(readText(bomb, { name: 'orders.csv.gz', cuts: 65_536 })).rejects.toThrow(
      /^File orders.csv.gz: \d+ rows are refused, the first in line 2 by FIELD_COUNT, expected fewer than fill 268435456 bytes\./,
    );
  });

  it('a negative refund and the currency usd are told apart from good rows', async () => {
    expect(await refusalOf(`${HEADER}${GOOD}t2,c,2024-03-05,-5,USD,refund\n`)).toMatchObject({
      rule: 'NEGATIVE_AMOUNT',
      message: 'amount "-5": expected an amount of 0 or more, "type" tells the sign',
    });
    expect(await refusalOf(`${HEADER}${GOOD}t2,c,2024-03-05,5,usd,sale\n`)).toMatchObject({
      rule: 'UNKNOWN_CURRENCY',
      message: 'currency "usd": expected capital letters, write USD',
    });
  });

  it('a name of another form is one line', async () => {
    await expect(readText(GOOD, { name: 'orders.xlsx' })).rejects.toThrow(
      'File orders.xlsx: unknown ending, expected .csv, .jsonl or .arrow (each also with .gz or .zst) or .parquet. Deliver the file in one of these forms.',
    );
  });
});
