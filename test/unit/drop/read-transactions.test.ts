import { describe, expect, it } from 'vitest';
import { ConfigError, InvalidDropError } from '../../../lib/errors.ts';
import { currencyNumber } from '../../../lib/money.ts';
import { type BusinessDate, dayOf } from '../../../lib/time.ts';
import { type ReadTextOptions, readText, textsOf } from '../../support/drop-reading.ts';

const HEADER = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id,channel,cost,margin\n';
const GOOD = 't1,c1,2024-03-05T14:30:00+08:00,12.50,USD,sale,,web,5,-1.25\n';
const day = (text: string) => dayOf(text as BusinessDate);

/** A row that is right but for the given columns. */
function rowWith(changes: Record<string, string>): string {
  const names = HEADER.trim().split(',');
  const values = GOOD.trim().split(',');
  return `${names.map((name, at) => changes[name] ?? values[at]).join(',')}\n`;
}

async function refusalOf(changes: Record<string, string>, options?: ReadTextOptions) {
  const { refused, accepted, rows } = await readText(HEADER + rowWith(changes), options);
  expect({ rows, accepted, refused: refused.length }).toEqual({ rows: 1, accepted: 0, refused: 1 });
  const [row] = refused;
  expect(row).toMatchObject({ file: 'orders.csv', line: 2, raw: rowWith(changes).trimEnd(), rawEncoding: 'utf8' });
  return [row?.rule, row?.kind, row?.message];
}

describe('readTransactions', () => {
  it('reads every column', async () => {
    const { rows, accepted, malformed, policy, refused, first } = await readText(
      `${HEADER}${GOOD}t2,c2,2024-03-06,0,USD,refund,t1,,,\r\n"t,3","c ""3""",2024-03-06T23:59:59.999Z,1.000,USD,void,t2,,,\n`,
      { timeZone: 'Asia/Shanghai' },
    );
    expect({ rows, accepted, malformed, policy, refused }).toEqual({
      rows: 3,
      accepted: 3,
      malformed: 0,
      policy: 0,
      refused: [],
    });
    expect(textsOf(first.transactionId)).toEqual(['t1', 't2', 't,3']);
    expect(textsOf(first.customerId)).toEqual(['c1', 'c2', 'c "3"']);
    expect(textsOf(first.originalId)).toEqual(['', 't1', 't2']);
    expect(textsOf(first.channel)).toEqual(['web', '', '']);
    expect(textsOf(first.orderId)).toEqual(['', '', '']);
    expect(textsOf(first.referrerId)).toEqual(['', '', '']);
    expect([...first.occurredAtMs].map((ms) => new Date(ms).toISOString())).toEqual([
      '2024-03-05T06:30:00.000Z',
      '2024-03-05T16:00:00.000Z',
      '2024-03-06T23:59:59.999Z',
    ]);
    expect([...first.day]).toEqual([day('2024-03-05'), day('2024-03-06'), day('2024-03-07')]);
    expect([...first.dateOnly]).toEqual([0, 1, 0]);
    expect([...first.amountMinor]).toEqual([1250, 0, 100]);
    expect([...first.type]).toEqual([0, 1, 2]);
    expect([...first.costMinor]).toEqual([500, Number.NaN, Number.NaN]);
    expect([...first.marginMinor]).toEqual([-125, Number.NaN, Number.NaN]);
    expect([...first.line]).toEqual([2, 3, 4]);
  });

  it.each([
    [{ transaction_id: '' }, 'MISSING_VALUE', 'transaction_id "": expected a value, the column is required'],
    [{ customer_id: '' }, 'MISSING_VALUE', 'customer_id "": expected a value, the column is required'],
    [{ amount: '' }, 'MISSING_VALUE', 'amount "": expected a value, the column is required'],
    [{ type: '' }, 'MISSING_VALUE', 'type "": expected a value, the column is required'],
    [{ channel: 'x'.repeat(257) }, 'ID_TOO_LONG', `channel "${'x'.repeat(80)}…": expected at most 256 bytes`],
    [{ customer_id: 'a\u0007' }, 'CONTROL_CHARACTER', 'customer_id "a\\u0007": expected text without control characters'],
    [{ customer_id: 'a\u007f' }, 'CONTROL_CHARACTER', 'customer_id "a\u007f": expected text without control characters'],
    [{ customer_id: '"a\nb"' }, 'CONTROL_CHARACTER', 'customer_id "a\\nb": expected text without control characters'],
    [{ currency: 'usd' }, 'UNKNOWN_CURRENCY', 'currency "usd": expected capital letters, write USD'],
    [{ currency: 'USDX' }, 'UNKNOWN_CURRENCY', 'currency "USDX": expected an ISO 4217 code such as USD'],
    [{ type: 'Sale' }, 'UNKNOWN_TYPE', 'type "Sale": expected sale, refund or void'],
    [{ type: 'return' }, 'UNKNOWN_TYPE', 'type "return": expected sale, refund or void'],
    [
      { occurred_at: '2023-02-29' },
      'NO_SUCH_DATE',
      'occurred_at "2023-02-29": expected a date that exists, in the years 1900 to 2199',
    ],
    [
      { occurred_at: '0001-01-01' },
      'NO_SUCH_DATE',
      'occurred_at "0001-01-01": expected a date that exists, in the years 1900 to 2199',
    ],
    [
      { occurred_at: '2023-02-28T24:00:00Z' },
      'NO_SUCH_TIME',
      'occurred_at "2023-02-28T24:00:00Z": expected a time from 00:00:00 to 23:59:59 and an offset up to 18:00',
    ],
    [
      { occurred_at: '05/03/2024' },
      'INVALID_DATE',
      'occurred_at "05/03/2024": expected ISO 8601 such as 2024-03-05T14:30:00+08:00 or 2024-03-05',
    ],
    [{ amount: '"1,234.5x"' }, 'INVALID_AMOUNT', 'amount "1,234.5x": expected a decimal number such as 1234.50'],
    [{ amount: '1.005' }, 'TOO_MANY_DECIMALS', 'amount "1.005": expected at most 2 decimals, those of the currency'],
    [{ amount: '90071992547409.92' }, 'AMOUNT_TOO_LARGE', 'amount "90071992547409.92": expected at most 90071992547409.91'],
    [{ amount: '-1' }, 'NEGATIVE_AMOUNT', 'amount "-1": expected an amount of 0 or more, "type" tells the sign'],
    [{ cost: 'x' }, 'INVALID_AMOUNT', 'cost "x": expected a decimal number such as 1234.50'],
    [{ cost: '-1' }, 'NEGATIVE_AMOUNT', 'cost "-1": expected an amount of 0 or more, "type" tells the sign'],
    [{ margin: '1e3' }, 'INVALID_AMOUNT', 'margin "1e3": expected a decimal number such as 1234.50'],
    [
      { type: 'void' },
      'MISSING_ORIGINAL',
      'original_transaction_id "": expected the id of the transaction that the void cancels',
    ],
  ])('refuses %j by %s', async (changes, rule, message) => {
    expect(await refusalOf(changes)).toEqual([rule, 'malformed', message]);
  });

  it('keeps the currency of every row, with amounts by its exponent', async () => {
    const rows = [
      rowWith({}),
      rowWith({ currency: 'JPY', amount: '1500', cost: '7', margin: '' }),
      rowWith({ currency: 'KWD', amount: '1.234', cost: '', margin: '-0.5' }),
    ];
    const { first, accepted } = await readText(HEADER + rows.join(''));
    expect(accepted).toBe(3);
    expect([...first.currency]).toEqual([0, currencyNumber('JPY'), currencyNumber('KWD')]);
    expect([...first.amountMinor]).toEqual([1250, 1500, 1234]);
    expect([...first.costMinor]).toEqual([500, 7, Number.NaN]);
    expect([...first.marginMinor]).toEqual([-125, Number.NaN, -500]);
    expect(await refusalOf({ currency: 'JPY', amount: '1.5' })).toEqual([
      'TOO_MANY_DECIMALS',
      'malformed',
      'amount "1.5": expected at most 0 decimals, those of the currency',
    ]);
  });

  it.each([
    ['a,b\n', 'FIELD_COUNT', 'record: 2 fields, expected at least 9'],
    [`${GOOD.trim()},\n`, 'FIELD_COUNT', 'record: 11 fields, expected at most 10'],
    ['"t"1,c\n', 'STRAY_QUOTE', 'record: text after a closing quote'],
    ['"t1,c\n', 'UNCLOSED_QUOTE', 'record: a quote is opened and never closed'],
  ])('refuses the record %j by %s', async (record, rule, message) => {
    const header = 'transaction_id,customer_id,occurred_at,amount,currency,type,original_transaction_id,channel,cost,x\n';
    const { refused } = await readText(header + record);
    expect(refused).toMatchObject([{ rule, kind: 'malformed', line: 2, raw: record.trimEnd() }]);
    expect(refused[0]?.message).toContain(message);
  });

  it('keeps the bytes of invalid UTF-8 in base64', async () => {
    const bytes = Buffer.concat([Buffer.from(`${HEADER}t1,`), Buffer.from([0xff]), Buffer.from(GOOD.slice(3))]);
    const { refused } = await readText(bytes);
    expect(refused).toMatchObject([{ rule: 'INVALID_UTF8', rawEncoding: 'base64' }]);
    expect(Buffer.from(refused[0]?.raw ?? '', 'base64')).toEqual(bytes.subarray(HEADER.length, -1));
  });

  it('turns a negative sale into a refund when the mapping says so', async () => {
    const mapping = { negativeSales: 'refund' };
    const { first } = await readText(HEADER + rowWith({ amount: '-5.5' }) + rowWith({ amount: '-0.00' }), { mapping });
    expect([...first.amountMinor]).toEqual([550, 0]);
    expect([...first.type]).toEqual([1, 0]);
    expect((await refusalOf({ amount: '-5', type: 'refund' }, { mapping })).slice(0, 2)).toEqual([
      'NEGATIVE_AMOUNT',
      'malformed',
    ]);
  });

  it('accepts excess decimals that are zeros and follows the exponent of the currency', async () => {
    const amounts = ['1', '1.5', '1.50', '1.5000', '90071992547409.91'];
    const { first } = await readText(HEADER + amounts.map((amount) => rowWith({ amount })).join(''));
    expect([...first.amountMinor]).toEqual([100, 150, 150, 150, Number.MAX_SAFE_INTEGER]);
    const yen = await readText(HEADER + rowWith({ currency: 'JPY', amount: '1500.0', margin: '' }), { currency: 'JPY' });
    expect([...yen.first.amountMinor]).toEqual([1500]);
  });

  it('renames columns, fills defaults and ignores other columns', async () => {
    const mapping = {
      delimiter: ';',
      columns: { transaction_id: 'Nr', customer_id: 'Kunde', occurred_at: 'Datum', amount: 'Betrag' },
      defaults: { currency: 'USD', type: 'sale', channel: 'shop' },
      dateFormats: ['dd.MM.yyyy'],
    };
    const { first, accepted } = await readText('Datum;x;Betrag;Nr;Kunde;type\n05.03.2024;;1;t1;ä;\n06.03.2024;;2;t2;b;refund\n', {
      mapping,
    });
    expect(accepted).toBe(2);
    expect(textsOf(first.customerId)).toEqual(['ä', 'b']);
    expect(textsOf(first.channel)).toEqual(['shop', 'shop']);
    expect([...first.type]).toEqual([0, 1]);
  });

  it('reads positions where there is no header', async () => {
    const mapping = {
      delimiter: 'whitespace',
      header: false,
      columns: { transaction_id: 0, customer_id: 1, occurred_at: 2, amount: 4 },
      defaults: { currency: 'USD', type: 'sale' },
      dateFormats: ['yyyyMMdd'],
    };
    const { first, refused } = await readText(' 00004 0001 19970101  2   29.33\n 1 2\n', { mapping });
    expect(textsOf(first.customerId)).toEqual(['0001']);
    expect([...first.amountMinor]).toEqual([2933]);
    expect([...first.day]).toEqual([day('1997-01-01')]);
    expect(refused).toMatchObject([{ rule: 'FIELD_COUNT', line: 2, message: 'record: 2 fields, expected at least 5' }]);
    await expect(readText('1', { mapping: { ...mapping, columns: { amount: 'a' } } })).rejects.toThrow(ConfigError);
  });

  it('sends every row to the shard of its customer, in the order of the file', async () => {
    const rows = Array.from({ length: 3000 }, (_, at) => rowWith({ transaction_id: `t${at}`, customer_id: `c${at % 7}` }));
    const shardOf = (bytes: Uint8Array, _: number, end: number) => (bytes[end - 1] as number) % 3;
    const { shards } = await readText(HEADER + rows.join(''), { shards: 3, shardOf });
    expect(shards.map(({ rows: count }) => count).reduce((a, b) => a + b)).toBe(3000);
    for (const [shard, columns] of shards.entries()) {
      const ids = textsOf(columns.transactionId).map((id) => Number(id.slice(1)));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      for (const customer of textsOf(columns.customerId)) expect(customer.charCodeAt(1) % 3).toBe(shard);
      expect([...columns.line].map((line) => line - 2)).toEqual(ids);
      expect(columns.transactionId.offsets.length).toBe(columns.rows + 1);
    }
  });

  it('keeps long texts whole while its columns grow', async () => {
    const ids = Array.from({ length: 5000 }, (_, at) => `${at}-${'é'.repeat(at % 100)}`);
    const rows = ids.map((id) => rowWith({ customer_id: id, channel: '' }));
    const { first } = await readText(HEADER + rows.join(''), { cuts: 4099 });
    expect(textsOf(first.customerId)).toEqual(ids);
    expect(textsOf(first.channel)).toEqual(ids.map(() => ''));
    expect(first.amountMinor.every((minor) => minor === 1250)).toBe(true);
  });

  it('gives the same result wherever the chunks are cut', async () => {
    const text = `\uFEFF${HEADER}${GOOD}\r\n"t""2",é,2024-03-06,"1",USD,sale,,"a,b",,\n"x\ny",c,bad\nt4,c4,2024-03-06,1,XXA,sale,,,,`;
    const whole = await readText(text);
    expect(whole.refused.map(({ rule, line }) => [rule, line])).toEqual([
      ['FIELD_COUNT', 5],
      ['UNKNOWN_CURRENCY', 7],
    ]);
    for (const cuts of [1, 2, 3, 5, 8, 13]) expect(await readText(text, { cuts })).toEqual(whole);
  });

  it('accepts a header without rows', async () => {
    const { rows, first } = await readText(HEADER.trim());
    expect(rows).toBe(0);
    expect(first).toMatchObject({ rows: 0, transactionId: { offsets: Int32Array.of(0) } });
  });

  it.each([
    ['', 'File orders.csv: 0 bytes'],
    ['\n\n', 'File orders.csv: no header'],
    ['"a', 'the header cannot be read (UNCLOSED_QUOTE)'],
    [
      'transaction_id,customer_id,occurred_at,currency,type\n',
      'File orders.csv: column amount missing, found "transaction_id", "customer_id", "occurred_at", "currency", "type", expected',
    ],
    ['a,b\n', 'columns transaction_id, customer_id, occurred_at, amount, currency, type missing, found "a", "b"'],
    [HEADER.replace('cost', 'amount'), 'column "amount" more than once'],
  ])('throws for the file %j', async (text, message) => {
    const failure = await readText(text).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidDropError);
    expect((failure as Error).message).toContain(message);
    expect((failure as Error).message).toMatch(/Deliver the file/);
  });

  it('names the column of the source in a missing column', async () => {
    const mapping = { columns: { amount: 'Betrag' } };
    await expect(readText(HEADER, { mapping })).rejects.toThrow('column amount (here "Betrag") missing');
  });

  it('throws for 0 bytes without header', async () => {
    const columns = { transaction_id: 0, customer_id: 1, occurred_at: 2, amount: 3, currency: 4, type: 5 };
    await expect(readText('', { mapping: { header: false, columns } })).rejects.toThrow('0 bytes, expected rows');
  });
});
