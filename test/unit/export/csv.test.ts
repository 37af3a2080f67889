import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { csvField, csvRecord } from '../../../lib/export/csv.ts';

describe('csvRecord', () => {
  it('quotes only what needs it, and doubles quotes', () => {
    expect(csvRecord(['plain', 'a,b', 'say "hi"', 'two\nlines', 'cr\r', ' space ', '=1+1', '', null, 0, -12, 0.1])).toBe(
      'plain,"a,b","say ""hi""","two\nlines","cr\r", space ,=1+1,,,0,-12,0.1\n',
    );
  });

  it('is read back by an independent reader', () => {
    const fields = ['"', '""', ',', '\n', '\r\n', 'é客😀', '"a",\n"b"', "'"];
    expect(parse(csvRecord(fields), { record_delimiter: '\n' })).toEqual([fields]);
  });

  it('prints numbers in their shortest exact form', () => {
    expect([csvField(0.1 + 0.2), csvField(9_007_199_254_740_991), csvField(-0)]).toEqual([
      '0.30000000000000004',
      '9007199254740991',
      '0',
    ]);
  });
});
