import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanText } from '../support/drop-reading.ts';

const DELIMITERS = [',', ';', '\t', '|'] as const;

const cell = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'é', '7', ' ', ',', ';', '\t', '|', '"', '\n', '\r', '\r\n', '😀', '.'), maxLength: 8 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);

const table = fc.record({
  delimiter: fc.constantFrom(...DELIMITERS),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  mark: fc.constantFrom('', '\uFEFF'),
  lastLineEnd: fc.boolean(),
  rows: fc.array(fc.array(fc.record({ value: cell, quoted: fc.boolean() }), { minLength: 1, maxLength: 5 }), { maxLength: 8 }),
  cuts: fc.array(fc.nat(400), { maxLength: 12 }).map((cuts) => cuts.sort((a, b) => a - b)),
});

type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;

/** Writes a table; returns its text and what each record must be. */
function write({ delimiter, lineEnd, mark, lastLineEnd, rows }: Table) {
  const expected: { fields: string[]; raw: string; line: number }[] = [];
  let text = mark;
  let line = 1;
  for (const [at, row] of rows.entries()) {
    const raw = row
      .map(({ value, quoted }) => {
        const needed = /["\r\n]/.test(value) || value.includes(delimiter) || (row.length === 1 && value === '');
        // A byte order mark at the very beginning of an unmarked text would be taken for one.
        return quoted || needed || value.startsWith('\uFEFF') ? `"${value.replaceAll('"', '""')}"` : value;
      })
      .join(delimiter);
    expected.push({ fields: row.map(({ value }) => value), raw, line });
    line += 1 + (raw.match(/\r\n|\n|\r/g)?.length ?? 0);
    text += raw + (at === rows.length - 1 && !lastLineEnd ? '' : lineEnd);
  }
  return { text, expected };
}

describe('RecordScanner', () => {
  it('reads what csv-parse reads, with exact lines and raw text, wherever the chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(table, async (one) => {
        const { text, expected } = write(one);
        const records = await scanText(text, { delimiter: one.delimiter, cuts: one.cuts });
        expect(records).toEqual(expected.map((record) => ({ ...record, issue: undefined })));
        const peer = parse(text, {
          bom: true,
          delimiter: one.delimiter,
          record_delimiter: one.lineEnd,
          relax_column_count: true,
          skip_empty_lines: true,
        });
        expect(records.map(({ fields }) => fields)).toEqual(peer);
      }),
      { numRuns: 600 },
    );
  });

  it('finds the same records in any bytes wherever the chunks are cut', async () => {
    const noise = fc.string({ unit: fc.constantFrom('a', ',', '"', '"', '\n', '\r', ' ', '\t', 'é'), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(noise, fc.constantFrom(',', 'whitespace' as const), async (text, delimiter) => {
        const whole = await scanText(text, { delimiter });
        expect(await scanText(text, { delimiter, cuts: 1 })).toEqual(whole);
        expect(await scanText(text, { delimiter, cuts: 7 })).toEqual(whole);
      }),
      { numRuns: 600 },
    );
  });
});
