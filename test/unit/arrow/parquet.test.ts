import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { byteColumnOf, NO_CODE, NO_INT } from '../../../lib/arrow/columns.ts';
import { encodeParquet } from '../../../lib/arrow/parquet.ts';

const WORDS = Array.from({ length: 40 }, (_, i) => `word ${i}`);
const SPEC = {
  id: { kind: 'utf8' },
  evidence: { kind: 'utf8', nullable: true },
  version: { kind: 'utf8' },
  on: { kind: 'date' },
  wide: { kind: 'int32', nullable: true },
  days: { kind: 'int32', nullable: true },
  score: { kind: 'uint8', nullable: true },
  minor: { kind: 'int64', nullable: true },
  none: { kind: 'float64', nullable: true },
  word: { kind: 'code', nullable: true, words: WORDS },
} as const;

/** More than one row group, and a last page that ends within eight values. */
const ROWS = 131_072 + 1003;

const rowOf = (i: number) => ({
  id: `c${i}`,
  evidence: i % 5 === 0 ? null : `{"q":0.5,"silence":${i % 100},"transactions":["t1","t2"]}`,
  version: 'rules-1',
  on: 20_000,
  wide: i % 11 === 0 ? null : i * 16_000 - 2 ** 30,
  days: i % 3 === 0 ? null : i % 1000,
  score: i % 7 === 0 ? null : i % 5,
  minor: i % 2 === 0 ? null : (i - 50_000) * 1_000_003,
  none: null,
  word: i % 13 === 0 ? null : (WORDS[i % 40] as string),
});
const rows = Array.from({ length: ROWS }, (_, i) => rowOf(i));

async function write(): Promise<ArrayBuffer> {
  const columns = {
    id: byteColumnOf(rows.map(({ id }) => id)),
    evidence: byteColumnOf(rows.map(({ evidence }) => evidence)),
    version: byteColumnOf(rows.map(({ version }) => version)),
    on: Int32Array.from(rows, ({ on }) => on),
    wide: Int32Array.from(rows, ({ wide }) => wide ?? NO_INT),
    days: Int32Array.from(rows, ({ days }) => days ?? NO_INT),
    score: Uint8Array.from(rows, ({ score }) => score ?? NO_CODE),
    minor: Float64Array.from(rows, ({ minor }) => minor ?? Number.NaN),
    none: new Float64Array(ROWS).fill(Number.NaN),
    word: Uint8Array.from(rows, ({ word }) => (word === null ? NO_CODE : WORDS.indexOf(word))),
  };
  const bytes = Buffer.concat(await encodeParquet(SPEC, { rows: ROWS, columns }));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

describe('encodeParquet of many rows', () => {
  it('writes row groups that a Parquet reader reads value by value', async () => {
    const read = await parquetReadObjects({ file: await write() });
    expect(read).toHaveLength(ROWS);
    const plain = read.map((row) => ({
      ...row,
      on: (row['on'] as Date).getTime() / 86_400_000,
      minor: typeof row['minor'] !== 'bigint' ? null : Number(row['minor']),
    }));
    const differs = plain.findIndex((row, i) =>
      Object.entries(rowOf(i)).some(([name, value]) => (row[name as 'on'] ?? null) !== value),
    );
    expect(differs).toBe(-1);
  }, 60_000);

  it('writes what DuckDB reads', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'perennial-parquet-'));
    try {
      const path = join(folder, 'x.parquet');
      await writeFile(path, new Uint8Array(await write()));
      const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
      const query = `SELECT count(*)::INT, count(evidence)::INT, sum(days)::DOUBLE, sum(wide)::DOUBLE, sum(score)::DOUBLE, sum(minor)::DOUBLE,
        count("none")::INT, count(DISTINCT word)::INT, min(id), max(version), max("on")::VARCHAR,
        count(*) FILTER (word = 'word ' || (substr(id, 2)::INT % 40))::INT FROM '${path}'`;
      const [found] = (await connection.runAndReadAll(query)).getRows();
      const sum = (name: 'days' | 'wide' | 'score' | 'minor') => rows.reduce((total, row) => total + (row[name] ?? 0), 0);
      const present = (name: 'evidence' | 'word') => rows.filter((row) => row[name] !== null).length;
      const sums = [sum('days'), sum('wide'), sum('score'), sum('minor')];
      expect(found).toEqual([ROWS, present('evidence'), ...sums, 0, 40, 'c0', 'rules-1', '2024-10-04', present('word')]);
      connection.closeSync();
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 60_000);

  it('keeps smallest, largest and number of nulls of each column', async () => {
    const file = await write();
    const { row_groups: groups } = await parquetMetadataAsync(file);
    expect(groups.map(({ num_rows: count }) => Number(count))).toEqual([131_072, 1003]);
    const last = rows.slice(131_072);
    const found = Object.fromEntries(
      (groups[1]?.columns ?? []).map(({ meta_data: meta }) => [
        meta?.path_in_schema[0],
        { codec: meta?.codec, ...meta?.statistics },
      ]),
    );
    const days = last.flatMap(({ days: value }) => (value === null ? [] : [value]));
    expect(found['days']).toMatchObject({ min_value: Math.min(...days), max_value: Math.max(...days) });
    expect(Number(found['days']?.null_count)).toBe(last.length - days.length);
    expect(found['minor']).toMatchObject({ min_value: BigInt(last[1]?.minor ?? 0), codec: 'UNCOMPRESSED' });
    expect(found['id']).toMatchObject({ min_value: 'c131072', max_value: 'c132074', codec: 'UNCOMPRESSED' });
    expect(found['evidence']?.codec).toBe('SNAPPY');
    expect(Number(found['none']?.null_count)).toBe(1003);
    expect(found['none']?.min_value).toBeUndefined();
  }, 60_000);
});
