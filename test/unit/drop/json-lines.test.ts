import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonLines } from '../../../lib/drop/json-lines.ts';
import { MAX_RECORD_BYTES } from '../../../lib/drop/row-rules.ts';
import { chunksOf, readText, textsOf } from '../../support/drop-reading.ts';

const KEYS = ['a', 'b', 'consent_email'];

/** All records: their fields, or their issue. */
async function scan(content: string | Uint8Array, cuts: number | readonly number[] = []) {
  const cursor = new JsonLines({ keys: KEYS, flags: [false, false, true], constants: Buffer.from('xyz') });
  const records: { line: number; fields: string[] | string; raw: string }[] = [];
  for await (const _ of cursor.fill(chunksOf(content, cuts))) {
    while (cursor.next()) {
      const fields = KEYS.map((_, at) => cursor.buffer.toString('utf8', cursor.starts[at], cursor.ends[at]));
      const issue = cursor.issue && `${cursor.issue} ${cursor.issueDetail}`.trim();
      records.push({ line: cursor.line, fields: issue ?? fields, raw: cursor.raw().toString('utf8') });
    }
  }
  return records;
}

const fieldsOf = async (content: string | Uint8Array) => (await scan(content)).map(({ fields }) => fields);
const GOOD = { transaction_id: 't1', customer_id: 'c1', occurred_at: '2024-03-05', amount: '1', currency: 'USD', type: 'sale' };

describe('JsonLines', () => {
  it('reads texts, numbers by their digits, null and absent keys', async () => {
    expect(
      await fieldsOf('{"a":"x","b":12345678901234567890.10}\n\r\n {"b" : -0.5e+3 , "z":[{"a":1}], "a": null }\r\n{}'),
    ).toEqual([
      ['x', '12345678901234567890.10', ''],
      ['', '-0.5e+3', ''],
      ['', '', ''],
    ]);
    expect((await scan('\uFEFF{"a":1}\n\n{"a":2}')).map(({ line, raw }) => [line, raw])).toEqual([
      [1, '{"a":1}'],
      [3, '{"a":2}'],
    ]);
  });

  it('reads escapes, in keys as well', async () => {
    expect(await fieldsOf('{"\\u0061":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00é😀","b":"\\u0000"}')).toEqual([
      ['"\\/\b\f\n\r\té😀é😀', '\u0000', ''],
    ]);
  });

  it.each([
    ['{"a":true}', 'INVALID_VALUE "a" is true'],
    ['{"a":[1]}', 'INVALID_VALUE "a" is a list'],
    ['{"a":{"b":1}}', 'INVALID_VALUE "a" is an object'],
    ['{"a":1,"a":1}', 'DUPLICATE_KEY "a"'],
    ['{"a":1,"\\u0061":1}', 'DUPLICATE_KEY "a"'],
    ['[1]', 'INVALID_JSON no JSON object from character 1 on'],
    ['{"é":1,}', 'INVALID_JSON no JSON object from character 8 on'],
    ['{"a":1', 'INVALID_JSON the line ends early'],
    ['{"a":"x', 'INVALID_JSON the line ends early'],
    ['{"a":01}', 'INVALID_JSON no JSON object from character 7 on'],
    ['{"a":NaN}', 'INVALID_JSON no JSON object from character 6 on'],
    ['{"a":1}{"a":2}', 'INVALID_JSON no JSON object from character 8 on'],
    ['{"a":true,}', 'INVALID_JSON no JSON object from character 11 on'],
    ['{"a":"\\ud800"}', 'INVALID_UTF8'],
    [`{"z":${'['.repeat(70)}${']'.repeat(70)}}`, 'INVALID_JSON no JSON object from character 69 on'],
  ])('refuses %s', async (line, issue) => {
    expect(await fieldsOf(`${line}\n{"consent_email":true}`)).toEqual([issue, ['', '', 'true']]);
  });

  it('marks invalid UTF-8 in its own line', async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n{"a":"ü"}')]);
    expect(await fieldsOf(bytes)).toEqual(['INVALID_UTF8', ['ü', '', '']]);
  });

  it('cuts a line that is too long and reads on behind it', async () => {
    const long = `{"a":"${'x'.repeat(3 * MAX_RECORD_BYTES)}"}`;
    const longest = `{"a":"${'y'.repeat(MAX_RECORD_BYTES - 8)}"}`;
    for (const cuts of [[], 65_536]) {
      const records = await scan(`{"a":1}\n${long}\n${longest}\n{"a":2}\n`, cuts);
      expect(records.map(({ line, fields, raw }) => [line, fields.length, raw.length])).toEqual([
        [1, 3, 7],
        [2, 'RECORD_TOO_LONG'.length, MAX_RECORD_BYTES],
        [3, 3, MAX_RECORD_BYTES],
        [4, 3, 7],
      ]);
    }
    expect(await scan('{"a":"x'.repeat(200_000))).toHaveLength(1);
  });

  it('agrees with JSON.parse on what is an object, wherever the chunks are cut', async () => {
    const noise = fc.string({
      unit: fc.constantFrom(
        '{',
        '}',
        '"',
        'a',
        ':',
        ',',
        '1',
        '-',
        '.',
        'e',
        '0',
        '[',
        ']',
        ' ',
        '\\',
        'n',
        'null',
        '"a"',
        '"b":',
      ),
      maxLength: 14,
    });
    const line = fc.oneof(
      noise,
      noise.map((text) => `{"a":${text}}`),
      fc.json({ maxDepth: 3 }),
      fc
        .dictionary(
          fc.constantFrom('a', 'b', 'z', 'é"'),
          fc.oneof(fc.string({ unit: 'grapheme' }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)),
        )
        .map((value) => JSON.stringify(value)),
    );
    const isObject = (text: string) => {
      try {
        const value: unknown = JSON.parse(text);
        return typeof value === 'object' && value !== null && !Array.isArray(value);
      } catch {
        return false;
      }
    };
    await fc.assert(
      fc.asyncProperty(line, fc.nat(6), async (text, cuts) => {
        if (/[\ud800-\udfff]|\\u[dD]/.test(text) || text.trim() === '') return;
        const whole = await scan(`${text}\n`);
        expect(whole).toHaveLength(1);
        const [{ fields } = { fields: '' }] = whole;
        expect(typeof fields === 'string' && fields.startsWith('INVALID_JSON')).toBe(!isObject(text));
        if (typeof fields !== 'string') {
          const parsed = JSON.parse(text) as Record<string, unknown>;
          const value = parsed['a'] ?? '';
          expect(typeof value === 'number' ? Number(fields[0]) : fields[0]).toEqual(value);
        }
        expect(await scan(`${text}\n`, cuts + 1)).toEqual(whole);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('openRecords of JSON Lines', () => {
  const read = (rows: unknown[], mapping = {}) =>
    readText(rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'), {
      name: 'orders.jsonl',
      mapping,
    });

  it('reads numbers and texts by the same rules', async () => {
    const { first, refused } = await read([
      GOOD,
      { ...GOOD, amount: 0.1, customer_id: 42 },
      '{"transaction_id":12345678901234567,"customer_id":"c","occurred_at":"2024-03-05","amount":10.10,"currency":"USD","type":"sale"}',
      { ...GOOD, amount: 1e21 },
      { ...GOOD, customer_id: null },
      { ...GOOD, amount: '-1' },
      { ...GOOD, type: ['sale'] },
    ]);
    expect([...first.amountMinor]).toEqual([100, 10, 1010]);
    expect(textsOf(first.transactionId)).toEqual(['t1', 't1', '12345678901234567']);
    expect(textsOf(first.customerId)).toEqual(['c1', '42', 'c']);
    expect(refused.map(({ rule, line, message }) => [rule, line, message])).toEqual([
      ['INVALID_AMOUNT', 4, 'amount "1e+21": expected a decimal number such as 1234.50'],
      ['MISSING_VALUE', 5, 'customer_id "": expected a value, the column is required'],
      ['NEGATIVE_AMOUNT', 6, 'amount "-1": expected an amount of 0 or more, "type" tells the sign'],
      ['INVALID_VALUE', 7, 'record: "type" is a list, expected a text, a number or null'],
    ]);
    expect(refused[3]?.raw).toBe(JSON.stringify({ ...GOOD, type: ['sale'] }));
  });

  it('renames keys and fills defaults', async () => {
    const mapping = { columns: { customer_id: 'kunde', channel: 3 }, defaults: { currency: 'USD', type: 'sale' } };
    const { first } = await read(
      [{ transaction_id: 't', kunde: 'k', occurred_at: '2024-03-05', amount: 1, channel: 'web' }],
      mapping,
    );
    expect([textsOf(first.customerId), textsOf(first.channel), [...first.type]]).toEqual([['k'], ['web'], [0]]);
  });

  it.each([
    ['', 'File orders.jsonl: 0 bytes, expected rows. Deliver the file again.'],
    [Buffer.from('{"a":1}', 'utf16le'), 'File orders.jsonl: text in UTF-16, expected UTF-8. Deliver the file again in UTF-8.'],
  ])('throws for %j', async (content, message) => {
    await expect(readText(content, { name: 'orders.jsonl' })).rejects.toThrow(message);
  });
});
