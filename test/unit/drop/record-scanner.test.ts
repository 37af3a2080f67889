import { describe, expect, it } from 'vitest';
import { MAX_RECORD_BYTES } from '../../../lib/drop/row-rules.ts';
import { scanText } from '../../support/drop-reading.ts';

const fieldsOf = async (...args: Parameters<typeof scanText>) => (await scanText(...args)).map(({ fields }) => fields);

describe('RecordScanner', () => {
  it('reads quotes, doubled quotes, embedded delimiters and line ends', async () => {
    const records = await scanText('a,"b ""x"", y",c\n"1\r\n2\n3",,"""",\n"",5\'" tall\n');
    expect(records.map(({ fields, line }) => [line, fields])).toEqual([
      [1, ['a', 'b "x", y', 'c']],
      [2, ['1\r\n2\n3', '', '"', '']],
      [5, ['', '5\'" tall']],
    ]);
    expect(records[1]?.raw).toBe('"1\r\n2\n3",,"""",');
  });

  it.each([
    ['LF', 'a,b\nc,d\n'],
    ['CRLF', 'a,b\r\nc,d\r\n'],
    ['lone CR', 'a,b\rc,d\r'],
    ['no line end at the end', 'a,b\nc,d'],
    ['a byte order mark', '\uFEFFa,b\nc,d\n'],
    ['mixed line ends', 'a,b\r\nc,d\r'],
  ])('reads %s', async (_, text) => {
    for (const cuts of [[], 1, 2, 3]) {
      const records = await scanText(text, { cuts });
      expect(records.map(({ fields, line, raw }) => [line, raw, fields])).toEqual([
        [1, 'a,b', ['a', 'b']],
        [2, 'c,d', ['c', 'd']],
      ]);
    }
  });

  it('skips empty lines and counts them as lines', async () => {
    const records = await scanText('\n\r\na\n\n\r\rb\n\n');
    expect(records.map(({ fields, line }) => [line, fields])).toEqual([
      [3, ['a']],
      [7, ['b']],
    ]);
  });

  it.each([';', '\t', '|'] as const)('splits at %j', async (delimiter) => {
    const text = ['a,1', '"x""y"', '', '2024-03-05'].join(delimiter);
    expect(await fieldsOf(text, { delimiter })).toEqual([['a,1', 'x"y', '', '2024-03-05']]);
  });

  it('splits at runs of blanks without quotes', async () => {
    const text = ' 00004 0001\t19970101  2   29.33 \n \t \n"a b"\n  x  ';
    for (const cuts of [[], 1]) {
      const records = await scanText(text, { delimiter: 'whitespace', cuts });
      expect(records.map(({ fields, line }) => [line, fields])).toEqual([
        [1, ['00004', '0001', '19970101', '2', '29.33']],
        [3, ['"a', 'b"']],
        [4, ['x']],
      ]);
    }
  });

  it('reads more fields than its arrays hold at first', async () => {
    const fields = Array.from({ length: 1000 }, (_, at) => `f${at}`);
    expect(await fieldsOf(fields.join(','))).toEqual([fields]);
    expect(await fieldsOf(fields.join(' '), { delimiter: 'whitespace' })).toEqual([fields]);
  });

  it('rewrites long fields with doubled quotes', async () => {
    const value = '"x'.repeat(60_000);
    const text = `a,"${value.replaceAll('"', '""')}",b\nc,"""",d\n`;
    for (const cuts of [[], 1000]) {
      expect(await fieldsOf(text, { cuts })).toEqual([
        ['a', value, 'b'],
        ['c', '"', 'd'],
      ]);
    }
  });

  it('marks text after a closing quote and reads on', async () => {
    const records = await scanText('"a"b,c\nd,e\n');
    expect(records.map(({ issue, raw }) => [issue, raw])).toEqual([
      ['STRAY_QUOTE', '"a"b,c'],
      [undefined, 'd,e'],
    ]);
  });

  it('gives up one line for a quote that is never closed', async () => {
    for (const cuts of [[], 1, 4]) {
      const records = await scanText('a,b\nc,"d\ne,f\ng,h', { cuts });
      expect(records.map(({ issue, raw, line }) => [line, issue, raw])).toEqual([
        [1, undefined, 'a,b'],
        [2, 'UNCLOSED_QUOTE', 'c,"d'],
        [3, undefined, 'e,f'],
        [4, undefined, 'g,h'],
      ]);
    }
    expect(await scanText('"a')).toMatchObject([{ issue: 'UNCLOSED_QUOTE', raw: '"a' }]);
  });

  it('marks invalid UTF-8 in its own record only', async () => {
    const bytes = Buffer.concat([Buffer.from('é,b\n'), Buffer.from([0xc3, 0x28]), Buffer.from(',x\nü,y'), Buffer.from([0xff])]);
    for (const cuts of [[], 1]) {
      expect((await scanText(bytes, { cuts })).map(({ issue }) => issue)).toEqual([undefined, 'INVALID_UTF8', 'INVALID_UTF8']);
    }
    expect(await fieldsOf('é,b\nü,y', { cuts: 1 })).toEqual([
      ['é', 'b'],
      ['ü', 'y'],
    ]);
  });

  it('reads a record of exactly the longest size however it is cut', async () => {
    const text = `${'x'.repeat(MAX_RECORD_BYTES)}\r\na\n`;
    for (const cuts of [[], 65_536, [MAX_RECORD_BYTES + 1]]) {
      const records = await scanText(text, { cuts });
      expect(records.map(({ issue, raw }) => [issue, raw.length])).toEqual([
        [undefined, MAX_RECORD_BYTES],
        [undefined, 1],
      ]);
    }
  });

  it('cuts a line that is too long and reads on behind it', async () => {
    const text = `a\n${'x'.repeat(3 * MAX_RECORD_BYTES)}\nb\n`;
    for (const cuts of [[], 65_536]) {
      const records = await scanText(text, { cuts });
      expect(records.map(({ issue, raw, line }) => [line, issue, raw.length])).toEqual([
        [1, undefined, 1],
        [2, 'RECORD_TOO_LONG', MAX_RECORD_BYTES],
        [3, undefined, 1],
      ]);
    }
  });

  it('gives up one line when a quoted field is too long', async () => {
    const text = `a,"b\n${'c,d\n'.repeat(MAX_RECORD_BYTES / 4)}`;
    for (const cuts of [[], 65_536]) {
      const records = await scanText(text, { cuts });
      expect(records.length).toBe(1 + MAX_RECORD_BYTES / 4);
      expect(records[0]).toMatchObject({ issue: 'RECORD_TOO_LONG', raw: 'a,"b', line: 1 });
      expect(records.at(-1)).toMatchObject({ issue: undefined, fields: ['c', 'd'], line: 1 + MAX_RECORD_BYTES / 4 });
    }
  });

  it('reads a long record from tiny chunks in time', async () => {
    const text = `"${'x\n'.repeat(200_000)}",b\n`;
    const records = await scanText(text, { cuts: 16 });
    expect(records).toMatchObject([{ line: 1, issue: undefined, raw: text.trimEnd() }]);
  });

  it('finds nothing in an empty text', async () => {
    expect(await scanText('')).toEqual([]);
    expect(await scanText('\uFEFF')).toEqual([]);
    expect(await scanText('\n\n')).toEqual([]);
  });
});
