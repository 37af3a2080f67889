import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { byteColumnOf, type Columns, compareRows, NO_CODE, NO_INT, textAt } from '../../../lib/arrow/columns.ts';
import { encodeParquet } from '../../../lib/arrow/parquet.ts';
import { decodeTable, encodeTable } from '../../../lib/arrow/table-file.ts';
import { ContractMismatchError } from '../../../lib/errors.ts';

const WORDS = ['low', 'mid', '高'];
const SPEC = {
  id: { kind: 'utf8' },
  note: { kind: 'utf8', nullable: true },
  days: { kind: 'int32', nullable: true },
  on: { kind: 'date', nullable: true },
  minor: { kind: 'int64', nullable: true },
  ratio: { kind: 'float64', nullable: true },
  flag: { kind: 'uint8', nullable: true },
  bits: { kind: 'uint32' },
  tier: { kind: 'code', nullable: true, words: WORDS },
  epoch: { kind: 'code', nullable: true },
} as const;

const ROWS: { [N in keyof typeof SPEC]: string | number | null }[] = [
  {
    id: 'ann',
    note: 'é客😀',
    days: -1,
    on: 19_723,
    minor: 2 ** 33 + 7,
    ratio: 0.1,
    flag: 1,
    bits: 2 ** 32 - 1,
    tier: 'low',
    epoch: 'm@1',
  },
  { id: '', note: null, days: null, on: null, minor: null, ratio: null, flag: null, bits: 0, tier: null, epoch: null },
  {
    id: '\uFEFFb',
    note: 'x'.repeat(60),
    days: 2 ** 31 - 1,
    on: -1,
    minor: -1,
    ratio: -0.5,
    flag: 0,
    bits: 5,
    tier: '高',
    epoch: 'm@1',
  },
  { id: 'c', note: 'y', days: 0, on: 0, minor: -(2 ** 32), ratio: 5e-324, flag: 254, bits: 2 ** 31, tier: 'mid', epoch: 'm@1' },
  {
    id: 'd',
    note: 'z',
    days: 1,
    on: 1,
    minor: Number.MAX_SAFE_INTEGER,
    ratio: 1e300,
    flag: 3,
    bits: 1,
    tier: 'low',
    epoch: null,
  },
  { id: 'e', note: 'z', days: 2, on: 2, minor: -Number.MAX_SAFE_INTEGER, ratio: 3, flag: 3, bits: 2, tier: null, epoch: null },
  { id: 'f', note: 'z', days: 3, on: 3, minor: 2 ** 31, ratio: 4, flag: 3, bits: 3, tier: 'low', epoch: null },
];

function columnsOf(rows: typeof ROWS): Columns<typeof SPEC> {
  const texts = (name: 'id' | 'note') => byteColumnOf(rows.map((row) => row[name] as string | null));
  const numbers = (name: keyof typeof SPEC, empty: number) => rows.map((row) => (row[name] as number | null) ?? empty);
  const codes = (name: 'tier' | 'epoch', words: string[]) =>
    Uint8Array.from(rows, (row) => (row[name] === null ? NO_CODE : words.indexOf(row[name] as string)));
  return {
    id: texts('id'),
    note: texts('note'),
    days: Int32Array.from(numbers('days', NO_INT)),
    on: Int32Array.from(numbers('on', NO_INT)),
    minor: Float64Array.from(numbers('minor', Number.NaN)),
    ratio: Float64Array.from(numbers('ratio', Number.NaN)),
    flag: Uint8Array.from(numbers('flag', NO_CODE)),
    bits: Uint32Array.from(numbers('bits', 0)),
    tier: codes('tier', WORDS),
    epoch: codes('epoch', ['m@1']),
  };
}

const content = (rows: typeof ROWS) => ({
  rows: rows.length,
  columns: columnsOf(rows),
  schemaVersion: 3,
  metadata: { zone: 'UTC', currency: 'EUR' },
  words: { epoch: ['m@1'] },
});
const bytesOf = (chunks: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(chunks));
const fileOf = (rows: typeof ROWS) => bytesOf(encodeTable(SPEC, content(rows)));

describe('encodeTable and decodeTable', () => {
  it.each([0, 1, 2, ROWS.length])('read back %i rows with their nulls, to the byte', (count) => {
    const rows = ROWS.slice(0, count);
    const table = decodeTable(SPEC, fileOf(rows), 'x.arrow', 3);
    expect(table.rows).toBe(count);
    expect(table.columns).toEqual(columnsOf(rows));
    expect(Object.fromEntries(table.metadata)).toEqual({ schemaVersion: '3', zone: 'UTC', currency: 'EUR' });
    expect(Object.fromEntries(table.words)).toEqual({ tier: WORDS, epoch: ['m@1'] });
    expect(bytesOf(encodeTable(SPEC, { ...content(rows), columns: table.columns }))).toEqual(fileOf(rows));
  });

  it('write what the official reader reads', () => {
    const table = tableFromIPC(fileOf(ROWS));
    expect(table.schema.fields.map(({ name, type, nullable }) => `${name}: ${type}${nullable ? '?' : ''}`)).toEqual([
      'id: Utf8',
      'note: Utf8?',
      'days: Int32?',
      'on: Date32<DAY>?',
      'minor: Int64?',
      'ratio: Float64?',
      'flag: Uint8?',
      'bits: Uint32',
      'tier: Dictionary<Uint8, Utf8>?',
      'epoch: Dictionary<Uint8, Utf8>?',
    ]);
    const read = table.toArray().map((row) => ({
      ...row.toJSON(),
      minor: row['minor'] === null ? null : Number(row['minor']),
      on: row['on'] === null ? null : Number(row['on']) / 86_400_000,
    }));
    // its own decoder drops a byte order mark at the beginning of a text
    expect(read).toEqual(ROWS.map((row) => ({ ...row, id: String(row.id).replace('\uFEFF', '') })));
  });

  it('read only the columns that are wanted', () => {
    const { columns } = decodeTable(SPEC, fileOf(ROWS), 'x.arrow', 3, { only: ['minor'] });
    expect(Object.keys(columns)).toEqual(['minor']);
  });

  it('carry more than one record batch', () => {
    const rows = 2 * 131_072 + 5;
    const spec = { id: SPEC.id, note: SPEC.note, minor: SPEC.minor, on: SPEC.on, tier: SPEC.tier } as const;
    const columns: Columns<typeof spec> = {
      id: byteColumnOf(Array.from({ length: rows }, (_, i) => `c${i}`)),
      note: byteColumnOf(Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? null : 'é'))),
      minor: Float64Array.from({ length: rows }, (_, i) => (i === 131_072 ? Number.NaN : (i - 1000) * 40_000)),
      on: Int32Array.from({ length: rows }, (_, i) => (i > 262_143 ? NO_INT : i)),
      tier: Uint8Array.from({ length: rows }, (_, i) => (i % 7 === 6 ? NO_CODE : i % 3)),
    };
    const bytes = bytesOf(encodeTable(spec, { rows, columns, schemaVersion: 1 }));
    const table = decodeTable(spec, bytes, 'x.arrow', 1);
    expect(table.rows).toBe(rows);
    for (const name of ['minor', 'on', 'tier'] as const)
      expect(Buffer.compare(raw(table.columns[name]), raw(columns[name]))).toBe(0);
    for (const name of ['id', 'note'] as const) {
      expect(Buffer.compare(raw(table.columns[name].offsets), raw(columns[name].offsets))).toBe(0);
      expect(Buffer.compare(table.columns[name].bytes, columns[name].bytes)).toBe(0);
    }
    const peer = tableFromIPC(bytes);
    expect(peer.batches.map(({ numRows }) => numRows)).toEqual([131_072, 131_072, 5]);
    expect(peer.get(131_072)?.toJSON()).toMatchObject({ id: 'c131072', note: 'é', minor: null, tier: WORDS[131_072 % 3] });
    expect(peer.get(rows - 1)?.toJSON()).toMatchObject({ id: `c${rows - 1}`, minor: BigInt((rows - 1001) * 40_000), on: null });
  });

  it('refuse another schema version than the current and the one before', () => {
    for (const version of [3, 4]) expect(decodeTable(SPEC, fileOf(ROWS), 'x.arrow', version).rows).toBe(ROWS.length);
    for (const version of [2, 5]) {
      expect(() => decodeTable(SPEC, fileOf(ROWS), 'book/x.arrow', version)).toThrow(
        expect.objectContaining({
          name: 'ContractMismatchError',
          message: expect.stringMatching(/book\/x\.arrow: schema version 3, expected/),
        }),
      );
    }
  });

  it('refuse a file without a wanted column, and what is no Arrow file', () => {
    const other = { ...SPEC, more: { kind: 'int32' } } as const;
    expect(() => decodeTable(other, fileOf(ROWS), 'x.arrow', 3)).toThrow(/column more is missing/);
    expect(() => decodeTable(SPEC, Buffer.from('no such file, but long enough to look at'), 'x.arrow', 3)).toThrow(
      ContractMismatchError,
    );
    expect(() => decodeTable(SPEC, fileOf(ROWS).subarray(0, 300), 'x.arrow', 3)).toThrow(ContractMismatchError);
  });
});

describe('encodeParquet', () => {
  it.each([1, ROWS.length])('writes %i rows that a Parquet reader reads', async (count) => {
    const rows = ROWS.slice(0, count);
    const bytes = bytesOf(await encodeParquet(SPEC, content(rows)));
    expect(bytesOf(await encodeParquet(SPEC, content(rows)))).toEqual(bytes);
    const read = await parquetReadObjects({ file: bufferOf(bytes) });
    const plain = read.map((row) => {
      const { minor = null, on = null, ...rest } = row as Record<string, unknown>;
      return {
        ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value ?? null])),
        minor: minor === null ? null : Number(minor),
        bits: Number(rest['bits']),
        on: on instanceof Date ? on.getTime() / 86_400_000 : null,
      };
    });
    expect(plain).toEqual(rows.map((row) => ({ ...row, id: String(row.id).replace('\uFEFF', '') })));
  });

  it('writes many rows', async () => {
    const spec = { id: SPEC.id, minor: SPEC.minor, tier: SPEC.tier, ratio: SPEC.ratio } as const;
    const rows = 131_072 + 3;
    const columns: Columns<typeof spec> = {
      id: byteColumnOf(Array.from({ length: rows }, (_, i) => `c${i}`)),
      minor: Float64Array.from({ length: rows }, (_, i) => (i % 1000 === 7 ? Number.NaN : (i - 5) * 40_000)),
      tier: Uint8Array.from({ length: rows }, (_, i) => (i % 5 === 4 ? NO_CODE : i % 3)),
      ratio: Float64Array.from({ length: rows }, (_, i) => (i % 4 === 3 ? Number.NaN : i / 7)),
    };
    const read = await parquetReadObjects({ file: bufferOf(bytesOf(await encodeParquet(spec, { rows, columns }))) });
    expect(read).toHaveLength(rows);
    const wrong = read.findIndex(
      ({ id, minor, tier, ratio }, i) =>
        id !== `c${i}` ||
        (minor ?? null) !== (i % 1000 === 7 ? null : BigInt((i - 5) * 40_000)) ||
        (tier ?? null) !== (i % 5 === 4 ? null : WORDS[i % 3]) ||
        (ratio ?? null) !== (i % 4 === 3 ? null : i / 7),
    );
    expect(wrong).toBe(-1);
  });

  it('writes a table without rows', async () => {
    const bytes = bytesOf(await encodeParquet(SPEC, content([])));
    const read = await parquetReadObjects({ file: bufferOf(bytes) });
    expect(read).toEqual([]);
  });
});

describe('byte columns', () => {
  it('keep every character, also a byte order mark at the beginning', () => {
    const texts = ['\uFEFFa', 'é', 'x'.repeat(100), '', 'a\u0000b', '\u{1F600}'];
    const column = byteColumnOf(texts);
    expect(texts.map((_, row) => textAt(column, row))).toEqual(texts);
  });

  it('are ordered as unsigned bytes, a prefix first', () => {
    const column = byteColumnOf(['', 'B', 'a', 'ab', 'b', '\uFFFD', '\u{10000}']);
    for (let i = 0; i < 7; i++) {
      for (let j = 0; j < 7; j++) expect(Math.sign(compareRows(column, i, column, j))).toBe(Math.sign(i - j));
    }
  });
});

const raw = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);

const bufferOf = (bytes: Uint8Array) => bytes.slice().buffer as ArrayBuffer;
