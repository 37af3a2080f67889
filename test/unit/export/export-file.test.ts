import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../lib/errors.ts';
import { EXPORT_COLUMNS, type ExportRow } from '../../../lib/export/destination.ts';
import { destinationOf } from '../../../lib/export/destinations.ts';
import { exportFiles } from '../../../lib/export/export-file.ts';

const rowOf = (i: number): ExportRow => ({
  customer_id: `c"${i},é`,
  stage: 'loyal',
  stage_zh: '忠诚',
  stage_since: '2024-01-01',
  previous_stage: null,
  tier: null,
  tier_zh: null,
  rfm_segment: "Can't Lose",
  first_purchase_on: '2023-01-01',
  last_purchase_on: '2023-02-01',
  frequency: i,
  monetary_minor: -5,
  total_clv_minor: null,
  currency: 'EUR',
});
const rows = (count: number) => Array.from({ length: count }, (_, i) => rowOf(i));
const textOf = ({ bytes }: { bytes: Uint8Array }) => gunzipSync(bytes).toString('utf8');

describe('exportFiles', () => {
  it.each([
    [0, [0]],
    [1, [1]],
    [3, [3]],
    [4, [3, 1]],
    [6, [3, 3]],
    [7, [3, 3, 1]],
  ])('splits %i rows into files of at most 3: %j', (count, sizes) => {
    const files = [...exportFiles('full', rows(count), destinationOf('generic_csv'), 3)];
    expect(files.map((file) => file.rows)).toEqual(sizes);
    expect(files.map(({ name }) => name)).toEqual(sizes.map((_, i) => `full-0000${i + 1}.csv.gz`));
    const parsed = files.flatMap((file) => parse(textOf(file), { columns: true }) as Record<string, string>[]);
    expect(parsed.map((row) => row['customer_id'])).toEqual(rows(count).map((row) => row.customer_id));
    for (const file of files) expect(textOf(file).startsWith(`${EXPORT_COLUMNS.join(',')}\n`)).toBe(true);
  });

  it('gives equal bytes for equal rows, with no clock in the header', () => {
    const make = () => [...exportFiles('entered', rows(50), destinationOf('generic_jsonl'), 20)];
    const files = make();
    expect(make()).toEqual(files);
    for (const { bytes, sha256 } of files) {
      expect([...bytes.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
      expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('writes nulls as empty fields in CSV and as null in JSON lines', () => {
    const [csv] = exportFiles('full', rows(1), destinationOf('generic_csv'), 9);
    expect(textOf(csv as NonNullable<typeof csv>).split('\n')[1]).toBe(
      `"c""0,é",loyal,忠诚,2024-01-01,,,,Can't Lose,2023-01-01,2023-02-01,0,-5,,EUR`,
    );
    const [jsonl] = exportFiles('exited', rows(2), destinationOf('generic_jsonl'), 9);
    const lines = textOf(jsonl as NonNullable<typeof jsonl>)
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(rows(2));
    expect(Object.keys(JSON.parse(lines[0] as string))).toEqual([...EXPORT_COLUMNS]);
  });
});

describe('destinationOf', () => {
  it('names the known destinations when one is unknown', () => {
    expect(() => destinationOf('fax')).toThrow(ConfigError);
    expect(() => destinationOf('fax')).toThrow(/generic_csv, generic_jsonl/);
  });
});
